/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the wire structures of Multiboot 1 (GNU Multiboot specification 0.6.96, section 3) and
 * Multiboot 2 (version 2.0, section 3), each with its section number.
 */
#ifndef PROTOCOLS_MULTIBOOT_ABI_H
#define PROTOCOLS_MULTIBOOT_ABI_H

#include <stddef.h>
#include <stdint.h>

/* Multiboot 1, 3.1: the header, at a multiple of 4 in the first 8192 bytes of the file. */
enum {
	MB1_MAGIC = 0x1badb002,
	MB1_ALIGN = 4,
	MB1_SEARCH = 8192,
	MB1_ENTERED = 0x2badb002, /* EAX at the kernel's start */

	MB1_ALIGN_MODULES = 1 << 0,
	MB1_WANT_MEMORY = 1 << 1,
	MB1_WANT_VIDEO = 1 << 2,
	MB1_REQUIRED = 0xffff, /* flags that a loader must refuse if it does not know them */
	MB1_ADDRESSES = 1 << 16
};

struct mb1_header {
	uint32_t magic, flags, checksum;
	uint32_t header_address, load_address, load_end, bss_end, entry; /* with MB1_ADDRESSES */
	uint32_t mode_type, width, height, depth; /* with MB1_WANT_VIDEO; type 0: graphics */
};
_Static_assert(offsetof(struct mb1_header, mode_type) == 32, "Multiboot 1, 3.1.1");

/* Multiboot 1, 3.3: the information. */
enum {
	MB1_HAS_MEMORY = 1 << 0,
	MB1_HAS_BOOT_DEVICE = 1 << 1,
	MB1_HAS_COMMAND_LINE = 1 << 2,
	MB1_HAS_MODULES = 1 << 3,
	MB1_HAS_ELF_SECTIONS = 1 << 5,
	MB1_HAS_MEMORY_MAP = 1 << 6,
	MB1_HAS_CONFIGURATION = 1 << 8,
	MB1_HAS_LOADER_NAME = 1 << 9,
	MB1_HAS_APM = 1 << 10,
	MB1_HAS_VBE = 1 << 11,
	MB1_HAS_FRAMEBUFFER = 1 << 12
};

struct mb1_info {
	uint32_t flags;
	uint32_t memory_lower, memory_upper; /* KiB from 0 and from 1 MiB */
	uint32_t boot_device;
	uint32_t command_line;
	uint32_t module_count, modules;
	uint32_t section_count, section_size, sections, section_names;
	uint32_t map_size, map;
	uint32_t drives_size, drives;
	uint32_t configuration;
	uint32_t loader_name;
	uint32_t apm;
	uint32_t vbe_control, vbe_mode_info;
	uint16_t vbe_mode, vbe_segment, vbe_offset, vbe_length;
	uint32_t framebuffer_low, framebuffer_high;
	uint32_t framebuffer_pitch, framebuffer_width, framebuffer_height;
	uint8_t framebuffer_bits, framebuffer_type;
	union { /* at byte 112 as GNU's multiboot.h and GRUB have it, and not at 110 */
		struct {
			uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
		};
		struct {
			uint32_t palette; /* of struct rgb */
			uint16_t palette_count;
		};
	};
};
_Static_assert(offsetof(struct mb1_info, map_size) == 44, "Multiboot 1, 3.3");
_Static_assert(offsetof(struct mb1_info, loader_name) == 64, "Multiboot 1, 3.3");
_Static_assert(offsetof(struct mb1_info, framebuffer_low) == 88, "Multiboot 1, 3.3");
_Static_assert(offsetof(struct mb1_info, red_shift) == 112, "GNU's multiboot.h");

struct mb1_module {
	uint32_t begin, end, command_line, reserved;
};

/* Memory types, in both versions (3.3 and 3.4.8). */
enum {
	MB_MEMORY_AVAILABLE = 1,
	MB_MEMORY_RESERVED = 2,
	MB_MEMORY_ACPI = 3,
	MB_MEMORY_NVS = 4,
	MB_MEMORY_BAD = 5
};

/* An entry is preceded by its size, which does not count itself. */
struct __attribute__((packed)) mb1_range {
	uint32_t size;
	uint64_t begin, length;
	uint32_t type;
};
_Static_assert(sizeof(struct mb1_range) == 24, "Multiboot 1, 3.3");

/* Multiboot 2, 3.1: the header, at a multiple of 8 in the first 32768 bytes of the file. */
enum {
	MB2_SEARCH = 32768,
	MB2_ENTERED = 0x36d76289, /* EAX at the kernel's start */
	MB2_ALIGN = 8,
	MB2_I386 = 0, /* architectures */
	MB2_MIPS = 4,
	MB2_OPTIONAL = 1 /* header tag flag: loaders may ignore the tag */
};
#define MB2_MAGIC UINT32_C(0xe85250d6)

