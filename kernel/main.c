/* SPDX-License-Identifier: MIT */
/*
 * main.c - the sample kernel: shows what Longjump has told it, on the screen and on COM1, and
 * halts. Start reading at _start(), at the end; replace what it calls by a kernel of your own.
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

/* Where everything goes on the screen, in rows from the top. Its right half begins in the middle. */
struct layout {
	unsigned columns, half;    /* width of the screen; of a panel in one half of it */
	unsigned title, title_rows;
	unsigned machine;
	unsigned boot, boot_rows;
	unsigned memory, map_rows; /* map_rows: of the list of ranges */
	unsigned footer;
};

enum { MARGIN = 2, FACTS = 5 };

/* The left or the right half of so many rows. */
static struct panel half_panel(const struct layout *layout, bool is_right, unsigned row,
                               unsigned rows)
{
	return (struct panel){ is_right ? layout->columns - MARGIN - layout->half : MARGIN, row,
		               layout->half, rows };
}

/* Shares out the rows of the screen: 25 are tight, more let it breathe. */
static struct layout lay_out(void)
{
	const unsigned rows = console_rows() < 25 ? 25 : console_rows();
	const bool is_tall = rows >= 29;
	const unsigned gap = is_tall ? 2 : 1;
	struct layout layout = { .columns = console_columns() };

	layout.half = (layout.columns - 2 * MARGIN) / 2 - 1;
	layout.title_rows = is_tall ? 4 : 2;
	layout.machine = layout.title_rows + 1;
	layout.boot = layout.machine + 1 + FACTS + gap;
	layout.boot_rows = is_tall ? 4 : 3;
	layout.memory = layout.boot + 1 + layout.boot_rows + gap;
	layout.footer = rows - 1;
	layout.map_rows = layout.footer - layout.memory - 3;
	return layout;
}

/* The bar at the top: who speaks, who started it, and with what command line. */
static void show_title(const struct longjump_boot_info *info, const struct layout *layout)
{
	const bool is_large = layout->title_rows > 2;
	const unsigned row = is_large ? 3 : 1;
	const bool is_silent = info->command_line[0] == '\0';
	char text[256];

	console_fill(0, 0, layout->columns, layout->title_rows, COLOUR_BLUE);
	console_write_large(MARGIN, is_large ? 1 : 0, COLOUR_WHITE, COLOUR_BLUE,
	                    "Hello from long mode");
	text_format(text, sizeof(text), "the sample kernel, started by %s", info->loader);
	console_write(MARGIN, row, layout->columns, COLOUR_AQUA, COLOUR_BLUE, text);
	serial_line("%s", "");
	serial_line("Hello from long mode: %s", text);
	(void)is_silent;
}

/* How the kernel was loaded. */
static void show_kernel(const struct longjump_boot_info *info, struct panel panel)
{
	char segments[128] = "";

	for (uint64_t i = 0; i < info->segment_count; i++) {
		const struct longjump_segment *segment = &info->segments[i];
		char so_far[128];

		text_format(so_far, sizeof(so_far), "%s", segments);
		text_format(segments, sizeof(segments), "%s%s%s%s%s %luK", so_far, i ? ", " : "",
		            segment->rights & LONGJUMP_READ ? "r" : "-",
		            segment->rights & LONGJUMP_WRITE ? "w" : "-",
		            segment->rights & LONGJUMP_EXECUTE ? "x" : "-",
		            (segment->virtual_end - segment->virtual_begin) / 1024);
	}
	page_heading(&panel, "Kernel", "%s", "");
	page_fact(&panel, "virtual", "%lx, %s", info->kernel_begin,
	          size_words(info->kernel_end - info->kernel_begin).text);
	page_fact(&panel, "physical", "%lx", info->segment_count ? info->segments[0].physical : 0);
	page_fact(&panel, "segments", "%s", segments);
	page_fact(&panel, "stack", "%lx, %s", info->stack_begin,
	          size_words(info->stack_end - info->stack_begin).text);
	page_fact(&panel, "all memory", "%lx, %u-level paging", info->direct_map,
	          info->paging_levels);
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
	const uint64_t smbios = info->smbios3_physical ? info->smbios3_physical
	                                               : info->smbios_physical;
	const struct longjump_time *time = &info->time;

	page_heading(&panel, "Machine", "%s", "");
	page_fact(&panel, "processor", "%s", cpu_name().text);
	page_fact(&panel, "CPUs", "%u", info->cpu_count);
	if (info->tsc_frequency)
		page_fact(&panel, "TSC", "%lu MHz", info->tsc_frequency / 1000000);
	else
		page_fact(&panel, "TSC", "%s", "frequency unknown (-tsc measures)");
	page_fact(&panel, "firmware", "ACPI %lx, SMBIOS %lx", info->rsdp_physical, smbios);
	if (time->year)
		page_fact(&panel, "clock", "%u-%02u-%02u %02u:%02u:%02u", time->year, time->month,
		          time->day, time->hour, time->minute, time->second);
	else
		page_fact(&panel, "clock", "%s", "could not be read");
}

