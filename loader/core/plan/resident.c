/* SPDX-License-Identifier: MIT */
/* resident.c - places the resident part, with the records of other CPUs behind it. */
#include "core/plan/resident.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"

/* Copies the resident part into scratch memory, as one placement. */
static bool take_resident(struct plan *plan, struct resident_header *header,
                          struct placement **placement)
{
	uint8_t *bytes;
	uint64_t size;

	span_read(plan->machine->resident, 0, header, sizeof(*header));
	size = page_up(header->size);
	if (!plan_scratch(plan, USE_RESIDENT,
	                  page_up(size + plan->processor_count * sizeof(*plan->processors)), &bytes,
	                  placement))
		return false;
	span_read(plan->machine->resident, 0, bytes, (size_t)plan->machine->resident.size);
	plan->resident = physical(plan->machine, bytes);
	plan->resident_window = plan->resident;
	plan->processors = (struct launch_processor *)(void *)(bytes + size);
	return true;
}

bool plan_resident_in_place(struct plan *plan)
{
	struct resident_header header;
	struct placement *placement;

	if (!take_resident(plan, &header, &placement))
		return false;
	plan->fault_info.resident =
		(struct fault_range){ placement->phys.begin, placement->phys.end };
	return true;
}

bool plan_resident(struct plan *plan)
{
	struct resident_header header;
	struct placement *placement;
	uint64_t at, size;

	if (!take_resident(plan, &header, &placement))
		return false;
	size = placement->phys.end - placement->phys.begin;
	if (!plan_window(plan, size, PAGE_SIZE, 0, &at))
		return false;
	plan->resident_window = at;
	plan->fault_info.resident = (struct fault_range){ at, at + size };
	placement->phys.end = placement->phys.begin + header.code_size;
	placement->virt.at = at;
	placement->rights = RIGHT_READ | RIGHT_EXECUTE;
	return plan_add(plan, (struct placement){ .use = USE_RESIDENT,
	                                          .phys = { plan->resident + header.code_size,
	                                                    plan->resident + size },
	                                          .virt = { at + header.code_size },
	                                          .rights = RIGHT_READ | RIGHT_WRITE });
}
