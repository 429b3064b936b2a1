/* SPDX-License-Identifier: MIT */
/*
 * fault.c - has the fault explained and shown, and then does what -onfault says. Runs on its own,
 * identity-mapped page tables: it depends on no code or table of the kernel, and trusts none of its
 * data.
 */
#include "resident/fault.h"

#include "core/launch.h"
#include "core/palette.h"
#include "explain/draw.h"
#include "explain/frame.h"
#include "explain/overwritten.h"
#include "explain/show.h"
#include "resident/console.h"
#include "x86/dac.h"
#include "x86/restart.h"
#include "x86/watcher.h"
#include "x86/x86.h"

#define REBOOT_SECONDS 10
#define CLOCK_PATIENCE 34 /* 2^34 ticks of the time stamp counter take several seconds */

enum {
	PORT_QEMU_EXIT = 0xf4, /* isa-debug-exit: QEMU ends with the value times 2 plus 1 */
	EXIT_VALUE = 18,
	PORT_BOCHS_EXIT = 0x8900, /* Bochs ends when it is told "Shutdown" */
	CLOCK_SECONDS = 0,
	VGA_START_HIGH = 12, /* registers of the CRT controller */
	VGA_START_LOW = 13,
	VGA_CURSOR = 10,
	VGA_CURSOR_OFF = 32,
	MACHINE_BANKS = 32
};

/* The fault info's address in the explainer's page tables. */
static const struct fault_info *fault_info;

static struct explanation explanation;
static char lines[8192];

void fault_explain(struct fault *fault);
void fault_again(uint64_t vector, uint64_t rip, uint64_t cr2);
void fault_early(uint64_t vector, uint64_t rip, uint64_t cr2);

/* enter.asm */
extern const struct resident_early early;

/* The fault info as it was at the jump. Its magic number is inverted, so that a search for the
 * fault info does not find this copy. */
static struct fault_info kept;
static uint64_t info_sum, kept_sum;

/* What remains if the fault info is overwritten: output devices, and plain facts. The kernel's
 * names and segments, which lie elsewhere, are not in it. */
static struct fault_info plain;
static const struct fault_info
	*overwritten; /* the damaged original; NULL: undamaged, or its address is lost */

/* A checksum that depends on the order of its words. */
static uint64_t sum_of(const struct fault_info *info)
{
	const uint64_t *words = (const uint64_t *)(const void *)info;
	uint64_t sum = sizeof(*info);

	_Static_assert(sizeof(*info) % sizeof(*words) == 0, "whole words");
	for (size_t i = 0; i < sizeof(*info) / sizeof(*words); i++)
		sum = (sum << 1 | sum >> 63) + words[i];
	return sum;
}

void fault_prepare(const struct fault_info *marks)
{
	fault_info = marks;
	kept = *marks;
	kept.magic = ~kept.magic;
	info_sum = sum_of(marks);
	kept_sum = sum_of(&kept);
}

/* The fault info if both copies of its address agree, else NULL. */
static const struct fault_info *find_overwritten(void)
{
	return fault_info == (const struct fault_info *)(uintptr_t)early.fault_info ? fault_info
	                                                                            : NULL;
}

/* Switches to the copy, without what points to memory that may be overwritten as well. */
static void fall_back(void)
{
	plain = kept;
	plain.magic = 0;
	plain.segments = plain.segment_count = 0;
	plain.symbols = plain.symbol_count = 0;
	plain.names = (struct fault_range){ 0, 0 };
	plain.processors = plain.processor_count = 0;
	fault_info = &plain;
}

/* True if the fault info and its address are as they were at the jump. */
static bool is_whole(void)
{
	return find_overwritten() != NULL && sum_of(fault_info) == info_sum;
}

/* The first machine-check bank with an error. */
static void ask_machine(struct fault *fault)
{
	unsigned banks = (unsigned)rdmsr(IA32_MCG_CAP) & 0xff;

	for (unsigned i = 0; i < banks && i < MACHINE_BANKS; i++) {
		uint64_t status = rdmsr(IA32_MC0_STATUS + 4 * i);

		if (status >> 63 == 0)
			continue;
		fault->machine_bank = i;
		fault->machine_status = status;
		if ((status >> 58 & 1) != 0)
			fault->machine_address = rdmsr(IA32_MC0_STATUS + 1 + 4 * i);
		return;
	}
}

