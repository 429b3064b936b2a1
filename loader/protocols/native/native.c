/* SPDX-License-Identifier: MIT */
/*
 * native.c - the native protocol: plans and writes what include/longjump.h promises.
 *
 * The boot information is written in scratch memory, which is its final place, and read by the
 * kernel in a window.
 */
#include "protocols/native/native.h"

#include "core/elf/headers.h"
#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/files.h"
#include "core/plan/kernel.h"
#include "core/plan/memory_map.h"
#include "core/plan/processors.h"
#include "core/plan/resident.h"
#include "protocols/native/native_info.h"

#define DIRECT_MAP_BASE UINT64_C(0xffff900000000000)
#define DEFAULT_STACK   (64 * KIB)

static const struct terms native_terms = {
	.boot_info = "the boot information",
	.direct_map = "the direct map",
	.physical = "Add info->direct_map to physical addresses.",
	.no_map = "Give the loader -direct-map.",
	.not_shown = "",
	.identity = "VGA text at 0xb8000",
	.arguments = "they are in RDI",
	.no_return = "",
	.null = "Page 0 is left unmapped to catch this.",
	.stack = "give the loader a larger -stack=SIZE",
	.sse = TERMS_SSE_WAS_ON,
};

/* A stack: memory with its own window, or at address `at`; the page below it is never mapped. */
static bool plan_stack(struct plan *plan, uint64_t at, struct virt_range *stack)
{
	uint64_t ordered = plan->config->options.stack_size;
	uint64_t size = ordered != 0 ? ordered : DEFAULT_STACK;
	struct placement placement = { .use = USE_STACK,
		                       .rights = RIGHT_READ | RIGHT_WRITE,
		                       .virt = { at } };

	if (!plan_find(plan, size, PAGE_SIZE, 0, UINT64_MAX, &placement.phys))
		return plan_refuse_memory(plan, DIAG_MEMORY_STACK, "the stack, in one piece,",
		                          size);
	if (at == 0 && !plan_window(plan, size, PAGE_SIZE, 0, &placement.virt.at))
		return false;
	*stack = placement_virtual(&placement);
	if (at != 0
	    && !plan_virtual_is_free(plan,
	                             (struct virt_range){ stack->begin - PAGE_SIZE, stack->end },
	                             "-stack-at with its guard page"))
		return false;
	return plan_add(plan, placement);
}

/* The resident part; and with -smp the other CPUs, each with a stack like the first one's. */
static bool plan_cpus(struct plan *plan)
{
	const struct options *options = &plan->config->options;
	struct virt_range stack;

	if (options->x2apic && !plan->machine->cpu.x2apic)
		return refuse(plan->report, DIAG_CPU_NO_X2APIC, "CPUID 1 ECX bit 21 is 0");
	plan->entry.flags |= options->x2apic ? LAUNCH_X2APIC : 0;
	if ((options->smp && !plan_processors(plan)) || !plan_resident(plan))
		return false;
	for (unsigned i = 0; i < plan->processor_count; i++) {
		if (!plan_stack(plan, 0, &stack))
			return false;
		plan->processors[i].stack_begin = stack.begin;
		plan->processors[i].rsp = stack.end;
	}
	return true;
}

/* The direct map: at its usual place, elsewhere if the kernel is there, or where -direct-map says.
 */
static bool plan_base(struct plan *plan, uint64_t *base)
{
	uint64_t size = plan_direct_map_size(plan);

	*base = plan->config->options.direct_map;
	if (*base != 0)
		return plan_virtual_is_free(plan, (struct virt_range){ *base, *base + size },
		                            "-direct-map")
		    && plan_direct_map(plan, *base, RIGHT_READ | RIGHT_WRITE);
	return plan_find_virtual(plan, size, DIRECT_MAP_BASE, base)
	    && plan_direct_map(plan, *base, RIGHT_READ | RIGHT_WRITE);
}

