/* SPDX-License-Identifier: MIT */
/* cpu.c - CPUID. Source of each bit: SDM volume 2A, CPUID. */
#include "x86/cpu.h"

#include "x86/x86.h"

#define EFLAGS_ID (UINT32_C(1) << 21)

#define MSR_APIC_BASE 0x1b /* SDM volume 4, table 2-2 */

/* True if the CPU has the CPUID instruction: then EFLAGS.ID can be changed (SDM volume 1, 3.4.3.3).
 */
static bool has_cpuid(void)
{
	uintptr_t before, after;

	__asm__ volatile("pushf\n\tpushf\n\tpop %0\n\tmov %0, %1\n\txor %2, %1\n\tpush %1\n\t"
	                 "popf\n\tpushf\n\tpop %1\n\tpopf"
	                 : "=&r"(before), "=&r"(after)
	                 : "i"(EFLAGS_ID)
	                 : "cc");
	return ((before ^ after) & EFLAGS_ID) != 0;
}

/* True if bit `bit` is set. */
static bool has(uint32_t word, unsigned bit)
{
	return (word >> bit & 1) != 0;
}

bool cpu_has_tsc(void)
{
	return has_cpuid() && has(cpuid(1, 0).edx, 4);
}

/* MAXPHYADDR (SDM volume 3A, 4.1.4). CPUs without the leaf have 36 bits, if they have PAE. */
static uint8_t physical_bits(void)
{
	return cpuid_has(0x80000008) ? (uint8_t)cpuid(0x80000008, 0).eax : 36;
}

bool cpu_read(struct cpu *cpu, struct report *report)
{
	struct cpuid extended;

	if (!has_cpuid())
		return refuse(report, DIAG_CPU_NO_CPUID,
		              "EFLAGS bit 21 cannot be changed: no CPUID");
	*cpu = (struct cpu){ .pat = has(cpuid(1, 0).edx, 16),
		             .x2apic = has(cpuid(1, 0).ecx, 21),
		             .physical_bits = physical_bits() };
	if (cpu->x2apic)
		cpu->x2apic_on = (rdmsr(MSR_APIC_BASE) >> 10 & 1) != 0;
	if (cpuid_has(7))
		cpu->la57 = has(cpuid(7, 0).ecx, 16);
	if (!cpuid_has(0x80000001))
		return true;
	extended = cpuid(0x80000001, 0);
	cpu->long_mode = has(extended.edx, 29);
	cpu->nx = has(extended.edx, 20);
	cpu->gib_pages = has(extended.edx, 26);
	return true;
}
