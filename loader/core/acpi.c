/* SPDX-License-Identifier: MIT */
/*
 * acpi.c - finds the tables, and in the MADT the CPUs and the I/O APICs. Firmware makes mistakes in
 * its tables: every table is read as a span of no more than the loader can see.
 *
 * Source: ACPI 6.5, 5.2.5 (RSDP), 5.2.6 (header), 5.2.7 (RSDT), 5.2.8 (XSDT), 5.2.9 (FADT), 5.2.12
 * (MADT).
 */
#include "core/acpi.h"

#include "x86/registers.h"

#define HEADER_SIZE   36
#define OLD_RSDP_SIZE 20 /* of revision 0 */
#define HEADER_LENGTH 4
#define TABLE_LIMIT   MIB /* bytes; a larger table is taken to be damaged */

enum {
	RSDP_REVISION = 15,
	RSDP_RSDT = 16,
	RSDP_LENGTH = 20,
	RSDP_XSDT = 24,
	FADT_FACS = 36,
	FADT_DSDT = 40,
	FADT_X_FACS = 132,
	FADT_X_DSDT = 140,
	MADT_ENTRIES = 44,
	MADT_LOCAL_APIC = 0,
	MADT_LOCAL_APIC_FLAGS = 4,
	MADT_IO_APIC = 1,
	MADT_IO_APIC_ADDRESS = 4,
	MADT_LOCAL_NMI = 4,
	MADT_LOCAL_NMI_FLAGS = 3,
	MADT_LOCAL_X2APIC = 9,
	MADT_LOCAL_X2APIC_ID = 4,
	MADT_LOCAL_X2APIC_FLAGS = 8,
	MADT_LOCAL_X2APIC_UID = 12,
	MADT_LOCAL_X2APIC_NMI = 10,
	MADT_LOCAL_X2APIC_NMI_FLAGS = 2,
	MADT_END = 256, /* not a type of entry */
	MADT_ENABLED = 1
};

/* Broadcast IDs, which stand for all CPUs at once and belong to none. */
#define ALL_LOCAL_APICS   UINT8_MAX
#define ALL_LOCAL_X2APICS UINT32_MAX

/* A whole table with its header; empty if its length makes no sense. */
static struct span table_at(const struct machine *machine, uint64_t at)
{
	struct span header = memory_at(machine, at, HEADER_SIZE);
	uint32_t length; /* 0 if the header cannot be seen */

	span_read(header, HEADER_LENGTH, &length, sizeof(length));
	return memory_at(machine, length >= HEADER_SIZE && length <= TABLE_LIMIT ? at : 0, length);
}

/* True if the table has this signature of four characters. */
static bool has_sign(struct span table, const char *sign)
{
	char found[4]; /* zeros if there is no table */

	span_read(table, 0, found, sizeof(found));
	return memcmp(found, sign, sizeof(found)) == 0;
}

/* A table that lists others, by addresses of `width` bytes each. 0: there is none. */
struct root {
	uint64_t at;
	unsigned width;
};

/* The two tables that list all others: the XSDT with addresses of 64 bits, the RSDT with 32. */
enum { XSDT, RSDT, ROOTS };

static void find_roots(const struct machine *machine, struct root roots[ROOTS])
{
	struct span rsdp = memory_at(machine, machine->rsdp, HEADER_SIZE);
	uint8_t revision;

	roots[XSDT] = (struct root){ 0, 8 };
	roots[RSDT] = (struct root){ 0, 4 };
	span_read(rsdp, RSDP_REVISION, &revision, sizeof(revision));
	span_read(rsdp, RSDP_RSDT, &roots[RSDT].at, 4);
	if (revision >= 2)
		span_read(rsdp, RSDP_XSDT, &roots[XSDT].at, 8);
}

struct span acpi_table(const struct machine *machine, const char *sign)
{
	struct root roots[ROOTS];
	uint64_t address = 0;

	find_roots(machine, roots);
	for (unsigned i = 0; i < ROOTS; i++) {
		struct span list = table_at(machine, roots[i].at);
		uint64_t at = HEADER_SIZE;

		for (; span_read(list, at, &address, roots[i].width); at += roots[i].width) {
			struct span table = table_at(machine, address);

			if (has_sign(table, sign))
				return table;
		}
	}
	return (struct span){ NULL, 0 };
}

/* Finds the next entry from *at on, stores its bytes in *entry, and moves *at past it. Returns its
 * type, or MADT_END. */