struct mb2_header {
	uint32_t magic, architecture, length, checksum;
};
_Static_assert(sizeof(struct mb2_header) == 16, "Multiboot 2, 3.1.1");

struct mb2_header_tag {
	uint16_t type, flags;
	uint32_t size;
};

enum mb2_header_tag_type {
	MB2_HEADER_END = 0,
	MB2_HEADER_INFORMATION = 1, /* numbers of information tags that are wanted */
	MB2_HEADER_ADDRESSES = 2,
	MB2_HEADER_ENTRY = 3,
	MB2_HEADER_CONSOLE = 4,
	MB2_HEADER_FRAMEBUFFER = 5,
	MB2_HEADER_ALIGN_MODULES = 6,
	MB2_HEADER_EFI_SERVICES = 7,
	MB2_HEADER_EFI32_ENTRY = 8,
	MB2_HEADER_EFI64_ENTRY = 9,
	MB2_HEADER_RELOCATABLE = 10
};

/* 3.1.5 and 3.1.13: what follows the tag's own first 8 bytes. */
#define MB2_WHOLE_FILE UINT32_MAX /* as load_address: load the file from its beginning */

struct mb2_relocatable {
	uint32_t lowest, highest, align, preference;
};

enum { MB2_ANYWHERE = 0, MB2_LOW = 1, MB2_HIGH = 2 }; /* preference */

enum { MB2_CONSOLE_REQUIRED = 1, MB2_CONSOLE_TEXT = 2 }; /* 3.1.9: flags of the console tag */

/* Multiboot 2, 3.4 to 3.6: the information's tags. */
enum mb2_tag_type {
	MB2_END = 0,
	MB2_COMMAND_LINE = 1,
	MB2_LOADER_NAME = 2,
	MB2_MODULE = 3,
	MB2_MEMORY = 4,
	MB2_BOOT_DEVICE = 5,
	MB2_MEMORY_MAP = 6,
	MB2_VBE = 7,
	MB2_FRAMEBUFFER = 8,
	MB2_ELF_SECTIONS = 9,
	MB2_APM = 10,
	MB2_EFI32 = 11,
	MB2_EFI64 = 12,
	MB2_SMBIOS = 13,
	MB2_RSDP_OLD = 14,
	MB2_RSDP_NEW = 15,
	MB2_NETWORK = 16,
	MB2_EFI_MEMORY_MAP = 17,
	MB2_EFI_SERVICES = 18,
	MB2_EFI32_IMAGE = 19,
	MB2_EFI64_IMAGE = 20,
	MB2_LOAD_BASE = 21,
	MB2_TAG_TYPES
};

struct mb2_tag {
	uint32_t type, size; /* size of all of the tag, without the padding after */
};

struct mb2_range {
	uint64_t begin, length;
	uint32_t type, reserved;
};
_Static_assert(sizeof(struct mb2_range) == 24, "Multiboot 2, 3.6.8");

/* A screen with a palette: its first bytes, and then the number of colours, 16 bits, and their
 * bytes. */
enum { MB2_COLOURS = 24 };

struct __attribute__((packed)) mb2_framebuffer {
	uint64_t address;
	uint32_t pitch, width, height;
	uint8_t bits, type;
	uint16_t reserved;
	uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
};
_Static_assert(sizeof(struct mb2_framebuffer) == 30, "Multiboot 2, 3.6.12");
_Static_assert(offsetof(struct mb2_framebuffer, red_shift) == MB2_COLOURS, "Multiboot 2, 3.6.12");

struct __attribute__((packed)) mb2_vbe {
	uint16_t mode, interface_segment, interface_offset, interface_size;
	uint8_t control[512], mode_info[256];
};
_Static_assert(sizeof(struct mb2_vbe) == 784 - 8, "Multiboot 2, 3.6.11");

struct mb2_smbios {
	uint8_t major, minor, reserved[6]; /* a copy of the entry point follows */
};

/* The APM table, the same in both. */
struct mb_apm {
	uint16_t version, code_32;
	uint32_t entry;
	uint16_t code_16, data, flags, code_32_size, code_16_size, data_size;
};
_Static_assert(sizeof(struct mb_apm) == 20, "Multiboot 2, 3.6.10");

/* A flag of VBE modes: the framebuffer is linear. */
enum { MB_VBE_LINEAR = 0x4000 };

/* Kinds of framebuffers, the same in both. */
enum { MB_FRAMEBUFFER_INDEXED = 0, MB_FRAMEBUFFER_RGB = 1, MB_FRAMEBUFFER_TEXT = 2 };

#endif
