/* SPDX-License-Identifier: MIT */
/*
 * postmortem.c - holds what loader/postmortem promises: each obstacle between an exception and its
 * handler, the exceptions that follow, and what is said where nothing is certain. A machine of
 * 64 KiB, whose tables map it at its own address and nothing else.
 */
#include "check.h"

#include "postmortem/reasons.h"
#include "postmortem/story.h"

enum {
	TOP = 0x1000,
	LEVEL_3 = 0x2000,
	LEVEL_2 = 0x3000,
	LEVEL_1 = 0x4000,
	IDT = 0x5000,
	GDT = 0x6000,
	TSS = 0x7000,
	STACK = 0x9000, /* its end */
	CODE = 0xa000,
	HANDLER = 0xb000,
	SIZE = 0x10000,
	NOT_THERE = 0x800000
};

static uint8_t memory[SIZE];
static struct fault_info marks;
static struct fault fault;
static struct cpu_state cpu;
static struct delivery found;
static struct story story;

static bool read_memory(uint64_t address, void *to, unsigned size)
{
	if (address > SIZE || size > SIZE - address)
		return false;
	memcpy(to, memory + address, size);
	return true;
}

static void put(uint64_t at, uint64_t word)
{
	memcpy(memory + at, &word, sizeof(word));
}

/* A gate as it should be, with what is wrong about it. */
static void put_gate(unsigned vector, uint64_t handler, unsigned selector, unsigned type,
                     unsigned stack)
{
	put(IDT + 16 * vector, (handler & 0xffff) | (uint64_t)selector << 16 | (uint64_t)stack << 32
	                               | (uint64_t)type << 40 | (handler >> 16 & 0xffff) << 48);
	put(IDT + 16 * vector + 8, handler >> 32);
}

/* A kernel in 64-bit mode, all of whose exceptions have handlers. */
static void begin(void)
{
	memset(memory, 0, sizeof(memory));
	put(TOP, LEVEL_3 | 7);
	put(LEVEL_3, LEVEL_2 | 7);
	put(LEVEL_2, LEVEL_1 | 7);
	for (uint64_t at = 0; at < SIZE; at += PAGE_SIZE)
		put(LEVEL_1 + at / PAGE_SIZE * 8, at | 3);
	put(GDT + 8, UINT64_C(0x00af9a000000ffff));
	put(GDT + 16, UINT64_C(0x00cf92000000ffff));
	for (unsigned vector = 0; vector < 32; vector++)
		put_gate(vector, HANDLER, 8, 0x8e, 0);
	marks = (struct fault_info){ .memory_end = SIZE };
	fault = (struct fault){ .cr0 = 0x80010033, .cr3 = TOP, .cr4 = 0x20, .rflags = 2, .cs = 8 };
	fault.ss = 16;
	fault.tr = 0x18;
	fault.rip = CODE;
	fault.registers[RSP] = STACK;
	fault.idt = (struct fault_table){ 511, IDT };
	fault.gdt = (struct fault_table){ 0x2f, GDT };
	cpu = (struct cpu_state){
		.task = { TSS, 103 }, .long_mode = true, .protected_mode = true, .no_execute = true
	};
	cpu.look = (struct look){ .marks = &marks, .fault = &fault, .read = read_memory };
}

/* Delivers an exception; the obstacle and what the CPU raises instead must be these. */
static void expect_obstacle(struct event event, enum obstacle obstacle, unsigned raises,
                            unsigned error)
{
	deliver(&cpu, &event, &found);
	EXPECT_EQUAL(found.obstacle, obstacle);
	EXPECT_EQUAL(found.raises.vector, raises);
	EXPECT_EQUAL(found.raises.error, error);
}

#define EXCEPTION(number) \
	((struct event){ .vector = (number), .has_error = (number) >= 8 && (number) <= 14 })

static void expect_reason(unsigned vector, const char *part)
{
	struct step_of_chain step = { .event = EXCEPTION(vector) };
	char words[STORY_TEXT];
	struct text text = text_in(words, sizeof(words));

	deliver(&cpu, &step.event, &step.delivery);
	reason_write(&text, &cpu, &step);
	EXPECT_PART(words, part);
	text = text_in(words, sizeof(words));
	reason_cause(&text, &cpu, &step);
	EXPECT(words[strlen(words) - 1] == '.');
}

