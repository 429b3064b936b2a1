/* SPDX-License-Identifier: MIT */
/*
 * processors.c - plans the start of the other CPUs: which ones, and in which page they begin. Knows
 * no protocol; what they do then is up to the protocol.
 */
#include "core/plan/processors.h"

/* The highest page below 1 MiB that is free after the exit from the BIOS. 0 if there is none. */
static uint64_t find_low_page(const struct plan *plan)
{
	for (uint64_t at = MIB - PAGE_SIZE; at != 0; at -= PAGE_SIZE) {
		struct phys_range page = { at, at + PAGE_SIZE };
		bool is_free = false;

		for (unsigned i = 0; i < plan->memory->count; i++) {
			const struct memory_range *range = &plan->memory->ranges[i];

			is_free |= range->type == MEMORY_USABLE && range->phys.begin <= page.begin
			        && range->phys.end >= page.end;
		}
		for (unsigned i = 0; i < plan->machine->reserved_count; i++)
			is_free &= !phys_overlap(page, plan->machine->reserved[i]);
		if (is_free)
			return at;
	}
	return 0;
}

/* The resident part's trampoline is copied to the page at `at`. */
static bool plan_trampoline(struct plan *plan, uint64_t at)
{
	struct placement page = { .use = USE_RESIDENT,
		                  .phys = { at, at + PAGE_SIZE },
		                  .zero = true };
	struct resident_header header;

	span_read(plan->machine->resident, 0, &header, sizeof(header));
	span_part(plan->machine->resident, header.trampoline, TRAMPOLINE_SIZE, &page.from);
	plan->trampoline = at;
	return plan_add(plan, page);
}

bool plan_processors(struct plan *plan)
{
	const struct machine *machine = plan->machine;
	unsigned first = 0;
	uint64_t page;

	if (machine->processor_count < 2)
		return true;
	for (unsigned i = 0; i < machine->processor_count; i++)
		first += machine->processors[i].apic_id == machine->apic_id;
	page = find_low_page(plan);
	if (first != 1)
		warn(plan->report, DIAG_CPUS_NOT_STARTED,
		     "the firmware lists %u CPUs, and this one, with APIC ID %u, %u times",
		     machine->processor_count, machine->apic_id, first);
	else if (page == 0)
		warn(plan->report, DIAG_CPUS_NOT_STARTED,
		     "no page below 1 MiB is free for %u CPUs to start in",
		     machine->processor_count - 1);
	else
		plan->processor_count = machine->processor_count - 1;
	return plan->processor_count == 0 || plan_trampoline(plan, page);
}

struct launch_processor *plan_processor(struct plan *plan, const struct processor *processor,
                                        unsigned *next)
{
	struct launch_processor *record = &plan->processors[*next];

	if (processor->apic_id == plan->machine->apic_id || *next == plan->processor_count)
		return NULL;
	++*next;
	record->apic_id = processor->apic_id;
	return record;
}
