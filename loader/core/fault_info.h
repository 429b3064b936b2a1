/* SPDX-License-Identifier: MIT */
/*
 * fault_info.h - what the fault explainer knows of the kernel: its memory, its symbols, its terms,
 * and where to write messages. The loader, which may be 32-bit code, writes these structures, and
 * the 64-bit resident part reads them: fixed widths, no pointers, asserted offsets. Addresses are
 * physical unless the comment says virtual.
 */
#ifndef CORE_FAULT_INFO_H
#define CORE_FAULT_INFO_H

#include "core/terms.h"

#include "core/display.h"

#define FAULT_INFO_MAGIC UINT64_C(0x6b72616d646e616c) /* "landmark" */

/* What is done after a fault has been explained (-onfault=). */
enum on_fault { ON_FAULT_HALT, ON_FAULT_REBOOT, ON_FAULT_EXIT };

/* Virtual addresses [begin, end); empty if the kernel has no such range. */
struct fault_range {
	uint64_t begin, end;
};

/* Part of the kernel with one set of rights. */
struct fault_info_segment {
	uint64_t begin, end; /* virtual, whole pages, with the slide */
	uint32_t rights;     /* of enum rights */
	uint32_t number;     /* of its program header, from 0 */
};

/* The same layout as struct longjump_symbol. */
struct fault_info_symbol {
	uint64_t address; /* virtual, with the slide */
	uint64_t name;    /* virtual */
};

/* The screen, as in struct display; all 0 except its kind, unless it has pixels. */
struct fault_info_screen {
	uint64_t pixels;
	uint32_t width, height, pitch, bits_per_pixel;
	uint8_t red_shift, red_bits, green_shift, green_bits, blue_shift, blue_bits;
	uint8_t kind; /* enum display_kind */
	uint8_t reserved;
};

struct fault_info {
	uint64_t magic;
	uint64_t tables;        /* for CR3: identity-mapped memory, and the resident part */
	uint64_t kernel_tables; /* CR3 at the kernel's start */
	uint32_t explain;       /* 0: leave faults alone (-explain=off) */
	uint32_t on_fault;      /* enum on_fault */

	struct fault_range resident, stack, direct_map, boot_info, framebuffer; /* virtual */
	uint64_t memory_end; /* first physical address beyond RAM */
	uint64_t slide;      /* what was added to the kernel's addresses */
	uint64_t cs, ss;     /* selectors at the kernel's start */

	uint64_t segments, segment_count; /* struct fault_info_segment[], by address */
	uint64_t symbols, symbol_count;   /* struct fault_info_symbol[], by address */
	struct fault_range names;         /* virtual addresses of the symbols' names */
	uint64_t names_at;                /* where they lie; their last byte is zero */

	struct fault_info_screen screen;
	uint64_t font;                        /* 256 glyphs of 16 bytes, or 0 */
	uint32_t serial;                      /* base port of the UART to write to, or 0 */
	uint32_t apic_id;                     /* of the CPU that _start runs on */
	uint64_t processors, processor_count; /* struct launch_processor[]: the other CPUs */
	struct terms terms;                   /* the words that the kernel's author knows */
	char token[16];                       /* struct machine's */
};

_Static_assert(sizeof(struct fault_info_segment) == 24, "wire structure");
_Static_assert(sizeof(struct fault_info_symbol) == 16, "wire structure");
_Static_assert(sizeof(struct fault_info_screen) == 32, "wire structure");
_Static_assert(offsetof(struct fault_info, tables) == 8, "read by launch.inc");
_Static_assert(offsetof(struct fault_info, resident) == 32, "wire structure");
_Static_assert(offsetof(struct fault_info, memory_end) == 112, "wire structure");
_Static_assert(offsetof(struct fault_info, segments) == 144, "wire structure");
_Static_assert(offsetof(struct fault_info, names) == 176, "wire structure");
_Static_assert(offsetof(struct fault_info, screen) == 200, "wire structure");
_Static_assert(offsetof(struct fault_info, font) == 232, "wire structure");
_Static_assert(offsetof(struct fault_info, processors) == 248, "wire structure");
_Static_assert(sizeof(struct fault_info) == 1112, "wire structure");

#endif
