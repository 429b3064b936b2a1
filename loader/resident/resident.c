/* SPDX-License-Identifier: MIT */
/*
 * resident.c - the resident part's own descriptor tables, and the IDT that is in use until the
 * kernel loads its own.
 *
 * The gates' code segment is in an LDT. A kernel that loads its own GDT does not change LDTR, so
 * its faults still get here, whatever is in that GDT.
 */
#include "core/base.h"
#include "core/launch.h"
#include "explain/frame.h"
#include "resident/fault.h"
#include "x86/x86.h"

#define STUB64_SIZE   32 /* vectors32.asm */
#define IST_COUNT     4
#define IST_SIZE      4096
#define IST_SIZE_OWN  256  /* on other CPUs: for what the CPU pushes */
#define SELECTOR_OURS 0x04 /* of the LDT: 64-bit code */
#define GDT_ENTRIES   (SELECTOR_EARLY / 8 + 1)

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

/* The tables that each of the other CPUs has. */
struct own {
	struct table_pointer gdt_pointer; /* read by processor.asm */
	uint8_t padding[6];
	uint64_t gdt[GDT_ENTRIES];
	uint8_t stacks[IST_COUNT][IST_SIZE_OWN];
	struct task_state task;
};
_Static_assert(sizeof(struct own) <= PROCESSOR_CAPACITY, "core/launch.h has room for it");

/* By enum descriptors: how many there are, and which. */
static const uint8_t descriptor_counts[] = { 3, 7, 5 };
static const uint64_t descriptors[][7] = {
	[DESCRIPTORS_64] = { 0, DESCRIPTOR_CODE_64, DESCRIPTOR_DATA_32 },
	[DESCRIPTORS_ALL] = { 0, DESCRIPTOR_CODE_16, DESCRIPTOR_DATA_16, DESCRIPTOR_CODE_32,
	                      DESCRIPTOR_DATA_32, DESCRIPTOR_CODE_64, DESCRIPTOR_DATA_32 },
	[DESCRIPTORS_32] = { 0, DESCRIPTOR_CODE_32, DESCRIPTOR_CODE_32, DESCRIPTOR_DATA_32,
	                     DESCRIPTOR_CODE_64 },
};

/* What enter.asm and vectors.asm load. */
extern struct table_pointer gdt_pointer, idt_pointer, idt32_pointer;
extern uint64_t gdt[GDT_ENTRIES], own_tables, cr4_more;
extern uint16_t task_selector, ldt_selector;
struct table_pointer gdt_pointer;
uint64_t gdt[GDT_ENTRIES];
uint16_t task_selector, ldt_selector;
uint64_t own_tables; /* physical address of the explainer's page tables */
uint64_t cr4_more;   /* bits of CR4 that the explainer needs in addition to the kernel's */

/* vectors.asm */
extern const char vectors[];

/* vectors32.asm */
extern const char vectors32[], stubs64[];

/* 64-bit code; then, only for kernels that are entered in protected mode, a 32-bit code segment for
 * every two vectors. */
static uint64_t ldt[1 + VECTORS / 2] = { DESCRIPTOR_CODE_64 };
static struct gate idt[VECTORS];

/* The IDT of a kernel that begins in protected mode, and may keep it in long mode. The same 16
 * bytes are two 32-bit gates or one 64-bit gate. */
static union {
	struct gate32 gates32[VECTORS];
	struct gate gates64[VECTORS / 2];
} idt32;
_Static_assert(sizeof(idt32) - 1 == FRAME_IDT32_LIMIT, "known by frame_first()");
static struct task_state task;
static uint8_t stacks[IST_COUNT][IST_SIZE] __attribute__((aligned(16)));

void prepare_tables(const struct launch *launch);

/* Writes a system descriptor, which takes two entries (SDM volume 3A, figure 8-4). */
static void write_system(uint64_t *entry, uint64_t type, uint64_t base, uint64_t limit)
{
	entry[0] = limit | (base & 0xffffff) << 16 | type << 40 | (base >> 24 & 0xff) << 56;
	entry[1] = base >> 32;
}

/* True if the kernel gets no descriptor tables other than the GDT. */
static bool is_bare(const struct launch *launch)
{
	const struct fault_info *marks = (const struct fault_info *)(uintptr_t)launch->fault_info;

	return (launch->flags & LAUNCH_BARE) != 0 && marks->explain == 0;
}

/* Writes the GDT that a CPU begins with in the kernel, with its TSS; returns what to load. */
static struct table_pointer write_gdt(uint64_t table[GDT_ENTRIES],
                                      const struct task_state *own_task,
                                      const struct launch *launch, uint64_t slide)
{
	unsigned count = descriptor_counts[launch->descriptors];

	for (unsigned i = 0; i < count; i++)
		table[i] = descriptors[launch->descriptors][i];
	task_selector = (uint16_t)(count * sizeof(*table));
	if (is_bare(launch)) { /* TR must be loaded: base and limit are 0 */
		write_system(&table[count], DESCRIPTOR_TYPE_TSS, 0, 0);
		ldt_selector = 0;
	} else {
		write_system(&table[count], DESCRIPTOR_TYPE_TSS,
		             (uint64_t)(uintptr_t)own_task + slide, sizeof(*own_task) - 1);
		write_system(&table[count + 2], DESCRIPTOR_TYPE_LDT,
		             (uint64_t)(uintptr_t)ldt + slide, sizeof(ldt) - 1);
		ldt_selector = (uint16_t)((count + 2) * sizeof(*table));
	}
	table[SELECTOR_EARLY / 8] = DESCRIPTOR_CODE_64;
	return (struct table_pointer){ GDT_ENTRIES * sizeof(*table) - 1,
		                       (uint64_t)(uintptr_t)table + slide };
}