/* The modules; those for which there is no room are counted. */
static void show_modules(const struct longjump_boot_info *info, struct panel panel)
{
	const unsigned room = panel.rows - 1;

	if (info->module_count)
		page_heading(&panel, "Modules", "%lu", info->module_count);
	else
		page_heading(&panel, "Modules", "%s", "none; add some with --- FILE");
	for (uint64_t i = 0; i < info->module_count; i++) {
		const struct longjump_module *module = &info->modules[i];

		serial_line("  %-12s %s at %lx, \"%s\"", module->name, size_words(module->size).text,
		            module->physical, module->command_line);
		if (info->module_count <= room || i + 1 < room)
			page_item(&panel, COLOUR_VIOLET, "%s, %s  %s", module->name,
			          size_words(module->size).text, module->command_line);
	}
	if (info->module_count > room)
		page_item(&panel, COLOUR_DIM, "and %lu more, all on COM1",
		          info->module_count - (room - 1));
}

/* What the colours of the memory bar mean, for those that occur in it. */
static void show_legend(const struct layout *layout, unsigned row,
                        const uint64_t sums[MEMORY_CLASS_COUNT])
{
	static const char square[] = { CHARACTER_SQUARE, '\0' };
	const bool is_wide = layout->columns >= 110;
	unsigned column = MARGIN;

	for (unsigned class = 0; class < MEMORY_CLASS_COUNT; class ++) {
		char text[64];

		if (sums[class] == 0)
			continue;
		text_format(text, sizeof(text), is_wide ? "%s %s" : "%s", memory_class_names[class],
		            size_words(sums[class]).text);
		console_write(column, row, 1, memory_class_colours[class], COLOUR_NIGHT, square);
		column += 2;
		column += console_write(column, row, 64, COLOUR_GREY, COLOUR_NIGHT, text) + 3;
	}
}

/* One range of the memory map in words; with its end where there is room for it. */
static void show_range(struct panel *panel, const struct longjump_memory *range)
{
	const enum colour colour = memory_class_colours[memory_class_of(range->type)];
	const char *name = memory_type_name(range->type);
	const struct words size = size_words(range->end - range->begin);

	if (panel->width >= 50)
		page_item(panel, colour, "%-11s %10lx - %10lx %10s", name, range->begin,
		          range->end - 1, size.text);
	else
		page_item(panel, colour, "%-11s %10lx %10s", name, range->begin, size.text);
}

