/* SPDX-License-Identifier: MIT */
/* bootloader011_answers.h - the BootInfo, as the kernel's version has it. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_ANSWERS_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_ANSWERS_H

#include "core/protocol.h"
#include "protocols/bootloader011/bootloader011_config.h"

/* What is kept from one step of a boot to the next. */
struct rb11 {
	struct rb11_config config;
	struct entries entries; /* entries that are in use */
	bool random;            /* dynamic mappings go to a random free entry, not to the first */
	uint64_t seed;          /* of the next random number */
	struct rb11_boot_info info;
	uint8_t *bytes; /* where the BootInfo goes */
};

/* An optional value that is present; 0 is a valid value. */
struct rb11_optional_u64 rb11_some(uint64_t value);

/* A BootInfo without any optional value, for a kernel with this configuration. */
struct rb11_boot_info rb11_empty_info(const struct rb11_config *config);

/* The maximum size in bytes of BootInfo and memory map, if only they, the resident part and page
 * tables are still to be placed. */
uint64_t rb11_info_bound(const struct plan *plan);

/* The FrameBuffer of a screen whose first pixel is mapped at `at`. */
struct rb11_optional_framebuffer rb11_word_screen(const struct screen *screen, uint64_t at);

/* Writes the BootInfo, as the kernel's version has it, to its planned place, and the memory map
 * after it. */
void rb11_write_memory_map(struct boot *boot, const struct memory *map);

#endif
