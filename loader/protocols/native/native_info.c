/* SPDX-License-Identifier: MIT */
/*
 * native_info.c - writes the boot information of native kernels, from the plan, the firmware's
 * facts and the configuration. Places nothing.
 */
#include "protocols/native/native_info.h"

#include "core/plan/address_space.h"
#include "core/plan/processors.h"
#include "core/plan/symbols.h"
#include "core/version.h"

/* Lists the kernel's pieces in whole pages. A page that two of them share belongs to the first. */
static void write_segments(struct native *native)
{
	const struct plan *plan = native->plan;
	uint64_t past = 0;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);
		uint64_t begin = max_u64(page_down(virt.begin), past), at;

		if (placement->use != USE_KERNEL || begin >= page_up(virt.end))
			continue;
		past = page_up(virt.end);
		at = writer_copy(&native->writer,
		                 &(struct longjump_segment){
					 .virtual_begin = begin,
					 .virtual_end = past,
					 .physical = placement->phys.begin + (begin - virt.begin),
					 .rights = placement->rights,
				 },
		                 sizeof(struct longjump_segment));
		if (native->info.segment_count++ == 0)
			native->info.segments = at;
	}
}

/* Fills in the kernel's addresses. */
static void write_kernel(struct native *native)
{
	const struct plan *plan = native->plan;
	const struct kernel *kernel = plan->kernel;
	struct longjump_boot_info *info = &native->info;

	write_segments(native);
	info->kernel_begin = kernel->virt.begin + plan->slide;
	info->kernel_end = kernel->virt.end + plan->slide;
	info->kernel_physical = plan->kernel_physical;
	info->kernel_slide = plan->slide;
	info->entry = kernel->entry.at + plan->slide;
	if (kernel->tls.begin != kernel->tls.end) {
		info->tls_begin = kernel->tls.begin + plan->slide;
		info->tls_file_size = kernel->tls_file_size;
		info->tls_size = kernel->tls.end - kernel->tls.begin;
		info->tls_align = kernel->tls_align;
	}
}

/* Fills in the user's files. The plan has the placements of modules in the configuration's
 * order. */
static void write_files(struct native *native)
{
	const struct plan *plan = native->plan;
	const struct config *config = plan->config;
	struct longjump_boot_info *info = &native->info;

	info->modules = writer_reserve(&native->writer,
	                               config->module_count * sizeof(struct longjump_module));
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		const struct file *file = &config->modules[info->module_count];
		struct longjump_module module;

		if (placement->use != USE_MODULE)
			continue;
		module = (struct longjump_module){
			.data = native->direct_map + placement->phys.begin,
			.size = file->bytes.size,
			.physical = placement->phys.begin,
			.name = writer_string(&native->writer, file->name),
			.command_line = writer_string(&native->writer, file->command_line),
		};
		writer_put(&native->writer, info->modules + info->module_count++ * sizeof(module),
		           &module, sizeof(module));
	}
	if (config->options.kernel_file) {
		info->kernel_file =
			native->direct_map + physical(plan->machine, config->kernel.bytes.bytes);
		info->kernel_file_size = config->kernel.bytes.size;
	}
}

/* Fills in the kernel's symbols. */
static void write_symbols(struct native *native)
{
	struct longjump_boot_info *info = &native->info;
	uint8_t *bytes;

	_Static_assert(sizeof(struct symbol) == sizeof(struct longjump_symbol),
	               "written as they are");
	info->symbols = writer_reserve(&native->writer, plan_symbols_size(native->plan));
	bytes = writer_at(&native->writer, info->symbols);
	if (bytes == NULL)
		return;
	plan_write_symbols(native->plan, bytes, info->symbols);
	info->symbol_count = native->plan->fault_info.symbol_count;
	if (info->symbol_count == 0)
		info->symbols = 0;
}

/* Fills in the kind of firmware, and what remains of UEFI. */
static void write_firmware(struct native *native)
{
	static const uint32_t kinds[] = { [FIRMWARE_NONE] = LONGJUMP_FIRMWARE_NONE,
		                          [FIRMWARE_BIOS] = LONGJUMP_FIRMWARE_BIOS,
		                          [FIRMWARE_EFI] = LONGJUMP_FIRMWARE_EFI };
	const struct machine *machine = native->plan->machine;
	const struct efi *efi = machine->efi;

	native->info.firmware = kinds[machine->firmware_kind];
	if (efi == NULL)
		return;
	native->info.efi = (struct longjump_efi){
		.system_table_physical = efi->system_table,
		.memory_map =
			writer_copy(&native->writer, efi->memory_map.bytes, efi->memory_map.size),
		.memory_map_size = efi->memory_map.size,
		.descriptor_size = efi->descriptor_size,
		.descriptor_version = efi->descriptor_version,
	};
}

