/* SPDX-License-Identifier: MIT */
/* cpu.c - CPUID. Source of each bit: SDM volume 2A, CPUID. */
#include "platform/pc/cpu.h"

#include "x86/x86.h"

/* MAXPHYADDR (SDM volume 3A, 4.1.4). CPUs without the leaf have 36 bits, if they have PAE. */
static uint8_t physical_bits(void)
{
	return cpuid_has(0x80000008) ? (uint8_t)cpuid(0x80000008, 0).eax : 36;
}

void cpu_read(struct cpu *cpu)
{
	const uint32_t sse = CPUID_1_EDX_FXSR | CPUID_1_EDX_SSE | CPUID_1_EDX_SSE2;
	struct cpuid extended;

	*cpu = (struct cpu){ .sse = (cpuid(1, 0).edx & sse) == sse,
		             .pat = (cpuid(1, 0).edx & CPUID_1_EDX_PAT) != 0,
		             .x2apic = (cpuid(1, 0).ecx & CPUID_1_ECX_X2APIC) != 0,
		             .physical_bits = physical_bits() };
	if (cpu->x2apic)
		cpu->x2apic_on = (rdmsr(IA32_APIC_BASE) & IA32_APIC_BASE_EXTD) != 0;
	if (cpuid_has(7))
		cpu->la57 = (cpuid(7, 0).ecx & CPUID_7_ECX_LA57) != 0;
	if (!cpuid_has(0x80000001))
		return;
	extended = cpuid(0x80000001, 0);
	cpu->long_mode = (extended.edx & CPUID_80000001_EDX_LM) != 0;
	cpu->nx = (extended.edx & CPUID_80000001_EDX_NX) != 0;
	cpu->gib_pages = (extended.edx & CPUID_80000001_EDX_PAGE1GB) != 0;
}
