/* SPDX-License-Identifier: MIT */
/*
 * bootloader011.h - a kernel for the Rust crate bootloader_api 0.11 that knows nothing of Rust: the
 * section .bootloader-config is written here byte by byte, for the patch level PATCH, and every
 * word of the BootInfo is read at the offset that it has at that level. Prints what it is told, and
 * proves what can be judged from inside.
 *
 * A kernel defines what it asks for before it includes this; PATCH is 0, 4, 10, 13 or 16.
 */
#include "state.h"

#define BYTES_2(v) (v) & 255, (v) >> 8 & 255
#define BYTES_4(v) BYTES_2(v), BYTES_2((v) >> 16)
#define BYTES_8(v) BYTES_4(v), BYTES_4((v) >> 32)
#define ZERO_8     0, 0, 0, 0, 0, 0, 0, 0

/* Fields. */
#define DYNAMIC         0, ZERO_8
#define AT(address)     1, BYTES_8(UINT64_C(address))
#define ABSENT          0, 0, ZERO_8 /* of what may have an address */
#define OPTIONAL(place) 1, place
#define NO_NUMBER       0, ZERO_8
#define NUMBER(value)   1, BYTES_8(UINT64_C(value))

#ifndef STACK_SIZE
#define STACK_SIZE 81920
#endif
#ifndef STACK
#define STACK DYNAMIC
#endif
#ifndef BASE
#define BASE DYNAMIC
#endif
#ifndef INFO
#define INFO DYNAMIC
#endif
#ifndef PIXELS
#define PIXELS DYNAMIC
#endif
#ifndef PHYSICAL
#define PHYSICAL ABSENT
#endif
#ifndef RECURSIVE
#define RECURSIVE ABSENT
#endif
#ifndef RANDOM
#define RANDOM 0
#endif
#ifndef RANGE_START
#define RANGE_START NO_NUMBER
#endif
#ifndef RANGE_END
#define RANGE_END NO_NUMBER
#endif
#ifndef RAMDISK
#define RAMDISK DYNAMIC
#endif
#ifndef HEIGHT
#define HEIGHT NO_NUMBER
#endif
#ifndef WIDTH
#define WIDTH NO_NUMBER
#endif
#ifndef SECTION
#define SECTION ".bootloader-config"
#endif

extern const uint8_t config[];
const uint8_t config[]
	__attribute__((section(SECTION), aligned(1))) = { 0x74,
	                                                  0x3c,
	                                                  0xa9,
	                                                  0x61,
	                                                  0x09,
	                                                  0x36,
	                                                  0x46,
	                                                  0xa0, /* the UUID */
	                                                  0xbb,
	                                                  0x55,
	                                                  0x5c,
	                                                  0x15,
	                                                  0x89,
	                                                  0x15,
	                                                  0x25,
	                                                  0x3d,
	                                                  0,
	                                                  0,
	                                                  11,
	                                                  0,
	                                                  BYTES_2(PATCH),
	                                                  0, /* 0.11.PATCH, released */
	                                                  BYTES_8(UINT64_C(STACK_SIZE)),
	                                                  STACK,
#if PATCH >= 11
	                                                  BASE,
#endif
	                                                  INFO,
	                                                  PIXELS,
	                                                  PHYSICAL,
	                                                  RECURSIVE,
	                                                  RANDOM,
	                                                  RANGE_START,
	                                                  RANGE_END,
#if PATCH >= 1
	                                                  RAMDISK,
#endif
	                                                  HEIGHT,
	                                                  WIDTH };
_Static_assert(sizeof(config) == (PATCH >= 11 ? 133 : PATCH >= 1 ? 124 : 115), "the section");

/* Offsets in the BootInfo. */
enum {
	REGIONS = 8,
	REGION_COUNT = 16,
	FRAMEBUFFER = 24,
	OFFSET = 88,
	INDEX = 104,
	RSDP = 112,
	TLS = 128,
	RAMDISK_AT = 160,
	RAMDISK_SIZE = 176,
	KERNEL_AT = 184,
	KERNEL_SIZE = 192,
	IMAGE_OFFSET = 200,
	STACK_BOTTOM = 208,
	STACK_LENGTH = 216,
	SENTINEL = PATCH >= 14 ? 224
	         : PATCH >= 5  ? 208
	         : PATCH >= 1  ? 184
	                       : 152,
	END = SENTINEL + 8
};

enum { NONE = 1, BOOTLOADER = 1 };

struct region {
	uint64_t begin, end;
	uint32_t kind, firmware;
};

void check_info(const volatile uint8_t *info);

extern char kernel_base[];

NOTE_STATE(_start, check_info);

static uint64_t word(const volatile uint8_t *info, unsigned offset)
{
	return *(const volatile uint64_t *)(info + offset);
}

static uint32_t half(const volatile uint8_t *info, unsigned offset)
{
	return *(const volatile uint32_t *)(info + offset);
}

