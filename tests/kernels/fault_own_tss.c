/* SPDX-License-Identifier: MIT */
/* fault_own_tss.c - loads GDT and TSS of its own, in another order, and faults before the IDT. */
#include "kit.h"

static uint8_t stack[4096] __attribute__((aligned(16)));

static struct __attribute__((packed)) {
	uint32_t reserved0;
	uint64_t rsp[3], reserved1, ist[7], reserved2;
	uint16_t reserved3, io_map;
} task = { .io_map = sizeof(task) };

/* Data, a TSS, and only then code. */
static uint64_t gdt[] = { 0, 0x00cf93000000ffff, 0, 0, 0x00af9b000000ffff };

void _start(const struct longjump_boot_info *info)
{
	uint64_t base = (uint64_t)&task;
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	task.ist[0] = (uint64_t)stack + sizeof(stack);
	gdt[2] = (sizeof(task) - 1) | (base & 0xffffff) << 16 | 0x89UL << 40
	       | (base >> 24 & 0xff) << 56;
	gdt[3] = base >> 32;
	__asm__ volatile("lgdt %0; ltr %w1" : : "m"(pointer), "r"(0x10));
	*(volatile uint64_t *)address_of((const volatile void *)0x10) = 1;
	finish();
}