/* Writes a TSS, for stacks of `size` bytes each, one after the other. */
static void write_task(struct task_state *own_task, const uint8_t *first, uint64_t size,
                       uint64_t slide)
{
	own_task->io_map = sizeof(*own_task);
	for (unsigned i = 0; i < IST_COUNT; i++)
		own_task->ist[i] = (uint64_t)(uintptr_t)first + (i + 1) * size + slide;
}

/*
 * The number of the stack in the TSS (IST) on which an exception arrives; 0: the current stack. A
 * page fault must not need the kernel's stack, since that may be what is not mapped. It has the
 * first, since a kernel that loads its own TSS has most likely filled in that one.
 */
static uint8_t stack_of(unsigned vector)
{
	switch (vector) {
	case VECTOR_PAGE:
		return 1;
	case VECTOR_DOUBLE:
		return 2;
	case VECTOR_NMI:
		return 3;
	case VECTOR_MACHINE:
		return 4;
	default:
		return 0;
	}
}

/* Writes the IDT. A double fault may mean that the LDT is lost, so its gate does not use it. */
static void write_idt(const struct launch *launch, uint64_t slide)
{
	bool protected_mode = (launch->flags & LAUNCH_PROTECTED_MODE) != 0;

	for (unsigned i = 0; i < VECTORS; i++) {
		uint64_t offset = (uint64_t)(uintptr_t)vectors + i * STUB_SIZE + slide;

		idt[i] = (struct gate){ .offset_low = (uint16_t)offset,
			                .selector = i == VECTOR_DOUBLE && !protected_mode
			                                  ? launch->cs
			                                  : SELECTOR_OURS,
			                .stack = stack_of(i),
			                .type = DESCRIPTOR_TYPE_INTERRUPT,
			                .offset_middle = (uint16_t)(offset >> 16),
			                .offset_high = (uint32_t)(offset >> 32) };
	}
	idt_pointer.base = (uint64_t)(uintptr_t)idt + slide;
	idt_pointer.limit = sizeof(idt) - 1;
}

/*
 * Writes the IDT of a kernel that begins in protected mode. The six exceptions that a kernel most
 * likely causes on its way to long mode have 64-bit gates, in place of 32-bit gates that 32-bit
 * code seldom needs (16, 17, 20 to 29). Any other exception in long mode finds a 32-bit gate. That
 * causes a #GP, since the gate leads to code that is not 64-bit, and the error code holds the
 * gate's selector. So every two vectors have their own selector, by which frame_first() recognises
 * the exception.
 */
static void write_idt32(void)
{
	static const uint8_t wide[] = { VECTOR_DOUBLE, VECTOR_TSS,        VECTOR_NOT_PRESENT,
		                        VECTOR_STACK,  VECTOR_PROTECTION, VECTOR_PAGE };

	for (unsigned i = 0; i < VECTORS; i++) {
		uint32_t offset = (uint32_t)(uintptr_t)vectors32 + i * STUB_SIZE;

		ldt[1 + i / 2] = DESCRIPTOR_CODE_32;
		idt32.gates32[i] = (struct gate32){
			.offset_low = (uint16_t)offset,
			.selector = (uint16_t)(FRAME_FIRST_SELECTOR + i / 2 * 8),
			.type = DESCRIPTOR_TYPE_INTERRUPT,
			.offset_high = (uint16_t)(offset >> 16),
		};
	}
	for (unsigned i = 0; i < COUNT(wide); i++) {
		uint32_t offset = (uint32_t)(uintptr_t)stubs64 + i * STUB64_SIZE;

		idt32.gates64[wide[i]] = (struct gate){ .offset_low = (uint16_t)offset,
			                                .selector = SELECTOR_OURS,
			                                .stack = stack_of(wide[i]),
			                                .type = DESCRIPTOR_TYPE_INTERRUPT,
			                                .offset_middle = (uint16_t)(offset >> 16) };
	}
	idt32_pointer.base = (uint64_t)(uintptr_t)&idt32;
	idt32_pointer.limit = sizeof(idt32) - 1;
}

/* Writes the other CPUs' own tables. */
static void prepare_processors(const struct launch *launch, uint64_t slide)
{
	struct launch_processor *list = (struct launch_processor *)(uintptr_t)launch->processors;

	for (uint64_t i = 0; i < launch->processor_count; i++) {
		struct own *own = (struct own *)(void *)list[i].capacity;

		write_task(&own->task, own->stacks[0], IST_SIZE_OWN, slide);
		own->gdt_pointer = write_gdt(own->gdt, &own->task, launch, slide);
	}
}

/* Writes the descriptor tables for the address at which the kernel's page tables map them. */
void prepare_tables(const struct launch *launch)
{
	const struct fault_info *marks = (const struct fault_info *)(uintptr_t)launch->fault_info;
	uint64_t slide = launch->resident_window - launch->resident;

	write_task(&task, stacks[0], IST_SIZE, slide);
	gdt_pointer = write_gdt(gdt, &task, launch, slide);
	prepare_processors(launch, slide);
	own_tables = marks->tables;
	fault_prepare(marks);
	if (marks->explain == 0)
		return;
	write_idt(launch, slide);
	if ((launch->flags & LAUNCH_PROTECTED_MODE) != 0)
		write_idt32();
	if ((launch->flags & LAUNCH_BARE) == 0 && (cpuid(1, 0).edx & CPUID_1_EDX_MCE) != 0)
		cr4_more = CR4_MCE; /* without it, a machine check shuts the CPU down silently */
}
