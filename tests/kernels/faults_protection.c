/* SPDX-License-Identifier: MIT */
/*
 * faults_protection.c - faults of segments, stacks, descriptor tables and interrupts. Each mistake
 * is a kernel, compiled with the mistake's name defined.
 */
#include "kit.h"

#ifdef fault_non_canonical
/* Commits the mistake of using an address that is not canonical. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq (%0), %%rax" : : "b"(0x1234567890abcdef) : "rax");
	finish();
}
#endif

#ifdef fault_lost_stack
/* Commits the mistake of loading RSP with a value that is not an address. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %0, %%rsp; pushq %%rax" : : "r"(0x5a5a5a5a5a5a5a50));
	halt();
}
#endif

#ifdef fault_return_address
/* Commits the mistake of writing over its return address. */
static void __attribute__((noinline, noclone)) copy(const char *from)
{
	char buffer[8];
	volatile char *to = (volatile char *)address_of(buffer);

	while (*from != 0)
		*to++ = *from++;
}

static void __attribute__((noinline, noclone)) greet(void)
{
	volatile uint64_t others[8] = { 0 };

	copy("this text is too long, by far");
	others[0]++;
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	greet();
	finish();
}
#endif

#ifdef fault_stale_ss
/* Loads its own GDT, and returns by iretq with the SS of the old one. */
static uint64_t gdt[] = { 0, 0x00af9b000000ffff }; /* code, and nothing at 0x10 */

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "movq %%rsp, %%rcx\n\t"
	                 "movl %%ss, %%eax\n\t"
	                 "pushq %%rax\n\t"
	                 "pushq %%rcx\n\t"
	                 "pushfq\n\t"
	                 "pushq $8\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "iretq\n"
	                 "1:"
	                 :
	                 : "m"(pointer)
	                 : "rax", "rcx", "memory");
	finish();
}
#endif

#ifdef fault_gdt_order
/* Has data where it expects code in its new GDT. */
static uint64_t gdt[] = { 0, 0x00cf93000000ffff, 0x00af9b000000ffff };

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "pushq $8\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "lretq\n"
	                 "1:"
	                 :
	                 : "m"(pointer)
	                 : "rax", "memory");
	finish();
}
#endif

#ifdef fault_own_tss
/* Loads its own GDT and TSS, in another order, and faults before it loads an IDT. */
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
#endif

#ifdef fault_user
/* Goes to user mode on pages that are the kernel's. */
static uint64_t gdt[] = { 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00cff3000000ffff,
	                  0x00affb000000ffff };

void _start(const struct longjump_boot_info *info)
{
	struct __attribute__((packed)) {
		uint16_t limit;
		uint64_t base;
	} pointer = { sizeof(gdt) - 1, (uint64_t)gdt };

	(void)info;
	__asm__ volatile("lgdt %0\n\t"
	                 "movq %%rsp, %%rcx\n\t"
	                 "pushq $0x1b\n\t"
	                 "pushq %%rcx\n\t"
	                 "pushq $2\n\t"
	                 "pushq $0x23\n\t"
	                 "leaq 1f(%%rip), %%rax\n\t"
	                 "pushq %%rax\n\t"
	                 "iretq\n"
	                 "1: hlt"
	                 :
	                 : "m"(pointer)
	                 : "rax", "rcx", "memory");
	finish();
}
#endif

#ifdef fault_double
/* Clears LDTR, so that its first fault cannot be delivered. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("lldt %w0" : : "r"(0));
	__builtin_trap();
}
#endif

#ifdef fault_misaligned
/* Commits the mistake of using SSE on memory that is not aligned. */
static uint8_t buffer[64] __attribute__((aligned(16)));

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movaps %%xmm0, (%0)" : : "r"(address_of(buffer) + 8) : "memory");
	finish();
}
#endif

#ifdef fault_int80
/* Expects an operating system. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("int $0x80" : : "a"(1));
	finish();
}
#endif

#ifdef fault_timer
/* Lets the timer's interrupt in before it has a handler. */
static void out(uint16_t port, uint8_t value)
{
	__asm__ volatile("outb %0, %1" : : "a"(value), "Nd"(port));
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	out(0x21, 0xfe);
	__asm__ volatile("sti");
	for (;;)
		__asm__ volatile("hlt");
}
#endif
