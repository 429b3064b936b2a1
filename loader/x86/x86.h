/* SPDX-License-Identifier: MIT */
/*
 * x86.h - the instructions that C cannot express. Works in 32 and in 64 bits. Source: Intel SDM
 * volume 2A and 2B.
 */
#ifndef X86_X86_H
#define X86_X86_H

#include "x86/registers.h"

#include <stdbool.h>
#include <stdint.h>

#define PAT_VALUE ((uint64_t)PAT_HIGH << 32 | PAT_LOW)

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* Halts for good, even if an NMI wakes the CPU. */
static inline _Noreturn void cpu_halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

static inline uint64_t rdmsr(uint32_t number)
{
	uint32_t low, high;

	__asm__ volatile("rdmsr" : "=a"(low), "=d"(high) : "c"(number));
	return (uint64_t)high << 32 | low;
}

static inline void wrmsr(uint32_t number, uint64_t value)
{
	__asm__ volatile("wrmsr" ::"c"(number), "a"((uint32_t)value), "d"((uint32_t)(value >> 32))
	                 : "memory");
}

static inline void outb(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" ::"a"(value), "Nd"(port));
}

static inline uint8_t inb(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

struct cpuid {
	uint32_t eax, ebx, ecx, edx;
};

/* CPUID. The result for a leaf that does not exist is undefined: ask cpuid_has() first. */
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
	                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
	                 : "a"(leaf), "c"(subleaf));
	return r;
}

/* True if the CPU has CMOV, and so CPUID and RDTSC as well; every 64-bit CPU has all of them.
 * EFLAGS.ID can be changed if there is CPUID (SDM volume 1, 3.4.3.3). */
static inline bool cpu_has_cmov(void)
{
	uintptr_t before, after;

	__asm__ volatile("pushf\n\tpushf\n\tpop %0\n\tmov %0, %1\n\txor %2, %1\n\tpush %1\n\t"
	                 "popf\n\tpushf\n\tpop %1\n\tpopf"
	                 : "=&r"(before), "=&r"(after)
	                 : "i"(RFLAGS_ID)
	                 : "cc");
	return ((before ^ after) & RFLAGS_ID) != 0 && (cpuid(1, 0).edx & CPUID_1_EDX_CMOV) != 0;
}

/* True if the CPU has this leaf: standard, hypervisor (4000xxxxh) or extended (8000xxxxh). */
static inline bool cpuid_has(uint32_t leaf)
{
	return cpuid(leaf & 0xffff0000, 0).eax >= leaf;
}

/* The number of the CPU that runs this: its local APIC ID (CPUID leaf 0Bh, else 1). */
static inline uint32_t cpu_apic_id(void)
{
	struct cpuid topology = { 0, 0, 0, 0 };

	if (cpuid_has(0xb))
		topology = cpuid(0xb, 0);
	return topology.ebx != 0 ? topology.edx : cpuid(1, 0).ebx >> 24;
}

#endif
