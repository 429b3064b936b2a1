/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the section .bootloader-config of kernels made with the Rust crate `bootloader_api` 0.11,
 * and the `BootInfo` that they receive.
 *
 * Layouts follow from the crate's sources, tags v0.11.0 to v0.11.16, api/src/config.rs and
 * api/src/info.rs; 0.11.17 changes nothing in them. Offsets are as rustc prints them. The
 * structures are #[repr(C)] for x86-64, so the padding is written out: this header is compiled for
 * 32 bits as well.
 */
#ifndef PROTOCOLS_BOOTLOADER011_ABI_H
#define PROTOCOLS_BOOTLOADER011_ABI_H

#include <stddef.h>
#include <stdint.h>

/* ApiVersion. */
struct rb11_version {
	uint16_t major, minor, patch;
	uint8_t pre_release; /* 0 or 1 */
	uint8_t padding;
};

/* The last version whose structures are known, and the versions in which they changed. */
enum {
	RB11_MAJOR = 0,
	RB11_MINOR = 11,
	RB11_RAMDISK = 1,      /* 0.11.1: the ramdisk, in the section and in the BootInfo */
	RB11_KERNEL_FILE = 5,  /* 0.11.5: kernel_addr, kernel_len and kernel_image_offset */
	RB11_KERNEL_BASE = 11, /* 0.11.11: kernel_base in the section */
	RB11_STACK = 14,       /* 0.11.14: kernel_stack_bottom and kernel_stack_len */
	RB11_LATEST = 17
};

/*
 * The section: packed, little-endian, its fields in this order:
 *
 *     UUID                        16 bytes
 *     version                     major, minor, patch as u16, pre_release as u8
 *     kernel_stack_size           u64
 *     kernel_stack                mapping
 *     kernel_base                 mapping, from 0.11.11 on
 *     boot_info                   mapping
 *     framebuffer                 mapping
 *     physical_memory             optional mapping
 *     page_table_recursive        optional mapping
 *     aslr                        u8, 0 or 1
 *     dynamic_range_start         optional u64
 *     dynamic_range_end           optional u64
 *     ramdisk_memory              mapping, from 0.11.1 on
 *     minimum_framebuffer_height  optional u64
 *     minimum_framebuffer_width   optional u64
 *
 * A mapping is a tag, 0 for dynamic or 1 for a fixed address, and a u64. An optional field has a
 * tag before it, 0 for none or 1. After a tag of 0, all bytes of the field are 0.
 */
#define RB11_SECTION ".bootloader-config"
#define RB11_UUID                                                                             \
	{                                                                                     \
		0x74, 0x3c, 0xa9, 0x61, 0x09, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, \
			0x15, 0x25, 0x3d                                                      \
	}

enum {
	RB11_UUID_SIZE = 16,
	RB11_VERSION_AT = 16,
	RB11_VERSION_SIZE = 7,
	RB11_MAPPING_SIZE = 9,
	RB11_SECTION_SIZE = 115,         /* 0.11.0 */
	RB11_SECTION_SIZE_RAMDISK = 124, /* from RB11_RAMDISK on */
	RB11_SECTION_SIZE_LATEST = 133   /* from RB11_KERNEL_BASE on */
};

/* Optional<T>: a tag, then the value at T's alignment. */
enum rb11_tag { RB11_SOME = 0, RB11_NONE = 1 };

struct rb11_optional_u64 {
	uint32_t tag; /* enum rb11_tag */
	uint32_t padding;
	uint64_t value;
};

struct rb11_optional_u16 {
	uint32_t tag; /* enum rb11_tag */
	uint16_t value;
	uint16_t padding;
};

/* MemoryRegionKind. */
enum rb11_kind {
	RB11_USABLE = 0,
	RB11_BOOTLOADER = 1,
	RB11_UNKNOWN_UEFI = 2, /* `firmware` is the UEFI memory type */
	RB11_UNKNOWN_BIOS = 3  /* `firmware` is the E820 type */
};

/* The E820 type and the UEFI memory type of reserved memory. */
enum { RB11_BIOS_RESERVED = 2, RB11_UEFI_RESERVED = 0 };

/* MemoryRegion: physical addresses [start, end). */
struct rb11_region {
	uint64_t start, end;
	uint32_t kind; /* enum rb11_kind */
	uint32_t firmware;
};

/* PixelFormat: the colours' order in memory, one byte each; or another format. */
enum rb11_pixel_format { RB11_RGB = 0, RB11_BGR = 1, RB11_U8 = 2, RB11_UNKNOWN = 3 };

/* FrameBuffer, and the FrameBufferInfo in it. */
struct rb11_framebuffer {
	uint64_t buffer_start; /* virtual */
	uint64_t byte_len;
	uint64_t width, height;                              /* pixels */
	uint32_t pixel_format;                               /* enum rb11_pixel_format */
	uint8_t red_position, green_position, blue_position; /* bit positions, for RB11_UNKNOWN */
	uint8_t padding;
	uint64_t bytes_per_pixel;
	uint64_t stride; /* pixels from one line to the next */
};

