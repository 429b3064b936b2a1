/* SPDX-License-Identifier: MIT */
/* tables.c - looks for tables where a BIOS puts them, in its ROM and its data area. Calls
 * nothing. */
#include "platform/bios/tables.h"

#include "core/table.h"

/* Searches [begin, end) for a table of this kind, at every 16th byte. */
static uint64_t find_table(uintptr_t begin, uintptr_t end, const struct table_kind *kind)
{
	struct span rom = { (const uint8_t *)begin, end - begin };
	uint32_t word;
	uint64_t at = 0;

	memcpy(&word, kind->sign, sizeof(word));
	for (; (at = span_find_word(rom, at, 16, word)) < rom.size; at += 16) {
		struct span rest = { rom.bytes + (size_t)at, rom.size - at };

		if (table_is_whole(rest, kind))
			return begin + at;
	}
	return 0;
}

/* Where BIOSes put tables: the RSDP (ACPI 6.5, 5.2.5.1) in the first KiB of the extended BIOS data
 * area, or in the BIOS's ROM, mostly in its upper half; SMBIOS in that half. */
void tables_read(struct machine *machine)
{
	const uintptr_t area = (uintptr_t) * (const volatile uint16_t *)0x40e << 4;
	const uintptr_t ebda = area >= 0x400 && area < 0xa0000 ? area : 0;
	const struct {
		uint64_t *at;
		uintptr_t begin, end;
		const struct table_kind *kind;
	} places[] = {
		{ &machine->rsdp, ebda, ebda != 0 ? ebda + KIB : 0, &table_rsdp },
		{ &machine->rsdp, 0xf0000, 0x100000, &table_rsdp },
		{ &machine->rsdp, 0xe0000, 0xf0000, &table_rsdp },
		{ &machine->smbios, 0xf0000, 0x100000, &table_smbios },
		{ &machine->smbios3, 0xf0000, 0x100000, &table_smbios3 },
	};

	for (unsigned i = 0; i < COUNT(places); i++) {
		if (*places[i].at == 0)
			*places[i].at = find_table(places[i].begin, places[i].end, places[i].kind);
	}
}
