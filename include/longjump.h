/* SPDX-License-Identifier: MIT */
/*
 * longjump.h - the boot information that Longjump passes to a kernel; the only header that a
 * kernel includes.
 *
 * A kernel's entry point, in the System V ABI:
 *
 *     void _start(const struct longjump_boot_info *info);
 *
 * docs/protocol.md has the whole contract: the state of the machine, what is mapped where, and how
 * long each piece of memory lives. In short: every pointer below is a virtual address that is
 * mapped from the first instruction on; every field named `..._physical` and every address in the
 * memory map is physical, and is accessed at `info->direct_map + address`. All ranges are half
 * open: [begin, end). A field is 0 if neither the machine nor the options provide a value.
 *
 * The structure only ever grows at its end. A kernel built against version 1 keeps working with
 * every later loader; a kernel that uses a later field asks first: LONGJUMP_HAS(info, field).
 */
#ifndef LONGJUMP_H
#define LONGJUMP_H

#include <stddef.h>
#include <stdint.h>

#define LONGJUMP_MAGIC   0x504d554a474e4f4cULL /* "LONGJUMP", read as a little-endian number */
#define LONGJUMP_VERSION 3

/* The loader may be 32-bit code, so to it each pointer is a 64-bit number. */
#ifdef LONGJUMP_LOADER
#define LONGJUMP_POINTER(type) uint64_t
#else
#define LONGJUMP_POINTER(type) type *
#endif

/* True if the loader that filled `info` knows `field`. */
#define LONGJUMP_HAS(info, field) \
	((info)->size >= offsetof(struct longjump_boot_info, field) + sizeof((info)->field))

/* The type of a range in the memory map. "Free once ..." says when a kernel may reuse it. */
enum longjump_memory_type {
	LONGJUMP_MEMORY_USABLE = 1,           /* free */
	LONGJUMP_MEMORY_RESERVED = 2,         /* firmware, devices, the first page; never touch */
	LONGJUMP_MEMORY_ACPI_RECLAIMABLE = 3, /* free once the ACPI tables have been read */
	LONGJUMP_MEMORY_ACPI_NVS = 4,         /* in use by the firmware; never touch */
	LONGJUMP_MEMORY_BAD = 5,              /* defective RAM; never touch */
	LONGJUMP_MEMORY_KERNEL = 6,           /* the kernel's segments */
	LONGJUMP_MEMORY_MODULE = 7,           /* modules; free once the kernel is done with them */
	LONGJUMP_MEMORY_STACK = 8,            /* the stack that _start runs on */
	LONGJUMP_MEMORY_BOOT_INFO = 9,    /* this structure and all it points to; free once read */
	LONGJUMP_MEMORY_PAGE_TABLES = 10, /* free once CR3 holds the kernel's own page tables */
	LONGJUMP_MEMORY_RESIDENT = 11, /* GDT, IDT, TSS; free once the kernel has loaded its own */
	LONGJUMP_MEMORY_KERNEL_FILE = 12, /* the kernel's ELF file, if asked for; free once read */
	LONGJUMP_MEMORY_FRAMEBUFFER = 13  /* the framebuffer's pixels; device memory */
};

struct longjump_memory {
	uint64_t begin; /* physical, multiple of 4096 */
	uint64_t end;   /* physical, multiple of 4096 */
	uint32_t type;  /* enum longjump_memory_type */
	uint32_t reserved;
};

enum longjump_rights { LONGJUMP_READ = 1, LONGJUMP_WRITE = 2, LONGJUMP_EXECUTE = 4 };

/* Part of the kernel: pages that are contiguous in virtual and in physical memory and have the
 * same access rights. */
struct longjump_segment {
	uint64_t virtual_begin; /* multiple of 4096 */
	uint64_t virtual_end;   /* multiple of 4096 */
	uint64_t physical;      /* of virtual_begin */
	uint32_t rights;        /* LONGJUMP_READ | LONGJUMP_WRITE | LONGJUMP_EXECUTE */
	uint32_t reserved;
};

struct longjump_module {
	LONGJUMP_POINTER(const void)
	data;              /* in the direct map, multiple of 4096; zeros fill the last page */
	uint64_t size;     /* bytes */
	uint64_t physical; /* of data */
	LONGJUMP_POINTER(const char)
	name; /* the file's name as isolinux.cfg gives it */
	LONGJUMP_POINTER(const char)
	command_line; /* what follows the name, or "" */
};