struct rb11_optional_framebuffer {
	uint32_t tag; /* enum rb11_tag */
	uint32_t padding;
	struct rb11_framebuffer value;
};

/* TlsTemplate. */
struct rb11_tls {
	uint64_t start_addr; /* virtual */
	uint64_t file_size;
	uint64_t mem_size;
};

struct rb11_optional_tls {
	uint32_t tag; /* enum rb11_tag */
	uint32_t padding;
	struct rb11_tls value;
};

/*
 * BootInfo as of 0.11.14. Older ones end before ramdisk, kernel or stack; all but that of 0.11.0
 * have, as their last word, a sentinel that the crate's own tests use, and that is 0 otherwise.
 */
struct rb11_boot_info {
	struct rb11_version api_version;
	uint64_t memory_regions; /* virtual address of struct rb11_region[] */
	uint64_t memory_region_count;
	struct rb11_optional_framebuffer framebuffer;
	struct rb11_optional_u64 physical_memory_offset;
	struct rb11_optional_u16 recursive_index;
	struct rb11_optional_u64 rsdp_addr; /* physical */
	struct rb11_optional_tls tls_template;
	struct rb11_optional_u64 ramdisk_addr; /* virtual; from RB11_RAMDISK on */
	uint64_t ramdisk_len;
	uint64_t kernel_addr; /* physical, of the ELF file; from RB11_KERNEL_FILE on */
	uint64_t kernel_len;
	uint64_t kernel_image_offset;
	uint64_t kernel_stack_bottom; /* virtual, of the first mapped byte; from
                                   RB11_STACK on */
	uint64_t kernel_stack_len;
	uint64_t sentinel;
};

_Static_assert(RB11_SECTION_SIZE
                       == RB11_UUID_SIZE + RB11_VERSION_SIZE + 8 + 3 * RB11_MAPPING_SIZE
                                  + 2 * (1 + RB11_MAPPING_SIZE) + 1 + 4 * 9,
               "the section of 0.11.0");
_Static_assert(RB11_SECTION_SIZE_RAMDISK == RB11_SECTION_SIZE + RB11_MAPPING_SIZE, "0.11.1");
_Static_assert(RB11_SECTION_SIZE_LATEST == RB11_SECTION_SIZE_RAMDISK + RB11_MAPPING_SIZE,
               "0.11.11");
_Static_assert(sizeof(struct rb11_version) == 8, "ApiVersion");
_Static_assert(sizeof(struct rb11_optional_u64) == 16, "Optional<u64>");
_Static_assert(sizeof(struct rb11_optional_u16) == 8, "Optional<u16>");
_Static_assert(sizeof(struct rb11_region) == 24, "MemoryRegion");
_Static_assert(offsetof(struct rb11_region, kind) == 16, "MemoryRegion.kind");
_Static_assert(sizeof(struct rb11_framebuffer) == 56, "FrameBuffer");
_Static_assert(offsetof(struct rb11_framebuffer, pixel_format) == 32, "FrameBufferInfo");
_Static_assert(offsetof(struct rb11_framebuffer, stride) == 48, "FrameBufferInfo.stride");
_Static_assert(sizeof(struct rb11_tls) == 24, "TlsTemplate");
_Static_assert(offsetof(struct rb11_boot_info, memory_regions) == 8, "memory_regions");
_Static_assert(offsetof(struct rb11_boot_info, framebuffer) == 24, "framebuffer");
_Static_assert(offsetof(struct rb11_boot_info, physical_memory_offset) == 88,
               "physical_memory_offset");
_Static_assert(offsetof(struct rb11_boot_info, recursive_index) == 104, "recursive_index");
_Static_assert(offsetof(struct rb11_boot_info, rsdp_addr) == 112, "rsdp_addr");
_Static_assert(offsetof(struct rb11_boot_info, tls_template) == 128, "tls_template");
_Static_assert(offsetof(struct rb11_boot_info, ramdisk_addr) == 160, "ramdisk_addr");
_Static_assert(offsetof(struct rb11_boot_info, ramdisk_len) == 176, "ramdisk_len");
_Static_assert(offsetof(struct rb11_boot_info, kernel_addr) == 184, "kernel_addr");
_Static_assert(offsetof(struct rb11_boot_info, kernel_len) == 192, "kernel_len");
_Static_assert(offsetof(struct rb11_boot_info, kernel_image_offset) == 200, "kernel_image_offset");
_Static_assert(offsetof(struct rb11_boot_info, kernel_stack_bottom) == 208, "kernel_stack_bottom");
_Static_assert(offsetof(struct rb11_boot_info, kernel_stack_len) == 216, "kernel_stack_len");
_Static_assert(offsetof(struct rb11_boot_info, sentinel) == 224, "_test_sentinel");
_Static_assert(sizeof(struct rb11_boot_info) == 232, "BootInfo");

#endif
