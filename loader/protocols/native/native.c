/* SPDX-License-Identifier: MIT */
/*
 * native.c - the native protocol: what include/longjump.h promises, planned and written.
 *
 * The boot information is written in scratch memory, which is its final place, and read by the
 * kernel in a window.
 */
#define LONGJUMP_LOADER
#include "protocols/native/native.h"

#include "core/elf/headers.h"
#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/files.h"
#include "core/plan/kernel.h"
#include "core/plan/memory_map.h"
#include "core/plan/processors.h"
#include "core/plan/resident.h"
#include "core/plan/symbols.h"
#include "core/version.h"
#include "protocols/writer.h"
#include "longjump.h"

#define DIRECT_MAP_BASE UINT64_C(0xffff900000000000)
#define VGA_BEGIN       0xa0000
#define VGA_END         0xc0000
#define DEFAULT_STACK   (64 * KIB)

/* What is kept from plan() to write_memory_map(). */
struct native {
	struct longjump_boot_info *info;
};

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

/*
 * The most ranges that the memory map can have: every placement may split one range in three. The
 * boot information and the page tables, the kernel's and the explainer's, are placed after this is
 * asked.
 */
static unsigned memory_map_bound(const struct plan *plan)
{
	return plan->memory->count + 2 * (plan->count + 3);
}

/* Bytes that the boot information can need at most. */
static uint64_t boot_info_bound(const struct plan *plan)
{
	const struct machine *machine = plan->machine;
	uint64_t size = sizeof(struct longjump_boot_info) + sizeof(LOADER_NAME) + 16;

	size += text_length(plan->config->kernel.command_line) + 16;
	size += memory_map_bound(plan) * sizeof(struct longjump_memory);
	size += plan->count * sizeof(struct longjump_segment);
	for (unsigned i = 0; i < plan->config->module_count; i++) {
		size += sizeof(struct longjump_module) + 32;
		size += text_length(plan->config->modules[i].name)
		      + text_length(plan->config->modules[i].command_line);
	}
	size += machine->video_mode_count * sizeof(struct longjump_video_mode) + 8;
	size += (plan->processor_count + 1) * sizeof(struct longjump_processor) + 8;
	size += plan_symbols_size(plan) + 8;
	size += machine->edid != NULL ? 128 : 0;
	size += machine->font != NULL ? 4096 : 0;
	return page_up(size);
}

/* Lists the kernel's pieces in whole pages. A page that two of them share counts with the first. */
static void write_segments(struct writer *writer, struct longjump_boot_info *info)
{
	const struct plan *plan = writer->plan;
	struct longjump_segment *segments;
	uint64_t past = 0;
	void *bytes;

	info->segments = writer_reserve(writer, plan->count * sizeof(*segments), &bytes);
	segments = bytes;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);
		uint64_t begin = max_u64(page_down(virt.begin), past);

		if (placement->use != USE_KERNEL || begin >= page_up(virt.end))
			continue;
		past = page_up(virt.end);
		segments[info->segment_count++] = (struct longjump_segment){
			.virtual_begin = begin,
			.virtual_end = past,
			.physical = placement->phys.begin + (begin - virt.begin),
			.rights = placement->rights,
		};
	}
}

/* Fills in where the kernel lies. */
static void write_kernel(struct writer *writer, struct longjump_boot_info *info)
{
	const struct plan *plan = writer->plan;

	write_segments(writer, info);
	info->kernel_begin = plan->kernel->virt.begin + plan->slide;
	info->kernel_end = plan->kernel->virt.end + plan->slide;
	info->kernel_physical = plan->kernel_physical;
	info->kernel_slide = plan->slide;
	info->entry = plan->kernel->entry.at + plan->slide;
	if (plan->kernel->tls.begin != plan->kernel->tls.end) {
		info->tls_begin = plan->kernel->tls.begin + plan->slide;
		info->tls_file_size = plan->kernel->tls_file_size;
		info->tls_size = plan->kernel->tls.end - plan->kernel->tls.begin;
		info->tls_align = plan->kernel->tls_align;
	}
}

/* Fills in the modules. Their placements stand in the plan in the configuration's order. */
static void write_modules(struct writer *writer, struct longjump_boot_info *info)
{
	const struct plan *plan = writer->plan;
	void *bytes;
	struct longjump_module *modules;

	info->modules =
		writer_reserve(writer, plan->config->module_count * sizeof(*modules), &bytes);
	modules = bytes;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		const struct file *file = &plan->config->modules[info->module_count];

		if (placement->use != USE_MODULE)
			continue;
		modules[info->module_count++] = (struct longjump_module){
			.data = info->direct_map + placement->phys.begin,
			.size = file->bytes.size,
			.physical = placement->phys.begin,
			.name = writer_string(writer, file->name),
			.command_line = writer_string(writer, file->command_line),
		};
	}
}

