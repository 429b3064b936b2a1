/* SPDX-License-Identifier: MIT */
/*
 * iommu.c - finds the registers of IOMMUs in the firmware's tables, and clears the bits that
 * switch them on. Knows no table of translations.
 *
 * Sources: Intel Virtualization Technology for Directed I/O, 8.1 and 8.3 (DMAR, DRHD), 11.4.4.1
 * and 11.4.4.2 (global command and status); AMD I/O Virtualization Technology, 3.4 (MMIO
 * registers), 5.2 (IVRS, IVHD).
 */
#include "platform/pc/iommu.h"

#include "core/acpi.h"

#define PATIENCE 1000000 /* reads of a register */

enum {
	TABLE_ENTRIES = 48, /* offset of the first, in either table */

	DMAR_UNIT = 0, /* type of an entry; 16 bits, and 16 of length */
	DMAR_UNIT_REGISTERS = 8,
	UNIT_COMMAND = 0x18,
	UNIT_STATUS = 0x1c,

	IVRS_UNIT = 0x10, /* likewise, of 8 bits, one of flags, and 16 of length */
	IVRS_UNIT_11 = 0x11,
	IVRS_UNIT_40 = 0x40,
	IVRS_UNIT_REGISTERS = 8,
	CONTROL = 0x18,
	CONTROL_ENABLE = 1
};

#define ONE_SHOT   UINT32_C(0x69000000) /* in the status: must not be written back */
#define TRANSLATES UINT32_C(0x80000000)
#define REMAPS     UINT32_C(0x02000000)

/* A register; NULL if the loader cannot address it. */
static volatile uint32_t *register_at(const struct machine *machine, uint64_t unit, uint32_t at)
{
	return unit != 0 && in_bounds(unit, PAGE_SIZE, machine->identity_limit)
	             ? visible(machine, unit + at)
	             : NULL;
}

/* Clears one of the bits in the status, and waits until it is clear. False if it never is. */
static bool clear(volatile uint32_t *command, volatile uint32_t *status, uint32_t bit)
{
	uint32_t now = *status;

	if ((now & bit) == 0)
		return true;
	*command = now & ~ONE_SHOT & ~bit;
	for (unsigned i = 0; i < PATIENCE; i++)
		if ((*status & bit) == 0)
			return true;
	return false;
}

/* Intel's: first the translation of addresses, then that of interrupts. */
static void switch_off_intel(const struct machine *machine, uint64_t unit, struct report *report)
{
	volatile uint32_t *command = register_at(machine, unit, UNIT_COMMAND);
	volatile uint32_t *status = register_at(machine, unit, UNIT_STATUS);
	bool is_off;

	if (command == NULL)
		return;
	is_off = clear(command, status, TRANSLATES);
	if (!clear(command, status, REMAPS) || !is_off)
		warn(report, DIAG_IOMMU_STAYS, "the one at %#llx stays on: its status is %#x",
		     ULL(unit), *status);
}

static void switch_off_amd(const struct machine *machine, uint64_t unit)
{
	volatile uint32_t *control = register_at(machine, unit, CONTROL);

	if (control != NULL)
		*control &= ~(uint32_t)CONTROL_ENABLE;
}

/* The address of the registers in an entry, at offset `at` of it. */
static uint64_t registers_of(struct span entry, uint64_t at)
{
	uint64_t unit = 0;

	span_read(entry, at, &unit, sizeof(unit));
	return unit;
}

/* The entry at *at of a table, with its length in bytes 2 and 3; *at moves past it. False at the
 * end. */
static bool next_entry(struct span table, uint64_t *at, struct span *entry)
{
	uint16_t length;

	if (!span_read(table, *at + 2, &length, sizeof(length)) || length < 4
	    || !span_part(table, *at, length, entry))
		return false;
	*at += length;
	return true;
}

void iommus_off(const struct machine *machine, struct report *report)
{
	struct span intel = acpi_table(machine, "DMAR"), amd = acpi_table(machine, "IVRS"), entry;
	uint16_t kind = 0;
	uint8_t type = 0;

	for (uint64_t at = TABLE_ENTRIES; next_entry(intel, &at, &entry);) {
		span_read(entry, 0, &kind, sizeof(kind));
		if (kind == DMAR_UNIT)
			switch_off_intel(machine, registers_of(entry, DMAR_UNIT_REGISTERS), report);
	}
	for (uint64_t at = TABLE_ENTRIES; next_entry(amd, &at, &entry);) {
		span_read(entry, 0, &type, sizeof(type));
		if (type == IVRS_UNIT || type == IVRS_UNIT_11 || type == IVRS_UNIT_40)
			switch_off_amd(machine, registers_of(entry, IVRS_UNIT_REGISTERS));
	}
}
