/* SPDX-License-Identifier: MIT */
/*
 * fault_info.c - leaves the explainer what it needs: its own page tables, and what lies where.
 * That is needed long after the loader is gone, so it is placed like the resident part.
 */
#include "core/plan/fault_info.h"

#include "core/plan/address_space.h"
#include "core/plan/symbols.h"

/* The kernel's pieces, for the explainer, with their rights; if they are not mapped, with those
 * that they ask for. NULL if scratch memory is used up. */
static struct fault_info_segment *list_segments(struct plan *plan)
{
	struct fault_info_segment *list =
		scratch_take(plan->scratch, plan->count * sizeof(*list), 8);

	for (unsigned i = 0; list != NULL && i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);

		if (placement->use == USE_KERNEL)
			list[plan->fault_info.segment_count++] = (struct fault_info_segment){
				page_down(virt.begin), page_up(virt.end),
				placement->rights != 0 ? placement->rights
						       : placement->segment->rights,
				placement->segment->header
			};
	}
	return list;
}

/* Where RAM ends. */
static uint64_t memory_end(const struct memory *memory)
{
	uint64_t end = 0;

	for (unsigned i = 0; i < memory->count; i++) {
		const struct memory_range *range = &memory->ranges[i];

		end = max_u64(end, value_if(memory_is_ram(range->type), range->phys.end));
	}
	return end;
}

struct fault_info_screen fault_info_screen(const struct display *display)
{
	const struct screen *screen = &display->screen;

	return (struct fault_info_screen){
		.kind = (uint8_t)display->kind,
		.pixels = screen->pixels.begin,
		.width = screen->width,
		.height = screen->height,
		.pitch = screen->pitch,
		.bits_per_pixel = screen->bits_per_pixel,
		.red_shift = screen->red_shift,
		.red_bits = screen->red_bits,
		.green_shift = screen->green_shift,
		.green_bits = screen->green_bits,
		.blue_shift = screen->blue_shift,
		.blue_bits = screen->blue_bits,
	};
}

/* How the explainer can write: ports, screen, and a copy of the font, which the kernel may
 * overwrite. */
static bool note_screen(struct plan *plan, struct fault_info *marks)
{
	const struct display *display = &plan->machine->display;
	uint8_t *font;

	marks->serial = plan->machine->serial;
	marks->screen = fault_info_screen(display);
	if (display->kind != DISPLAY_FRAMEBUFFER || display->font == NULL)
		return true;
	font = scratch_take(plan->scratch, FONT_SIZE, 8);
	if (font == NULL)
		return false;
	memcpy(font, display->font, FONT_SIZE);
	marks->font = physical(plan->machine, font);
	return true;
}

/* The addresses of the placements that the explainer knows by name: of several, the first, unless
 * the protocol has noted them. */
static void note_placements(const struct plan *plan, struct fault_info *marks)
{
	struct fault_range *const named[USES] = { [USE_STACK] = &marks->stack,
		                                  [USE_BOOT_INFO] = &marks->boot_info,
		                                  [USE_FRAMEBUFFER] = &marks->framebuffer };

	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);
		struct fault_range *mark = named[placement->use];

		if (mark != NULL && mark->end == 0 && placement->rights != 0)
			*mark = (struct fault_range){ virt.begin, virt.end };
	}
}

/* The symbols, unless the protocol has already written them for the kernel. */
static void note_symbols(struct plan *plan, struct fault_info *marks)
{
	uint64_t size = plan_symbols_size(plan);
	uint8_t *bytes;

	if (marks->symbols != 0 || size == 0)
		return;
	bytes = scratch_take(plan->scratch, size, 8);
	if (bytes != NULL)
		plan_write_symbols(plan, bytes, physical(plan->machine, bytes));
}

bool plan_fault_info(struct plan *plan)
{
	struct fault_info *marks = &plan->fault_info;
	struct fault_info_segment *segments = list_segments(plan);
	struct fault_info *left = scratch_take(plan->scratch, sizeof(*left), 8);

	if (segments == NULL || left == NULL || !note_screen(plan, marks))
		return false;
	note_placements(plan, marks);
	note_symbols(plan, marks);
	marks->magic = FAULT_INFO_MAGIC;
	marks->tables = physical(plan->machine, plan->launch.root);
	marks->kernel_tables = physical(plan->machine, plan->tables.root);
	marks->explain = plan->config->options.explain;
	marks->on_fault = plan->config->options.on_fault;
	marks->memory_end = memory_end(plan->memory);
	marks->slide = plan->slide;
	marks->cs = plan->entry.cs;
	marks->ss = plan->entry.ss;
	marks->apic_id = plan->machine->apic_id;
	memcpy(marks->token, plan->machine->token, sizeof(marks->token));
	marks->processors = physical(plan->machine, plan->processors);
	marks->processor_count = plan->processor_count;
	marks->segments = physical(plan->machine, segments);
	*left = *marks;
	left->terms = *plan->terms;
	plan->fault_info_at = physical(plan->machine, left);
	return true;
}
