/* SPDX-License-Identifier: MIT */
/* resident.c - what the resident part does beside carrying out: its own descriptor tables, and a
 * kernel that returns. */
#include "core/base.h"
#include "core/launch.h"
#include "resident/console.h"

#include <stdbool.h>

/* The 64-bit task state segment (SDM volume 3A, figure 8-11). */
struct __attribute__((packed)) task_state {
	uint32_t reserved0;
	uint64_t rsp[3];
	uint64_t reserved1;
	uint64_t ist[7];
	uint64_t reserved2;
	uint16_t reserved3;
	uint16_t io_map;
};

/* What lgdt and lidt read. */
struct __attribute__((packed)) table_pointer {
	uint16_t limit;
	uint64_t base;
};

_Static_assert(sizeof(struct task_state) == 104, "SDM volume 3A, figure 8-11");

/* Segment descriptors, flat, ring 0, accessed (SDM volume 3A, figure 3-8). */
#define CODE_16 UINT64_C(0x00009b000000ffff)
#define DATA_16 UINT64_C(0x000093000000ffff)
#define CODE_32 UINT64_C(0x00cf9b000000ffff)
#define DATA_32 UINT64_C(0x00cf93000000ffff)
#define CODE_64 UINT64_C(0x00af9b000000ffff)
#define DATA_64 DATA_32

static const uint64_t descriptors_64[] = { 0, CODE_64, DATA_64 };
static const uint64_t descriptors_all[] = {
	0, CODE_16, DATA_16, CODE_32, DATA_32, CODE_64, DATA_64
};

/* What enter.asm loads. */
struct table_pointer gdt_pointer;
uint16_t task_selector;

static uint64_t gdt[9];
static struct task_state task;

void prepare_tables(const struct launch *launch);
void kernel_returned(uint64_t value);

/* Writes a TSS descriptor, which takes two entries (SDM volume 3A, figure 8-4). */
static void write_task_descriptor(uint64_t *entry, uint64_t base)
{
	uint64_t limit = sizeof(task) - 1;

	entry[0] =
		limit | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40 | (base >> 24 & 0xff) << 56;
	entry[1] = base >> 32;
}

/* Writes the descriptor tables for the address at which the kernel's page tables have them. */
void prepare_tables(const struct launch *launch)
{
	bool all = launch->descriptors == DESCRIPTORS_ALL;
	const uint64_t *from = all ? descriptors_all : descriptors_64;
	unsigned count = all ? COUNT(descriptors_all) : COUNT(descriptors_64);
	uint64_t slide = launch->resident_window - launch->resident;

	for (unsigned i = 0; i < count; i++)
		gdt[i] = from[i];
	task.io_map = sizeof(task);
	write_task_descriptor(&gdt[count], (uint64_t)(uintptr_t)&task + slide);
	task_selector = (uint16_t)(count * sizeof(gdt[0]));
	gdt_pointer.base = (uint64_t)(uintptr_t)gdt + slide;
	gdt_pointer.limit = (uint16_t)((count + 2) * sizeof(gdt[0]) - 1);
}

/* The kernel's _start has come back. There is nothing to come back to. */
void kernel_returned(uint64_t value)
{
	console_write("\nLongjump: the kernel's _start returned, with RAX = ");
	console_write_hex(value);
	console_write(
		".\nThere is nothing to return to. The machine is halted.\n"
		"  fix: end _start in an endless loop: for (;;) __asm__ volatile(\"hlt\");\n");
}
