/* SPDX-License-Identifier: MIT */
/* smbios.c - checks what core/smbios.h promises: entry points of both kinds and their
 * structures. */
#include "check.h"

#include "core/smbios.h"

#define MEMORY 4096
#define OLD    256
#define NEW    512

static uint8_t *memory; /* physical address 0; the checker watches its end */
static struct machine machine;

/* Writes a number of `size` bytes, lowest first. */
static void put(uint64_t at, unsigned size, uint64_t value)
{
	EXPECT(at + size <= MEMORY);
	memcpy(memory + at, &value, size);
}

static void begin(void)
{
	free(memory);
	memory = calloc(MEMORY, 1);
	machine = (struct machine){ .memory = memory, .identity_limit = MEMORY };
	put(OLD + 0x05, 1, 0x1f);
	put(OLD + 0x16, 2, 0x345);
	put(OLD + 0x18, 4, 0xfbcd0000);
	put(NEW + 0x06, 1, 0x18);
	put(NEW + 0x0c, 4, 0x12345);
	put(NEW + 0x10, 8, UINT64_C(0x123456780));
}

static void expect_range(struct phys_range range, uint64_t at, uint64_t size)
{
	EXPECT_EQUAL(range.begin, at);
	EXPECT_EQUAL(range.end, at + size);
}

TEST("both entry points and their structures are found")
{
	struct phys_range list[SMBIOS_TABLES];

	begin();
	machine.smbios = OLD;
	machine.smbios3 = NEW;
	EXPECT_EQUAL(smbios_tables(&machine, list), 4);
	expect_range(list[0], OLD, 0x1f);
	expect_range(list[1], 0xfbcd0000, 0x345);
	expect_range(list[2], NEW, 0x18);
	expect_range(list[3], UINT64_C(0x123456780), 0x12345);
}

TEST("what is not there, or out of sight, is not noted")
{
	struct phys_range list[SMBIOS_TABLES];

	begin();
	EXPECT_EQUAL(smbios_tables(&machine, list), 0);
	machine.smbios = MEMORY - 8;
	EXPECT_EQUAL(smbios_tables(&machine, list), 0);
	machine.smbios3 = NEW;
	EXPECT_EQUAL(smbios_tables(&machine, list), 2);
}

TEST("an entry point that says it is too short is ignored")
{
	struct phys_range list[SMBIOS_TABLES];

	begin();
	machine.smbios = OLD;
	machine.smbios3 = NEW;
	put(OLD + 0x05, 1, 0);
	put(NEW + 0x06, 1, 0);
	EXPECT_EQUAL(smbios_tables(&machine, list), 0);
	put(OLD + 0x05, 1, 0x1d);
	put(NEW + 0x06, 1, 0x17);
	EXPECT_EQUAL(smbios_tables(&machine, list), 0);
	put(OLD + 0x05, 1, 0x1e); /* as a misprint in version 2.1 has it */
	EXPECT_EQUAL(smbios_tables(&machine, list), 2);
	expect_range(list[0], OLD, 0x1f);
}

TEST("structures of no length, or beyond all addresses, are not noted")
{
	struct phys_range list[SMBIOS_TABLES];

	begin();
	machine.smbios = OLD;
	machine.smbios3 = NEW;
	put(OLD + 0x16, 2, 0);
	put(NEW + 0x10, 8, UINT64_MAX - 5);
	EXPECT_EQUAL(smbios_tables(&machine, list), 2);
	expect_range(list[1], NEW, 0x18);
}