struct longjump_symbol {
	uint64_t address; /* virtual, with the slide added */
	LONGJUMP_POINTER(const char) name;
};

struct longjump_video_mode {
	uint32_t width, height;  /* pixels */
	uint32_t bits_per_pixel; /* 15, 16, 24, 32 */
	uint32_t number;         /* the firmware's number of the mode */
};

struct longjump_framebuffer {
	LONGJUMP_POINTER(void)
	address; /* mapped write-combining; null: the screen is in text mode */
	uint64_t physical;
	uint32_t width, height; /* pixels */
	uint32_t pitch;         /* bytes from one line to the next */
	uint32_t
		bits_per_pixel; /* 15, 16, 24 or 32; a pixel takes (bits_per_pixel + 7) / 8 bytes */
	uint8_t red_shift, red_bits; /* a pixel is red << red_shift | green << green_shift | ... */
	uint8_t green_shift, green_bits;
	uint8_t blue_shift, blue_bits;
	uint8_t reserved[2];
};

struct longjump_time {
	uint16_t year;                /* 4 digits; 0 if the clock could not be read */
	uint8_t month, day;           /* 1..12, 1..31 */
	uint8_t hour, minute, second; /* 24-hour clock, in the RTC's time zone */
	uint8_t reserved;
};

enum longjump_entropy {
	LONGJUMP_ENTROPY_NONE = 0, /* -kaslr was not given */
	LONGJUMP_ENTROPY_RDSEED = 1,
	LONGJUMP_ENTROPY_RDRAND = 2,
	LONGJUMP_ENTROPY_TSC_AND_RTC = 3,
	LONGJUMP_ENTROPY_FIRMWARE = 4 /* UEFI's generator (EFI_RNG_PROTOCOL) */
};

enum longjump_processor_state {
	LONGJUMP_PROCESSOR_OFF = 0,   /* did not respond when it was started */
	LONGJUMP_PROCESSOR_WAITS = 1, /* until the kernel writes `start` */
	LONGJUMP_PROCESSOR_FIRST = 2  /* this one runs _start */
};

struct longjump_processor;

/* The function that a waiting CPU calls: System V ABI, on that CPU's stack. It must not return. */
typedef void longjump_work(struct longjump_processor *self);

struct longjump_processor {
	uint32_t apic_id; /* local APIC ID */
	uint32_t number;  /* ACPI's processor UID */
	uint32_t state;   /* enum longjump_processor_state, as it was when _start began */
	uint32_t reserved;
	uint64_t stack_begin; /* lowest virtual address; the page below is not mapped */
	uint64_t stack_end;
	LONGJUMP_POINTER(longjump_work) start; /* write all 8 bytes at once: the CPU calls it */
	uint64_t argument;                     /* not used by the loader */
};

enum longjump_firmware {
	LONGJUMP_FIRMWARE_NONE = 0, /* no known firmware */
	LONGJUMP_FIRMWARE_BIOS = 1,
	LONGJUMP_FIRMWARE_EFI = 2 /* 64-bit UEFI */
};

/* What remains of UEFI after ExitBootServices(); all zero on any other firmware. */
struct longjump_efi {
	uint64_t system_table_physical; /* EFI_SYSTEM_TABLE; only runtime services may be called */
	LONGJUMP_POINTER(const void)
	memory_map;                  /* a copy of the final one; step by descriptor_size */
	uint64_t memory_map_size;    /* bytes */
	uint32_t descriptor_size;    /* bytes from one descriptor to the next */
	uint32_t descriptor_version; /* of EFI_MEMORY_DESCRIPTOR */
};

struct longjump_boot_info {
	uint64_t magic;   /* LONGJUMP_MAGIC */
	uint32_t version; /* LONGJUMP_VERSION of the loader */
	uint32_t size;    /* bytes of this structure that the loader has filled */

	LONGJUMP_POINTER(const char)
	loader; /* name and version: "Longjump 2.0.0" */
	LONGJUMP_POINTER(const char)
	command_line; /* what follows the kernel's name in APPEND; never null */

	LONGJUMP_POINTER(const struct longjump_memory)
	memory_map; /* sorted, without overlaps or equal neighbours */
	uint64_t memory_map_count;