/* Reads more state from the CPU and the PICs. */
static void ask(struct fault *fault)
{
	if (fault->long_mode_off == 0)
		fault->efer = rdmsr(IA32_EFER); /* otherwise saved by vectors32.asm */
	fault->fs_base = rdmsr(IA32_FS_BASE);
	fault->gs_base = rdmsr(IA32_GS_BASE);
	fault->apic_id = cpu_apic_id();
	__asm__ volatile("mov %%dr6, %0" : "=r"(fault->dr6));
	outb(PORT_PIC1_COMMAND, PIC_READ_SERVICE);
	outb(PORT_PIC2_COMMAND, PIC_READ_SERVICE);
	fault->interrupts = inb(PORT_PIC1_COMMAND) | (uint32_t)inb(PORT_PIC2_COMMAND) << 8;
	if (fault->vector == VECTOR_SSE)
		__asm__ volatile("stmxcsr %0" : "=m"(fault->mxcsr));
	if (fault->vector == VECTOR_FPU)
		__asm__ volatile("fnstsw %%ax" : "=a"(fault->fpu_status));
	if (fault->vector == VECTOR_MACHINE)
		ask_machine(fault);
}

/* Sets a register of VGA's CRT controller. */
static void set_vga(uint8_t index, uint8_t value)
{
	outb(PORT_VGA_INDEX, index);
	outb(PORT_VGA_DATA, value);
}

/* Loads the colours that draw.c knows, whatever the kernel has made of them. */
static void load_colours(void)
{
	dac_begin();
	for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
		struct rgb rgb = palette_colour(i);

		dac_load(rgb.red, rgb.green, rgb.blue);
	}
}

/* The screen that the kernel started with. False if it cannot be written to. */
static bool open_screen(struct canvas *canvas)
{
	const struct fault_info_screen *screen = &fault_info->screen;

	if (screen->kind == DISPLAY_FRAMEBUFFER && fault_info->font != 0) {
		*canvas = canvas_of_pixels((uint8_t *)(uintptr_t)screen->pixels, screen,
		                           (const uint8_t *)(uintptr_t)fault_info->font);
		if (screen->bits_per_pixel == PALETTE_BITS)
			load_colours();
		return true;
	}
	if (screen->kind != DISPLAY_VGA_TEXT)
		return false;
	*canvas = canvas_of_text((uint8_t *)(uintptr_t)VGA_TEXT);
	set_vga(VGA_START_HIGH, 0);
	set_vga(VGA_START_LOW, 0);
	set_vga(VGA_CURSOR, VGA_CURSOR_OFF);
	return true;
}

/* The seconds of the CMOS clock, in BCD or binary: only their change matters. */
static uint8_t clock_seconds(void)
{
	outb(PORT_CLOCK_INDEX, CLOCK_SECONDS);
	return inb(PORT_CLOCK_DATA);
}

/* Waits until the clock's second changes. False if the clock has stopped. */
static bool wait_second(void)
{
	uint8_t now = clock_seconds();
	uint64_t begin = rdtsc();

	while (clock_seconds() == now)
		if ((rdtsc() - begin) >> CLOCK_PATIENCE != 0)
			return false;
	return true;
}

/* Restarts the machine, after REBOOT_SECONDS in which the report can be read. */
static _Noreturn void reboot(void)
{
	unsigned seconds = 0;

	while (seconds < REBOOT_SECONDS && wait_second())
		seconds++;
	if (seconds < REBOOT_SECONDS)
		console_write("The clock has stopped: the machine restarts now.\n");
	restart();
	console_write(RESTART_FAILS);
	restart_by_failing();
}

/* Ends the emulator, if there is one with an exit port. */
static void leave(void)
{
	outb(PORT_QEMU_EXIT, EXIT_VALUE);
	for (const char *c = "Shutdown"; *c != 0; c++)
		outb(PORT_BOCHS_EXIT, (uint8_t)*c);
}

/* What happens next, in words. */
static const char *end_words(void)
{
	if (fault_info->on_fault == ON_FAULT_REBOOT)
		return "The machine restarts in 10 seconds.";
	return "The machine is halted.";
}

/* Begins the message to the watcher, with what happens after it. */
static void begin_message(void)
{
	if (fault_info->on_fault == ON_FAULT_REBOOT)
		watcher_begin(fault_info->token, "fault reboot");
	else if (fault_info->on_fault == ON_FAULT_EXIT)
		watcher_begin(fault_info->token, "fault exit");
	else
		watcher_begin(fault_info->token, "fault halt");
}

/* Does what -onfault says; returns if the machine is to halt. */
static void end(void)
{
	if (fault_info->on_fault == ON_FAULT_REBOOT)
		reboot();
	if (fault_info->on_fault == ON_FAULT_EXIT)
		leave();
}

