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

/* BootloaderConfig. What the kernel's version does not know yet has the value that the crate's
 * loader gave it, or the default of later versions. */
struct rb11_config {
	struct rb11_version version; /* as the kernel has it */
	unsigned layout;             /* the patch level whose structures the kernel has */
	uint64_t kernel_stack_size;  /* bytes */
	struct rb11_mapping kernel_stack, kernel_base, boot_info, framebuffer, ramdisk;
	struct rb11_mapping physical_memory, recursive; /* may be RB11_NOWHERE */
	bool aslr;
	bool has_range_begin, has_range_end;
	uint64_t range_begin, range_last;   /* what is dynamic lies in [begin, last] */
	uint64_t least_height, least_width; /* pixels; 0: no matter */
};

/* True if the file has the section, or its bytes in a segment after a linker script has put them
 * there. Looks at no more than the section headers, the symbols, and the first MiB of each segment
 * in which it may stand. */
bool rb11_is_asked(struct span file);

/*
 * Reads the configuration of a kernel that rb11_is_asked() says yes to, or that the user names the
 * protocol for: then `named` is true, and a version that is too new to be known is taken for the
 * last that is. On false, the reason is in the report.
 */
bool rb11_read_config(struct rb11_config *config, const struct elf *elf, bool named,
                      struct report *report);

#endif
