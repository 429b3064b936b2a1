/* SPDX-License-Identifier: MIT */
/*
 * smbios.c - reads the two kinds of entry points. Of the structures, it knows only the size.
 *
 * Source: DMTF DSP0134 3.6.0, 5.2.1 (32-bit entry point), 5.2.2 (64-bit entry point).
 */
#include "core/smbios.h"

/* Where an entry point has its own length, and the length and the address of its structures. */
struct layout {
	uint8_t size, least, own_length; /* least: a misprint in version 2.1 has 1Eh for 1Fh */
	uint8_t length, length_width;
	uint8_t address, address_width;
};

static const struct layout old = { 0x1f, 0x1e, 0x05, 0x16, 2, 0x18, 4 };
static const struct layout new = { 0x18, 0x18, 0x06, 0x0c, 4, 0x10, 8 };

/* Adds an entry point and its structures to the list; returns how many ranges that are. */
static unsigned add(const struct machine *machine, uint64_t at, const struct layout *layout,
                    struct phys_range *list)
{
	struct span entry = memory_at(machine, at, layout->size);
	uint64_t address = 0, length = 0;
	uint8_t own = 0;

	if (!span_read(entry, layout->own_length, &own, sizeof(own)) || own < layout->least)
		return 0;
	span_read(entry, layout->address, &address, layout->address_width);
	span_read(entry, layout->length, &length, layout->length_width);
	list[0] = (struct phys_range){ at, at + max_u64(own, layout->size) };
	list[1] = (struct phys_range){ address, address + length };
	return address != 0 && length != 0 && in_bounds(address, length, UINT64_MAX) ? 2 : 1;
}

unsigned smbios_tables(const struct machine *machine, struct phys_range list[SMBIOS_TABLES])
{
	unsigned count = add(machine, machine->smbios, &old, list);

	return count + add(machine, machine->smbios3, &new, list + count);
}