	uint64_t direct_map;     /* virtual address of physical 0; maps all RAM and all below 4 GiB,
	                            writable, not executable */
	uint64_t direct_map_end; /* first virtual address after it */

	LONGJUMP_POINTER(const struct longjump_segment) segments; /* sorted by address */
	uint64_t segment_count;
	uint64_t kernel_begin;    /* lowest virtual address of the kernel, multiple of 4096 */
	uint64_t kernel_end;      /* first virtual address after it, multiple of 4096 */
	uint64_t kernel_physical; /* of kernel_begin, if the kernel is physically contiguous;
	                             otherwise 0: see segments */
	uint64_t kernel_slide;    /* what was added to every address of the ELF file */
	uint64_t entry;           /* virtual address of the first instruction, with the slide */

	uint64_t stack_begin; /* lowest virtual address; the page below is not mapped */
	uint64_t stack_end;

	uint64_t tls_begin;     /* virtual address of the TLS template's initial bytes; without a
	                           template tls_size is 0 */
	uint64_t tls_file_size; /* bytes to copy */
	uint64_t tls_size;      /* bytes in total; zeros follow the copied ones */
	uint64_t tls_align;     /* power of two */

	uint64_t tsc_start;     /* time stamp counter when the loader's first instruction ran */
	uint64_t tsc_read;      /* when the kernel and all modules had been read */
	uint64_t tsc_jump;      /* just before the jump to _start */
	uint64_t tsc_frequency; /* Hz; 0 if the CPU does not report it (-tsc measures it) */

	uint64_t rsdp_physical;    /* the ACPI root pointer (RSDP) */
	uint64_t smbios_physical;  /* the SMBIOS 2 (32-bit) entry point: "_SM_" */
	uint64_t smbios3_physical; /* the SMBIOS 3 (64-bit) entry point: "_SM3_" */

	LONGJUMP_POINTER(const struct longjump_module) modules;
	uint64_t module_count;

	LONGJUMP_POINTER(const struct longjump_symbol)
	symbols; /* the kernel's functions and objects, by address */
	uint64_t symbol_count;

	LONGJUMP_POINTER(const void) kernel_file; /* the whole ELF file, only with -kernelfile */
	uint64_t kernel_file_size;

	struct longjump_framebuffer framebuffer;
	LONGJUMP_POINTER(const struct longjump_video_mode)
	video_modes; /* that the firmware offers; a BIOS's only with -video= */
	uint64_t video_mode_count;
	LONGJUMP_POINTER(const uint8_t)
	edid; /* with -video: the first 128 bytes of the monitor's EDID */
	LONGJUMP_POINTER(const uint8_t)
	font; /* 8x16, the BIOS's or the loader's: 256 glyphs of 16 bytes; bit 7 is leftmost */

	struct longjump_time time; /* real-time clock, read when the loader started */
	uint32_t cpu_count;      /* usable CPUs in the MADT, including this one; 1 without a MADT */
	uint32_t boot_drive;     /* BIOS drive number (int 13h) */
	uint64_t boot_partition; /* first 512-byte sector of the partition on it; 0: the whole
	                            drive */
	uint32_t kaslr_entropy;  /* enum longjump_entropy */
	uint32_t paging_levels;  /* 4 or 5 */

	/* Since version 2. */
	LONGJUMP_POINTER(struct longjump_processor)
	processors; /* with -smp: all CPUs, including this one, in the firmware's order */
	uint64_t processor_count;

	/* Since version 3. */
	uint32_t firmware; /* enum longjump_firmware */
	uint32_t reserved;
	struct longjump_efi efi;
};

#if defined(__cplusplus)
#define LONGJUMP_ASSERT(condition, text) static_assert(condition, text)
#else
#define LONGJUMP_ASSERT(condition, text) _Static_assert(condition, text)
#endif

