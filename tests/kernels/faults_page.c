/* SPDX-License-Identifier: MIT */
/*
 * faults_page.c - page faults: pointers, rights, stacks and page tables. Each mistake is a kernel,
 * compiled with the mistake's name defined.
 */
#include "kit.h"

#ifdef fault_null_read
/* Commits the mistake of reading through a null pointer. */
struct node {
	uint64_t value;
	struct node *next;
};

static struct node *volatile first;

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("%lx\n", (uint64_t)first->next);
	finish();
}
#endif

#ifdef fault_null_write
/* Commits the mistake of writing through a null pointer, three calls deep. */
struct list {
	struct list *next, *last;
};

static struct list *volatile nothing;

static void __attribute__((noinline, noclone)) append(struct list *list, struct list *entry)
{
	list->last = entry;
}

static void __attribute__((noinline, noclone)) build(struct list *entry)
{
	append(nothing, entry);
	say("built\n");
}

void _start(const struct longjump_boot_info *info)
{
	static struct list entry;

	(void)info;
	build(&entry);
	finish();
}
#endif

#ifdef fault_null_call
/* Commits the mistake of calling a null function pointer. */
static void (*volatile handler)(void);

static void __attribute__((noinline, noclone)) dispatch(void)
{
	handler();
	say("back\n");
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	dispatch();
	finish();
}
#endif

#ifdef fault_wild_pointer
/* Commits the mistake of writing through a pointer that was never set. */
void _start(const struct longjump_boot_info *info)
{
	uint64_t noise = 0xffffdead0000;

	(void)info;
	__asm__("" : "+r"(noise));
	*(volatile uint64_t *)(noise | 0xffff000000000000) = 1;
	finish();
}
#endif

#ifdef fault_physical
/* Commits the mistake of taking a physical address for a pointer. */
void _start(const struct longjump_boot_info *info)
{
	volatile uint32_t *apic = (volatile uint32_t *)0xfee00000;

	(void)info;
	say("APIC version %x\n", apic[12]);
	finish();
}
#endif

#ifdef fault_beyond_memory
/* Commits the mistake of using memory that the machine does not have. */
void _start(const struct longjump_boot_info *info)
{
	*(volatile uint64_t *)(info->direct_map + 0x7fe00000000) = 1;
	finish();
}
#endif

#ifdef fault_past_end
/* Commits the mistake of running past the end of an array. */
static uint8_t table[4096];

void _start(const struct longjump_boot_info *info)
{
	volatile uint8_t *at = (volatile uint8_t *)address_of(table);

	(void)info;
	for (uint64_t i = 0; i < 0x100000; i++)
		at[i] = 0;
	finish();
}
#endif

#ifdef fault_readonly
/* Commits the mistake of writing to a constant. */
static const char greeting[] = "hello";

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	*(volatile char *)address_of(greeting) = 'H';
	finish();
}
#endif

#ifdef fault_code_write
/* Commits the mistake of changing its own code. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	*(volatile uint8_t *)address_of((const volatile void *)(uint64_t)&finish) = 0xc3;
	finish();
}
#endif

#ifdef fault_execute_data
/* Commits the mistake of running code that it put into data. */
static uint8_t code[] = { 0xc3 }; /* ret */

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	((void (*)(void))address_of(code))();
	finish();
}
#endif

#ifdef fault_execute_stack
/* Commits the mistake of running code on the stack. */
void _start(const struct longjump_boot_info *info)
{
	volatile uint8_t code[16] = { 0xc3 }; /* ret */

	(void)info;
	((void (*)(void))address_of(code))();
	finish();
}
#endif

#ifdef fault_overflow
/* Commits the mistake of calling itself for ever. */
static unsigned (*volatile self)(volatile unsigned *depth);

static unsigned recurse(volatile unsigned *depth)
{
	volatile unsigned deeper = *depth + 1;

	return self(&deeper) + deeper;
}

void _start(const struct longjump_boot_info *info)
{
	volatile unsigned depth = 0;

	(void)info;
	self = recurse;
	recurse(&depth);
	finish();
}
#endif

#ifdef fault_underflow
/* Commits the mistake of reading above the top of the stack. */
void _start(const struct longjump_boot_info *info)
{
	const volatile uint64_t *arguments = (const volatile uint64_t *)info->stack_end;

	say("%lx\n", arguments[2]);
	finish();
}
#endif

#ifdef fault_big_array
/* Puts an array on the stack that is larger than the stack. */
static unsigned __attribute__((noinline, noclone)) fill(unsigned count)
{
	volatile uint8_t buffer[1 << 20];

	for (unsigned i = 0; i < count; i++)
		buffer[i] = (uint8_t)i;
	return buffer[count / 2];
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("%u\n", fill(1 << 20));
	finish();
}
#endif

#ifdef fault_reserved_bit
/* Sets a bit in a page table that must be 0. */
void _start(const struct longjump_boot_info *info)
{
	uint64_t cr3;
	volatile uint64_t *top;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	top = (volatile uint64_t *)(info->direct_map + cr3);
	top[1] = 0x83 | 1UL << 7;
	*(volatile uint64_t *)(1UL << 39) = 1;
	finish();
}
#endif

#ifdef fault_own_tables
/* Loads page tables without the direct map, and goes on using it. */
static uint64_t top[512] __attribute__((aligned(4096)));

void _start(const struct longjump_boot_info *info)
{
	uint64_t cr3, slide = info->direct_map;
	const volatile uint64_t *first;

	__asm__ volatile("mov %%cr3, %0" : "=r"(cr3));
	first = (const volatile uint64_t *)(slide + cr3);
	for (unsigned i = 0; i < 512; i++)
		top[i] = i == (slide >> 39 & 511) ? 0 : first[i];
	cr3 = (uint64_t)top - info->kernel_begin + info->kernel_physical;
	__asm__ volatile("mov %0, %%cr3" : : "r"(cr3) : "memory");
	say("%lx\n", first[0]);
	finish();
}
#endif

#ifdef fault_per_cpu
/* Commits the mistake of using GS before its base is set. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	__asm__ volatile("movq %%gs:0x28, %%rax" : : : "rax");
	finish();
}
#endif
