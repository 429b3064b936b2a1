/* SPDX-License-Identifier: MIT */
/*
 * apic.c - the registers of the local APIC, by memory or, in x2APIC mode, by MSRs.
 *
 * Source: Intel SDM volume 3A, 11.4 (local APIC), 11.5.1 (local vector table), 11.6 (interrupt
 * command register), 11.9 (spurious interrupt), 11.12 (x2APIC).
 */
#include "resident/apic.h"

#include "core/launch.h"
#include "x86/x86.h"

enum {
	MSR_APIC_BASE = 0x1b,
	APIC_BASE_X2APIC = 1 << 10,
	APIC_BASE_ENABLE = 1 << 11,
	MSR_X2APIC = 0x800, /* and the register's offset / 16 */
	CPUID_1_EDX_APIC = 1 << 9,

	APIC_VERSION = 0x30,
	APIC_TASK_PRIORITY = 0x80,
	APIC_SPURIOUS = 0xf0,
	APIC_COMMAND_LOW = 0x300,
	APIC_COMMAND_HIGH = 0x310,
	COMMAND_PENDING = 1 << 12,
	SEND_PATIENCE = 1000000, /* looks, of some 100 ns each */
	SPURIOUS_ENABLE = 1 << 8,
	SPURIOUS_VECTOR = 0xff,
	XAPIC_LAST_ID = 254 /* beyond it, only an x2APIC reaches a CPU */
};

/* The local vector table: where its entries are, in the order in which processors got them. The
 * number of the last one stands in the version register. */
static const uint16_t vector_table[] = { 0x320 /* timer */,
	                                 0x350 /* LINT0 */,
	                                 0x360 /* LINT1 */,
	                                 0x370 /* error */,
	                                 0x340 /* performance counters */,
	                                 0x330 /* thermal monitor */,
	                                 0x2f0 /* CMCI */ };

enum {
	FIRST_LINT = 1, /* in that order */
	LINTS = 2,
	ENTRY_MODE = 7, /* delivery mode, in bits 8 to 10 */
	ENTRY_STATUS = 1 << 12 | 1 << 14,
	ENTRY_MASKED = 1 << 16,
	MODE_FIXED = 0,
	MODE_LOWEST = 1,
	MODE_NMI = 4,
	MODE_EXTERNAL = 7
};

static bool is_x2apic(void)
{
	return (rdmsr(MSR_APIC_BASE) & APIC_BASE_X2APIC) != 0;
}

/* Where memory has a register. */
static volatile uint32_t *place_of(uint32_t at)
{
	return (volatile uint32_t *)(uintptr_t)((rdmsr(MSR_APIC_BASE) & 0xffffff000) + at);
}

static uint32_t apic_read(uint32_t at)
{
	return is_x2apic() ? (uint32_t)rdmsr(MSR_X2APIC + at / 16) : *place_of(at);
}

static void apic_write(uint32_t at, uint32_t value)
{
	if (is_x2apic())
		wrmsr(MSR_X2APIC + at / 16, value);
	else
		*place_of(at) = value;
}

bool apic_send(uint32_t apic_id, uint32_t command)
{
	unsigned patience = SEND_PATIENCE;

	if (is_x2apic()) {
		wrmsr(MSR_X2APIC + APIC_COMMAND_LOW / 16, (uint64_t)apic_id << 32 | command);
		return true;
	}
	if (apic_id > XAPIC_LAST_ID)
		return false;
	apic_write(APIC_COMMAND_HIGH, apic_id << 24);
	apic_write(APIC_COMMAND_LOW, command);
	while ((apic_read(APIC_COMMAND_LOW) & COMMAND_PENDING) != 0 && patience > 0) {
		__asm__ volatile("pause");
		patience--;
	}
	return patience > 0;
}

void apic_use_x2apic(void)
{
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_X2APIC);
}

/* True if an entry is for interrupts that are masked: not for SMI or INIT, which are the
 * firmware's. */
static bool is_ours(uint32_t entry)
{
	uint32_t mode = entry >> 8 & ENTRY_MODE;

	return mode == MODE_FIXED || mode == MODE_LOWEST || mode == MODE_NMI
	    || mode == MODE_EXTERNAL;
}

void apic_prepare(uint32_t flags, const uint32_t lints[2])
{
	uint32_t last;

	if ((flags & LAUNCH_LOCAL_APIC) == 0 || (cpuid(1, 0).edx & CPUID_1_EDX_APIC) == 0)
		return;
	wrmsr(MSR_APIC_BASE, rdmsr(MSR_APIC_BASE) | APIC_BASE_ENABLE);
	apic_write(APIC_SPURIOUS, SPURIOUS_ENABLE | SPURIOUS_VECTOR);
	apic_write(APIC_TASK_PRIORITY, 0);
	last = apic_read(APIC_VERSION) >> 16 & 0xff;
	for (uint32_t i = 0; i <= last && i < sizeof(vector_table) / sizeof(*vector_table); i++) {
		uint32_t entry = apic_read(vector_table[i]);

		if (!is_ours(entry))
			continue;
		if (i - FIRST_LINT < LINTS && lints[i - FIRST_LINT] != 0)
			entry = lints[i - FIRST_LINT];
		apic_write(vector_table[i], (entry | ENTRY_MASKED) & ~(uint32_t)ENTRY_STATUS);
	}
}
