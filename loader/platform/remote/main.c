/* SPDX-License-Identifier: MIT */
/*
 * main.c - build/postmortem: explains a stopped machine, for whoever can read its
 * registers and its memory (commands/lib/postmortem.py).
 *
 *     reads    NAME NUMBER                           registers and facts, in hexadecimal
 *              log VECTOR ERROR SOFT EXTERNAL RIP CR2  what an emulator has logged
 *              triple | place | handled                what is to be told: of a triple fault, of
 *                                                      where the CPU is, of the last that is logged
 *     asks     ?ADDRESS                              for a page of physical memory, 4096 bytes
 *              in hexadecimal on a line, or "-"
 *     answers  NAME TEXT                             in lines, then "state", then lines of text
 */
#include "core/fault_info.h"
#include "explain/frame.h"
#include "explain/show.h"
#include "postmortem/reasons.h"
#include "postmortem/story.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { LOG_MAX = 64, LINE_MAX = 256, PAGES = 512, NAMES = 48 };

static struct fault fault;
static struct fault_info marks;
static struct cpu_state cpu;
static struct logged logged[LOG_MAX];
static struct evidence evidence = { .log = logged, .in_service = -1 };
static struct story story;
static uint64_t info_at; /* where the fault info is; 0: it is not known */

/* ---- memory ---- */

struct cached {
	uint64_t address;
	bool asked, there;
	uint8_t bytes[PAGE_SIZE];
};

/* Asks for a page; false if there is none. */
static bool ask(struct cached *cached)
{
	static char line[2 * PAGE_SIZE + 3];

	printf("?%llx\n", ULL(cached->address));
	fflush(stdout);
	if (fgets(line, sizeof(line), stdin) == NULL || strlen(line) < 2 * PAGE_SIZE)
		return false;
	for (size_t i = 0; i < PAGE_SIZE; i++) {
		unsigned high = text_digit(line[2 * i]), low = text_digit(line[2 * i + 1]);

		cached->bytes[i] = (uint8_t)(high << 4 | low);
	}
	return true;
}

/* The page at a physical address; NULL if there is none. */
static const uint8_t *page_at(uint64_t address)
{
	static struct cached cache[PAGES];
	struct cached *cached = &cache[address / PAGE_SIZE % PAGES];

	if (!cached->asked || cached->address != address) {
		*cached = (struct cached){ .address = address, .asked = true };
		cached->there = ask(cached);
	}
	return cached->there ? cached->bytes : NULL;
}

static bool read_memory(uint64_t address, void *to, unsigned size)
{
	unsigned done = 0;

	while (done < size) {
		uint64_t at = address + done;
		unsigned offset = (unsigned)(at & (PAGE_SIZE - 1));
		unsigned left = (unsigned)PAGE_SIZE - offset;
		unsigned part = left < size - done ? left : size - done;
		const uint8_t *page = page_at(at - offset);

		if (page == NULL)
			return false;
		memcpy((uint8_t *)to + done, page + offset, part);
		done += part;
	}
	return true;
}

/* ---- input ---- */