TEST("an exception whose handler is there is delivered")
{
	begin();
	for (unsigned vector = 0; vector < 32; vector++)
		expect_obstacle(EXCEPTION(vector), OBSTACLE_NONE, 0, 0);
	EXPECT_EQUAL(found.handler, HANDLER);
	EXPECT_EQUAL(found.stack, STACK);
}

TEST("the IDT must reach to the last byte of the gate")
{
	begin();
	fault.idt.limit = 6 * 16 + 14;
	expect_obstacle(EXCEPTION(6), OBSTACLE_IDT_LIMIT, VECTOR_PROTECTION, 6 << 3 | 2 | 1);
	expect_reason(6, "it has 6 gates, 0 to 5");
	fault.idt.limit = 6 * 16 + 15;
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	fault.idt = (struct fault_table){ 4095, NOT_THERE };
	expect_obstacle(EXCEPTION(6), OBSTACLE_IDT_MEMORY, VECTOR_PAGE, 0);
	EXPECT_EQUAL(found.raises.cr2, NOT_THERE + 96);
	fault.idt.base = UINT64_C(1) << 62;
	expect_obstacle(EXCEPTION(6), OBSTACLE_IDT_MEMORY, VECTOR_PROTECTION, 0);
	fault.idt.limit = 0;
	expect_reason(6, "there is no IDT (its limit is 0)");
}

TEST("an IDT that the page tables lack is told to be the loader's, if it is")
{
	struct step_of_chain step = { .event = EXCEPTION(6) };
	char words[STORY_TEXT];
	struct text text = text_in(words, sizeof(words));

	begin();
	fault.idt = (struct fault_table){ 4095, NOT_THERE };
	marks.resident = (struct fault_range){ NOT_THERE - 64, NOT_THERE + 4096 };
	deliver(&cpu, &step.event, &step.delivery);
	reason_cause(&text, &cpu, &step);
	EXPECT_PART(words, "The IDT is still Longjump's");
	marks.resident.end = NOT_THERE;
	text = text_in(words, sizeof(words));
	reason_cause(&text, &cpu, &step);
	EXPECT_PART(words, "the structure that lidt reads is not packed");
}

TEST("a gate is of the right type first, and present then")
{
	begin();
	put_gate(6, HANDLER, 8, 0x0e, 0);
	expect_obstacle(EXCEPTION(6), OBSTACLE_GATE_ABSENT, VECTOR_NOT_PRESENT, 0x33);
	put_gate(6, HANDLER, 8, 0x8f, 0);
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	for (unsigned type = 0; type < 14; type++) {
		put_gate(6, HANDLER, 8, 0x80 | type, 0);
		expect_obstacle(EXCEPTION(6), OBSTACLE_GATE_TYPE, VECTOR_PROTECTION, 0x33);
	}
	put_gate(6, 0, 0, 0, 0);
	expect_reason(6, "is empty");
	EXPECT_TEXT(reason_kind(&found), "gate-type");
}

TEST("int n from user mode needs a gate of user mode's, an exception does not")
{
	begin();
	fault.cs = 0x1b;
	put(TSS + 4, STACK);
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	expect_obstacle((struct event){ .vector = 6, .software = true }, OBSTACLE_GATE_LEVEL,
	                VECTOR_PROTECTION, 0x32);
	put_gate(6, HANDLER, 8, 0xee, 0);
	expect_obstacle((struct event){ .vector = 6, .software = true }, OBSTACLE_NONE, 0, 0);
}

