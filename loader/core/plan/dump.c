/* SPDX-License-Identifier: MIT */
/* dump.c - describes the plan line by line. Lines have at most 79 characters, for a text screen.
 * Decides nothing. */
#include "core/plan/dump.h"

#include "core/plan/memory_map.h"
#include "core/version.h"

/* Writes one line. */
__attribute__((format(printf, 2, 3))) static void line(print_to *write, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	text_show_list(write, format, values);
	va_end(values);
	write("\n");
}

/* A number of bytes in words. */
struct words {
	char text[24];
};

static struct words size_words(uint64_t bytes)
{
	struct words words;
	struct text text = text_in(words.text, sizeof(words.text));

	text_add_size(&text, bytes);
	return words;
}

void print_machine(const struct machine *machine, print_to *write)
{
	line(write, "The firmware's memory map, with its own numbers for types:");
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		const struct firmware_range *range = &machine->firmware[i];

		line(write, "  %010llx-%010llx  type %-3u %-18s %s", ULL(range->phys.begin),
		     ULL(range->phys.end), range->raw, memory_type_name(range->type),
		     size_words(range->phys.end - range->phys.begin).text);
	}
}

/* How the kernel is entered. */
static void print_entry(const struct plan *plan, print_to *write)
{
	const struct display *display = &plan->machine->display;
	const struct screen *screen = &display->screen;

	line(write, LOADER_NAME " starts %.60s", file_called(&plan->config->kernel));
	line(write, "  entry %#llx, stack %#llx, %u-level page tables", ULL(plan->entry.rip),
	     ULL(plan->entry.rsp), plan->config->options.paging_levels);
	if (plan->slide != 0)
		line(write, "  every address slides by %#llx", ULL(plan->slide));
	if (display->kind == DISPLAY_NONE)
		line(write, "  there is no screen");
	if (display->kind == DISPLAY_VGA_TEXT)
		line(write, "  the screen is in text mode");
	if (display->kind == DISPLAY_FRAMEBUFFER)
		line(write, "  the screen has %ux%u pixels of %u bits, %u bytes a line",
		     screen->width, screen->height, screen->bits_per_pixel, screen->pitch);
}

/* Every placement: where it lies, where it is mapped with which rights, and what it is. */
static void print_placements(const struct plan *plan, print_to *write)
{
	line(write, "%-21s  %-33s rwx", "physical", "virtual");
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);
		char memory[24], where[40];
		struct text phys = text_in(memory, sizeof(memory));
		struct text text = text_in(where, sizeof(where));

		if (placement->rights != 0)
			text_add(&text, "%016llx-%016llx", ULL(virt.begin), ULL(virt.end));
		else
			text_add(&text, "-");
		if (placement->use != USE_TABLES_WINDOW)
			text_add(&phys, "%010llx-%010llx", ULL(placement->phys.begin),
			         ULL(placement->phys.end));
		else
			text_add(&phys, "-");
		line(write, "%-21s  %-33s %s %s%s", memory, where, rights_name(placement->rights),
		     use_name(placement->use),
		     placement->cache == CACHE_WRITE_COMBINING ? " (wc)" : "");
	}
}

/* What remains to be copied and zeroed. */
static void print_copying(const struct plan *plan, print_to *write)
{
	for (unsigned i = 0; i < plan->copy_count; i++) {
		const struct copy *copy = &plan->copies[i];

		line(write, "%010llx-%010llx  is copied from %010llx  %s", ULL(copy->to),
		     ULL(copy->to + copy->size), ULL(copy->from), size_words(copy->size).text);
	}
	for (unsigned i = 0; i < plan->fill_count; i++) {
		const struct fill *fill = &plan->fills[i];

		line(write, "%010llx-%010llx  is zeroed  %s", ULL(fill->begin), ULL(fill->end),
		     size_words(fill->end - fill->begin).text);
	}
}

/* The memory map as the kernel gets it. */
static void print_memory(const struct plan *plan, print_to *write)
{
	const struct memory *map = plan_memory_map(plan);

	line(write, "The kernel's memory map:");
	for (unsigned i = 0; map != NULL && i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];

		line(write, "  %010llx-%010llx  %-18s %s", ULL(range->phys.begin),
		     ULL(range->phys.end), memory_type_name(range->type),
		     size_words(range->phys.end - range->phys.begin).text);
	}
}

void print_plan(const struct plan *plan, print_to *write)
{
	print_entry(plan, write);
	print_placements(plan, write);
	print_copying(plan, write);
	print_memory(plan, write);
}
