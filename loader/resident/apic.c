/* SPDX-License-Identifier: MIT */
/*
 * apic.c - prepares the local APIC of each CPU, and sends the interrupts that start the others.
 *
 * Source: Intel SDM volume 3A, 11.4 (local APIC), 11.5.1 (local vector table), 11.6 (interrupt
 * command register), 11.9 (spurious interrupt), 11.12 (x2APIC).
 */
#include "resident/apic.h"

#include "core/launch.h"
#include "x86/local_apic.h"

enum {
	COMMAND_PENDING = 1 << 12,
	SEND_PATIENCE = 1000000, /* polls of about 100 ns each */
	SPURIOUS_ENABLE = 1 << 8,
	SPURIOUS_VECTOR = 0xff,
	XAPIC_LAST_ID = 254 /* higher IDs can only be reached in x2APIC mode */
};

/* Offsets of the entries of the local vector table, in the order in which they were added to CPUs.
 * The version register holds the index of the last one. */
static const uint16_t vector_table[] = { APIC_LVT_TIMER, APIC_LVT_LINT0,       APIC_LVT_LINT1,
	                                 APIC_LVT_ERROR, APIC_LVT_PERFORMANCE, APIC_LVT_THERMAL,
	                                 APIC_LVT_CMCI };

enum {
	FIRST_LINT = 1, /* its index in vector_table */
	LINTS = 2,
	ENTRY_STATUS = APIC_LVT_PENDING | APIC_LVT_REMOTE_IRR
};

bool apic_send(uint32_t apic_id, uint32_t command)
{
	unsigned patience = SEND_PATIENCE;

	if (local_apic_is_x2apic()) {
		wrmsr(IA32_X2APIC + APIC_ICR_LOW / 16, (uint64_t)apic_id << 32 | command);
		return true;
	}
	if (apic_id > XAPIC_LAST_ID)
		return false;
	local_apic_write(APIC_ICR_HIGH, apic_id << 24);
	local_apic_write(APIC_ICR_LOW, command);
	while ((local_apic_read(APIC_ICR_LOW) & COMMAND_PENDING) != 0 && patience > 0) {
		__asm__ volatile("pause");
		patience--;
	}
	return patience > 0;
}

void apic_use_x2apic(void)
{
	wrmsr(IA32_APIC_BASE, rdmsr(IA32_APIC_BASE) | IA32_APIC_BASE_EXTD);
}

/* True if an entry delivers interrupts that must be masked. SMI and INIT belong to the firmware. */
static bool is_ours(uint32_t entry)
{
	uint32_t mode = entry >> APIC_MODE_SHIFT & APIC_MODE_MASK;

	return mode == APIC_MODE_FIXED || mode == APIC_MODE_LOWEST || mode == APIC_MODE_NMI
	    || mode == APIC_MODE_EXTINT;
}

void apic_prepare(uint32_t flags, const uint32_t lints[2])
{
	uint32_t last;

	if ((flags & LAUNCH_LOCAL_APIC) == 0 || (cpuid(1, 0).edx & CPUID_1_EDX_APIC) == 0)
		return;
	wrmsr(IA32_APIC_BASE, rdmsr(IA32_APIC_BASE) | IA32_APIC_BASE_EN);
	local_apic_write(APIC_SVR, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	local_apic_write(APIC_TPR, 0);
	last = local_apic_read(APIC_VERSION) >> 16 & 0xff;
	for (uint32_t i = 0; i <= last && i < sizeof(vector_table) / sizeof(*vector_table); i++) {
		uint32_t entry = local_apic_read(vector_table[i]);

		if (!is_ours(entry))
			continue;
		if (i - FIRST_LINT < LINTS && lints[i - FIRST_LINT] != 0)
			entry = lints[i - FIRST_LINT];
		local_apic_write(vector_table[i],
		                 (entry | APIC_LVT_MASKED) & ~(uint32_t)ENTRY_STATUS);
	}
}
