/* SPDX-License-Identifier: MIT */
/*
 * main.c - the sample kernel: shows its boot information on the screen and on COM1, and halts.
 * Start reading at _start(), at the end; replace what it calls with your own kernel.
 */
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include <longjump.h>

#include "console.h"
#include "cpu.h"
#include "memory.h"
#include "page.h"
#include "serial.h"
#include "text.h"

/* The layout of the screen; rows are counted from the top. */
struct layout {
	unsigned columns;     /* width of the screen */
	unsigned left, right; /* width of the panels on either side */
	bool is_tall;         /* there is space to spare */
	unsigned title_rows;
	unsigned facts;            /* first row of kernel and machine */
	unsigned boot, boot_rows;  /* of phases and modules */
	unsigned memory, bar_rows; /* of the memory map; of its bar */
	unsigned list, list_rows;  /* of its ranges */
	unsigned next, next_rows;  /* of "what next"; none if there is no room */
	unsigned footer;
};

enum { MARGIN = 2, FACT_ROWS = 6, NEXT_ROWS = 5 };

static const char square[] = { CHARACTER_SQUARE, '\0' };

/* The command that started this kernel; `install` patches in the installed name. */
static const char program[] = "./build.sh";

/* Gives the rows that the list does not need to "what next". */
static void make_room(struct layout *layout, unsigned ranges, unsigned gap)
{
	const unsigned needed = (ranges + 1) / 2;

	if (needed + gap + NEXT_ROWS > layout->list_rows)
		return;
	layout->next = layout->list + needed + gap;
	layout->next_rows = NEXT_ROWS;
	layout->list_rows = needed;
}

/* Lays out the screen for 80 x 25 cells; larger ones get more space, smaller ones are clipped. */
static struct layout lay_out(const struct longjump_boot_info *info)
{
	const unsigned rows = console_rows() < 25 ? 25 : console_rows();
	const bool is_tall = rows >= 30;
	const unsigned gap = rows >= 40 ? 2 : 1;
	struct layout layout = { .is_tall = is_tall };

	layout.columns = console_columns() < 80 ? 80 : console_columns();
	layout.left = (layout.columns - 3 * MARGIN) * 35 / 74;
	layout.right = layout.columns - 3 * MARGIN - layout.left;
	layout.title_rows = is_tall ? 4 + gap / 2 : 2;
	layout.facts = layout.title_rows + gap;
	layout.boot = layout.facts + FACT_ROWS + gap;
	layout.boot_rows = is_tall ? 5 : 4;
	layout.memory = layout.boot + layout.boot_rows + gap;
	layout.bar_rows = gap;
	layout.list = layout.memory + 1 + layout.bar_rows + gap;
	layout.footer = rows - 1;
	layout.list_rows = layout.footer - layout.list;
	make_room(&layout, (unsigned)info->memory_map_count, gap);
	return layout;
}

/* A panel of the given rows, on the left or on the right. */
static struct panel left_panel(const struct layout *layout, unsigned row, unsigned rows)
{
	return (struct panel){ MARGIN, row, layout->left, rows };
}

static struct panel right_panel(const struct layout *layout, unsigned row, unsigned rows)
{
	return (struct panel){ 2 * MARGIN + layout->left, row, layout->right, rows };
}

/* The bar at the top: name, loader and command line. */
static void show_title(const struct longjump_boot_info *info, const struct layout *layout)
{
	static const char hello[] = "Hello from long mode";
	const unsigned row = layout->is_tall ? 1 : 0;
	char text[256];

	console_fill(0, 0, layout->columns, layout->title_rows, COLOUR_BLUE);
	if (layout->is_tall)
		console_write_large(MARGIN, row, COLOUR_WHITE, COLOUR_BLUE, hello);
	else
		console_write(MARGIN, row, layout->columns, COLOUR_WHITE, COLOUR_BLUE, hello);
	console_write(layout->columns - MARGIN - (unsigned)text_length(info->loader), row,
	              layout->columns, COLOUR_WHITE, COLOUR_BLUE, info->loader);
	if (info->command_line[0])
		text_format(text, sizeof(text), "command line: %s", info->command_line);
	else
		text_format(text, sizeof(text),
		            "no command line (it follows the kernel in APPEND)");
	console_write(MARGIN, row + (layout->is_tall ? 2 : 1), layout->columns, COLOUR_AQUA,
	              COLOUR_BLUE, text);
	serial_line("\n%s (%s)", hello, info->loader);
	serial_line("%s", text);
}

