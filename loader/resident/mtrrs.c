/* SPDX-License-Identifier: MIT */
/*
 * mtrrs.c - gives the other CPUs the same memory types as the first, if the firmware has not.
 *
 * Source: Intel SDM volume 3A, 12.11 (memory type range registers), 12.11.8 (with several CPUs).
 */
#include "resident/mtrrs.h"

#include "x86/x86.h"

#include <stdbool.h>
#include <stddef.h>

enum {
	CAPABILITIES_COUNT = 0xff, /* number of variable-range pairs */
	CAPABILITIES_FIXED = 1 << 8,
	DEFAULT_ENABLED = 3 << 10, /* fixed-range MTRRs, and all of them */
	MAX_PAIRS = 16
};

/* The fixed-range registers (table 12-9). */
static const uint16_t fixed[] = { 0x250, 0x258, 0x259, 0x268, 0x269, 0x26a,
	                          0x26b, 0x26c, 0x26d, 0x26e, 0x26f };

#define FIXED (sizeof(fixed) / sizeof(fixed[0]))

/* The registers of the first CPU. */
static struct {
	unsigned pairs, fixed; /* how many variable and fixed ones; 0 and 0: no MTRRs */
	uint64_t type;
	uint64_t of[FIXED + 2 * MAX_PAIRS];
} first;

/* The MSR whose value is first.of[i]. */
static uint32_t number_of(unsigned i)
{
	return i < first.fixed ? fixed[i] : IA32_MTRR_PHYSBASE0 + i - first.fixed;
}

static unsigned count(void)
{
	return first.fixed + 2 * first.pairs;
}

void mtrrs_read(void)
{
	uint64_t capabilities;

	if ((cpuid(1, 0).edx & CPUID_1_EDX_MTRR) == 0)
		return;
	capabilities = rdmsr(IA32_MTRRCAP);
	first.pairs = capabilities & CAPABILITIES_COUNT;
	if (first.pairs > MAX_PAIRS)
		first.pairs = MAX_PAIRS;
	first.fixed = (capabilities & CAPABILITIES_FIXED) != 0 ? FIXED : 0;
	first.type = rdmsr(IA32_MTRR_DEF_TYPE);
	for (unsigned i = 0; i < count(); i++)
		first.of[i] = rdmsr(number_of(i));
}

/* True if this CPU's MTRRs have the same values as the first CPU's. */
static bool is_same(void)
{
	bool same = count() == 0 || rdmsr(IA32_MTRR_DEF_TYPE) == first.type;

	for (unsigned i = 0; i < count() && same; i++)
		same = rdmsr(number_of(i)) == first.of[i];
	return same;
}

/* Flushes the caches and the TLB. */
static void flush(void)
{
	uint64_t tables;

	__asm__ volatile("wbinvd\n\t"
	                 "mov %%cr3, %0\n\t"
	                 "mov %0, %%cr3"
	                 : "=r"(tables)
	                 :
	                 : "memory");
}

/* The caches are off while the MTRRs are changed. */
void mtrrs_write(void)
{
	uint64_t cr0;

	if (is_same())
		return;
	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0 | CR0_CD) : "memory");
	flush();
	wrmsr(IA32_MTRR_DEF_TYPE, first.type & ~(uint64_t)DEFAULT_ENABLED);
	for (unsigned i = 0; i < count(); i++)
		wrmsr(number_of(i), first.of[i]);
	wrmsr(IA32_MTRR_DEF_TYPE, first.type);
	flush();
	__asm__ volatile("mov %0, %%cr0" : : "r"(cr0) : "memory");
}