static unsigned next_entry(struct span madt, uint64_t *at, struct span *entry)
{
	uint8_t head[2]; /* type and length; zeros at the end */

	span_read(madt, *at, head, sizeof(head));
	if (head[1] < sizeof(head) || !span_part(madt, *at, head[1], entry))
		return MADT_END;
	*at += head[1];
	return head[0];
}

/* Reads an entry of either kind of CPU; false for any other entry, and for a CPU that must not be
 * started. */
static bool read_processor(unsigned type, struct span entry, struct processor *processor)
{
	uint32_t flags = 0, all = ALL_LOCAL_X2APICS;
	uint8_t ids[2] = { 0, 0 };

	if (type == MADT_LOCAL_APIC) {
		span_read(entry, MADT_LOCAL_APIC_FLAGS, &flags, sizeof(flags));
		span_read(entry, 2, ids, sizeof(ids));
		*processor = (struct processor){ ids[0], ids[1] };
		all = ALL_LOCAL_APICS;
	} else if (type == MADT_LOCAL_X2APIC) {
		span_read(entry, MADT_LOCAL_X2APIC_FLAGS, &flags, sizeof(flags));
		span_read(entry, MADT_LOCAL_X2APIC_ID, &processor->apic_id, sizeof(uint32_t));
		span_read(entry, MADT_LOCAL_X2APIC_UID, &processor->number, sizeof(uint32_t));
	}
	return (flags & MADT_ENABLED) != 0 && processor->apic_id != all;
}

/* True if the CPU is in the list already: some firmware lists each in both kinds of entries. */
static bool is_listed(const struct processor *list, unsigned count, uint32_t apic_id)
{
	unsigned i = 0;

	while (i < count && list[i].apic_id != apic_id)
		i++;
	return i < count;
}

unsigned acpi_processors(const struct machine *machine, struct processor *list, unsigned capacity)
{
	struct span madt = acpi_table(machine, "APIC");
	struct processor processor;
	struct span entry;
	uint64_t at = MADT_ENTRIES;
	unsigned type, count = 0;

	while ((type = next_entry(madt, &at, &entry)) != MADT_END) {
		if (!read_processor(type, entry, &processor)
		    || is_listed(list, (unsigned)min_u64(count, capacity), processor.apic_id))
			continue;
		if (count < capacity)
			list[count] = processor;
		count++;
	}
	return count;
}

void acpi_list_processors(struct machine *machine, struct processor *list, unsigned capacity)
{
	unsigned count = acpi_processors(machine, list, capacity);

	machine->cpu_count = count != 0 ? count : 1;
	machine->processors = list;
	machine->processor_count = (unsigned)min_u64(count, capacity);
}

/*
 * True if an I/O APIC can be here. Its registers begin at a multiple of 1 KiB (Intel 82093AA, 3.0).
 * The default is 0xfec00000, but the chipset of a large machine puts others anywhere among the
 * device registers, so only RAM is ruled out. Addresses below 1 MiB are never right, nor those from
 * 0xfee00000 on, where the local APICs and the firmware's flash memory are.
 */
static bool can_be_io_apic(const struct machine *machine, uint32_t at)
{
	enum { UNIT = 1024 };
	const uint32_t local_apics = 0xfee00000;
	struct phys_range registers = { at, (uint64_t)at + UNIT };
	bool overlaps_ram = false;

	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *range = &machine->firmware[i];
		bool is_ram = memory_is_ram(range->type);

		overlaps_ram |= phys_overlap(registers, range->phys) & is_ram;
	}
	return !overlaps_ram && at % UNIT == 0 && at >= MIB && at < local_apics;
}

unsigned acpi_io_apics(const struct machine *machine, uint32_t *list, unsigned capacity)
{
	struct span madt = acpi_table(machine, "APIC");
	struct span entry;
	uint64_t at = MADT_ENTRIES;
	unsigned type, count = 0;

	while (count < capacity && (type = next_entry(madt, &at, &entry)) != MADT_END) {
		if (type == MADT_IO_APIC
		    && span_read(entry, MADT_IO_APIC_ADDRESS, &list[count], sizeof(list[0]))
		    && can_be_io_apic(machine, list[count]))
			count++;
	}
	return count;
}

/* The list of table locations that is being made. */
struct places {
	const struct machine *machine;
	struct phys_range *list;
	unsigned count, capacity;
};

static void note(struct places *places, uint64_t at, uint64_t size)
{
	if (at != 0 && in_bounds(at, size, UINT64_MAX) && places->count < places->capacity)
		places->list[places->count++] = (struct phys_range){ at, at + size };
}

