/* SPDX-License-Identifier: MIT */
/*
 * local_apic.h - the registers of the local APIC, by memory or, in x2APIC mode, by MSRs (SDM volume
 * 3A, 11.4.1 and 11.12.1). It must be enabled.
 */
#ifndef X86_LOCAL_APIC_H
#define X86_LOCAL_APIC_H

#include "x86/x86.h"

static inline bool local_apic_is_x2apic(void)
{
	return (rdmsr(IA32_APIC_BASE) & IA32_APIC_BASE_EXTD) != 0;
}

/* The memory address of a register. */
static inline volatile uint32_t *local_apic_at(uint32_t at)
{
	return (volatile uint32_t *)(uintptr_t)((rdmsr(IA32_APIC_BASE) & 0xffffff000) + at);
}

static inline uint32_t local_apic_read(uint32_t at)
{
	return local_apic_is_x2apic() ? (uint32_t)rdmsr(IA32_X2APIC + at / 16) : *local_apic_at(at);
}

static inline void local_apic_write(uint32_t at, uint32_t value)
{
	if (local_apic_is_x2apic())
		wrmsr(IA32_X2APIC + at / 16, value);
	else
		*local_apic_at(at) = value;
}

#endif