/* How the kernel was loaded. */
static void show_kernel(const struct longjump_boot_info *info, struct panel panel)
{
	char segments[128] = "";

	for (uint64_t i = 0; i < info->segment_count; i++) {
		const struct longjump_segment *segment = &info->segments[i];
		const size_t at = text_length(segments);

		text_format(segments + at, sizeof(segments) - at, "%s%s%s%s %luK", i ? ", " : "",
		            segment->rights & LONGJUMP_READ ? "r" : "-",
		            segment->rights & LONGJUMP_WRITE ? "w" : "-",
		            segment->rights & LONGJUMP_EXECUTE ? "x" : "-",
		            (segment->virtual_end - segment->virtual_begin) / 1024);
	}
	page_heading(&panel, "Kernel", "%u-level paging", info->paging_levels);
	page_fact(&panel, "virtual", "%lx, %s", info->kernel_begin,
	          size_words(info->kernel_end - info->kernel_begin).text);
	page_fact(&panel, "physical", "%lx", info->segment_count ? info->segments[0].physical : 0);
	page_fact(&panel, "segments", "%s", segments);
	page_fact(&panel, "stack", "%lx, %s", info->stack_begin,
	          size_words(info->stack_end - info->stack_begin).text);
	page_fact(&panel, "all RAM", "%lx", info->direct_map);
}

/* The processor's name for itself, 48 characters at most, or "x86-64". */
static struct words cpu_name(void)
{
	uint32_t answer[12];
	struct words words;
	const char *name = (const char *)answer;

	cpuid(0x80000000, answer);
	if (answer[0] < 0x80000004)
		return (struct words){ "x86-64" };
	for (uint32_t i = 0; i < 3; i++)
		cpuid(0x80000002 + i, answer + 4 * i);
	while (*name == ' ')
		name++;
	text_format(words.text, sizeof(words.text), "%s", name);
	return words;
}

/* The machine it runs on. */
static void show_machine(const struct longjump_boot_info *info, struct panel panel)
{
	const uint64_t smbios =
		info->smbios3_physical ? info->smbios3_physical : info->smbios_physical;
	const struct longjump_time *time = &info->time;

	page_heading(&panel, "Machine", "%u CPU%s", info->cpu_count,
	             info->cpu_count == 1 ? "" : "s");
	page_fact(&panel, "processor", "%s", cpu_name().text);
	if (info->tsc_frequency)
		page_fact(&panel, "TSC", "%lu MHz", info->tsc_frequency / 1000000);
	else
		page_fact(&panel, "TSC", "unknown speed");
	page_fact(&panel, "firmware", "ACPI %lx, SMBIOS %lx", info->rsdp_physical, smbios);
	if (info->firmware == LONGJUMP_FIRMWARE_EFI)
		page_fact(&panel, "booted", "by UEFI, system table %lx",
		          info->efi.system_table_physical);
	else if (info->boot_drive)
		page_fact(&panel, "booted", "from BIOS drive %x", info->boot_drive);
	else
		page_fact(&panel, "booted", "from an unknown drive");
	if (time->year)
		page_fact(&panel, "clock", "%u-%02u-%02u %02u:%02u:%02u", time->year, time->month,
		          time->day, time->hour, time->minute, time->second);
	else
		page_fact(&panel, "clock", "could not be read");
}

/* The modules; those that do not fit are only counted. */
static void show_modules(const struct longjump_boot_info *info, struct panel panel)
{
	const unsigned room = panel.rows - 1;

	if (info->module_count)
		page_heading(&panel, "Modules", "%lu", info->module_count);
	else
		page_heading(&panel, "Modules", "none; add some with --- FILE");
	for (uint64_t i = 0; i < info->module_count; i++) {
		const struct longjump_module *module = &info->modules[i];

		serial_line("  %-12s %s at %lx, \"%s\"", module->name,
		            size_words(module->size).text, module->physical, module->command_line);
		if (info->module_count <= room || i + 1 < room)
			page_item(&panel, COLOUR_VIOLET, "%s, %s  %s", module->name,
			          size_words(module->size).text, module->command_line);
	}
	if (info->module_count > room)
		page_item(&panel, COLOUR_NIGHT, "and %lu more: see COM1",
		          info->module_count - (room - 1));
}

