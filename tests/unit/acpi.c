/* SPDX-License-Identifier: MIT */
/* acpi.c - checks what core/acpi.h promises: CPUs are counted from tables that are sound, and
 * tables that are not do no harm. */
#include "check.h"

#include "core/acpi.h"

#define MEMORY 8192
#define RSDP   64
#define RSDT   128
#define XSDT   256
#define OTHER  512
#define MADT   1024

static uint8_t *memory; /* physical address 0; the checker watches its end */
static struct machine machine;

/* Writes a number of `size` bytes, lowest first. */
static void put(uint64_t at, unsigned size, uint64_t value)
{
	EXPECT(at + size <= MEMORY);
	memcpy(memory + at, &value, size);
}

/* Writes a table's header. */
static void put_table(uint64_t at, const char *sign, uint32_t length)
{
	memcpy(memory + at, sign, 4);
	put(at + 4, 4, length);
}

/* A machine with an RSDP of this revision; RSDT and XSDT both name the MADT, after another table.
 * The MADT is still empty. */
static void begin(unsigned revision)
{
	free(memory);
	memory = calloc(MEMORY, 1);
	machine = (struct machine){ .memory = memory, .identity_limit = MEMORY, .rsdp = RSDP };
	put(RSDP + 15, 1, revision);
	put(RSDP + 16, 4, RSDT);
	put(RSDP + 24, 8, XSDT);
	put_table(RSDT, "RSDT", 36 + 8);
	put(RSDT + 36, 4, OTHER);
	put(RSDT + 40, 4, MADT);
	put_table(XSDT, "XSDT", 36 + 16);
	put(XSDT + 36, 8, OTHER);
	put(XSDT + 44, 8, MADT);
	put_table(OTHER, "FACP", 244);
	put_table(MADT, "APIC", 44);
}

/* Adds an entry to the MADT: a CPU's, with its flags, if the type is 0 or 9. Its APIC ID is the
 * offset of the entry, except for the lowest bits. */
static void add(unsigned type, unsigned length, unsigned flags)
{
	uint32_t end;

	memcpy(&end, memory + MADT + 4, 4);
	put(MADT + end, 1, type);
	put(MADT + end + 1, 1, length);
	put(MADT + end + (type == 9 ? 4 : 3), 1, end >> 2);
	put(MADT + end + (type == 9 ? 8 : 4), 4, flags);
	put(MADT + 4, 4, end + length);
}

/* Adds an enabled CPU, with its number in ACPI's namespace, to the MADT. */
static void add_cpu(unsigned type, uint32_t apic_id, uint32_t number)
{
	uint32_t end;

	memcpy(&end, memory + MADT + 4, 4);
	add(type, type == 9 ? 16 : 8, 1);
	put(MADT + end + (type == 9 ? 4 : 3), type == 9 ? 4 : 1, apic_id);
	put(MADT + end + (type == 9 ? 12 : 2), type == 9 ? 4 : 1, number);
}

/* A machine with four CPUs, three of them enabled. */
static void begin_with_three(unsigned revision)
{
	begin(revision);
	add(0, 8, 1);
	add(1, 12, 1); /* an I/O APIC is not a CPU */
	add(0, 8, 0);
	add(9, 16, 1);
	add(0, 8, 3);
}

/* How many CPUs are listed. */
static unsigned cpu_count(void)
{
	struct processor found[8];

	return acpi_processors(&machine, found, COUNT(found));
}

TEST("enabled CPUs of both kinds are counted, through the XSDT")
{
	begin_with_three(2);
	put(RSDP + 16, 4, 0);
	EXPECT_EQUAL(cpu_count(), 3);
}

TEST("an old machine's CPUs are counted through the RSDT")
{
	begin_with_three(0);
	put(RSDP + 24, 8, UINT64_MAX); /* no field of revision 0 */
	EXPECT_EQUAL(cpu_count(), 3);
}

TEST("where the XSDT is out of reach, the RSDT is used")
{
	begin_with_three(2);
	put(RSDP + 24, 8, UINT64_C(0x100000000));
	EXPECT_EQUAL(cpu_count(), 3);
}

TEST("a machine without ACPI, without a MADT or without enabled CPUs lists none")
{
	begin_with_three(2);
	machine.rsdp = 0;
	EXPECT_EQUAL(cpu_count(), 0);
	begin_with_three(2);
	put_table(MADT, "SSDT", 44);
	EXPECT_EQUAL(cpu_count(), 0);
	begin(2);
	EXPECT_EQUAL(cpu_count(), 0);
}

