/* SPDX-License-Identifier: MIT */
/* acpi.c - holds what core/acpi.h promises: CPUs are counted from tables that are sound, and tables
 * that are not harm nobody. */
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

/* A machine with an RSDP of this revision; RSDT and XSDT both name the MADT, behind another table.
 * The MADT holds nothing yet. */
static void begin(unsigned revision)
{
	free(memory);
	memory = calloc(MEMORY, 1);
	machine = (struct machine){ .memory = memory, .reach = MEMORY, .rsdp = RSDP };
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

/* Adds an entry to the MADT: a CPU's, with its flags, if the type is 0 or 9. */
static void add(unsigned type, unsigned length, unsigned flags)
{
	uint32_t end;

	memcpy(&end, memory + MADT + 4, 4);
	put(MADT + end, 1, type);
	put(MADT + end + 1, 1, length);
	put(MADT + end + (type == 9 ? 8 : 4), 4, flags);
	put(MADT + 4, 4, end + length);
}

/* A machine with four CPUs, three of them enabled. */
static void begin_with_three(unsigned revision)
{
	begin(revision);
	add(0, 8, 1);
	add(1, 12, 1); /* an I/O APIC is no CPU */
	add(0, 8, 0);
	add(9, 16, 1);
	add(0, 8, 3);
}

TEST("enabled CPUs of both kinds are counted, through the XSDT")
{
	begin_with_three(2);
	put(RSDP + 16, 4, 0);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 3);
}

TEST("an old machine's CPUs are counted through the RSDT")
{
	begin_with_three(0);
	put(RSDP + 24, 8, UINT64_MAX); /* no field of revision 0 */
	EXPECT_EQUAL(acpi_cpu_count(&machine), 3);
}

TEST("where the XSDT is out of reach, the RSDT is used")
{
	begin_with_three(2);
	put(RSDP + 24, 8, UINT64_C(0x100000000));
	EXPECT_EQUAL(acpi_cpu_count(&machine), 3);
}

TEST("a machine without ACPI, without a MADT or without enabled CPUs has one")
{
	begin_with_three(2);
	machine.rsdp = 0;
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	begin_with_three(2);
	put_table(MADT, "SSDT", 44);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	begin(2);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
}

TEST("tables that lie beyond the loader's reach are not read")
{
	begin_with_three(2);
	machine.rsdp = MEMORY - 8;
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	machine.rsdp = UINT64_MAX - 8;
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	begin_with_three(2);
	put(XSDT + 44, 8, UINT64_MAX - 40);
	put(RSDT + 40, 4, MEMORY - 20);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
}

TEST("a table with a length that makes no sense is not read")
{
	begin_with_three(2);
	put(MADT + 4, 4, 20);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	put(MADT + 4, 4, UINT32_MAX);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
	put(MADT + 4, 4, MEMORY);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 1);
}

TEST("an entry of length 0 ends the count, not the loader")
{
	begin_with_three(2);
	add(5, 0, 0);
	put(MADT + 4, 4, 400);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 3);
}

TEST("an entry that is cut off by the end of its table is no CPU")
{
	uint32_t end;

	begin_with_three(2);
	add(0, 8, 1);
	memcpy(&end, memory + MADT + 4, 4);
	put(MADT + 4, 4, end - 2);
	EXPECT_EQUAL(acpi_cpu_count(&machine), 3);
}

TEST("random damage to the tables is survived")
{
	uint64_t seed = 2;

	for (unsigned i = 0; i < 20000; i++) {
		begin_with_three(i % 3);
		for (unsigned harm = 0; harm < 4; harm++)
			put(check_below(&seed, MADT + 100), 1, check_random(&seed) & 0xff);
		EXPECT(acpi_cpu_count(&machine) >= 1);
	}
}
