/* SPDX-License-Identifier: MIT */
/* e820.c - checks which map the loader reads from a BIOS that gives known answers. */
#include "check.h"

#include "platform/bios/e820.c"

#define RANGES 8

static struct e820_entry entries[2 * RANGES]; /* what the BIOS reports */
static unsigned entry_count, entry_size, calls;
static bool never_ends;

/* What the older calls answer; 0: they do not know. */
static struct bios_registers low, e801, old;

static struct e820_entry buffer;
static struct firmware_range ranges[RANGES];
static struct machine machine;
static struct report report;

void *bios_low_memory(size_t size)
{
	EXPECT(size <= sizeof(buffer));
	return &buffer;
}

/* Answers like a BIOS: EBX is the number of the next entry. */
static void answer_e820(const struct bios_registers *in, struct bios_registers *out)
{
	unsigned number = never_ends ? in->ebx % entry_count : in->ebx;

	EXPECT_EQUAL(in->edx, SMAP);
	EXPECT_EQUAL(in->ecx, sizeof(buffer));
	out->eflags = number < entry_count ? 0 : BIOS_CARRY;
	if (number >= entry_count)
		return;
	memcpy(&buffer, &entries[number], entry_size);
	out->eax = SMAP;
	out->ecx = entry_size;
	out->ebx = number + 1 == entry_count && !never_ends ? 0 : in->ebx + 1;
}

void bios_call(uint8_t number, const struct bios_registers *in, struct bios_registers *out)
{
	calls++;
	if (number == 0x12)
		*out = low;
	else if (in->eax == 0xe820)
		answer_e820(in, out);
	else if (in->eax == 0xe801)
		*out = e801;
	else if (in->eax == 0x8800)
		*out = old;
	else
		FAIL("int %#x, EAX=%#x is not expected", number, in->eax);
}

/* A BIOS with these entries of `size` bytes each, and no older calls. */
static void begin(const struct e820_entry *list, unsigned count, unsigned size)
{
	memset(&report, 0, sizeof(report));
	memset(&low, 0, sizeof(low));
	never_ends = false;
	calls = 0;
	entry_size = size;
	entry_count = count;
	for (unsigned i = 0; i < count; i++)
		entries[i] = list[i];
	e801 = old = (struct bios_registers){ .eflags = BIOS_CARRY };
}

#define BEGIN(size, ...)                                  \
	begin((const struct e820_entry[]){ __VA_ARGS__ }, \
	      COUNT(((const struct e820_entry[]){ __VA_ARGS__ })), size)

static bool read(void)
{
	machine = (struct machine){ 0 };
	return e820_read(&machine, ranges, COUNT(ranges), &report);
}

/* Range `number` of what was read. */
static void expect_range(unsigned number, uint64_t begin_at, uint64_t end, enum memory_type type,
                         uint32_t raw)
{
	EXPECT(number < machine.firmware_count);
	EXPECT_EQUAL(machine.firmware[number].phys.begin, begin_at);
	EXPECT_EQUAL(machine.firmware[number].phys.end, end);
	EXPECT_EQUAL(machine.firmware[number].type, type);
	EXPECT_EQUAL(machine.firmware[number].raw, raw);
}

TEST("every range keeps what the BIOS calls it beside what we do")
{
	BEGIN(24, { 0, 0x9fc00, 1, 1 }, { 0x9fc00, 0x400, 2, 1 }, { MIB, MIB, 3, 1 },
	      { 2 * MIB, MIB, 4, 1 }, { 3 * MIB, MIB, 5, 1 }, { 4 * MIB, MIB, 12, 1 });
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 6);
	expect_range(0, 0, 0x9fc00, MEMORY_USABLE, 1);
	expect_range(1, 0x9fc00, 0xa0000, MEMORY_RESERVED, 2);
	expect_range(2, MIB, 2 * MIB, MEMORY_ACPI_RECLAIMABLE, 3);
	expect_range(3, 2 * MIB, 3 * MIB, MEMORY_ACPI_NVS, 4);
	expect_range(4, 3 * MIB, 4 * MIB, MEMORY_BAD, 5);
	expect_range(5, 4 * MIB, 5 * MIB, MEMORY_RESERVED, 12);
}

