/* SPDX-License-Identifier: MIT */
/* tables.c - looks for tables where a BIOS puts them, in its ROM and its data area. Calls
 * nothing. */
#include "platform/bios/tables.h"

#include "core/text.h"

/* True if the bytes add up to 0, as the sums in firmware tables do. */
static bool sums_to_zero(const uint8_t *bytes, unsigned count)
{
	uint8_t sum = 0;

	for (unsigned i = 0; i < count; i++)
		sum = (uint8_t)(sum + bytes[i]);
	return sum == 0;
}

/* Size of an SMBIOS entry point (DMTF DSP0134 3.6.0, 5.2.1 and 5.2.2): the 32-bit one's is 1Fh, but
 * 1Eh where the firmware follows a misprint in version 2.1. */
#define SMBIOS_LEAST  0x1e
#define SMBIOS3_LEAST 0x18

/* Looks for a table that begins with `sign` at every 16th byte of [begin, end), and lies in there.
 * Its size: `size`; or in byte `size_at`, if that is not 0, and then no less than `size`. */
static uint64_t find_table(uintptr_t begin, uintptr_t end, const char *sign, unsigned size,
                           unsigned size_at)
{
	struct span rom = { (const uint8_t *)begin, end - begin };
	size_t length = text_length(sign);
	uint32_t word;
	uint64_t at;

	memcpy(&word, sign, sizeof(word));
	for (at = span_find_word(rom, 0, 16, word); at < rom.size;
	     at = span_find_word(rom, at + 16, 16, word)) {
		const uint8_t *bytes = rom.bytes + (size_t)at;
		unsigned whole;

		if (!in_bounds(at, size, rom.size) || memcmp(bytes, sign, length) != 0)
			continue;
		whole = size_at != 0 ? bytes[size_at] : size;
		if (whole >= size && in_bounds(at, whole, rom.size) && sums_to_zero(bytes, whole))
			return begin + at;
	}
	return 0;
}

/* The RSDP (ACPI 6.5, 5.2.5.1): in the first KiB of the extended BIOS data area, or in the BIOS's
 * ROM, of which the upper half is where it mostly is. */
static uint64_t find_rsdp(void)
{
	uintptr_t ebda = (uintptr_t) * (const volatile uint16_t *)0x40e << 4;
	uint64_t found = ebda >= 0x400 && ebda < 0xa0000
	                       ? find_table(ebda, ebda + KIB, "RSD PTR ", 20, 0)
	                       : 0;

	if (found == 0)
		found = find_table(0xf0000, 0x100000, "RSD PTR ", 20, 0);
	return found != 0 ? found : find_table(0xe0000, 0xf0000, "RSD PTR ", 20, 0);
}

void tables_read(struct machine *machine)
{
	machine->rsdp = find_rsdp();
	machine->smbios = find_table(0xf0000, 0x100000, "_SM_", SMBIOS_LEAST, 5);
	machine->smbios3 = find_table(0xf0000, 0x100000, "_SM3_", SMBIOS3_LEAST, 6);
}
