/* SPDX-License-Identifier: MIT */
/* resident.c - what the resident part does beside carrying out: its own descriptor tables, and a
 * kernel that returns. */
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

extern uint64_t gdt[5];
extern struct table_pointer gdt_pointer;

static struct task_state task;

void prepare_tables(const struct launch *launch);
void kernel_returned(uint64_t value);

/* Writes the descriptor tables for the address at which the kernel's page tables have them. */
void prepare_tables(const struct launch *launch)
{
	uint64_t slide = launch->resident_window - launch->resident;
	uint64_t base = (uint64_t)(uintptr_t)&task + slide;
	uint64_t limit = sizeof(task) - 1;

	task.io_map = sizeof(task);
	gdt[3] = limit | (base & 0xffffff) << 16 | UINT64_C(0x89) << 40
	       | (base >> 24 & 0xff) << 56; /* available TSS */
	gdt[4] = base >> 32;
	gdt_pointer.base = (uint64_t)(uintptr_t)gdt + slide;
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
