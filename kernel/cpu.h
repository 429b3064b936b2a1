/* SPDX-License-Identifier: MIT */
/*
 * cpu.h - the few instructions that C cannot express.
 */
#ifndef KERNEL_CPU_H
#define KERNEL_CPU_H

#include <stdint.h>

/* Writes one byte to an I/O port. */
static inline void port_write(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port) : "memory");
}

/* Reads one byte from an I/O port. */
static inline uint8_t port_read(uint16_t port)
{
	uint8_t value;

	__asm__ volatile("inb %1, %0" : "=a"(value) : "Nd"(port) : "memory");
	return value;
}

/* The time stamp counter. It has counted since reset, on current CPUs at a constant rate. */
static inline uint64_t tsc_now(void)
{
	uint32_t low, high;

	__asm__ volatile("rdtsc" : "=a"(low), "=d"(high));
	return (uint64_t)high << 32 | low;
}

/* CPUID; the answer is EAX, EBX, ECX, EDX. */
static inline void cpuid(uint32_t leaf, uint32_t answer[4])
{
	__asm__ volatile("cpuid"
	                 : "=a"(answer[0]), "=b"(answer[1]), "=c"(answer[2]), "=d"(answer[3])
	                 : "a"(leaf), "c"(0));
}

/* Stops this CPU for good. A non-maskable interrupt may wake it, so it halts in a loop. */
_Noreturn static inline void halt(void)
{
	for (;;)
		__asm__ volatile("cli; hlt");
}

#endif