/* The VGA window, and the identity map if it was asked for. Page 0 is in neither. */
static bool plan_identity(struct plan *plan)
{
	struct placement identity = { .use = USE_IDENTITY, .rights = RIGHT_READ | RIGHT_WRITE };
	struct placement vga = { .use = USE_VGA,
		                 .phys = { VGA_BEGIN, VGA_END },
		                 .virt = { VGA_BEGIN },
		                 .rights = RIGHT_READ | RIGHT_WRITE };
	const struct virt_range *kernel = &plan->kernel->virt;

	if (virt_overlap(
		    (struct virt_range){ kernel->begin + plan->slide, kernel->end + plan->slide },
		    placement_virtual(&vga)))
		warn(plan->report, DIAG_VGA_WINDOW_TAKEN, "the kernel lies at %#llx-%#llx",
		     ULL(kernel->begin), ULL(kernel->end));
	if (!plan_add(plan, vga) || plan->config->options.identity == 0)
		return plan->count < PLAN_MAX_PLACEMENTS;
	identity.phys = (struct phys_range){ PAGE_SIZE, plan->config->options.identity };
	identity.virt.at = PAGE_SIZE;
	return plan_add(plan, identity);
}

/* The pixels, mapped for writing, in a separate window. */
static bool plan_screen(struct plan *plan, uint64_t *window)
{
	struct phys_range pixels = plan->machine->display.screen.pixels;
	struct placement framebuffer = { .use = USE_FRAMEBUFFER,
		                         .rights = RIGHT_READ | RIGHT_WRITE,
		                         .cache = CACHE_WRITE_COMBINING };
	uint64_t at;

	*window = 0;
	if (pixels.begin == pixels.end)
		return true;
	framebuffer.phys = (struct phys_range){ page_down(pixels.begin), page_up(pixels.end) };
	if (!plan_window(plan, framebuffer.phys.end - framebuffer.phys.begin, 2 * MIB,
	                 framebuffer.phys.begin, &at))
		return false;
	framebuffer.virt.at = at;
	*window = at + (pixels.begin - framebuffer.phys.begin);
	return plan_add(plan, framebuffer);
}

/* Takes memory and a window for the boot information, and writes it. */
static bool plan_info(struct native *native)
{
	struct plan *plan = native->plan;
	struct placement *placement;
	uint64_t size, window;
	uint8_t *bytes;

	native->map_capacity = plan_memory_map_capacity(plan, PLACED_WITH_INFO);
	native->writer = writer_counting();
	native_write_info(native);
	size = page_up(native->writer.used);
	if (!plan_scratch(plan, USE_BOOT_INFO, size, &bytes, &placement)
	    || !plan_window(plan, size, PAGE_SIZE, 0, &window))
		return false;
	placement->virt.at = window;
	placement->rights = RIGHT_READ | RIGHT_WRITE;
	native->writer = writer_to(bytes, window);
	native_write_info(native);
	return true;
}

/* Everything that the native protocol promises, placed and written down. */
static bool native_plan(struct boot *boot)
{
	struct native *native = (void *)boot->state;
	struct plan *plan = native->plan = &boot->plan;

	if (!plan_identity(plan) || !plan_base(plan, &native->direct_map)
	    || !plan_stack(plan, plan->config->options.stack_at, &native->stack) || !plan_cpus(plan)
	    || !plan_kernel_file(plan) || !plan_screen(plan, &native->framebuffer)
	    || !plan_info(native))
		return false;
	plan->entry.rip = native->info.entry;
	plan->entry.rsp = native->stack.end;
	plan->entry.rdi = native->at;
	plan->entry.tsc_at = writer_physical(&native->writer, plan->machine, native->at)
	                   + offsetof(struct longjump_boot_info, tsc_jump);
	return true;
}

static void native_write_memory_map(struct boot *boot, const struct memory *map)
{
	native_write_map((void *)boot->state, map);
}

/* Every 64-bit kernel that no other protocol recognises is taken for a native one. */
static bool native_recognise(struct span file)
{
	struct elf elf;

	elf_open(&elf, file);
	return elf_is_class_64(&elf);
}

/* Where it is linked, or where -kaslr puts it. */
static bool native_place(struct boot *boot)
{
	const struct placement_policy policy = { .random = boot->config->options.kaslr };

	return plan_kernel(&boot->plan, &policy);
}

const struct protocol native_protocol = {
	PROTOCOL(native, "native", struct native),
	.options = OPTIONS_ALL,
	.pixels_field = offsetof(struct longjump_boot_info, framebuffer),
	.recognise = native_recognise,
	.read = boot_read_elf,
	.place = native_place,
	.plan = native_plan,
	.write_memory_map = native_write_memory_map,
};
