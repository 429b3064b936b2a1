/* SPDX-License-Identifier: MIT */
/*
 * tsc.c - the time stamp counter's frequency, and entropy. Sources: SDM volume 2A, CPUID leaves 15h
 * and 16h, RDRAND, RDSEED; the hypervisors' common leaf 40000010h; Intel 8254 data sheet.
 */
#define LONGJUMP_LOADER
#include "platform/pc/tsc.h"

#include "longjump.h"
#include "x86/x86.h"

#define HYPERVISOR_TIMING UINT32_C(0x40000010)
#define PIT_FREQUENCY     1193182u /* Hz */
#define PIT_COUNT         59659u   /* 50 ms */
#define PIT_PATIENCE      32       /* log2 of the ticks to wait: a second or more */
#define TSC_LEAST         1000000  /* Hz; no counter is slower: less means that there is no timer */
#define RANDOM_TRIES      10       /* SDM volume 1, 7.3.17: ten tries practically never fail */

/* a * b / c, for a result of at most 64 bits; c is not 0. */
static uint64_t scale(uint32_t a, uint32_t b, uint32_t c)
{
	uint64_t product = (uint64_t)a * b;
	uint32_t high = (uint32_t)(product >> 32), low = (uint32_t)product;
	uint32_t high_result = high / c, rest = high % c, low_result;

	__asm__("divl %4" : "=a"(low_result), "=d"(rest) : "a"(low), "d"(rest), "r"(c));
	return (uint64_t)high_result << 32 | low_result;
}

/* Leaf 15h: the ratio to the crystal, and the crystal's frequency. */
static uint64_t frequency_from_crystal(void)
{
	struct cpuid leaf;

	if (!cpuid_has(0x15))
		return 0;
	leaf = cpuid(0x15, 0);
	return leaf.eax != 0 ? scale(leaf.ecx, leaf.ebx, leaf.eax) : 0;
}

/* As the hypervisor reports it, in kHz. */
static uint64_t frequency_from_hypervisor(void)
{
	bool hypervisor = (cpuid(1, 0).ecx & CPUID_1_ECX_HYPERVISOR) != 0;

	if (!hypervisor || !cpuid_has(HYPERVISOR_TIMING))
		return 0;
	return (uint64_t)cpuid(HYPERVISOR_TIMING, 0).eax * 1000;
}

/* Leaf 16h: the base frequency in MHz, which is the counter's on the CPUs that have the leaf. */
static uint64_t frequency_from_base(void)
{
	return cpuid_has(0x16) ? (uint64_t)(cpuid(0x16, 0).eax & 0xffff) * 1000000 : 0;
}

static uint64_t tsc_frequency(void)
{
	uint64_t frequency = frequency_from_crystal();

	if (frequency == 0)
		frequency = frequency_from_hypervisor();
	return frequency != 0 ? frequency : frequency_from_base();
}

/* True once the PIT's channel 2 has finished its count. */
static bool pit_is_done(void)
{
	return (inb(PORT_SYSTEM_CONTROL) & CONTROL_OUTPUT_2) != 0;
}

/* Measures the counter's frequency with the PIT; 0 if there is none, or if it does not count. */
static uint64_t tsc_measure(void)
{
	uint8_t control = inb(PORT_SYSTEM_CONTROL);
	uint64_t begin, end, frequency = 0;

	outb(PORT_SYSTEM_CONTROL, (uint8_t)((control & ~CONTROL_SPEAKER) | CONTROL_GATE_2));
	outb(PORT_PIT_COMMAND, PIT_CHANNEL_2_ONE_SHOT);
	outb(PORT_PIT_CHANNEL_2, PIT_COUNT & 0xff);
	outb(PORT_PIT_CHANNEL_2, PIT_COUNT >> 8);
	begin = end = rdtsc();
	if (!pit_is_done()) {
		while (!pit_is_done() && (end - begin) >> PIT_PATIENCE == 0)
			end = rdtsc();
		if ((end - begin) >> PIT_PATIENCE == 0)
			frequency = scale((uint32_t)(end - begin), PIT_FREQUENCY, PIT_COUNT);
	}
	outb(PORT_SYSTEM_CONTROL, control);
	return frequency >= TSC_LEAST ? frequency : 0;
}

uint64_t tsc_find(bool measure, struct report *report)
{
	uint64_t frequency;

	if (!measure)
		return tsc_frequency();
	frequency = tsc_measure();
	if (frequency == 0)
		warn(report, DIAG_CLOCK_STANDS, "channel 2 of the PIT does not count");
	return frequency;
}

/* One 32-bit number from the CPU's generator; false if it has none after RANDOM_TRIES tries. */
static bool random_word(uint32_t source, uint32_t *word)
{
	for (unsigned i = 0; i < RANDOM_TRIES; i++) {
		bool ready;

		if (source == LONGJUMP_ENTROPY_RDSEED)
			__asm__ volatile("rdseed %0" : "=r"(*word), "=@ccc"(ready));
		else
			__asm__ volatile("rdrand %0" : "=r"(*word), "=@ccc"(ready));
		if (ready)
			return true;
	}
	return false;
}

/* 64 bits from the CPU's generator. */
static bool random_from_cpu(struct machine *machine, uint32_t source)
{
	uint32_t low, high;

	if (!random_word(source, &low) || !random_word(source, &high))
		return false;
	machine->random = (uint64_t)high << 32 | low;
	machine->random_source = source;
	return true;
}

/* Mixes the time of day and the counter, so that each bit depends on all of them. */
static uint64_t random_from_clocks(const struct clock *clock)
{
	uint64_t mix = rdtsc() ^ (uint64_t)clock->second << 56 ^ (uint64_t)clock->minute << 48
	             ^ (uint64_t)clock->hour << 40 ^ (uint64_t)clock->day << 32;

	for (unsigned i = 0; i < 2; i++) {
		mix ^= mix >> 33;
		mix *= UINT64_C(0x9e3779b97f4a7c15);
	}
	return mix ^ mix >> 33;
}

bool random_read(struct machine *machine)
{
	bool rdseed = cpuid_has(7) && (cpuid(7, 0).ebx & CPUID_7_EBX_RDSEED) != 0;
	bool rdrand = (cpuid(1, 0).ecx & CPUID_1_ECX_RDRAND) != 0;

	if ((rdseed && random_from_cpu(machine, LONGJUMP_ENTROPY_RDSEED))
	    || (rdrand && random_from_cpu(machine, LONGJUMP_ENTROPY_RDRAND)))
		return true;
	machine->random = random_from_clocks(&machine->clock);
	machine->random_source = LONGJUMP_ENTROPY_TSC_AND_RTC;
	return false;
}

void random_from_firmware(struct machine *machine, uint64_t random)
{
	machine->random = random;
	machine->random_source = LONGJUMP_ENTROPY_FIRMWARE;
}