/* What the colours of the memory bar mean, for those that occur in it. */
static void show_legend(const struct layout *layout, unsigned row,
                        const uint64_t sums[MEMORY_GROUP_COUNT])
{
	const bool is_wide = layout->columns >= 110;
	unsigned column = MARGIN;

	for (unsigned group = 0; group < MEMORY_GROUP_COUNT; group++) {
		char text[64];

		if (sums[group] == 0)
			continue;
		text_format(text, sizeof(text), is_wide ? "%s %s" : "%s", memory_group_names[group],
		            size_words(sums[group]).text);
		console_write(column, row, 1, memory_group_colours[group], COLOUR_NIGHT, square);
		column += 2;
		column += console_write(column, row, 64, COLOUR_GREY, COLOUR_NIGHT, text) + 3;
	}
}

/* The name of a range; reserved RAM is distinguished from addresses without memory. */
static const char *range_name(const struct longjump_boot_info *info, uint64_t index)
{
	const uint32_t type = info->memory_map[index].type;

	return type == LONGJUMP_MEMORY_RESERVED ? memory_group_names[memory_group_of(info, index)]
	                                        : memory_type_name(type);
}

/* One range of the memory map in words, with its end address if there is room. */
static void show_range(struct panel *panel, const struct longjump_boot_info *info, uint64_t index)
{
	const struct longjump_memory *range = &info->memory_map[index];
	const enum colour colour = memory_group_colours[memory_group_of(info, index)];
	const char *name = range_name(info, index);
	const struct words size = size_words(range->end - range->begin);

	if (panel->width >= 48)
		page_item(panel, colour, "%-11s %011lx - %011lx %10s", name, range->begin,
		          range->end, size.text);
	else
		page_item(panel, colour, "%-11s %011lx %9s", name, range->begin, size.text);
}

/* The sum of the groups that are memory: how much the machine has. */
static uint64_t all_memory(const uint64_t sums[MEMORY_GROUP_COUNT])
{
	uint64_t all = 0;

	for (unsigned group = 0; group < MEMORY_NONE; group++)
		all += sums[group];
	return all;
}

/* The memory map: as a bar, and range by range as far as there is room. COM1 gets all of it. */
static void show_memory(const struct longjump_boot_info *info, const struct layout *layout)
{
	static struct part parts[512];
	const uint64_t count = info->memory_map_count, room = 2 * layout->list_rows;
	const uint64_t shown = count <= room ? count : room - 1;
	uint64_t sums[MEMORY_GROUP_COUNT], at = 0;
	struct panel heading = { MARGIN, layout->memory, layout->columns - 2 * MARGIN, 1 };
	struct panel left = left_panel(layout, layout->list, layout->list_rows);
	struct panel right = right_panel(layout, layout->list, layout->list_rows);

	memory_sums(info, sums);
	page_heading(&heading, "Memory", "%s free of %s, %lu ranges",
	             size_words(sums[MEMORY_FREE]).text, size_words(all_memory(sums)).text, count);
	console_bar(MARGIN, layout->memory + 1, layout->columns - 2 * MARGIN, layout->bar_rows,
	            parts, memory_bar(info, parts, sizeof(parts) / sizeof(parts[0])));
	show_legend(layout, layout->memory + 1 + layout->bar_rows, sums);
	for (uint64_t i = 0; i < count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];

		serial_line("  %016lx - %016lx  %10s  %s", range->begin, range->end,
		            size_words(range->end - range->begin).text, range_name(info, i));
		if (memory_is_notable(info, i, shown))
			show_range(at++ < (shown + 1) / 2 ? &left : &right, info, i);
	}
	if (shown < count)
		page_item(&right, COLOUR_NIGHT, "and %lu more: see COM1", count - shown);
}

