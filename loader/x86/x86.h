/* SPDX-License-Identifier: MIT */
/*
 * x86.h - the CPU's registers by name, and the instructions that C has no words for. Works in 32
 * and in 64 bits.
 *
 * Sources: Intel SDM volume 3A, 2.5 (control registers), table 2-1 (EFER), 12.12 (PAT); volume 2A,
 * CPUID.
 */
#ifndef X86_X86_H
#define X86_X86_H

#include <stdbool.h>
#include <stdint.h>

enum {
	MSR_MACHINE_CHECK = 0x179, /* IA32_MCG_CAP: its low byte counts the banks */
	MSR_PAT = 0x277,
	MSR_MACHINE_STATUS = 0x401, /* IA32_MC0_STATUS; the address follows; 4 for each bank */
	MSR_EFER = 0xc0000080,
	MSR_FS_BASE = 0xc0000100,
	MSR_GS_BASE = 0xc0000101
};

/*
 * The page attribute table while a kernel starts: entries 0 to 3 as after reset (WB, WT, UC-, UC),
 * 4 write-protect, 5 write-combining, 6 UC-, 7 UC. Entry 0 is in the lowest byte.
 */
#define PAT_VALUE UINT64_C(0x0007010500070406)

#define CPUID_1_EDX_MCE (UINT32_C(1) << 7) /* machine checks can be told as exceptions */

/* Ports: Intel 8259A (PIC), 8042 (keyboard controller, which can reset the CPU), 16550 (UART), and
 * the debug port of QEMU and Bochs. */
enum {
	PORT_PIC1_COMMAND = 0x20,
	PORT_PIC1_DATA = 0x21,
	PORT_PIC2_COMMAND = 0xa0,
	PORT_PIC2_DATA = 0xa1,
	PIC_READ_SERVICE = 0x0b, /* the next read of the command port: lines in service */
	PORT_CLOCK_INDEX = 0x70,
	PORT_CLOCK_DATA = 0x71,
	PORT_RESET = 0xcf9, /* of the chipset */
	PORT_VGA_INDEX = 0x3d4,
	PORT_VGA_DATA = 0x3d5,
	PORT_KEYBOARD_COMMAND = 0x64,
	KEYBOARD_RESET = 0xfe,
	PORT_DEBUG = 0xe9,
	PORT_COM1 = 0x3f8,
	PORT_COM2 = 0x2f8
};

static inline uint64_t rdtsc(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
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

/* CPUID; a leaf beyond the last gives what the CPU likes, so ask cpuid_has() first. */
static inline struct cpuid cpuid(uint32_t leaf, uint32_t subleaf)
{
	struct cpuid r;

	__asm__ volatile("cpuid"
	                 : "=a"(r.eax), "=b"(r.ebx), "=c"(r.ecx), "=d"(r.edx)
	                 : "a"(leaf), "c"(subleaf));
	return r;
}

/* True if the CPU has this leaf, standard, hypervisor's (4000xxxxh) or extended (8000xxxxh). */
static inline bool cpuid_has(uint32_t leaf)
{
	return cpuid(leaf & 0xffff0000, 0).eax >= leaf;
}

/* The number of the CPU that runs this: of its local APIC (CPUID leaf 0Bh, else 1). */
static inline uint32_t cpu_apic_id(void)
{
	struct cpuid topology = { 0, 0, 0, 0 };

	if (cpuid_has(0xb))
		topology = cpuid(0xb, 0);
	return topology.ebx != 0 ? topology.edx : cpuid(1, 0).ebx >> 24;
}

#endif