TEST("the gate's selector must be that of present 64-bit code")
{
	static const struct {
		uint64_t descriptor;
		enum obstacle obstacle;
		unsigned vector;
	} cases[] = {
		{ 0, OBSTACLE_SELECTOR_TYPE, VECTOR_PROTECTION },
		{ UINT64_C(0x00cf92000000ffff), OBSTACLE_SELECTOR_TYPE, VECTOR_PROTECTION },
		{ UINT64_C(0x0000890000000067), OBSTACLE_SELECTOR_TYPE, VECTOR_PROTECTION },
		{ UINT64_C(0x00affa000000ffff), OBSTACLE_SELECTOR_LEVEL, VECTOR_PROTECTION },
		{ UINT64_C(0x00af1a000000ffff), OBSTACLE_SELECTOR_ABSENT, VECTOR_NOT_PRESENT },
		{ UINT64_C(0x00cf9a000000ffff), OBSTACLE_SELECTOR_MODE, VECTOR_PROTECTION },
		{ UINT64_C(0x008f9a000000ffff), OBSTACLE_SELECTOR_MODE, VECTOR_PROTECTION },
		{ UINT64_C(0x00ef9a000000ffff), OBSTACLE_SELECTOR_MODE, VECTOR_PROTECTION },
	};

	begin();
	put_gate(6, HANDLER, 0x20, 0x8e, 0);
	for (size_t i = 0; i < COUNT(cases); i++) {
		put(GDT + 0x20, cases[i].descriptor);
		expect_obstacle(EXCEPTION(6), cases[i].obstacle, cases[i].vector, 0x21);
		expect_reason(6, "has the selector 0x20");
	}
	fault.gdt.limit = 0x26;
	expect_obstacle(EXCEPTION(6), OBSTACLE_SELECTOR_LIMIT, VECTOR_PROTECTION, 0x21);
	put_gate(6, HANDLER, 3, 0x8e, 0);
	expect_obstacle(EXCEPTION(6), OBSTACLE_SELECTOR_NULL, VECTOR_PROTECTION, 1);
	put_gate(6, HANDLER, 0xc, 0x8e, 0);
	cpu.local = (struct hidden){ GDT, 0xffff }; /* no LDT is loaded, whatever is left of one */
	expect_obstacle(EXCEPTION(6), OBSTACLE_SELECTOR_LIMIT, VECTOR_PROTECTION, 0xd);
	expect_reason(6, "the LDT ends before that (limit 0x0)");
	fault.ldt = 0x20;
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	put_gate(6, HANDLER, 8, 0x8e, 0);
	fault.gdt.base = NOT_THERE;
	expect_obstacle(EXCEPTION(6), OBSTACLE_GDT_MEMORY, VECTOR_PAGE, 0);
}

TEST("a stack of the TSS must be in the TSS, and be a stack")
{
	begin();
	put_gate(6, HANDLER, 8, 0x8e, 2);
	put(TSS + 0x24 + 8, NOT_THERE);
	expect_obstacle(EXCEPTION(6), OBSTACLE_STACK_MEMORY, VECTOR_PAGE, PAGE_FAULT_WRITE);
	expect_reason(
		6, "IST2 of the TSS (at 0x7000), is 0x800000, and nothing is mapped at 0x7ffff8");
	put(TSS + 0x24 + 8, UINT64_C(1) << 60);
	expect_obstacle(EXCEPTION(6), OBSTACLE_STACK_CANONICAL, VECTOR_STACK, 1);
	put(TSS + 0x24 + 8, STACK - 3);
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	EXPECT_EQUAL(found.stack, STACK - 16);
	cpu.task.limit = 0x24 + 14;
	expect_obstacle(EXCEPTION(6), OBSTACLE_TSS_LIMIT, VECTOR_TSS, 0x19);
	cpu.task.limit = 0x24 + 15;
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	cpu.task.base = NOT_THERE;
	expect_obstacle(EXCEPTION(6), OBSTACLE_TSS_MEMORY, VECTOR_PAGE, 0);
	fault.tr = 0;
	expect_reason(6, "none is loaded: TR is 0");
}

TEST("the whole frame must be written, with the error code if there is one")
{
	begin();
	put(LEVEL_1 + 7 * 8, 0); /* the page below the stack's only one */
	fault.registers[RSP] = STACK - PAGE_SIZE + 48;
	expect_obstacle(EXCEPTION(14), OBSTACLE_NONE, 0, 0);
	fault.registers[RSP] -= 16;
	expect_obstacle(EXCEPTION(14), OBSTACLE_STACK_MEMORY, VECTOR_PAGE, PAGE_FAULT_WRITE);
	EXPECT_EQUAL(found.address, STACK - PAGE_SIZE - 8);
	put(LEVEL_1 + 7 * 8, 0x7001);
	expect_obstacle(EXCEPTION(14), OBSTACLE_STACK_MEMORY, VECTOR_PAGE,
	                PAGE_FAULT_WRITE | PAGE_FAULT_PRESENT);
	fault.cr0 &= ~UINT64_C(0x10000); /* WP */
	expect_obstacle(EXCEPTION(14), OBSTACLE_NONE, 0, 0);
}

