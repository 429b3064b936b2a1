/* SPDX-License-Identifier: MIT */
/* descriptor.c - finds descriptors in the GDT and the LDT. */
#include "postmortem/descriptor.h"

struct hidden descriptor_table(const struct cpu_state *cpu, uint64_t selector)
{
	const struct fault *fault = cpu->look.fault;

	if ((selector & SELECTOR_LDT) == 0)
		return (struct hidden){ fault->gdt.base, fault->gdt.limit };
	return (struct hidden){ cpu->local.base, fault->ldt == 0 ? 0 : cpu->local.limit };
}

bool descriptor_read(const struct cpu_state *cpu, uint64_t selector, uint64_t *descriptor)
{
	const struct fault_table *gdt = &cpu->look.fault->gdt;

	return selector <= UINT16_MAX && (selector & 0xfffc) != 0 && (selector & SELECTOR_LDT) == 0
	    && (selector | 7) <= gdt->limit
	    && look_read(&cpu->look, gdt->base + (selector & 0xfff8), descriptor, 8) == 8;
}