/* How long the phases of the boot took. Drawing is the last of them, so this is shown last. */
static void show_phases(const struct longjump_boot_info *info, struct panel panel)
{
	const uint64_t now = tsc_now(), frequency = info->tsc_frequency;
	const uint64_t read = info->tsc_read - info->tsc_start;
	const uint64_t prepare = info->tsc_jump - info->tsc_read, draw = now - info->tsc_jump;
	const struct {
		const char *name;
		enum colour colour;
		uint64_t ticks;
		struct words took;
	} phases[] = {
		{ "reading", COLOUR_AQUA, read, time_words(read, frequency) },
		{ "preparing", COLOUR_ORANGE, prepare, time_words(prepare, frequency) },
		{ "drawing", COLOUR_LIME, draw, time_words(draw, frequency) },
	};
	uint64_t longest = 0;
	unsigned width = 0;

	for (unsigned i = 0; i < sizeof(phases) / sizeof(phases[0]); i++) {
		const unsigned length = (unsigned)text_length(phases[i].took.text);

		longest = phases[i].ticks > longest ? phases[i].ticks : longest;
		width = length > width ? length : width;
	}
	page_heading(&panel, "Boot", "%s in the loader",
	             time_words(read + prepare, frequency).text);
	for (unsigned i = 0; i < sizeof(phases) / sizeof(phases[0]); i++)
		page_gauge(&panel, phases[i].name, phases[i].colour, phases[i].ticks, longest,
		           phases[i].took.text, width);
}

/* A command and what it does, on the screen and on COM1. */
static void show_command(struct panel *panel, const char *words, const char *does)
{
	page_item(panel, COLOUR_YELLOW, "%s %-23s %s", program, words, does);
	serial_line("  %s %-23s %s", program, words, does);
}

/* What to do next, where there is room for it. */
static void show_next(const struct layout *layout)
{
	struct panel panel = { MARGIN, layout->next, layout->columns - 2 * MARGIN,
		               layout->next_rows };

	if (panel.rows == 0)
		return;
	page_heading(&panel, "Next", "some commands to try");
	show_command(&panel, "new FOLDER", "makes a project with a kernel and a test");
	show_command(&panel, "run --kernel FILE", "boots your kernel");
	show_command(&panel, "run --options -verbose", "shows what the loader finds and plans");
	show_command(&panel, "help", "lists the other commands");
}

/* The bar at the bottom, and the last words. */
static void show_footer(const struct layout *layout)
{
	char text[128];

	text_format(text, sizeof(text),
	            "That was all: the CPU is halted.   Your turn: %s run --kernel FILE", program);
	console_fill(0, layout->footer, layout->columns, 1, COLOUR_BLUE);
	console_write(MARGIN, layout->footer, layout->columns, COLOUR_WHITE, COLOUR_BLUE, text);
	serial_line("\n%s", text);
}

/* Says on COM1 and on the screen why the kernel cannot run, without boot information. */
_Noreturn static void give_up(const char *what, uint64_t found)
{
	char text[128];

	text_format(text, sizeof(text), "%s (found %lx)", what, found);
	serial_line("This kernel cannot start: %s", text);
	console_start(NULL);
	console_write(MARGIN, 2, 76, COLOUR_ROSE, COLOUR_NIGHT, "This kernel cannot start:");
	console_write(MARGIN, 3, 76, COLOUR_WHITE, COLOUR_NIGHT, text);
	halt();
}

/* Stops here if `info` is not what this kernel was written for. */
static void check(const struct longjump_boot_info *info)
{
	if (!info)
		give_up("RDI has no boot information; was it started by Longjump?", 0);
	if (info->magic != LONGJUMP_MAGIC)
		give_up("the boot information is not Longjump's", info->magic);
	if (!LONGJUMP_HAS(info, paging_levels))
		give_up("the loader is older than the kernel; build both again", info->version);
}

/* Where the kernel starts; the linker script names it as the entry. */
void _start(const struct longjump_boot_info *info);

void _start(const struct longjump_boot_info *info)
{
	struct layout layout;

	serial_start();
	check(info);
	console_start(info);
	layout = lay_out(info);
	show_title(info, &layout);
	show_kernel(info, left_panel(&layout, layout.facts, FACT_ROWS));
	show_machine(info, right_panel(&layout, layout.facts, FACT_ROWS));
	show_modules(info, right_panel(&layout, layout.boot, layout.boot_rows));
	show_memory(info, &layout);
	show_phases(info, left_panel(&layout, layout.boot, layout.boot_rows));
	show_next(&layout);
	show_footer(&layout);
	halt();
}