/* Prints a word that may be missing. */
static void tell_optional(const volatile uint8_t *info, const char *name, unsigned offset)
{
	EXPECT(half(info, offset) <= NONE);
	if (half(info, offset) == NONE)
		say("%s=none\n", name);
	else
		say("%s=%lx\n", name, word(info, offset + 8));
}

/* The registers, as the crate leaves them, except CR4.MCE, which the fault explainer needs. */
static void check_state(const volatile uint8_t *info)
{
	struct cpu cpu;

	EXPECT_EQUAL(state.registers[RDI], address_of(info));
	EXPECT_EQUAL(state.registers[RSP] % 16, 8);
	EXPECT_EQUAL(state.registers[5], 0); /* RBP */
	EXPECT_EQUAL(state.return_address, 0);
	EXPECT_EQUAL(state.rflags, 2);
	EXPECT_EQUAL(state.cr0, 0x80010033);
	EXPECT_EQUAL(state.cr4 & ~UINT64_C(0x40), 0x620);
	read_cpu(&cpu);
	EXPECT_EQUAL(cpu.efer, 0xd00);
	EXPECT_EQUAL(cpu.cs, 0x08);
	EXPECT_EQUAL(cpu.ss, 0x10);
	EXPECT_EQUAL(cpu.ds, 0x10);
	EXPECT_EQUAL(cpu.es, 0x10);
	EXPECT_EQUAL(cpu.fs, 0);
	EXPECT_EQUAL(cpu.gs, 0);
	EXPECT_EQUAL(read_msr(0xc0000101), 0);
	say("cr3=%lx\n", cpu.cr3);
}

/* The memory map follows the BootInfo, and is sorted. */
static void check_regions(const volatile uint8_t *info)
{
	const volatile struct region *regions = (const volatile struct region *)word(info, REGIONS);
	uint64_t past = 0;

	EXPECT_EQUAL(regions, address_of(info + END));
	EXPECT(word(info, REGION_COUNT) > 4);
	for (uint64_t i = 0; i < word(info, REGION_COUNT); i++) {
		EXPECT_QUIETLY(regions[i].begin >= past && regions[i].end > regions[i].begin);
		past = regions[i].end;
		say("region=%lx %lx %u %u\n", regions[i].begin, regions[i].end, regions[i].kind,
		    regions[i].firmware);
	}
}

/* What exists from some patch level on. */
static void tell_later(const volatile uint8_t *info)
{
	if (PATCH >= 1) {
		tell_optional(info, "ramdisk", RAMDISK_AT);
		say("ramdisk_len=%lx\n", word(info, RAMDISK_SIZE));
	}
	if (PATCH >= 5) {
		say("kernel_addr=%lx\nkernel_len=%lx\n", word(info, KERNEL_AT),
		    word(info, KERNEL_SIZE));
		EXPECT_EQUAL(word(info, IMAGE_OFFSET), address_of(kernel_base));
	}
	if (PATCH >= 14) {
		EXPECT_EQUAL(word(info, STACK_LENGTH), STACK_SIZE);
		EXPECT_EQUAL((word(info, STACK_BOTTOM) + STACK_SIZE) & ~UINT64_C(15),
		             state.registers[RSP] + 8);
	}
	EXPECT_EQUAL(word(info, SENTINEL), 0);
}

/* The pixels: all of them are there. */
static void tell_pixels(const volatile uint8_t *info)
{
	const volatile uint8_t *pixels = info + FRAMEBUFFER + 8;
	volatile uint8_t *screen = (volatile uint8_t *)word(pixels, 0);

	EXPECT(half(info, FRAMEBUFFER) <= NONE);
	if (half(info, FRAMEBUFFER) == NONE) {
		say("framebuffer=none\n");
		return;
	}
	say("framebuffer=%lx %lx %lu %lu %lu %lu\n", word(pixels, 0), word(pixels, 8),
	    word(pixels, 16), word(pixels, 24), word(pixels, 40), word(pixels, 48));
	say("format=%u %u %u %u\n", half(pixels, 32), pixels[36], pixels[37], pixels[38]);
	for (uint64_t i = 0; i < word(pixels, 8); i++)
		screen[i] = (uint8_t)i;
	EXPECT_EQUAL(screen[0x107], 7);
	EXPECT_EQUAL(screen[word(pixels, 8) - 1], (word(pixels, 8) - 1) & 255);
}

void check_info(const volatile uint8_t *info)
{
	check_state(info);
	EXPECT_EQUAL(word(info, 0), UINT64_C(11) << 16 | UINT64_C(PATCH) << 32);
	say("base=%lx\nstack=%lx\ninfo=%lx\n", address_of(kernel_base), state.registers[RSP] + 8,
	    address_of(info));
	check_regions(info);
	tell_optional(info, "offset", OFFSET);
	if (half(info, INDEX) == NONE)
		say("index=none\n");
	else
		say("index=%x\n", half(info, INDEX + 4) & 0xffff);
	tell_optional(info, "rsdp", RSDP);
	EXPECT_EQUAL(half(info, TLS), NONE);
	tell_later(info);
	tell_pixels(info);
	EXPECT_EQUAL(config[18], 11);
	finish();
}
