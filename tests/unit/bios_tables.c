/* SPDX-License-Identifier: MIT */
/* bios_tables.c - checks which tables the loader recognises in a BIOS's ROM. */
#include "check.h"

#include "core/text.h"
#include "platform/bios/tables.c"

#define ROM 256

static _Alignas(16) uint8_t rom[ROM];

/* Puts an entry point of `size` bytes there, which says that it has `length`, with the right
 * sum. */
static void lay(unsigned at, const char *sign, unsigned size, unsigned length_at, uint8_t length)
{
	uint8_t sum = 0;

	memcpy(rom + at, sign, text_length(sign));
	rom[at + length_at] = length;
	for (unsigned i = 0; i < size; i++)
		sum = (uint8_t)(sum + rom[at + i]);
	rom[at + length_at - 1] = (uint8_t)(rom[at + length_at - 1] - sum);
}

/* Where the first 32-bit entry point of SMBIOS is; ROM if there is none. */
static uint64_t found(void)
{
	uint64_t at = find_table((uintptr_t)rom, (uintptr_t)rom + ROM, &table_smbios);

	return at == 0 ? ROM : at - (uintptr_t)rom;
}

TEST("an entry point with the right sum is found, one with a wrong sum is not")
{
	memset(rom, 0, sizeof(rom));
	lay(32, "_SM_", 0x1f, 5, 0x1f);
	EXPECT_EQUAL(found(), 32);
	rom[40]++;
	EXPECT_EQUAL(found(), ROM);
}

TEST("an entry point of no length, or too short for one, is ignored")
{
	for (uint8_t length = 0; length < table_smbios.size; length++) {
		memset(rom, 0, sizeof(rom));
		lay(16, "_SM_", length, 5, length);
		EXPECT_EQUAL(found(), ROM);
		lay(96, "_SM_", table_smbios.size, 5, table_smbios.size);
		EXPECT_EQUAL(found(), 96);
	}
}

TEST("an entry point that reaches beyond the ROM is ignored")
{
	memset(rom, 0, sizeof(rom));
	lay(ROM - 32, "_SM_", 32, 5, 32);
	EXPECT_EQUAL(found(), ROM - 32);
	lay(ROM - 32, "_SM_", 32, 5, 33);
	EXPECT_EQUAL(found(), ROM);
	memset(rom, 0, sizeof(rom));
	memcpy(rom + ROM - 16, "_SM_", 4);
	EXPECT_EQUAL(found(), ROM);
}