/* Says why there are no names, and what overwrote them. */
static void admit(void)
{
	size_t length = text_length(explanation.cause);
	struct text text = text_in(explanation.cause + length, sizeof(explanation.cause) - length);

	text_add(&text,
	         "%sThe kernel has overwritten memory that Longjump needs to explain faults"
	         " (RESIDENT in the memory map): its symbols and segments are lost. ",
	         length != 0 ? " " : "");
	if (overwritten == NULL)
		return;
	kept.magic = ~kept.magic;
	overwritten_write(&text, early.fault_info,
	                  (struct span){ (const uint8_t *)&kept, sizeof(kept) },
	                  (struct span){ (const uint8_t *)overwritten, sizeof(kept) });
	kept.magic = ~kept.magic;
}

/* Writes the line for programs. It goes to the serial line, which is for people, only if a test
 * needs it there (-onfault=exit) and no tool watches. */
static void tell_programs(const struct look *look)
{
	struct text text = text_in(lines, sizeof(lines));

	explain_for_programs(&text, look, &explanation);
	text_add(&text, "\n");
	console_write_quietly(lines,
	                      fault_info->on_fault == ON_FAULT_EXIT && fault_info->token[0] == 0);
}

/* Sends everything to the serial line, then shows what fits on the screen. */
static void show(const struct look *look)
{
	struct text text = text_in(lines, sizeof(lines));
	struct canvas canvas;

	explain(look, &explanation);
	if (fault_info == &plain)
		admit();
	show_report(&text, look, &explanation);
	begin_message();
	console_write(lines);
	tell_programs(look);
	console_write(end_words());
	console_write("\n");
	watcher_end();
	if (!open_screen(&canvas))
		return;
	text = text_in(lines, sizeof(lines));
	show_screen(&text, look, &explanation, end_words(), canvas.columns, canvas.rows);
	draw(&canvas, lines);
}

/* Says on the serial line, and on a text screen, what can still be said: `what` and `why` are parts
 * of one sentence. */
static void say_shortly(const char *what, const char *why)
{
	char line[200];
	struct text text = text_in(line, sizeof(line));
	struct canvas canvas;

	text_add(&text, "\n%s %s %s\n", what, why, end_words());
	begin_message();
	console_write(line);
	watcher_end();
	if (fault_info->screen.kind != DISPLAY_VGA_TEXT || !open_screen(&canvas))
		return;
	text = text_in(line, sizeof(line));
	text_add(&text, "%s\n%s\f%s", what, why, end_words());
	draw(&canvas, line);
}

/* Copies the fault info, with the stack of the CPU that faulted. */
static void own_fault_info(const struct fault *fault, struct fault_info *own)
{
	const struct launch_processor *list =
		(const struct launch_processor *)(uintptr_t)fault_info->processors;

	*own = *fault_info;
	for (uint64_t i = 0; i < own->processor_count; i++) {
		if (list[i].apic_id == fault->apic_id)
			own->stack = (struct fault_range){ list[i].stack_begin, list[i].rsp };
	}
}

/* Called with the saved registers, once. If it returns, the machine is halted. */
void fault_explain(struct fault *fault)
{
	if (!is_whole()) {
		overwritten = find_overwritten();
		fall_back();
	}
	if (fault_info != &plain || sum_of(&kept) == kept_sum) {
		struct fault_info own;
		struct look look;

		console_open(fault_info->serial);
		ask(fault);
		own_fault_info(fault, &own);
		look = (struct look){ .marks = &own, .fault = fault };
		if (fault->long_mode_off != 0)
			frame_read(&look, fault);
		frame_first(&look, fault);
		show(&look);
	} else {
		char what[80];
		struct text text = text_in(what, sizeof(what));

		text_add(&text, "Longjump: exception %u at %#llx;", (unsigned)fault->vector,
		         ULL(fault->rip));
		say_shortly(what, "the kernel has overwritten what would explain it.");
	}
	end();
}

/* Says where a fault was, and why there is no explanation. */
static void tell_shortly(uint64_t vector, uint64_t rip, uint64_t cr2, const char *why)
{
	char what[80];
	struct text text = text_in(what, sizeof(what));

	text_add(&text, "Longjump: exception %u at %#llx (CR2 %#llx)", (unsigned)vector, ULL(rip),
	         ULL(cr2));
	say_shortly(what, why);
	end();
}

/* A fault in the explainer itself. The report on the serial line may be incomplete. */
void fault_again(uint64_t vector, uint64_t rip, uint64_t cr2)
{
	fall_back(); /* the original may be the cause */
	tell_shortly(vector, rip, cr2, "while a fault was explained.");
}

/* A fault before the explainer was ready: an error of the machine, or of this loader. */
void fault_early(uint64_t vector, uint64_t rip, uint64_t cr2)
{
	fault_info = (const struct fault_info *)(uintptr_t)early.fault_info;
	console_open(fault_info->serial);
	tell_shortly(vector, rip, cr2, "before the kernel was started.");
}
