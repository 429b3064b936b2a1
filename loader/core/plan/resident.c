/* SPDX-License-Identifier: MIT */
/* resident.c - places the resident part, with the records of other CPUs after it. */
#include "core/plan/resident.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"

/* Copies the resident part into scratch memory, as one placement. */
static bool take_resident(struct plan *plan, struct resident_header *header,
                          struct placement **placement)
{
	struct span file = plan->machine->resident;
	uint64_t size, whole;
	uint8_t *bytes;

	span_read(file, 0, header, sizeof(*header));
	size = page_up(header->size);
	whole = page_up(size + plan->processor_count * sizeof(*plan->processors));
	if (!plan_reserve(plan, USE_RESIDENT, whole, &bytes, placement))
		return false;
	span_read(file, 0, bytes, (size_t)file.size);
	memset(bytes + file.size, 0, (size_t)(whole - file.size));
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

/* A gate of 64-bit code at a physical address below 4 GiB. */
static struct gate gate_to(uint64_t handler)
{
	return (struct gate){ .offset_low = (uint16_t)handler,
		              .selector = SELECTOR_EARLY,
		              .type = DESCRIPTOR_TYPE_INTERRUPT,
		              .offset_middle = (uint16_t)(handler >> 16) };
}

void plan_early_idt(const struct plan *plan)
{
	static const uint8_t fatal[] = { VECTOR_OPCODE, VECTOR_DOUBLE, VECTOR_PROTECTION,
		                         VECTOR_PAGE, VECTOR_MACHINE };
	const struct resident_header *header = visible(plan->machine, plan->resident);
	uint64_t at = plan->resident + header->early;
	uint64_t gates = at + offsetof(struct resident_early, gates);
	uint64_t nmi32 = plan->resident + header->nmi32;
	struct resident_early *early = visible(plan->machine, at);

	early->limit = sizeof(early->gates) - 1;
	early->base[0] = (uint16_t)gates;
	early->base[1] = (uint16_t)(gates >> 16);
	early->gates.protected_mode[VECTOR_NMI] =
		(struct gate32){ .offset_low = (uint16_t)nmi32,
		                 .type = DESCRIPTOR_TYPE_INTERRUPT,
		                 .offset_high = (uint16_t)(nmi32 >> 16) };
	early->gates.long_mode[VECTOR_NMI] = gate_to(plan->resident + header->nmi64);
	for (unsigned i = 0; i < COUNT(fatal); i++)
		early->gates.long_mode[fatal[i]] =
			gate_to(plan->resident + header->vectors + STUB_SIZE * fatal[i]);
	early->fault_info = plan->fault_info_at;
}