TEST("the handler must be there to be executed")
{
	begin();
	put_gate(6, NOT_THERE, 8, 0x8e, 0);
	expect_obstacle(EXCEPTION(6), OBSTACLE_HANDLER_MEMORY, VECTOR_PAGE, PAGE_FAULT_FETCH);
	put_gate(6, HANDLER, 8, 0x8e, 0);
	put(LEVEL_1 + 11 * 8, UINT64_C(0x800000000000b003));
	expect_obstacle(EXCEPTION(6), OBSTACLE_HANDLER_MEMORY, VECTOR_PAGE,
	                PAGE_FAULT_FETCH | PAGE_FAULT_PRESENT);
	cpu.no_execute = false; /* then that bit is reserved */
	expect_obstacle(EXCEPTION(6), OBSTACLE_HANDLER_MEMORY, VECTOR_PAGE,
	                PAGE_FAULT_RESERVED | PAGE_FAULT_PRESENT);
	put(LEVEL_1 + 11 * 8, 0xb003);
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	put_gate(6, UINT64_C(1) << 50, 8, 0x8e, 0);
	expect_obstacle(EXCEPTION(6), OBSTACLE_HANDLER_CANONICAL, VECTOR_PROTECTION, 0);
}

/* The vectors of the chain that begins with one, as a text. */
static const char *chain_of(unsigned vector)
{
	static char words[100];
	struct text text = text_in(words, sizeof(words));
	struct event first = EXCEPTION(vector);
	struct chain chain;

	chain_follow(&cpu, &first, &chain);
	for (unsigned i = 0; i < chain.count; i++)
		text_add(&text, "%u ", chain.steps[i].event.vector);
	text_add(&text, chain.end == CHAIN_SHUTDOWN  ? "shutdown"
	                : chain.end == CHAIN_HANDLED ? "handled"
	                : chain.end == CHAIN_REPEATS ? "repeats"
	                                             : "unknown");
	return words;
}

TEST("double faults come of contributory exceptions and page faults, as table 6-5 has it")
{
	begin();
	for (unsigned vector = 0; vector < 32; vector++)
		put_gate(vector, HANDLER, 8, 0x0e, 0);
	EXPECT_TEXT(chain_of(VECTOR_OPCODE), "6 11 8 shutdown");
	EXPECT_TEXT(chain_of(VECTOR_DIVIDE), "0 8 shutdown");
	EXPECT_TEXT(chain_of(VECTOR_PAGE), "14 8 shutdown");
	put_gate(VECTOR_DOUBLE, HANDLER, 8, 0x8e, 0);
	EXPECT_TEXT(chain_of(VECTOR_PAGE), "14 8 handled");
	begin();
	fault.registers[RSP] = NOT_THERE; /* a page fault in a contributory one is only that */
	EXPECT_TEXT(chain_of(VECTOR_PROTECTION), "13 14 8 shutdown");
	begin();
	for (unsigned vector = 0; vector < 32; vector++)
		put_gate(vector, NOT_THERE, 8, 0x8e, 0);
	EXPECT_TEXT(chain_of(VECTOR_OPCODE), "6 14 14 repeats");
}

TEST("in protected mode gates have 8 bytes, and frames 3 words")
{
	begin();
	cpu.long_mode = false;
	fault.long_mode_off = fault.code32 = 1;
	fault.cr0 = 0x11;
	put(GDT + 8, UINT64_C(0x00cf9a000000ffff));
	put(IDT + 8 * 6, HANDLER | UINT64_C(0x00008e0000080000));
	expect_obstacle(EXCEPTION(6), OBSTACLE_NONE, 0, 0);
	EXPECT_EQUAL(found.handler, HANDLER);
	put(IDT + 8 * 6, HANDLER | UINT64_C(0x0000850000080000));
	expect_obstacle(EXCEPTION(6), OBSTACLE_NOT_MODELLED, 0, 0);
	fault.idt.limit = 6 * 8 + 6;
	expect_obstacle(EXCEPTION(6), OBSTACLE_IDT_LIMIT, VECTOR_PROTECTION, 0x33);
	cpu.protected_mode = false;
	expect_obstacle(EXCEPTION(6), OBSTACLE_NOT_MODELLED, 0, 0);
}

