/* SPDX-License-Identifier: MIT */
/*
 * abi.h - the wire structures of the Limine boot protocol, as far as a machine with a BIOS
 * or UEFI can answer it.
 *
 * Source: its specification, PROTOCOL.md, and its limine.h, base revisions 0 to 6. Addresses are
 * numbers here, since the loader may be 32-bit code. Every address that the kernel receives has the
 * offset of the higher half direct map added, unless its name says physical.
 */
#ifndef PROTOCOLS_LIMINE_ABI_H
#define PROTOCOLS_LIMINE_ABI_H

#include <stddef.h>
#include <stdint.h>

/* A request begins with these two numbers; two more say which it is. */
#define LIMINE_MAGIC_0 UINT64_C(0xc7b1dd30df4c8b88)
#define LIMINE_MAGIC_1 UINT64_C(0x0a82e883a194f07b)

/* The tag that names the base revision begins with these. */
#define LIMINE_TAG_0 UINT64_C(0xf9562b2d5c95a6c8)
#define LIMINE_TAG_1 UINT64_C(0x6a7b384944536bdc)

#define LIMINE_TAG_REVISION 16 /* offset of the number after them */

/* Delimiters: if present, requests are searched for only between them. */
#define LIMINE_START_0 UINT64_C(0xf6b8f4b39de7d1ae)
#define LIMINE_START_1 UINT64_C(0xfab91a6940fcb9cf)
#define LIMINE_START_2 UINT64_C(0x785c6ed015d3e316)
#define LIMINE_START_3 UINT64_C(0x181e920a7852b9d9)
#define LIMINE_END_0   UINT64_C(0xadc0e0531bb10d03)
#define LIMINE_END_1   UINT64_C(0x9572709f31764c62)

/* The requests. */
enum limine_feature {
#define REQUEST(name, ...) LIMINE_##name,
#include "protocols/limine/requests.def"
#undef REQUEST
	LIMINE_FEATURES /* how many there are */
};

#define LIMINE_ID_SIZE 32 /* bytes: four numbers */

/* The start of every request; most have no more. */
struct limine_plain_request {
	uint64_t id[4];
	uint64_t revision;
	uint64_t response; /* written by the loader */
};

struct limine_stack_size_request {
	struct limine_plain_request head;
	uint64_t stack_size;
};

struct limine_old_paging_mode_request {
	struct limine_plain_request head;
	uint64_t mode;
};

struct limine_paging_mode_request {
	struct limine_plain_request head;
	uint64_t mode;
	uint64_t max_mode, min_mode; /* from revision 1 on */
};

enum { LIMINE_PAGING_4_LEVELS, LIMINE_PAGING_5_LEVELS };

struct limine_mp_request {
	struct limine_plain_request head;
	uint64_t flags;
};

enum { LIMINE_MP_X2APIC = 1 };

struct limine_entry_point_request {
	struct limine_plain_request head;
	uint64_t entry;
};

struct limine_module_request {
	struct limine_plain_request head;
	uint64_t internal_count,
		internal; /* from revision 1 on: addresses of limine_internal_module */
};

struct limine_entropy_request {
	struct limine_plain_request head;
	uint64_t value_count;
};

struct limine_internal_module {
	uint64_t path, command_line; /* strings */
	uint64_t flags;
};

enum { LIMINE_MODULE_REQUIRED = 1, LIMINE_MODULE_COMPRESSED = 2 };

/* Responses. */
struct limine_bootloader_info {
	uint64_t revision;
	uint64_t name, version;
};

/* Every response that is one number (the direct map's offset, the paging mode, seconds since 1970),
 * or has only a revision, to say that a request was granted. */
struct limine_number {
	uint64_t revision;
	uint64_t value;
};

enum { LIMINE_FIRMWARE_BIOS = 0, LIMINE_FIRMWARE_EFI64 = 2 };

struct limine_efi_memory_map {
	uint64_t revision;
	uint64_t map, size;
	uint64_t descriptor_size, descriptor_version;
};

struct limine_paging_mode {
	uint64_t revision;
	uint64_t mode;
	uint64_t flags; /* none was ever defined; removed from the specification in 2024 */
};

struct limine_video_mode {
	uint64_t pitch, width, height;
	uint16_t bits_per_pixel;
	uint8_t memory_model;
	uint8_t red_bits, red_shift, green_bits, green_shift, blue_bits, blue_shift;
	uint8_t padding[7];
};

struct limine_framebuffer {
	uint64_t address, width, height, pitch;
	uint16_t bits_per_pixel;
	uint8_t memory_model;
	uint8_t red_bits, red_shift, green_bits, green_shift, blue_bits, blue_shift;
	uint8_t unused[7];
	uint64_t edid_size, edid;
	uint64_t mode_count, modes; /* addresses of limine_video_mode */
};

enum { LIMINE_RGB = 1 };

/* The appearance of the terminal Flanterm. Colours are 0xrrggbb. */
struct limine_flanterm {
	uint64_t canvas, canvas_size;
	uint32_t colours[8], bright_colours[8];
	uint32_t background, foreground, bright_background, bright_foreground;
	uint64_t font, font_width, font_height, font_spacing;
	uint64_t scale_x, scale_y;
	uint64_t margin, rotation;
};

/* Every response that is a list of addresses of structures. */
struct limine_list {
	uint64_t revision;
	uint64_t count, list;
};

struct limine_mp {
	uint64_t revision;
	uint32_t flags;
	uint32_t bsp_lapic_id;
	uint64_t count, list; /* of limine_cpu */
};