static const struct {
	char name[8];
	void *at;
	unsigned size;
} names[] = {
#define REGISTER_AT(name, number)                 \
	{                                         \
		name, &fault.registers[number], 8 \
	}
	REGISTER_AT("rax", RAX),
	REGISTER_AT("rcx", RCX),
	REGISTER_AT("rdx", RDX),
	REGISTER_AT("rbx", RBX),
	REGISTER_AT("rsp", RSP),
	REGISTER_AT("rbp", RBP),
	REGISTER_AT("rsi", RSI),
	REGISTER_AT("rdi", RDI),
	REGISTER_AT("r8", 8),
	REGISTER_AT("r9", 9),
	REGISTER_AT("r10", 10),
	REGISTER_AT("r11", 11),
	REGISTER_AT("r12", 12),
	REGISTER_AT("r13", 13),
	REGISTER_AT("r14", 14),
	REGISTER_AT("r15", 15),
	{ "rip", &fault.rip, 8 },
	{ "rflags", &fault.rflags, 8 },
	{ "cr0", &fault.cr0, 8 },
	{ "cr2", &fault.cr2, 8 },
	{ "cr3", &fault.cr3, 8 },
	{ "cr4", &fault.cr4, 8 },
	{ "efer", &fault.efer, 8 },
	{ "dr6", &fault.dr6, 8 },
	{ "fsbase", &fault.fs_base, 8 },
	{ "gsbase", &fault.gs_base, 8 },
	{ "mxcsr", &fault.mxcsr, 4 },
	{ "cs", &fault.cs, 2 },
	{ "ss", &fault.ss, 2 },
	{ "ds", &fault.ds, 2 },
	{ "es", &fault.es, 2 },
	{ "fs", &fault.fs, 2 },
	{ "gs", &fault.gs, 2 },
	{ "tr", &fault.tr, 2 },
	{ "ldt", &fault.ldt, 2 },
	{ "code32", &fault.code32, 2 },
	{ "gdt", &fault.gdt.base, 8 },
	{ "gdtlim", &fault.gdt.limit, 2 },
	{ "idt", &fault.idt.base, 8 },
	{ "idtlim", &fault.idt.limit, 2 },
	{ "trbase", &cpu.task.base, 8 },
	{ "trlim", &cpu.task.limit, 4 },
	{ "ldtbase", &cpu.local.base, 8 },
	{ "ldtlim", &cpu.local.limit, 4 },
	{ "service", &evidence.in_service, 4 },
	{ "picbase", &cpu.pic_base, 1 },
	{ "info", &info_at, 8 },
	{ "slide", &marks.slide, 8 },
};

/* Takes in a number; little-endian, as everything here. */
static void take(const char *name, uint64_t value)
{
	for (size_t i = 0; i < COUNT(names); i++) {
		if (strcmp(names[i].name, name) == 0)
			memcpy(names[i].at, &value, names[i].size);
	}
}

static void take_log(const char *line)
{
	unsigned long long rip, cr2;
	unsigned vector, error, soft, external;

	if (sscanf(line, "log %x %x %u %u %llx %llx", &vector, &error, &soft, &external, &rip, &cr2)
	    != 6)
		return;
	if (evidence.log_count == LOG_MAX) {
		memmove(logged, logged + 1, sizeof(logged) - sizeof(logged[0]));
		evidence.log_count--;
	}
	logged[evidence.log_count++] = (struct logged){
		.event = { .vector = vector & 255,
		           .software = soft != 0,
		           .external = external != 0,
		           .has_error = soft == 0 && external == 0 && vector < VECTORS
		                     && frame_has_error(vector),
		           .error = error,
		           .cr2 = cr2 },
		.rip = rip,
	};
}

/* Reads all input. Returns the first letter of the last line, the request. */
static char read_all(void)
{
	static char line[LINE_MAX];

	while (fgets(line, sizeof(line), stdin) != NULL) {
		char name[NAMES];
		unsigned long long value;

		if (strncmp(line, "log ", 4) == 0)
			take_log(line);
		else if (sscanf(line, "%47s %llx", name, &value) == 2)
			take(name, value);
		else
			return line[0];
	}
	exit(1);
}

/* What the loader has left in the machine, if the kernel has left it there; otherwise, words that
 * hold for every kernel. */
static void read_fault_info(void)
{
	static const struct terms plain = {
		.boot_info = "what the loader has left",
		.direct_map = "the map of all memory",
		.physical = "Map physical memory, or add where it is mapped.",
		.no_map = "Map it.",
		.arguments = "they are in registers",
		.null = "",
		.stack = "give it a larger stack",
		.sse = TERMS_SSE_WAS_ON,
	};
	uint64_t slide = marks.slide;

	if (info_at != 0 && read_memory(info_at, &marks, sizeof(marks))
	    && marks.magic == FAULT_INFO_MAGIC)
		return;
	marks = (struct fault_info){ .slide = slide, .memory_end = UINT64_MAX, .terms = plain };
}

/* ---- what is answered ---- */

static void answer(const char *name, const char *text)
{
	char line[STORY_TEXT + 16];
	struct text shown = text_in(line, sizeof(line));

	if (text[0] == 0)
		return;
	text_add_shown(&shown, text);
	printf("%s %s\n", name, line);
}

static void answer_chain(void)
{
	for (unsigned i = 0; i < story.chain.count; i++) {
		const struct step_of_chain *step = &story.chain.steps[i];
		char line[STORY_TEXT];
		struct text text = text_in(line, sizeof(line));

		event_write(&text, &step->event);
		text_add(&text, ": ");
		reason_write(&text, &cpu, step);
		answer("event", line);
	}
	if (story.chain.count != 0 && story.chain.end == CHAIN_REPEATS)
		answer("end", "and so on, until the stack was used up");
	else if (story.chain.count != 0 && story.chain.end == CHAIN_SHUTDOWN)
		answer("end", "then the CPU gave up, and the machine reset");
}