/* Notes the table at an address, as far as its length can be seen; returns its bytes. */
static struct span note_table(struct places *places, uint64_t at)
{
	struct span table = table_at(places->machine, at);

	note(places, at, max_u64(table.size, HEADER_SIZE));
	return table;
}

/* Notes what the FADT leads to: FACS and DSDT, by their addresses of 32 and of 64 bits. */
static void note_fadt(struct places *places, struct span fadt)
{
	static const struct {
		uint8_t at, width;
	} fields[] = { { FADT_FACS, 4 }, { FADT_DSDT, 4 }, { FADT_X_FACS, 8 }, { FADT_X_DSDT, 8 } };

	for (unsigned i = 0; i < COUNT(fields); i++) {
		uint64_t address = 0;

		if (span_read(fadt, fields[i].at, &address, fields[i].width))
			note_table(places, address);
	}
}

/* Notes a table that lists others, and these. */
static void note_list(struct places *places, const struct root *root)
{
	struct span list = note_table(places, root->at);
	uint64_t address = 0, at = HEADER_SIZE;

	for (; span_read(list, at, &address, root->width); at += root->width) {
		struct span table = note_table(places, address);

		if (has_sign(table, "FACP"))
			note_fadt(places, table);
	}
}

unsigned acpi_tables(const struct machine *machine, struct phys_range *list, unsigned capacity)
{
	struct places places = { machine, list, 0, capacity };
	struct span rsdp = memory_at(machine, machine->rsdp, HEADER_SIZE);
	struct root roots[ROOTS];
	uint32_t length = OLD_RSDP_SIZE;

	find_roots(machine, roots);
	if (roots[XSDT].at != 0)
		span_read(rsdp, RSDP_LENGTH, &length, sizeof(length));
	note(&places, machine->rsdp, min_u64(length, PAGE_SIZE));
	for (unsigned i = 0; i < ROOTS; i++)
		note_list(&places, &roots[i]);
	return places.count;
}

/*
 * Reads an entry that describes how NMIs reach a local APIC: the ACPI processor UID, or
 * ALL_LOCAL_X2APICS for all CPUs; the number of the LINT; and the MPS INTI flags. False for other
 * types of entries.
 */
static bool read_nmi(unsigned type, struct span entry, uint32_t *number, uint8_t *lint,
                     uint16_t *flags)
{
	uint8_t bytes[6];

	*number = ALL_LOCAL_X2APICS;
	if (type == MADT_LOCAL_X2APIC_NMI)
		return span_read(entry, MADT_LOCAL_X2APIC_NMI_FLAGS, flags, sizeof(*flags))
		    && span_read(entry, 4, number, sizeof(*number))
		    && span_read(entry, 8, lint, sizeof(*lint));
	if (type != MADT_LOCAL_NMI || !span_read(entry, 0, bytes, sizeof(bytes)))
		return false;
	span_read(entry, MADT_LOCAL_NMI_FLAGS, flags, sizeof(*flags));
	if (bytes[2] != ALL_LOCAL_APICS)
		*number = bytes[2];
	*lint = bytes[5];
	return true;
}

/* The local vector table entry for NMIs, masked (SDM volume 3A, "Local Vector Table"). Where the
 * flags say "conforms to the bus", an NMI of the ISA bus is edge-triggered and active high (ACPI
 * 6.5, 5.2.12.5, MPS INTI flags). */
static uint32_t nmi_entry(uint16_t flags)
{
	enum { LOW = 3, LEVEL = 3 << 2 };

	return APIC_LVT_MASKED | APIC_MODE_NMI << APIC_MODE_SHIFT
	     | ((flags & LOW) == LOW ? APIC_LVT_LOW : 0)
	     | ((flags & LEVEL) == LEVEL ? APIC_LVT_LEVEL : 0);
}

void acpi_lints(const struct machine *machine, uint32_t number, uint32_t lints[2])
{
	struct span madt = acpi_table(machine, "APIC"), entry;
	uint64_t at = MADT_ENTRIES;
	uint32_t of;
	uint16_t flags;
	uint8_t lint;
	unsigned type;

	lints[0] = lints[1] = 0;
	while ((type = next_entry(madt, &at, &entry)) != MADT_END) {
		if (read_nmi(type, entry, &of, &lint, &flags) && lint < 2
		    && (of == number || of == ALL_LOCAL_X2APICS))
			lints[lint] = nmi_entry(flags);
	}
}
