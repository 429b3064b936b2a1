/* SPDX-License-Identifier: MIT */
/* bootloader011_config.h - what a kernel asks for in its section .bootloader-config, checked. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_CONFIG_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_CONFIG_H

#include "core/elf/headers.h"
#include "core/report.h"
#include "protocols/bootloader011/abi.h"

/* Whether the kernel wants something mapped, and where. */
enum rb11_place { RB11_NOWHERE, RB11_DYNAMIC, RB11_FIXED };

struct rb11_mapping {
	enum rb11_place place;
	uint64_t at; /* RB11_FIXED: the virtual address */
};

/* BootloaderConfig. A field that the kernel's version does not have yet gets the value that the
 * crate's loader of that version used, or else the default of later versions. */
struct rb11_config {
	struct rb11_version version; /* as the kernel has it */
	unsigned layout;             /* the patch level whose structures the kernel uses */
	uint64_t kernel_stack_size;  /* bytes */
	struct rb11_mapping kernel_stack, kernel_base, boot_info, framebuffer, ramdisk;
	struct rb11_mapping physical_memory, recursive; /* may be RB11_NOWHERE */
	bool aslr;
	bool has_range_begin, has_range_end;
	uint64_t range_begin, range_last;   /* dynamic mappings lie in [begin, last] */
	uint64_t least_height, least_width; /* pixels; 0: any */
};

/* True if the file has the section, or its bytes in a segment if a linker script has merged it.
 * Reads only section headers, symbols, and the first MiB of each segment in which it may be. */
bool rb11_is_asked(struct span file);

/*
 * Reads the configuration of a kernel for which rb11_is_asked() is true, or for which the user
 * named the protocol: then `named` is true, and a newer version than the last known one is read
 * like that one. On false, the reason is in the report.
 */
bool rb11_read_config(struct rb11_config *config, const struct elf *elf, bool named,
                      struct report *report);

#endif
