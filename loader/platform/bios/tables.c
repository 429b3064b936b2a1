/* SPDX-License-Identifier: MIT */
/* tables.c - looks for tables where a BIOS puts them, in its ROM and its data area. Calls
 * nothing. */
#include "platform/bios/tables.h"

#include "core/table.h"

/* Looks for a table of this kind at every 16th byte of [begin, end). */
static uint64_t find_table(uintptr_t begin, uintptr_t end, const struct table_kind *kind)
{
	struct span rom = { (const uint8_t *)begin, end - begin };
	uint32_t word;
	uint64_t at;

	memcpy(&word, kind->sign, sizeof(word));
	for (at = span_find_word(rom, 0, 16, word); at < rom.size;
	     at = span_find_word(rom, at + 16, 16, word)) {
		struct span rest = { rom.bytes + (size_t)at, rom.size - at };

		if (table_is_whole(rest, kind))
			return begin + at;
	}
	return 0;
}

/* The RSDP (ACPI 6.5, 5.2.5.1): in the first KiB of the extended BIOS data area, or in the BIOS's
 * ROM, of which the upper half is where it mostly is. */
static uint64_t find_rsdp(void)
{
	uintptr_t ebda = (uintptr_t) * (const volatile uint16_t *)0x40e << 4;
	uint64_t found =
		ebda >= 0x400 && ebda < 0xa0000 ? find_table(ebda, ebda + KIB, &table_rsdp) : 0;

	if (found == 0)
		found = find_table(0xf0000, 0x100000, &table_rsdp);
	return found != 0 ? found : find_table(0xe0000, 0xf0000, &table_rsdp);
}

void tables_read(struct machine *machine)
{
	if (machine->rsdp == 0)
		machine->rsdp = find_rsdp();
	machine->smbios = find_table(0xf0000, 0x100000, &table_smbios);
	machine->smbios3 = find_table(0xf0000, 0x100000, &table_smbios3);
}