/* Fills in the kernel's symbols. */
static void write_symbols(struct writer *writer, struct longjump_boot_info *info)
{
	uint64_t size = plan_symbols_size(writer->plan);
	void *bytes;

	_Static_assert(sizeof(struct symbol) == sizeof(struct longjump_symbol),
	               "written as they are");
	if (size == 0)
		return;
	info->symbols = writer_reserve(writer, size, &bytes);
	plan_write_symbols(writer->plan, bytes, info->symbols);
	info->symbol_count = writer->plan->fault_info.symbol_count;
	if (info->symbol_count == 0)
		info->symbols = 0;
}

/* Fills in what the firmware and the clock said. */
static void write_machine(struct writer *writer, struct longjump_boot_info *info)
{
	const struct machine *machine = writer->plan->machine;

	info->tsc_start = machine->clock.tsc_start;
	info->tsc_read = machine->clock.tsc_read;
	info->tsc_frequency = machine->clock.tsc_frequency;
	info->rsdp_physical = machine->rsdp;
	info->smbios_physical = machine->smbios;
	info->smbios3_physical = machine->smbios3;
	info->time = (struct longjump_time){ machine->clock.year,
		                             machine->clock.month,
		                             machine->clock.day,
		                             machine->clock.hour,
		                             machine->clock.minute,
		                             machine->clock.second,
		                             0 };
	info->cpu_count = machine->cpu_count;
	info->boot_drive = machine->boot_drive;
	info->boot_partition = machine->boot_partition;
	info->kaslr_entropy = writer->plan->config->options.kaslr ? machine->random_source
	                                                          : LONGJUMP_ENTROPY_NONE;
	info->paging_levels = writer->plan->config->options.paging_levels;
	info->edid = machine->edid != NULL ? writer_copy(writer, machine->edid, 128) : 0;
	info->font = machine->font != NULL ? writer_copy(writer, machine->font, 4096) : 0;
}

