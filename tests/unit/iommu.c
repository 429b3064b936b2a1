/* SPDX-License-Identifier: MIT */
/*
 * iommu.c - checks what platform/pc/iommu.h promises, with memory in place of registers: each unit
 * that the firmware lists is told to stop, with the bits that the manuals name, and nothing else is
 * touched.
 */
#include "check.h"

#include "platform/pc/iommu.c"

#define MEMORY (64 * KIB)
#define RSDP   64
#define RSDT   128
#define TABLE  1024
#define UNIT   (16 * KIB) /* registers of the first; each has a page */

static _Alignas(8) uint8_t memory[MEMORY];
static struct machine machine;
static struct report report;

static void put(uint64_t at, unsigned size, uint64_t value)
{
	EXPECT(at + size <= MEMORY);
	memcpy(memory + at, &value, size);
}

static uint32_t get(uint64_t at)
{
	uint32_t value;

	memcpy(&value, memory + at, sizeof(value));
	return value;
}

/* A machine with one table with this signature, which has `length` bytes. */
static void begin(const char *sign, uint32_t length)
{
	memset(memory, 0, sizeof(memory));
	report = (struct report){ .count = 0 };
	machine = (struct machine){ .memory = memory, .identity_limit = MEMORY, .rsdp = RSDP };
	put(RSDP + 16, 4, RSDT);
	put(RSDT + 4, 4, 36 + 4);
	put(RSDT + 36, 4, TABLE);
	memcpy(memory + TABLE, sign, 4);
	put(TABLE + 4, 4, length);
}

TEST("a unit of VT-d neither translates addresses nor interrupts any more")
{
	begin("DMAR", 48 + 16 + 16);
	put(TABLE + 48, 4, 16 << 16 | 1); /* no unit: reserved memory */
	put(TABLE + 48 + 8, 8, UNIT);
	put(TABLE + 64, 4, 16 << 16);
	put(TABLE + 64 + 8, 8, UNIT + PAGE_SIZE);
	put(UNIT + 0x1c, 4, 0xffffffff);
	put(UNIT + PAGE_SIZE + 0x18, 4, 0x12345678);
	put(UNIT + PAGE_SIZE + 0x1c, 4, 0xd7000000); /* memory keeps it: nothing reacts */
	iommus_off(&machine, &report);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_IOMMU_STAYS);
	EXPECT(!report.findings[0].refusal);
	EXPECT_TEXT(report.findings[0].detail,
	            "the one at 0x5000 stays on: its status is 0xd7000000");
	EXPECT_EQUAL(get(UNIT + 0x18), 0);
	EXPECT_EQUAL(get(UNIT + PAGE_SIZE + 0x18), 0xd7000000 & 0x96ffffff & ~UINT32_C(0x02000000));
}

TEST("a unit of VT-d that is off is not written to")
{
	begin("DMAR", 48 + 16);
	put(TABLE + 48, 4, 16 << 16);
	put(TABLE + 48 + 8, 8, UNIT);
	put(UNIT + 0x18, 4, 0x55555555);
	iommus_off(&machine, &report);
	EXPECT_EQUAL(get(UNIT + 0x18), 0x55555555);
	EXPECT_EQUAL(report.count, 0);
}

TEST("every kind of AMD's units is switched off, and keeps what else is set")
{
	static const uint8_t types[] = { 0x10, 0x11, 0x40, 0x20 };

	for (unsigned i = 0; i < COUNT(types); i++) {
		begin("IVRS", 48 + 24);
		put(TABLE + 48, 4, 24 << 16 | types[i]);
		put(TABLE + 48 + 8, 8, UNIT);
		put(UNIT + 0x18, 8, UINT64_C(0x8000000f));
		iommus_off(&machine, &report);
		EXPECT_EQUAL(get(UNIT + 0x18), i < 3 ? 0x8000000e : 0x8000000f);
	}
}

TEST("units out of sight, and tables that are damaged, do no harm")
{
	begin("DMAR", 48 + 16 + 16);
	put(TABLE + 48, 4, 16 << 16);
	put(TABLE + 48 + 8, 8, MEMORY - 8);
	iommus_off(&machine, &report);
	put(TABLE + 48 + 8, 8, UINT64_MAX - 8);
	iommus_off(&machine, &report);
	put(TABLE + 48, 4, 3 << 16);
	iommus_off(&machine, &report);
	put(TABLE + 48, 4, UINT32_C(0xffff0000));
	iommus_off(&machine, &report);
	put(TABLE + 4, 4, 20);
	iommus_off(&machine, &report);
}