TEST("tables that lie beyond the loader's reach are not read")
{
	begin_with_three(2);
	machine.rsdp = MEMORY - 8;
	EXPECT_EQUAL(cpu_count(), 0);
	machine.rsdp = UINT64_MAX - 8;
	EXPECT_EQUAL(cpu_count(), 0);
	begin_with_three(2);
	put(XSDT + 44, 8, UINT64_MAX - 40);
	put(RSDT + 40, 4, MEMORY - 20);
	EXPECT_EQUAL(cpu_count(), 0);
}

TEST("a table with a length that makes no sense is not read")
{
	begin_with_three(2);
	put(MADT + 4, 4, 20);
	EXPECT_EQUAL(cpu_count(), 0);
	put(MADT + 4, 4, UINT32_MAX);
	EXPECT_EQUAL(cpu_count(), 0);
	put(MADT + 4, 4, MEMORY);
	EXPECT_EQUAL(cpu_count(), 0);
}

TEST("an entry of length 0 ends the count, not the loader")
{
	begin_with_three(2);
	add(5, 0, 0);
	put(MADT + 4, 4, 400);
	EXPECT_EQUAL(cpu_count(), 3);
}

TEST("an entry that is cut off by the end of its table is not a CPU")
{
	uint32_t end;

	begin_with_three(2);
	add(0, 8, 1);
	memcpy(&end, memory + MADT + 4, 4);
	put(MADT + 4, 4, end - 2);
	EXPECT_EQUAL(cpu_count(), 3);
}

/* The MADT's CPUs must be these. */
static void expect_cpus(const struct processor *expected, unsigned count)
{
	struct processor found[8];

	EXPECT_EQUAL(acpi_processors(&machine, found, COUNT(found)), count);
	for (unsigned i = 0; i < count; i++) {
		EXPECT_EQUAL(found[i].apic_id, expected[i].apic_id);
		EXPECT_EQUAL(found[i].number, expected[i].number);
	}
}

TEST("CPUs of both kinds are listed with their numbers, in the table's order")
{
	begin(2);
	add_cpu(0, 4, 20);
	add_cpu(9, 0x12345678, 0x9abcdef0);
	add_cpu(0, 2, 21);
	expect_cpus((struct processor[]){ { 20, 4 }, { 0x9abcdef0, 0x12345678 }, { 21, 2 } }, 3);
}

TEST("more CPUs than there is room for are counted, and not written")
{
	struct processor found[3] = { { 0, 0 }, { 0, 0 }, { 77, 77 } };

	begin(2);
	for (unsigned i = 0; i < 4; i++)
		add_cpu(0, i, i);
	EXPECT_EQUAL(acpi_processors(&machine, found, 2), 4);
	EXPECT_EQUAL(found[1].apic_id, 1);
	EXPECT_EQUAL(found[2].apic_id, 77);
}

TEST("a CPU that is listed twice, by either kind of entry, counts once")
{
	begin(2);
	add_cpu(0, 0, 1);
	add_cpu(0, 1, 2);
	add_cpu(9, 0, 1);
	add_cpu(9, 1, 2);
	add_cpu(9, 300, 3);
	expect_cpus((struct processor[]){ { 1, 0 }, { 2, 1 }, { 3, 300 } }, 3);
}

TEST("an entry for all CPUs at once, which would restart this one, is not a CPU")
{
	begin(2);
	add_cpu(0, 0, 1);
	add_cpu(0, 0xff, 2);
	add_cpu(9, UINT32_MAX, 3);
	add_cpu(9, 0xff, 4);
	expect_cpus((struct processor[]){ { 1, 0 }, { 4, 0xff } }, 2);
}

TEST("random damage to the tables is survived")
{
	struct phys_range places[16];
	uint64_t seed = 2;

	for (unsigned i = 0; i < 20000; i++) {
		begin_with_three(i % 3);
		for (unsigned harm = 0; harm < 4; harm++)
			put(check_below(&seed, MADT + 100), 1, check_random(&seed) & 0xff);
		EXPECT(cpu_count() < MEMORY);
		EXPECT(acpi_tables(&machine, places, COUNT(places)) <= COUNT(places));
	}
}

/* The table of `size` bytes at `at` must be among those found, in any order. */
static void expect_table(const struct phys_range *list, unsigned count, uint64_t at, uint64_t size)
{
	for (unsigned i = 0; i < count; i++) {
		if (list[i].begin == at && list[i].end == at + size)
			return;
	}
	FAIL("no table at %#" PRIx64, at);
}

