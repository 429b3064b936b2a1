/* SPDX-License-Identifier: MIT */
/*
 * processors.c - starts the other CPUs, for kernels that want them: each wakes in real mode in the
 * trampoline (processor.asm), and ends in a loop where it waits to be given work.
 *
 * Source: Intel SDM volume 3A, 9.4 (multiple-processor initialization), 11.6 (interrupt command
 * register).
 */
#include "core/fault_info.h"
#include "core/launch.h"
#include "core/text.h"
#include "resident/apic.h"
#include "resident/console.h"
#include "resident/mtrrs.h"
#include "x86/x86.h"

#include <stdbool.h>

enum {
	COMMAND_INIT = 0x4500,
	COMMAND_START = 0x4600 /* plus the number of the page to start in */
};

/* Channel 2 of the timer (Intel 8254), which needs no interrupts. */
enum {
	TICKS_IN_10_MS = 11932,
	TICKS_IN_200_US = 239,
	TSC_PER_TICK = 8192 /* ticks of the time stamp counter, at most: 9.8 GHz */
};

#define PATIENCE 200 /* times 10 ms, after which we give up on a CPU */

/* What processor.asm reads in the trampoline's page, at its end. */
struct __attribute__((packed)) trampoline_data {
	uint64_t launch, processor, entry;
	uint32_t tables, cr4;
	uint32_t target;
	uint16_t target_selector, padding;
	uint16_t gdt_limit;
	uint32_t gdt_base;
	uint16_t idt_limit;
	uint32_t idt_base;
	uint32_t nmi; /* set to 1 by one in real mode */
};

/* processor.asm */
extern const char trampoline[], trampoline_long[], trampoline_gdt[], trampoline_nmi[],
	processor_start[];

/* enter.asm */
extern volatile struct resident_early early;

/* Starts all CPUs of the list, and puts every CPU's local APIC into the mode that is wanted. */
void start_processors(const struct launch *launch);

/* True once channel 2 has come to the end of its count. */
static bool timer_is_done(void)
{
	return (inb(PORT_SYSTEM_CONTROL) & CONTROL_OUTPUT_2) != 0;
}

/* Waits for a number of ticks of the timer. If it never ends, or ends at once, there is no timer:
 * then the time stamp counter shows when that time has certainly passed. */
static void wait_ticks(unsigned ticks)
{
	uint8_t control = inb(PORT_SYSTEM_CONTROL);
	uint64_t begin = rdtsc();
	bool counts;

	outb(PORT_SYSTEM_CONTROL, (uint8_t)((control & ~CONTROL_SPEAKER) | CONTROL_GATE_2));
	outb(PORT_PIT_COMMAND, PIT_CHANNEL_2_ONE_SHOT);
	outb(PORT_PIT_CHANNEL_2, ticks & 0xff);
	outb(PORT_PIT_CHANNEL_2, (uint8_t)(ticks >> 8));
	counts = !timer_is_done();
	while (!(counts && timer_is_done()) && rdtsc() - begin < (uint64_t)ticks * TSC_PER_TICK)
		;
	outb(PORT_SYSTEM_CONTROL, control);
}

/* The address of a trampoline label in its page. */
static uint32_t in_page(const struct launch *launch, const char *label)
{
	return (uint32_t)(launch->trampoline + (uint64_t)(label - trampoline));
}

/* The far pointer to trampoline_nmi. */
static uint32_t real_nmi(const struct launch *launch)
{
	return (uint32_t)launch->trampoline >> 4 << 16 | (uint32_t)(trampoline_nmi - trampoline);
}

/* Writes the part of the trampoline's page that is the same for all CPUs. */
static volatile struct trampoline_data *fill_page(const struct launch *launch)
{
	uint64_t slide = launch->resident_window - launch->resident;
	volatile struct trampoline_data *data =
		(volatile struct trampoline_data *)(uintptr_t)(launch->trampoline
	                                                       + TRAMPOLINE_DATA);

	data->launch = (uint64_t)(uintptr_t)launch;
	data->entry = (uint64_t)(uintptr_t)processor_start + slide;
	__asm__("mov %%cr3, %q0" : "=r"(slide));
	data->tables = (uint32_t)slide;
	data->cr4 = (uint32_t)launch->cr4 | CR4_OSFXSR;
	data->target = in_page(launch, trampoline_long);
	data->target_selector = SELECTOR_EARLY;
	data->gdt_limit = SELECTOR_EARLY + 7;
	data->gdt_base = in_page(launch, trampoline_gdt);
	data->idt_limit = early.limit;
	data->idt_base = (uint32_t)(uintptr_t)&early.gates;
	data->nmi = 0;
	early.resume = in_page(launch, trampoline_long);
	early.gates.real_mode[VECTOR_NMI] = real_nmi(launch);
	return data;
}

/* Reports a CPU that did not start, on the serial line, since the BIOS can no longer be called. */
static void tell_missing(const struct launch *launch, uint32_t apic_id)
{
	const struct fault_info *info = (const struct fault_info *)(uintptr_t)launch->fault_info;
	char line[120];
	struct text text = text_in(line, sizeof(line));

	text_add(&text,
	         "K407 the other CPUs cannot be started\n"
	         "      the one with APIC ID %u does not answer (docs/errors.md#K407)\n",
	         apic_id);
	console_open(info->serial);
	console_write(line);
}

/* Starts one CPU, which has received INIT, and waits until it is in its loop. A CPU that does not
 * get there receives INIT again: if it started later, its memory would be in use by others. */
static void start(const struct launch *launch, volatile struct launch_processor *processor)
{
	uint32_t command = COMMAND_START | (uint32_t)(launch->trampoline >> 12);
	uint32_t arrived;

	if (!apic_send(processor->apic_id, command)) {
		tell_missing(launch, processor->apic_id);
		return;
	}
	wait_ticks(TICKS_IN_200_US);
	if (processor->arrived == 0)
		apic_send(processor->apic_id, command);
	for (unsigned i = 0; processor->arrived == 0 && i < PATIENCE; i++)
		wait_ticks(TICKS_IN_10_MS);
	arrived = processor->arrived;
	if (arrived == 0) {
		apic_send(processor->apic_id, COMMAND_INIT);
		tell_missing(launch, processor->apic_id);
	}
	if (processor->state != 0)
		*(uint32_t *)(uintptr_t)processor->state = arrived;
}

/* Starts all CPUs of the list, one after the other. */
static void start_all(const struct launch *launch)
{
	struct launch_processor *list = (struct launch_processor *)(uintptr_t)launch->processors;
	volatile struct trampoline_data *data = fill_page(launch);

	for (uint64_t i = 0; i < launch->processor_count; i++)
		apic_send(list[i].apic_id, COMMAND_INIT);
	wait_ticks(TICKS_IN_10_MS);
	for (uint64_t i = 0; i < launch->processor_count; i++) {
		data->processor = (uint64_t)(uintptr_t)&list[i];
		start(launch, &list[i]);
	}
	early.nmi |= data->nmi;
}

void start_processors(const struct launch *launch)
{
	volatile uint32_t *vector = (volatile uint32_t *)(uintptr_t)(VECTOR_NMI * sizeof(*vector));
	uint32_t bios;

	if (launch->processor_count != 0) {
		mtrrs_read();
		bios = *vector;
		*vector = real_nmi(launch);
		start_all(launch);
		*vector = bios;
	}
	if ((launch->flags & LAUNCH_X2APIC) != 0)
		apic_use_x2apic();
	apic_prepare(launch->flags, launch->lints);
}