struct limine_cpu {
	uint32_t processor_id, lapic_id;
	uint64_t reserved;
	uint64_t goto_address;
	uint64_t extra_argument;
};

struct limine_memory {
	uint64_t base, length, type;
};

enum limine_memory_type {
	LIMINE_USABLE,
	LIMINE_RESERVED,
	LIMINE_ACPI_RECLAIMABLE,
	LIMINE_ACPI_NVS,
	LIMINE_BAD_MEMORY,
	LIMINE_BOOTLOADER_RECLAIMABLE,
	LIMINE_EXECUTABLE_AND_MODULES,
	LIMINE_FRAMEBUFFER_MEMORY,
	LIMINE_RESERVED_MAPPED /* from base revision 4 on */
};

struct limine_file {
	uint64_t revision;
	uint64_t address, size;
	uint64_t path, command_line;
	uint32_t media_type, unused;
	uint32_t tftp_ip, tftp_port;
	uint32_t partition_index, mbr_disk_id;
	uint8_t gpt_disk_uuid[16], gpt_part_uuid[16], part_uuid[16];
};

enum { LIMINE_MEDIA_GENERIC, LIMINE_MEDIA_OPTICAL, LIMINE_MEDIA_TFTP };

struct limine_smbios {
	uint64_t revision;
	uint64_t entry_32, entry_64;
};

struct limine_executable_address {
	uint64_t revision;
	uint64_t physical_base, virtual_base;
};

struct limine_performance {
	uint64_t revision;
	uint64_t reset_usec, init_usec, exec_usec;
};

_Static_assert(sizeof(struct limine_plain_request) == 48, "a request's first members");
_Static_assert(offsetof(struct limine_plain_request, revision) == 32, "a request's first members");
_Static_assert(offsetof(struct limine_plain_request, response) == 40, "a request's first members");
_Static_assert(offsetof(struct limine_stack_size_request, stack_size) == 48, "stack size");
_Static_assert(offsetof(struct limine_paging_mode_request, mode) == 48, "paging mode");
_Static_assert(offsetof(struct limine_paging_mode_request, max_mode) == 56, "paging mode");
_Static_assert(offsetof(struct limine_paging_mode_request, min_mode) == 64, "paging mode");
_Static_assert(offsetof(struct limine_mp_request, flags) == 48, "multiprocessor");
_Static_assert(offsetof(struct limine_entry_point_request, entry) == 48, "entry point");
_Static_assert(offsetof(struct limine_module_request, internal_count) == 48, "modules");
_Static_assert(offsetof(struct limine_module_request, internal) == 56, "modules");
_Static_assert(offsetof(struct limine_entropy_request, value_count) == 48, "entropy");
_Static_assert(offsetof(struct limine_internal_module, flags) == 16, "modules");
_Static_assert(sizeof(struct limine_internal_module) == 24, "modules");
_Static_assert(offsetof(struct limine_bootloader_info, version) == 16, "bootloader info");
_Static_assert(offsetof(struct limine_number, value) == 8, "responses of one number");
_Static_assert(offsetof(struct limine_paging_mode, flags) == 16, "paging mode");
_Static_assert(offsetof(struct limine_video_mode, bits_per_pixel) == 24, "framebuffer");
_Static_assert(offsetof(struct limine_video_mode, blue_shift) == 32, "framebuffer");
_Static_assert(sizeof(struct limine_video_mode) == 40, "framebuffer");
_Static_assert(offsetof(struct limine_framebuffer, bits_per_pixel) == 32, "framebuffer");
_Static_assert(offsetof(struct limine_framebuffer, edid_size) == 48, "framebuffer");
_Static_assert(offsetof(struct limine_framebuffer, mode_count) == 64, "framebuffer");
_Static_assert(sizeof(struct limine_framebuffer) == 80, "framebuffer");
_Static_assert(offsetof(struct limine_flanterm, bright_colours) == 48, "Flanterm");
_Static_assert(offsetof(struct limine_flanterm, background) == 80, "Flanterm");
_Static_assert(offsetof(struct limine_flanterm, font) == 96, "Flanterm");
_Static_assert(offsetof(struct limine_flanterm, scale_x) == 128, "Flanterm");
_Static_assert(sizeof(struct limine_flanterm) == 160, "Flanterm");
_Static_assert(offsetof(struct limine_list, list) == 16, "responses that are lists");
_Static_assert(offsetof(struct limine_mp, bsp_lapic_id) == 12, "multiprocessor");
_Static_assert(offsetof(struct limine_mp, list) == 24, "multiprocessor");
_Static_assert(offsetof(struct limine_cpu, goto_address) == 16, "multiprocessor");
_Static_assert(sizeof(struct limine_cpu) == 32, "multiprocessor");
_Static_assert(sizeof(struct limine_memory) == 24, "memory map");
_Static_assert(offsetof(struct limine_file, path) == 24, "files");
_Static_assert(offsetof(struct limine_file, media_type) == 40, "files");
_Static_assert(offsetof(struct limine_file, mbr_disk_id) == 60, "files");
_Static_assert(sizeof(struct limine_file) == 112, "files");
_Static_assert(offsetof(struct limine_smbios, entry_64) == 16, "SMBIOS");
_Static_assert(offsetof(struct limine_executable_address, virtual_base) == 16, "address");
_Static_assert(offsetof(struct limine_performance, exec_usec) == 24, "performance");

#endif
