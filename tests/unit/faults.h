/* SPDX-License-Identifier: MIT */
/* faults.h - faults of a kernel in a simulated machine, in 64-bit and in 32-bit code. */
#ifndef FAULTS_H
#define FAULTS_H

#include "add_symbols.h"
#include "world.h"

#include "explain/explain.h"

#define BASE  UINT64_C(0xffffffff80000000)
#define CODE  BASE
#define CONST (BASE + 2 * PAGE_SIZE)
#define DATA  (BASE + 3 * PAGE_SIZE)
#define END   (BASE + 5 * PAGE_SIZE)

static const struct named symbols[] = {
	{ "_start", CODE + 0x10, ELF_STT_FUNC, false },
	{ "helper", CODE + 0x100, ELF_STT_FUNC, true },
	{ "main", CODE + 0x200, ELF_STT_FUNC, false },
	{ "constant", CONST + 0x10, ELF_STT_OBJECT, false },
	{ "counter", DATA + 8, ELF_STT_OBJECT, false },
};

static const struct fault_info *marks;
static struct fault fault;
static struct look look;
static struct explanation said;

/* Boots a kernel with code, constants, and data by a protocol, and begins a fault at main+0x10. */
static inline void begin_fault_by(const struct protocol *protocol, const char *choice,
                                  unsigned vector)
{
	struct report none = { .count = 0 };

	begin_world(16 * MIB);
	world.protocol = protocol;
	world.config.options.protocol = choice;
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, CODE, 6000, 6000);
	add_segment(RO, CONST, 3000, 3000);
	add_segment(RW, DATA, 5000, 2 * PAGE_SIZE);
	elf_head->entry = CODE + 0x10;
	add_symbols(symbols, COUNT(symbols));
	world.report = none;
	lay_file(&world.config.kernel, elf_file(), 2 * MIB);
	expect_plan();
	carry_out((const struct launch *)world.boot.launch, world.memory);
	marks = (const struct fault_info *)(const void *)(world.memory
	                                                  + world.boot.plan.fault_info_at);
	memset(&fault, 0, sizeof(fault));
	fault.vector = vector;
	fault.rip = CODE + 0x210;
	fault.rflags = 2;
	fault.cs = 8;
	fault.ss = 0x10;
	fault.ldt = 0x28;
	fault.cr0 = 0x80010033;
	fault.cr3 = marks->kernel_tables;
	fault.cr4 = 0x660;
	fault.gdt = (struct fault_table){ 55, marks->resident.begin + 0x2000 };
	fault.registers[RSP] = marks->stack.end - 0x100;
	look = (struct look){ .memory = world.memory, .marks = marks, .fault = &fault };
}

/* The same with a native kernel. */
static inline void begin_fault(unsigned vector)
{
	begin_fault_by(&native_protocol, NULL, vector);
}

/* Bytes of the kernel, or of its stack, to be written to. */
static inline void *see(uint64_t address)
{
	struct page page = look_up(&look, address);

	EXPECT(page.mapped);
	return world.memory + (uintptr_t)page.physical;
}

/* Puts an instruction at RIP. */
#define INSTRUCTION(...)                                        \
	do {                                                    \
		static const uint8_t bytes[] = { __VA_ARGS__ }; \
		memset(see(fault.rip), 0x90, INSTRUCTION_MAX);  \
		memcpy(see(fault.rip), bytes, sizeof(bytes));   \
	} while (0)

/* Writes a word of the stack, counted from RSP. */
static inline void put_stack(unsigned number, uint64_t word)
{
	memcpy(see(fault.registers[RSP] + 8 * number), &word, sizeof(word));
}

/* The explanation must be of this kind, and say this. */
static inline void expect_words(const char *kind, const char *part)
{
	memset(&said, 0x55, sizeof(said));
	explain(&look, &said);
	EXPECT_TEXT(said.kind, kind);
	EXPECT_PART(said.happened, part);
	EXPECT(said.happened[strlen(said.happened) - 1] == '.');
	EXPECT(strlen(said.cause) > 20 && said.cause[strlen(said.cause) - 1] == '.');
}

/* A page fault of the instruction at main+0x10. */
static inline void expect_page(uint64_t address, uint64_t error, const char *kind, const char *part)
{
	fault.vector = VECTOR_PAGE;
	fault.has_error = 1;
	fault.cr2 = address;
	fault.error = error;
	expect_words(kind, part);
}

/* Where the code of a kernel in protected mode lies, its stack and its page tables: physical. */
#define CODE32_TEXT   (9 * MIB + 0x210)
#define CODE32_STACK  (10 * MIB)
#define CODE32_TABLES (11 * MIB)

/* A word of 4 bytes in memory. */
static inline void put_code32(uint64_t at, uint32_t word)
{
	memcpy(world.memory + at, &word, sizeof(word));
}

/* Begins a fault of 32-bit code outside of long mode, paging off, with these instructions. */
static inline void begin_code32(unsigned vector, const char *code, size_t size)
{
	begin_fault(vector);
	fault.code32 = fault.long_mode_off = 1;
	fault.cr0 = 0x11;
	fault.cr4 = 0;
	fault.cs = 0x18;
	fault.rip = CODE32_TEXT;
	fault.registers[RSP] = CODE32_STACK;
	memset(world.memory + CODE32_TEXT, 0x90, INSTRUCTION_MAX);
	memcpy(world.memory + CODE32_TEXT, code, size);
}

#define CODE32(vector, code) begin_code32(vector, code, sizeof(code) - 1)

#endif