static void tell(const struct evidence *evidence)
{
	struct fault copy = fault;

	story_of_triple_fault(&cpu, &copy, evidence, &story);
}

TEST("a log that fits tells the first exception, and one that does not is not believed")
{
	struct logged log[] = {
		{ EXCEPTION(VECTOR_PAGE), CODE + 1 },
		{ EXCEPTION(VECTOR_DIVIDE), CODE },
		{ EXCEPTION(VECTOR_DOUBLE), CODE },
	};
	struct evidence evidence = { log, COUNT(log), -1 };

	begin();
	memset(memory + CODE, 0x90, 16);
	put_gate(VECTOR_DIVIDE, HANDLER, 8, 0x0e, 0);
	put_gate(VECTOR_DOUBLE, HANDLER, 8, 0x0e, 0);
	tell(&evidence);
	EXPECT(story.is_known);
	EXPECT_EQUAL(story.first.vector, VECTOR_DIVIDE);
	EXPECT_TEXT(story.kind, "gate-not-present");
	put_gate(VECTOR_DOUBLE, HANDLER, 8, 0x8e, 0);
	tell(&evidence);
	EXPECT(!story.is_known);
	EXPECT_PART(story.explanation.happened, "is not known");
	EXPECT_TEXT(story.reason, "");
}

TEST("what is not known is not told, but what holds for every exception is")
{
	struct evidence none = { .in_service = -1 };

	begin();
	memset(memory + CODE, 0x90, 16);
	fault.idt.limit = 0;
	tell(&none);
	EXPECT(!story.is_known);
	EXPECT_PART(story.reason, "No handler can run: there is no IDT");
	EXPECT_TEXT(story.kind, "idt-limit");
}

TEST("without a log the instruction tells the exception, if only one is possible")
{
	static const struct {
		uint8_t code[8];
		unsigned vector;
	} cases[] = {
		{ { 0x0f, 0x0b }, VECTOR_OPCODE },
		{ { 0xcc }, VECTOR_BREAKPOINT },
		{ { 0xcd, 0x80 }, 0x80 },
		{ { 0xf7, 0xf1 }, VECTOR_DIVIDE }, /* div ecx */
		{ { 0x48, 0x8b, 0x04, 0x25, 0, 0, 0x80, 0 },
		  VECTOR_PAGE },                         /* mov rax, [NOT_THERE] */
		{ { 0x0f, 0x28, 0xc1 }, VECTOR_OPCODE }, /* movaps, and CR4.OSFXSR is 0 */
		{ { 0x0f, 0x30 }, VECTOR_PROTECTION },   /* wrmsr */
	};
	struct evidence none = { .in_service = -1 };

	begin();
	fault.idt.limit = 0;
	for (size_t i = 0; i < COUNT(cases); i++) {
		memcpy(memory + CODE, cases[i].code, sizeof(cases[i].code));
		tell(&none);
		EXPECT(story.is_known);
		EXPECT_EQUAL(story.first.vector, cases[i].vector);
		EXPECT_TEXT(story.kind, "idt-limit");
	}
}

TEST("frames of handlers that could not be fetched lead back to the first exception")
{
	struct evidence none = { .in_service = -1 };
	uint64_t frame = STACK - 0x100;

	begin();
	put_gate(VECTOR_OPCODE, NOT_THERE, 8, 0x8e, 0);
	put_gate(VECTOR_PAGE, NOT_THERE + 16, 8, 0x8e, 0);
	memcpy(memory + CODE, "\x0f\x0b", 2);
	put(frame, CODE);
	put(frame + 8, 8);
	put(frame + 16, 2);
	put(frame + 24, STACK);
	put(frame + 32, 16);
	put(frame - 48, PAGE_FAULT_FETCH);
	put(frame - 40, NOT_THERE);
	put(frame - 32, 8);
	put(frame - 24, 2);
	put(frame - 16, frame);
	put(frame - 8, 16);
	fault.rip = NOT_THERE + 16;
	fault.registers[RSP] = frame - 48;
	tell(&none);
	EXPECT_EQUAL(story.unwound, 2);
	EXPECT_EQUAL(story.first.vector, VECTOR_OPCODE);
	EXPECT_TEXT(story.kind, "handler-address");
	EXPECT_PART(story.reason, "leads to 0x800000, where nothing is mapped");
}