/* Fills in facts from the firmware and the clock. */
static void write_machine(struct native *native)
{
	const struct machine *machine = native->plan->machine;
	const struct options *options = &native->plan->config->options;
	struct longjump_boot_info *info = &native->info;

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
	info->boot_drive = machine->bios != NULL ? machine->bios->drive : 0;
	info->boot_partition = machine->source.partition;
	info->kaslr_entropy = options->kaslr ? machine->random_source : LONGJUMP_ENTROPY_NONE;
	info->paging_levels = options->paging_levels;
	if (machine->display.edid != NULL)
		info->edid = writer_copy(&native->writer, machine->display.edid, 128);
	if (machine->display.font != NULL)
		info->font = writer_copy(&native->writer, machine->display.font, FONT_SIZE);
}

/* Fills in the screen. */
static void write_screen(struct native *native)
{
	const struct display *display = &native->plan->machine->display;
	const struct screen *screen = &display->screen;
	struct longjump_boot_info *info = &native->info;

	info->framebuffer = (struct longjump_framebuffer){
		.address = native->framebuffer,
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
	info->video_modes = writer_copy(&native->writer, display->modes,
	                                display->mode_count * sizeof(struct video_mode));
	info->video_mode_count = display->mode_count;
}

/* The structure for one CPU, at the kernel's address `at`. CPUs other than the first get its
 * address in RDI. */
static void write_processor(struct native *native, const struct processor *processor, uint64_t at,
                            unsigned *started)
{
	struct plan *plan = native->plan;
	struct launch_processor *record = plan_processor(plan, processor, started);
	struct longjump_processor told = { .apic_id = processor->apic_id,
		                           .number = processor->number,
		                           .state = LONGJUMP_PROCESSOR_FIRST,
		                           .stack_begin = native->stack.begin,
		                           .stack_end = native->stack.end };

	if (record != NULL) {
		told.state = LONGJUMP_PROCESSOR_OFF;
		told.stack_begin = record->stack_begin;
		told.stack_end = record->rsp;
		record->rdi = at;
		record->mailbox = at + offsetof(struct longjump_processor, start);
		record->state = writer_physical(&native->writer, plan->machine, at)
		              + offsetof(struct longjump_processor, state);
	}
	writer_put(&native->writer, at, &told, sizeof(told));
}

/* The structures for the CPUs, with -smp. */
static void write_processors(struct native *native)
{
	const struct plan *plan = native->plan;
	const struct processor only = { 0, plan->machine->apic_id };
	const struct processor *list =
		plan->processor_count != 0 ? plan->machine->processors : &only;
	struct longjump_boot_info *info = &native->info;
	unsigned started = 0;

	if (!plan->config->options.smp)
		return;
	info->processor_count = plan->processor_count + 1;
	info->processors = writer_reserve(
		&native->writer, info->processor_count * sizeof(struct longjump_processor));
	for (unsigned i = 0; i < info->processor_count; i++)
		write_processor(native, &list[i],
		                info->processors + i * sizeof(struct longjump_processor), &started);
}

void native_write_info(struct native *native)
{
	struct longjump_boot_info *info = &native->info;
	const struct plan *plan = native->plan;

	*info = (struct longjump_boot_info){
		.magic = LONGJUMP_MAGIC,
		.version = LONGJUMP_VERSION,
		.size = sizeof(*info),
		.direct_map = native->direct_map,
		.direct_map_end = native->direct_map + plan_direct_map_size(plan),
		.stack_begin = native->stack.begin,
		.stack_end = native->stack.end,
	};
	native->at = writer_reserve(&native->writer, sizeof(*info));
	info->loader = writer_string(&native->writer, LOADER_NAME);
	info->command_line = writer_string(&native->writer, plan->config->kernel.command_line);
	info->memory_map = writer_reserve(&native->writer,
	                                  native->map_capacity * sizeof(struct longjump_memory));
	write_kernel(native);
	write_symbols(native);
	write_files(native);
	write_machine(native);
	write_firmware(native);
	write_processors(native);
	write_screen(native);
	writer_put(&native->writer, native->at, info, sizeof(*info));
}

/* The number that longjump.h gives a type of memory. */
static uint32_t wire_type(enum memory_type type)
{
	static const uint32_t types[MEMORY_TYPES] = {
#define NATIVE(type)                           LONGJUMP_MEMORY_##type
#define MEMORY_TYPE(name, words, is_ram, wire) [MEMORY_##name] = wire,
#include "core/memory_types.def"
	};

	return types[type];
}

void native_write_map(struct native *native, const struct memory *map)
{
	struct longjump_boot_info *info = &native->info;

	for (unsigned i = 0; i < map->count; i++) {
		const struct memory_range *range = &map->ranges[i];
		struct longjump_memory told = { range->phys.begin, range->phys.end,
			                        wire_type(range->type), 0 };

		writer_put(&native->writer, info->memory_map + i * sizeof(told), &told,
		           sizeof(told));
	}
	info->memory_map_count = map->count;
	writer_put(&native->writer,
	           native->at + offsetof(struct longjump_boot_info, memory_map_count),
	           &info->memory_map_count, sizeof(info->memory_map_count));
}
