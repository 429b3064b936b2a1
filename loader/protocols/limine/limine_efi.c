/* SPDX-License-Identifier: MIT */
/*
 * limine_efi.c - finds what base revision 5 promises to show of UEFI. Source: UEFI 2.10, 4.3 to 4.6
 * (the tables) and 7.2 (types of memory).
 */
#include "protocols/limine/limine_efi.h"

/* 4.3: the system table, and the offsets in it of the pointer to the vendor's name and so on. */
enum { SYSTEM_SIZE = 120, MAKER = 24, RUNTIME = 88, TABLE_COUNT = 104, TABLES = 112 };

#define RUNTIME_SIZE     136 /* 4.5 */
#define TABLE_ENTRY_SIZE 24  /* 4.6: of the configuration table */
#define ENTRIES_MAX      4096
#define MAKER_MAX        512 /* bytes of the vendor's name that are looked at */
#define BOOT_MAX         128 /* ranges of boot services that are told apart; the rest is usable */

struct found {
	struct phys_range *list;
	unsigned count, capacity;
};

/* Adds a range, unless it is empty. */
static void add(struct found *found, uint64_t at, uint64_t size)
{
	if (at != 0 && size != 0 && found->count < found->capacity
	    && in_bounds(at, size, UINT64_MAX))
		found->list[found->count++] = (struct phys_range){ at, at + size };
}

/* Bytes of a name of 16-bit characters, with the zero that ends it. */
static uint64_t name_size(const struct machine *machine, uint64_t at)
{
	struct span name = memory_at(machine, at, MAKER_MAX);
	uint64_t size = 0;
	uint16_t character;

	while (span_read(name, size, &character, sizeof(character))) {
		size += sizeof(character);
		if (character == 0)
			break;
	}
	return size;
}

/* Adds the system table, and what it points at. */
static void add_system_table(struct found *found, const struct machine *machine)
{
	uint64_t at = machine->efi->system_table, maker = 0, runtime = 0, count = 0, tables = 0;
	struct span table = memory_at(machine, at, SYSTEM_SIZE);

	add(found, at, SYSTEM_SIZE);
	span_read(table, MAKER, &maker, sizeof(maker));
	span_read(table, RUNTIME, &runtime, sizeof(runtime));
	span_read(table, TABLE_COUNT, &count, sizeof(count));
	span_read(table, TABLES, &tables, sizeof(tables));
	add(found, maker, name_size(machine, maker));
	add(found, runtime, RUNTIME_SIZE);
	add(found, tables, min_u64(count, ENTRIES_MAX) * TABLE_ENTRY_SIZE);
}

unsigned limine_efi_ranges(const struct machine *machine, struct phys_range *list,
                           unsigned capacity)
{
	struct found found = { list, 0, capacity };

	if (machine->efi == NULL)
		return 0;
	add_system_table(&found, machine);
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *range = &machine->firmware[i];

		if (range->raw == EFI_RUNTIME_CODE || range->raw == EFI_RUNTIME_DATA)
			add(&found, range->phys.begin, range->phys.end - range->phys.begin);
	}
	return found.count;
}

/* Names a range, or lengthens the last one. */
static void name_range(struct plan *plan, struct phys_range phys)
{
	struct placement *last = &plan->placements[plan->count - 1];

	if (last->use == USE_BOOT_SERVICES && last->phys.end == phys.begin)
		last->phys.end = phys.end;
	else
		plan->placements[plan->count++] =
			(struct placement){ .use = USE_BOOT_SERVICES, .phys = phys };
}

void limine_plan_boot_services(struct plan *plan)
{
	const struct efi *efi = plan->machine->efi;
	unsigned most = plan->count + BOOT_MAX;
	struct efi_memory_descriptor found;

	if (efi == NULL || efi->descriptor_size < sizeof(found) || most > PLAN_MAX_PLACEMENTS)
		return;
	for (uint64_t at = 0;
	     plan->count < most && span_read(efi->memory_map, at, &found, sizeof(found));
	     at += efi->descriptor_size) {
		bool is_theirs = found.type == EFI_BOOT_CODE || found.type == EFI_BOOT_DATA;
		uint64_t size = found.pages * PAGE_SIZE;

		if (is_theirs && size != 0 && found.pages <= UINT64_MAX / PAGE_SIZE
		    && in_bounds(found.physical, size, UINT64_MAX))
			name_range(plan,
			           (struct phys_range){ found.physical, found.physical + size });
	}
}