#define LONGJUMP_OFFSET(structure, field, offset)                      \
	LONGJUMP_ASSERT(offsetof(struct structure, field) == (offset), \
	                #structure "." #field " has moved")

LONGJUMP_OFFSET(longjump_memory, begin, 0);
LONGJUMP_OFFSET(longjump_memory, end, 8);
LONGJUMP_OFFSET(longjump_memory, type, 16);
LONGJUMP_ASSERT(sizeof(struct longjump_memory) == 24, "longjump_memory has grown");

LONGJUMP_OFFSET(longjump_segment, virtual_begin, 0);
LONGJUMP_OFFSET(longjump_segment, virtual_end, 8);
LONGJUMP_OFFSET(longjump_segment, physical, 16);
LONGJUMP_OFFSET(longjump_segment, rights, 24);
LONGJUMP_ASSERT(sizeof(struct longjump_segment) == 32, "longjump_segment has grown");

LONGJUMP_OFFSET(longjump_module, data, 0);
LONGJUMP_OFFSET(longjump_module, size, 8);
LONGJUMP_OFFSET(longjump_module, physical, 16);
LONGJUMP_OFFSET(longjump_module, name, 24);
LONGJUMP_OFFSET(longjump_module, command_line, 32);
LONGJUMP_ASSERT(sizeof(struct longjump_module) == 40, "longjump_module has grown");

LONGJUMP_OFFSET(longjump_symbol, address, 0);
LONGJUMP_OFFSET(longjump_symbol, name, 8);
LONGJUMP_ASSERT(sizeof(struct longjump_symbol) == 16, "longjump_symbol has grown");

LONGJUMP_OFFSET(longjump_video_mode, width, 0);
LONGJUMP_OFFSET(longjump_video_mode, height, 4);
LONGJUMP_OFFSET(longjump_video_mode, bits_per_pixel, 8);
LONGJUMP_OFFSET(longjump_video_mode, number, 12);
LONGJUMP_ASSERT(sizeof(struct longjump_video_mode) == 16, "longjump_video_mode has grown");

LONGJUMP_OFFSET(longjump_framebuffer, address, 0);
LONGJUMP_OFFSET(longjump_framebuffer, physical, 8);
LONGJUMP_OFFSET(longjump_framebuffer, width, 16);
LONGJUMP_OFFSET(longjump_framebuffer, height, 20);
LONGJUMP_OFFSET(longjump_framebuffer, pitch, 24);
LONGJUMP_OFFSET(longjump_framebuffer, bits_per_pixel, 28);
LONGJUMP_OFFSET(longjump_framebuffer, red_shift, 32);
LONGJUMP_OFFSET(longjump_framebuffer, red_bits, 33);
LONGJUMP_OFFSET(longjump_framebuffer, green_shift, 34);
LONGJUMP_OFFSET(longjump_framebuffer, green_bits, 35);
LONGJUMP_OFFSET(longjump_framebuffer, blue_shift, 36);
LONGJUMP_OFFSET(longjump_framebuffer, blue_bits, 37);
LONGJUMP_ASSERT(sizeof(struct longjump_framebuffer) == 40, "longjump_framebuffer has grown");

LONGJUMP_OFFSET(longjump_time, year, 0);
LONGJUMP_OFFSET(longjump_time, month, 2);
LONGJUMP_OFFSET(longjump_time, day, 3);
LONGJUMP_OFFSET(longjump_time, hour, 4);
LONGJUMP_OFFSET(longjump_time, minute, 5);
LONGJUMP_OFFSET(longjump_time, second, 6);
LONGJUMP_ASSERT(sizeof(struct longjump_time) == 8, "longjump_time has grown");

LONGJUMP_OFFSET(longjump_processor, apic_id, 0);
LONGJUMP_OFFSET(longjump_processor, number, 4);
LONGJUMP_OFFSET(longjump_processor, state, 8);
LONGJUMP_OFFSET(longjump_processor, stack_begin, 16);
LONGJUMP_OFFSET(longjump_processor, stack_end, 24);
LONGJUMP_OFFSET(longjump_processor, start, 32);
LONGJUMP_OFFSET(longjump_processor, argument, 40);
LONGJUMP_ASSERT(sizeof(struct longjump_processor) == 48, "longjump_processor has grown");

LONGJUMP_OFFSET(longjump_efi, system_table_physical, 0);
LONGJUMP_OFFSET(longjump_efi, memory_map, 8);
LONGJUMP_OFFSET(longjump_efi, memory_map_size, 16);
LONGJUMP_OFFSET(longjump_efi, descriptor_size, 24);
LONGJUMP_OFFSET(longjump_efi, descriptor_version, 28);
LONGJUMP_ASSERT(sizeof(struct longjump_efi) == 32, "longjump_efi has grown");

LONGJUMP_OFFSET(longjump_boot_info, magic, 0);
LONGJUMP_OFFSET(longjump_boot_info, version, 8);
LONGJUMP_OFFSET(longjump_boot_info, size, 12);
LONGJUMP_OFFSET(longjump_boot_info, loader, 16);
LONGJUMP_OFFSET(longjump_boot_info, command_line, 24);
LONGJUMP_OFFSET(longjump_boot_info, memory_map, 32);
LONGJUMP_OFFSET(longjump_boot_info, memory_map_count, 40);
LONGJUMP_OFFSET(longjump_boot_info, direct_map, 48);
LONGJUMP_OFFSET(longjump_boot_info, direct_map_end, 56);
LONGJUMP_OFFSET(longjump_boot_info, segments, 64);
LONGJUMP_OFFSET(longjump_boot_info, segment_count, 72);
LONGJUMP_OFFSET(longjump_boot_info, kernel_begin, 80);
LONGJUMP_OFFSET(longjump_boot_info, kernel_end, 88);
LONGJUMP_OFFSET(longjump_boot_info, kernel_physical, 96);
LONGJUMP_OFFSET(longjump_boot_info, kernel_slide, 104);
LONGJUMP_OFFSET(longjump_boot_info, entry, 112);
LONGJUMP_OFFSET(longjump_boot_info, stack_begin, 120);
LONGJUMP_OFFSET(longjump_boot_info, stack_end, 128);
LONGJUMP_OFFSET(longjump_boot_info, tls_begin, 136);
LONGJUMP_OFFSET(longjump_boot_info, tls_file_size, 144);
LONGJUMP_OFFSET(longjump_boot_info, tls_size, 152);
LONGJUMP_OFFSET(longjump_boot_info, tls_align, 160);
LONGJUMP_OFFSET(longjump_boot_info, tsc_start, 168);
LONGJUMP_OFFSET(longjump_boot_info, tsc_read, 176);
LONGJUMP_OFFSET(longjump_boot_info, tsc_jump, 184);
LONGJUMP_OFFSET(longjump_boot_info, tsc_frequency, 192);
LONGJUMP_OFFSET(longjump_boot_info, rsdp_physical, 200);
LONGJUMP_OFFSET(longjump_boot_info, smbios_physical, 208);
LONGJUMP_OFFSET(longjump_boot_info, smbios3_physical, 216);
LONGJUMP_OFFSET(longjump_boot_info, modules, 224);
LONGJUMP_OFFSET(longjump_boot_info, module_count, 232);
LONGJUMP_OFFSET(longjump_boot_info, symbols, 240);
LONGJUMP_OFFSET(longjump_boot_info, symbol_count, 248);
LONGJUMP_OFFSET(longjump_boot_info, kernel_file, 256);
LONGJUMP_OFFSET(longjump_boot_info, kernel_file_size, 264);
LONGJUMP_OFFSET(longjump_boot_info, framebuffer, 272);
LONGJUMP_OFFSET(longjump_boot_info, video_modes, 312);
LONGJUMP_OFFSET(longjump_boot_info, video_mode_count, 320);
LONGJUMP_OFFSET(longjump_boot_info, edid, 328);
LONGJUMP_OFFSET(longjump_boot_info, font, 336);
LONGJUMP_OFFSET(longjump_boot_info, time, 344);
LONGJUMP_OFFSET(longjump_boot_info, cpu_count, 352);
LONGJUMP_OFFSET(longjump_boot_info, boot_drive, 356);
LONGJUMP_OFFSET(longjump_boot_info, boot_partition, 360);
LONGJUMP_OFFSET(longjump_boot_info, kaslr_entropy, 368);
LONGJUMP_OFFSET(longjump_boot_info, paging_levels, 372);
LONGJUMP_OFFSET(longjump_boot_info, processors, 376);
LONGJUMP_OFFSET(longjump_boot_info, processor_count, 384);
LONGJUMP_OFFSET(longjump_boot_info, firmware, 392);
LONGJUMP_OFFSET(longjump_boot_info, efi, 400);
LONGJUMP_ASSERT(sizeof(struct longjump_boot_info) == 432, "longjump_boot_info has grown");

#endif