/* The last events of the log, if they could not be explained. */
static void answer_log(void)
{
	unsigned from = evidence.log_count > 4 ? evidence.log_count - 4 : 0;

	for (unsigned i = from; !story.is_known && i < evidence.log_count; i++) {
		char line[STORY_TEXT];
		struct text text = text_in(line, sizeof(line));

		event_write(&text, &logged[i].event);
		text_add(&text, " at %#llx", ULL(logged[i].rip));
		answer("event", line);
	}
}

static void answer_walk(uint64_t address)
{
	char line[STORY_TEXT];
	struct text text = text_in(line, sizeof(line));

	walk_write(&text, &cpu, address);
	answer("walk", line);
}

/* The page tables, for each address that matters. */
static void answer_walks(void)
{
	uint64_t told[CHAIN_MAX + 1];
	unsigned count = 0;

	if (story.is_known && story.first.vector == VECTOR_PAGE && story.first.has_error)
		answer_walk(told[count++] = story.first.cr2);
	for (unsigned i = 0; i < story.chain.count; i++) {
		const struct delivery *delivery = &story.chain.steps[i].delivery;
		bool again = delivery->raises.vector != VECTOR_PAGE;

		for (unsigned j = 0; j < count; j++)
			again = again || told[j] == delivery->address;
		if (!again)
			answer_walk(told[count++] = delivery->address);
	}
}

static void answer_trace(void)
{
	for (unsigned i = 0; i < story.explanation.trace.count; i++) {
		char line[32];
		struct text text = text_in(line, sizeof(line));

		text_add(&text, "%llx", ULL(story.explanation.trace.steps[i].place.address));
		answer("called", line);
	}
}

/* Where the CPU was interrupted last: RIP and RSP. */
static void answer_interrupted(void)
{
	char line[48];
	struct text text = text_in(line, sizeof(line));

	text_add(&text, "%llx %llx", ULL(story.nesting.inner.rip), ULL(story.nesting.inner.rsp));
	if (story.nesting.count != 0)
		answer("interrupted", line);
}

static void answer_all(void)
{
	static char state[8192];
	char line[PLACE_NAME + 40];
	struct text text = text_in(line, sizeof(line));
	struct text lines = text_in(state, sizeof(state));

	answer("title", story.title);
	answer("happened", story.explanation.happened);
	answer("reason", story.reason);
	answer("cause", story.explanation.cause);
	answer("cause", story.cause);
	answer("kind", story.kind);
	if (story.nested != NULL)
		answer("kind", story.nested);
	answer("kind", story.explanation.kind);
	answer_chain();
	answer_log();
	answer_walks();
	answer_interrupted();
	if (story.explanation.place.name[0] != 0)
		place_write(&text, &story.explanation.place);
	answer("where", line);
	text = text_in(line, sizeof(line));
	text_add(&text, "%llx", ULL(fault.rip));
	answer("rip", line);
	text = text_in(line, sizeof(line));
	text_add(&text, "%llx", ULL(story.began));
	if (story.began != 0)
		answer("began", line);
	text = text_in(line, sizeof(line));
	text_add(&text, "%llx", ULL(marks.slide));
	answer("slide", line);
	answer_trace();
	show_state(&lines, &cpu.look, &story.explanation);
	printf("state\n%s", state);
}

int main(void)
{
	char wanted = read_all();

	cpu.look = (struct look){ .marks = &marks, .fault = &fault, .read = read_memory };
	cpu.long_mode = (fault.efer >> 10 & 1) != 0;
	cpu.no_execute = (fault.efer >> 11 & 1) != 0;
	cpu.protected_mode = (fault.cr0 & 1) != 0;
	fault.long_mode_off = !cpu.long_mode;
	read_fault_info();
	if (wanted == 't')
		story_of_triple_fault(&cpu, &fault, &evidence, &story);
	else if (wanted == 'h' && evidence.log_count != 0)
		story_of_handled(&cpu, &fault, &evidence, &story);
	else
		story_of_place(&cpu, &fault, &story);
	answer_all();
	return 0;
}
