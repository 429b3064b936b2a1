/* SPDX-License-Identifier: MIT */
/* firmware.h - the firmware that has started us, and its memory. */
#ifndef PLATFORM_UEFI_FIRMWARE_H
#define PLATFORM_UEFI_FIRMWARE_H

#include "core/base.h"
#include "platform/uefi/efi.h"

struct firmware {
	efi_handle image;
	struct efi_system_table *system;
	struct efi_boot_services *boot;
	struct efi_runtime_services *runtime;
	const struct efi_loaded_image *loaded; /* our own image */
};
extern struct firmware firmware;

/* Notes the firmware that has started us. False if it does not follow the specification. */
bool firmware_open(efi_handle image, struct efi_system_table *system);

/* The interface of a protocol on a handle; NULL if the handle does not have it. */
void *firmware_protocol(efi_handle handle, const struct efi_guid *protocol);

/* All handles that have a protocol, to be given back by free_pool(); how many: *count. NULL if none
 * has. */
efi_handle *firmware_handles(const struct efi_guid *protocol, uint64_t *count);

/* True if the two GUIDs are the same. */
bool guid_equal(const struct efi_guid *a, const struct efi_guid *b);

/* As platform_take(), whole pages below 4 GiB, but for code. They are ours until
 * memory_release(). */
void *memory_take_code(uint64_t size);

/* Takes exactly this memory, which is free in the memory map. */
bool memory_take_at(uint64_t at, uint64_t size);

/* The number of bytes that are taken now. */
uint64_t memory_taken(void);

/* Frees what platform_take() took. */
void memory_give_back(void *memory);

/* Frees everything that was taken. */
void memory_release(void);

#endif