TEST("iret with an error code before its frame is told from one that begins too late")
{
	struct evidence none = { .in_service = -1 };
	struct logged log[] = { { EXCEPTION(VECTOR_PROTECTION), CODE },
		                { EXCEPTION(VECTOR_DOUBLE), CODE } };
	struct evidence evidence = { log, COUNT(log), -1 };

	begin();
	memcpy(memory + CODE, "\x48\xcf", 2);
	for (unsigned vector = 0; vector < 32; vector++)
		put_gate(vector, HANDLER, 8, 0x0e, 0);
	fault.registers[RSP] = STACK - 0x100;
	put(STACK - 0x100, 2);
	put(STACK - 0xf8, CODE + 32);
	put(STACK - 0xf0, 8);
	put(STACK - 0xe8, 0x246);
	tell(&evidence);
	EXPECT_TEXT(story.explanation.kind, "error-code-left");
	put(STACK - 0x100, 8);
	put(STACK - 0xf8, 0x246);
	put(STACK - 0xf0, STACK);
	put(STACK - 0xe8, 16);
	tell(&evidence);
	EXPECT_TEXT(story.explanation.kind, "error-code-missing");
	tell(&none);
	EXPECT(story.is_known);
	EXPECT_TEXT(story.explanation.kind, "error-code-missing");
}

/* A frame that the CPU pushed when RSP was there. */
static uint64_t push_frame(uint64_t rsp, uint64_t rip)
{
	uint64_t at = (rsp & ~UINT64_C(15)) - 40;

	put(at, rip);
	put(at + 8, 8);
	put(at + 16, 2);
	put(at + 24, rsp);
	put(at + 32, 16);
	return at;
}

TEST("frames are found where the stack was, and nothing is made of them while there is a stack")
{
	struct evidence none = { .in_service = -1 };
	uint64_t rsp;

	begin();
	memcpy(memory + CODE, "\xcd\x80\x0f\x0b", 4);
	rsp = push_frame(STACK - 0x208, CODE + 2);
	for (unsigned i = 0; i < 2; i++)
		rsp = push_frame(rsp - 8, CODE + 2);
	put(rsp - 40, CODE); /* no frame: RSP was not there */
	put(rsp - 32, 8);
	put(rsp - 24, 2);
	put(rsp - 16, rsp + 8);
	fault.rip = CODE + 2;
	fault.registers[RSP] = rsp - 40;
	frames_read(&cpu, 1000, &story.nesting);
	EXPECT_EQUAL(story.nesting.count, 3);
	EXPECT_EQUAL(story.nesting.outer.rsp, STACK - 0x208);
	tell(&none);
	EXPECT(story.nested == NULL);
}

TEST("frames are found from the end of the stack on if RSP has gone beyond it")
{
	begin();
	put(LEVEL_1 + 7 * 8, 0); /* the page below the stack's only one */
	push_frame(STACK - PAGE_SIZE + 64, CODE + 2);
	fault.registers[RSP] = STACK - PAGE_SIZE - 24;
	frames_read(&cpu, 100, &story.nesting);
	EXPECT_EQUAL(story.nesting.count, 1);
}

TEST("a ret in iretq's place is told by what it has left")
{
	struct fault copy;
	uint64_t at;

	begin();
	at = push_frame(STACK - 0x200, CODE);
	memset(memory + CODE, 0x90, 16);
	fault.registers[RSP] = at + 8;
	copy = fault;
	story_of_place(&cpu, &copy, &story);
	EXPECT_TEXT(story.kind, "handler-ret");
	put(at + 24, STACK - 0x220);
	copy = fault;
	story_of_place(&cpu, &copy, &story);
	EXPECT_TEXT(story.kind, "halted");
	put(at + 24, STACK - 0x200);
	fault.registers[RSP] = at;
	fault.rip = 0x10;
	copy = fault;
	story_of_place(&cpu, &copy, &story);
	EXPECT_TEXT(story.kind, "handler-ret");
}