TEST("all tables are found: root pointer, lists, what they name, and what the FADT names")
{
	struct phys_range list[32];
	unsigned count;

	for (unsigned revision = 0; revision <= 2; revision += 2) {
		begin(revision);
		put(RSDP + 20, 4, 36);
		put(OTHER + 36, 4, 2048);
		put(OTHER + 40, 4, 2304);
		put(OTHER + 132, 8, 2560);
		put(OTHER + 140, 8, 2816);
		for (unsigned i = 0; i < 4; i++)
			put_table(2048 + 256 * i, "DATA", 40 + i);
		count = acpi_tables(&machine, list, COUNT(list));
		expect_table(list, count, RSDP, revision == 0 ? 20 : 36);
		expect_table(list, count, RSDT, 44);
		expect_table(list, count, OTHER, 244);
		expect_table(list, count, MADT, 44);
		for (unsigned i = 0; i < 4; i++)
			expect_table(list, count, 2048 + 256 * i, 40 + i);
		if (revision == 2)
			expect_table(list, count, XSDT, 52);
		EXPECT_EQUAL(count, revision == 0 ? 8 : 15); /* with both lists, some twice */
	}
}

TEST("of tables that are out of sight or damaged, only the header is noted, if it fits")
{
	struct phys_range list[4];

	begin(0);
	put(RSDT + 36, 4, MEMORY);
	put_table(MADT, "APIC", 8);
	EXPECT_EQUAL(acpi_tables(&machine, list, COUNT(list)), 4);
	expect_table(list, 4, MEMORY, 36);
	expect_table(list, 4, MADT, 36);
	EXPECT_EQUAL(acpi_tables(&machine, list, 2), 2);
	machine.rsdp = 0;
	EXPECT_EQUAL(acpi_tables(&machine, list, COUNT(list)), 0);
}

TEST("a table is found by its signature, and NMIs by the number of a CPU, or of all CPUs")
{
	uint32_t lints[2];

	for (unsigned revision = 0; revision <= 2; revision += 2) {
		begin(revision);
		EXPECT_EQUAL(acpi_table(&machine, "FACP").size, 244);
		EXPECT_EQUAL(acpi_table(&machine, "DMAR").size, 0);
		acpi_lints(&machine, 1, lints);
		EXPECT(lints[0] == 0 && lints[1] == 0);
		put_table(MADT, "APIC", 44 + 6 + 6 + 12 + 12);
		put(MADT + 44, 6, UINT64_C(0x010000ff0604));     /* all: LINT1, as the bus has it */
		put(MADT + 50, 6, UINT64_C(0x00000f070604));     /* 7: LINT0, low and level */
		put(MADT + 56, 8, UINT64_C(0x0000012c00050c0a)); /* 300: high and edges */
		put(MADT + 64, 1, 0);
		put(MADT + 68, 8, UINT64_C(0x0000012d000c0c0a)); /* 301: level */
		put(MADT + 76, 1, 9);                            /* no LINT has this number */
		acpi_lints(&machine, 1, lints);
		EXPECT(lints[0] == 0 && lints[1] == 0x10400);
		acpi_lints(&machine, 7, lints);
		EXPECT(lints[0] == 0x1a400 && lints[1] == 0x10400);
		acpi_lints(&machine, 300, lints);
		EXPECT(lints[0] == 0x10400 && lints[1] == 0x10400);
		acpi_lints(&machine, 301, lints);
		EXPECT(lints[0] == 0 && lints[1] == 0x10400);
	}
}

TEST("I/O APICs are believed only where one can be")
{
	static const struct {
		uint32_t at;
		bool possible;
	} cases[] = {
		{ 0xfec00000, true },  { 0xfec00400, true },  { 0xfecffc00, true },
		{ 0xb4180000, true },  { 0xfed00000, true },  { 0xfec00200, false },
		{ 0xfec00001, false }, { 0, false },          { 0x7c00, false },
		{ 0xa0000, false },    { 0x200000, false },   { 0x7ffffc00, false },
		{ 0x80000000, true },  { 0x90000000, false }, { 0xfee00000, false },
		{ 0xfff00000, false }, { 0xfffffc00, false }, { UINT32_MAX, false },
	};
	static const struct firmware_range map[] = {
		{ { 0, 0x80000000 }, MEMORY_USABLE, 1 },
		{ { 0x90000100, 0x90000200 }, MEMORY_ACPI_RECLAIMABLE, 3 },
		{ { 0xfec00000, 0xfec01000 }, MEMORY_RESERVED, 2 },
	};
	uint32_t list[COUNT(cases)], expected[COUNT(cases)];
	unsigned count = 0;

	begin(2);
	machine.firmware = map;
	machine.firmware_count = COUNT(map);
	for (unsigned i = 0; i < COUNT(cases); i++) {
		add(1, 12, cases[i].at);
		if (cases[i].possible)
			expected[count++] = cases[i].at;
	}
	EXPECT_EQUAL(acpi_io_apics(&machine, list, COUNT(list)), count);
	for (unsigned i = 0; i < count; i++)
		EXPECT_EQUAL(list[i], expected[i]);
	EXPECT_EQUAL(acpi_io_apics(&machine, list, 2), 2);
}