/* Fills in the screen; the framebuffer's window was planned before. */
static void write_screen(struct writer *writer, struct longjump_boot_info *info, uint64_t window)
{
	const struct machine *machine = writer->plan->machine;
	const struct screen *screen = &machine->screen;

	info->framebuffer = (struct longjump_framebuffer){
		.address = window,
		.physical = screen->pixels.begin,
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
	_Static_assert(sizeof(struct video_mode) == sizeof(struct longjump_video_mode),
	               "copied as they are");
	info->video_modes = writer_copy(writer, machine->video_modes,
	                                machine->video_mode_count * sizeof(struct video_mode));
	info->video_mode_count = machine->video_mode_count;
}

/* What is told of the CPUs, with -smp. Others than the first begin with it in RDI. */
static void write_processors(struct writer *writer, struct longjump_boot_info *info)
{
	struct plan *plan = writer->plan;
	const struct processor only = { 0, plan->machine->apic_id };
	const struct processor *list =
		plan->processor_count != 0 ? plan->machine->processors : &only;
	struct longjump_processor *told;
	unsigned next = 0;
	void *bytes;

	if (!plan->config->options.smp)
		return;
	info->processor_count = plan->processor_count + 1;
	info->processors = writer_reserve(writer, info->processor_count * sizeof(*told), &bytes);
	told = bytes;
	for (unsigned i = 0; i < info->processor_count; i++, told++) {
		struct launch_processor *record = plan_processor(plan, &list[i], &next);

		told->apic_id = list[i].apic_id;
		told->number = list[i].number;
		told->state = record == NULL ? LONGJUMP_PROCESSOR_FIRST : LONGJUMP_PROCESSOR_OFF;
		told->stack_begin = record == NULL ? info->stack_begin : record->stack_begin;
		told->stack_end = record == NULL ? info->stack_end : record->rsp;
		if (record == NULL)
			continue;
		record->rdi = info->processors + i * sizeof(*told);
		record->slot = record->rdi + offsetof(struct longjump_processor, start);
		record->state = physical(plan->machine, &told->state);
	}
}

/* A stack: memory with a window of its own, or at address `at`; the page under it is never mapped.
 */
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
	if (options->x2apic)
		plan->entry.flags |= LAUNCH_X2APIC;
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

/* The pixels, mapped for writing, in a window of their own. */
static bool plan_screen(struct plan *plan, uint64_t *window)
{
	struct phys_range pixels = plan->machine->screen.pixels;
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

/* Takes memory and a window for the boot information, as large as it can become. */
static bool plan_boot_info(struct plan *plan, struct writer *writer)
{
	struct placement *placement;

	*writer = (struct writer){ .plan = plan, .size = boot_info_bound(plan) };
	if (!plan_scratch(plan, USE_BOOT_INFO, writer->size, &writer->bytes, &placement)
	    || !plan_window(plan, writer->size, PAGE_SIZE, 0, &writer->window))
		return false;
	placement->virt.at = writer->window;
	placement->rights = RIGHT_READ | RIGHT_WRITE;
	return true;
}

/* Everything that the native protocol promises, placed and written down. */
static bool native_plan(struct boot *boot)
{
	struct native *native = (void *)boot->state;
	struct plan *plan = &boot->plan;
	struct virt_range stack = { 0, 0 };
	struct writer writer;
	uint64_t direct_map, framebuffer;
	struct longjump_boot_info *info;
	void *bytes;

	if (!plan_identity(plan) || !plan_base(plan, &direct_map)
	    || !plan_stack(plan, plan->config->options.stack_at, &stack) || !plan_cpus(plan)
	    || !plan_kernel_file(plan) || !plan_screen(plan, &framebuffer)
	    || !plan_boot_info(plan, &writer))
		return false;
	plan->entry.rdi = writer_reserve(&writer, sizeof(*info), &bytes);
	plan->entry.rip = plan->kernel->entry.at + plan->slide;
	plan->entry.rsp = stack.end;
	info = bytes;
	plan->entry.tsc_slot = physical(plan->machine, &info->tsc_jump);
	info->magic = LONGJUMP_MAGIC;
	info->version = LONGJUMP_VERSION;
	info->size = sizeof(*info);
	info->stack_begin = stack.begin;
	info->stack_end = stack.end;
	info->direct_map = direct_map;
	info->direct_map_end = direct_map + plan_direct_map_size(plan);
	info->loader = writer_string(&writer, LOADER_NAME);
	info->command_line = writer_string(&writer, plan->config->kernel.command_line);
	if (plan->config->options.kernel_file) {
		info->kernel_file =
			direct_map + physical(plan->machine, plan->config->kernel.bytes.bytes);
		info->kernel_file_size = plan->config->kernel.bytes.size;
	}
	write_kernel(&writer, info);
	write_symbols(&writer, info);
	write_modules(&writer, info);
	write_machine(&writer, info);
	write_processors(&writer, info);
	write_screen(&writer, info, framebuffer);
	info->memory_map = writer_reserve(&writer, writer.size - align_up(writer.used, 8), &bytes);
	native->info = info;
	return true;
}

/* The number that longjump.h gives a type of memory. */
static uint32_t wire_type(enum memory_type type)
{
	static const uint32_t types[MEMORY_TYPES] = {
		[MEMORY_USABLE] = LONGJUMP_MEMORY_USABLE,
		[MEMORY_KERNEL] = LONGJUMP_MEMORY_KERNEL,
		[MEMORY_MODULE] = LONGJUMP_MEMORY_MODULE,
		[MEMORY_STACK] = LONGJUMP_MEMORY_STACK,
		[MEMORY_BOOT_INFO] = LONGJUMP_MEMORY_BOOT_INFO,
		[MEMORY_PAGE_TABLES] = LONGJUMP_MEMORY_PAGE_TABLES,
		[MEMORY_RESIDENT] = LONGJUMP_MEMORY_RESIDENT,
		[MEMORY_KERNEL_FILE] = LONGJUMP_MEMORY_KERNEL_FILE,
		[MEMORY_ACPI_RECLAIMABLE] = LONGJUMP_MEMORY_ACPI_RECLAIMABLE,
		[MEMORY_ACPI_NVS] = LONGJUMP_MEMORY_ACPI_NVS,
		[MEMORY_RESERVED] = LONGJUMP_MEMORY_RESERVED,
		[MEMORY_BAD] = LONGJUMP_MEMORY_BAD,
		[MEMORY_FRAMEBUFFER] = LONGJUMP_MEMORY_FRAMEBUFFER,
	};

	return types[type];
}

/* Writes the memory map, now that everything is placed. */
static void native_write_memory_map(struct boot *boot, const struct memory *map)
{
	struct native *native = (void *)boot->state;
	struct longjump_boot_info *info = native->info;
	struct longjump_memory *ranges =
		(void *)((uint8_t *)info + (info->memory_map - boot->plan.entry.rdi));

	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];

		ranges[i] = (struct longjump_memory){ range->phys.begin, range->phys.end,
			                              wire_type(range->type), 0 };
	}
	info->memory_map_count = map->count;
}

/* Every 64-bit kernel that no other protocol knows is taken for one of ours. */
static bool native_recognise(struct span file)
{
	struct elf elf;

	elf_open(&elf, file);
	return elf_claims_64(&elf);
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
	.recognise = native_recognise,
	.read = boot_read_elf,
	.place = native_place,
	.plan = native_plan,
	.write_memory_map = native_write_memory_map,
};
