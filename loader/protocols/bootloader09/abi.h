/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the structures that kernels made for the Rust crate `bootloader` 0.9 receive.
 *
 * Their layout follows from the crate's sources, tag v0.9.33, src/bootinfo; offsets are as rustc
 * prints them. The crate's features decide which fields the information ends in (see
 * loader/protocols/bootloader09/bootloader09.c).
 */
#ifndef PROTOCOLS_BOOTLOADER09_ABI_H
#define PROTOCOLS_BOOTLOADER09_ABI_H

#include <stddef.h>
#include <stdint.h>

#define RB_MAP_ENTRIES 64

/* MemoryRegionType. */
enum rb_region_type {
	RB_USABLE = 0,
	RB_RESERVED = 2,
	RB_ACPI_RECLAIMABLE = 3,
	RB_ACPI_NVS = 4,
	RB_BAD_MEMORY = 5,
	RB_KERNEL = 6,
	RB_KERNEL_STACK = 7,
	RB_PAGE_TABLE = 8,
	RB_BOOTLOADER = 9,
	RB_FRAME_ZERO = 10,
	RB_EMPTY = 11,
	RB_BOOT_INFO = 12,
	RB_PACKAGE = 13
};

/* MemoryRegion: a range of 4 KiB frames, [start, end). */
struct rb_region {
	uint64_t start_frame;
	uint64_t end_frame;
	uint32_t type;
	uint32_t padding;
};

/* MemoryMap: entries after `count` are of type RB_EMPTY. */
struct rb_memory_map {
	struct rb_region entries[RB_MAP_ENTRIES];
	uint64_t count;
};

/* TlsTemplate; all zero without one. */
struct rb_tls_template {
	uint64_t start;
	uint64_t file_size;
	uint64_t memory_size;
};

_Static_assert(sizeof(struct rb_region) == 24, "MemoryRegion");
_Static_assert(offsetof(struct rb_region, type) == 16, "MemoryRegion.region_type");
_Static_assert(offsetof(struct rb_memory_map, count) == 1536, "MemoryMap.next_entry_index");
_Static_assert(sizeof(struct rb_memory_map) == 1544, "MemoryMap");
_Static_assert(sizeof(struct rb_tls_template) == 24, "TlsTemplate");

#endif
