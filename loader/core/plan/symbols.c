/* SPDX-License-Identifier: MIT */
/* symbols.c - finds the kernel's symbols, and writes them where they will be read. */
#include "core/plan/symbols.h"

void plan_symbols(struct plan *plan)
{
	uint64_t left = (uint64_t)(plan->scratch->end - plan->scratch->at);
	uint64_t need;

	plan->symbols = symbols_find(&plan->kernel->elf, plan->report);
	need = plan_symbols_size(plan) + symbols_list_size(&plan->symbols); /* to sort in */
	if (need <= left / 2)
		return;
	warn(plan->report, DIAG_SYMBOLS_LEFT_OUT,
	     "they take %llu KiB, half of what the loader has left is %llu KiB", ULL(need / KIB),
	     ULL(left / 2 / KIB));
	plan->symbols = (struct symbols){ 0 };
}

uint64_t plan_symbols_size(const struct plan *plan)
{
	return symbols_list_size(&plan->symbols) + plan->symbols.names.size;
}

void plan_write_symbols(struct plan *plan, uint8_t *bytes, uint64_t window)
{
	uint64_t list_size = symbols_list_size(&plan->symbols);
	struct scratch scratch = *plan->scratch; /* a copy: what is taken from it is free again */
	struct symbol *spare = scratch_take(&scratch, list_size, 8);
	struct fault_info *marks = &plan->fault_info;

	if (spare == NULL)
		return;
	span_read(plan->symbols.names, 0, bytes + list_size, (size_t)plan->symbols.names.size);
	marks->names = (struct fault_range){ window + list_size,
		                             window + list_size + plan->symbols.names.size };
	marks->names_at = physical(plan->machine, bytes + list_size);
	marks->symbols = physical(plan->machine, bytes);
	marks->symbol_count =
		symbols_write(&plan->symbols, plan->kernel->virt, plan->slide, marks->names.begin,
	                      (struct symbol *)(void *)bytes, spare);
}