TEST("entries that ACPI 3 says to ignore, and empty ones, are in no map")
{
	BEGIN(24, { MIB, MIB, 1, 0 }, { 2 * MIB, MIB, 1, 1 }, { 3 * MIB, 0, 2, 1 },
	      { 4 * MIB, MIB, 2, 2 });
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 1);
	expect_range(0, 2 * MIB, 3 * MIB, MEMORY_USABLE, 1);
}

TEST("entries of 20 bytes have no attributes, and none is ignored")
{
	BEGIN(20, { MIB, MIB, 1, 0 }, { 2 * MIB, MIB, 2, 0 });
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 2);
}

TEST("of a map that never ends, each range is noted once, with a warning")
{
	BEGIN(24, { MIB, MIB, 1, 1 }, { 2 * MIB, MIB, 2, 1 });
	never_ends = true;
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 2);
	expect_range(0, MIB, 2 * MIB, MEMORY_USABLE, 1);
	expect_range(1, 2 * MIB, 3 * MIB, MEMORY_RESERVED, 2);
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_MAP_CUT);
	EXPECT_PART(report.findings[0].detail, "did not come to the end");
	BEGIN(24, { MIB, MIB, 1, 0 });
	never_ends = true;
	EXPECT(!read());
	EXPECT(calls < 5 * RANGES);
}

TEST("a map that fits exactly gives no warning")
{
	begin(NULL, 0, 24);
	for (entry_count = 0; entry_count < RANGES; entry_count++)
		entries[entry_count] =
			(struct e820_entry){ (2 * entry_count + 1) * MIB, MIB, 1, 1 };
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, RANGES);
	EXPECT_EQUAL(report.count, 0);
}

TEST("if there is no room, reserved ranges stay, and the smallest free ones are dropped")
{
	/* free ranges of 9, 10 ... KiB, then reserved ones, then free ones of 1 and of 2 MiB */
	begin(NULL, 0, 24);
	for (unsigned i = 0; i < RANGES; i++)
		entries[i] = (struct e820_entry){ (i + 1) * MIB, (i + 9) * KIB, 1, 1 };
	for (unsigned i = 0; i < 5; i++)
		entries[RANGES + i] = (struct e820_entry){ (i + 1) * MIB, 4 * KIB, 2, 1 };
	entries[RANGES + 5] = (struct e820_entry){ 32 * MIB, KIB, 1, 1 };
	entries[RANGES + 6] = (struct e820_entry){ 64 * MIB, MIB, 1, 1 };
	entry_count = RANGES + 7;
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, RANGES);
	for (unsigned i = 0; i < 5; i++)
		expect_range(i, (i + 1) * MIB, (i + 1) * MIB + 4 * KIB, MEMORY_RESERVED, 2);
	expect_range(5, 64 * MIB, 65 * MIB, MEMORY_USABLE, 1);
	expect_range(6, 7 * MIB, 7 * MIB + 15 * KIB, MEMORY_USABLE, 1);
	expect_range(7, 8 * MIB, 8 * MIB + 16 * KIB, MEMORY_USABLE, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_MEMORY_MAP_CUT);
	EXPECT_PART(report.findings[0].detail, "left out 7");
}

TEST("if the BIOS has no map, older calls are used")
{
	begin(NULL, 0, 24);
	low.eax = 639;
	e801 = (struct bios_registers){ .eax = 0x3c00, .ebx = 0x100, .ecx = 0, .edx = 0 };
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 3);
	expect_range(0, 0, 639 * KIB, MEMORY_USABLE, 1);
	expect_range(1, MIB, 16 * MIB, MEMORY_USABLE, 1);
	expect_range(2, 16 * MIB, 32 * MIB, MEMORY_USABLE, 1);
	e801 = (struct bios_registers){ .ecx = 0x3c00, .edx = 0 }; /* in CX, and nothing above */
	EXPECT(read());
	EXPECT_EQUAL(machine.firmware_count, 2);
	expect_range(1, MIB, 16 * MIB, MEMORY_USABLE, 1);
	e801.eflags = BIOS_CARRY;
	old = (struct bios_registers){ .eax = 0x1c00 };
	EXPECT(read());
	expect_range(1, MIB, 8 * MIB, MEMORY_USABLE, 1);
}

TEST("a BIOS that reports no memory at all is refused")
{
	begin(NULL, 0, 24);
	EXPECT(!read());
	EXPECT_EQUAL(report.findings[0].code, DIAG_BIOS_NO_MAP);
}