/* The memory map: as a bar, and range by range as far as there is room. COM1 gets all of it. */
static void show_memory(const struct longjump_boot_info *info, const struct layout *layout)
{
	static struct part parts[512];
	const uint64_t count = info->memory_map_count, room = 2 * layout->map_rows;
	const uint64_t shown = count <= room ? count : room - 1;
	uint64_t sums[MEMORY_CLASS_COUNT], at = 0, folded = 0;
	struct panel heading = { MARGIN, layout->memory, layout->columns - 2 * MARGIN, 1 };
	struct panel left = half_panel(layout, false, layout->memory + 3, layout->map_rows);
	struct panel right = half_panel(layout, true, layout->memory + 3, layout->map_rows);

	memory_sums(info, sums);
	page_heading(&heading, "Memory", "%s free, %lu ranges", size_words(sums[MEMORY_FREE]).text,
	             count);
	console_bar(MARGIN, layout->memory + 1, layout->columns - 2 * MARGIN, parts,
	            memory_bar(info, parts, sizeof(parts) / sizeof(parts[0])));
	show_legend(layout, layout->memory + 2, sums);
	for (uint64_t i = 0; i < count; i++) {
		const struct longjump_memory *range = &info->memory_map[i];

		serial_line("  %016lx - %016lx  %10s  %s", range->begin, range->end,
		            size_words(range->end - range->begin).text,
		            memory_type_name(range->type));
		if (memory_is_among_largest(info, i, shown))
			show_range(at++ < (shown + 1) / 2 ? &left : &right, range);
		else
			folded += range->end - range->begin;
	}
	if (shown < count)
		page_item(&right, COLOUR_NIGHT, "and %lu smaller, %s in all: see COM1",
		          count - shown, size_words(folded).text);
}

/* How long the phases of the boot took. Drawing the screen is the last; hence this is shown last. */
static void show_phases(const struct longjump_boot_info *info, struct panel panel)
{
	const uint64_t now = tsc_now(), frequency = info->tsc_frequency;
	const uint64_t read = info->tsc_read - info->tsc_start;
	const uint64_t prepare = info->tsc_jump - info->tsc_read, draw = now - info->tsc_jump;
	uint64_t longest = read > prepare ? read : prepare;

	longest = longest > draw ? longest : draw;
	page_heading(&panel, "Boot", "%s in the loader", time_words(read + prepare, frequency).text);
	page_gauge(&panel, "read files", COLOUR_AQUA, read, longest,
	           time_words(read, frequency).text);
	page_gauge(&panel, "prepare", COLOUR_ORANGE, prepare, longest,
	           time_words(prepare, frequency).text);
	page_gauge(&panel, "this screen", COLOUR_LIME, draw, longest,
	           time_words(draw, frequency).text);
}

/* The bar at the bottom, and the last words. */
static void show_footer(const struct layout *layout)
{
	const char *text = "That was all: the CPU is halted.   Your turn: ./build.sh run --kernel FILE";

	console_fill(0, layout->footer, layout->columns, 1, COLOUR_BLUE);
	console_write(MARGIN, layout->footer, layout->columns, COLOUR_WHITE, COLOUR_BLUE, text);
	serial_line("%s", "");
	serial_line("%s", text);
}

/* Says what keeps the kernel from running, as far as it can be said without boot information. */
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
	if (info->version < LONGJUMP_VERSION || !LONGJUMP_HAS(info, paging_levels))
		give_up("the loader is older than the kernel; build both anew", info->version);
}

/* Where the kernel starts; the linker script names it as the entry. */
void _start(const struct longjump_boot_info *info);

void _start(const struct longjump_boot_info *info)
{
	struct layout layout;

	serial_start();
	check(info);
	console_start(info);
	layout = lay_out();
	show_title(info, &layout);
	show_kernel(info, half_panel(&layout, false, layout.machine, 1 + FACTS));
	show_machine(info, half_panel(&layout, true, layout.machine, 1 + FACTS));
	show_modules(info, half_panel(&layout, true, layout.boot, 1 + layout.boot_rows));
	show_memory(info, &layout);
	show_phases(info, half_panel(&layout, false, layout.boot, 1 + layout.boot_rows));
	show_footer(&layout);
	halt();
}
