/* SPDX-License-Identifier: MIT */
/*
 * multiboot.c - what Multiboot 1 and 2 have in common: the entry state, and the parts of the boot
 * information.
 */
#include "protocols/multiboot/multiboot.h"

#include "core/palette.h"
#include "core/plan/allocate.h"
#include "core/plan/resident.h"
#include "protocols/multiboot/abi.h"

#define CODE_32     0x10 /* in DESCRIPTORS_32; the same as GRUB's, on which some kernels rely */
#define DATA_32     0x18
#define FOUR_GIB    (4 * GIB)
#define ALIGN       16 /* bytes, of the information (8 at least) and of the stack after it */
#define ENTRY_STACK (16 * KIB) /* none is specified, but some kernels use what ESP points at */

const struct terms multiboot_terms = {
	.boot_info = "the Multiboot information",
	.direct_map = "its own page tables",
	.physical = "Map physical memory in the kernel's page tables.",
	.no_map = "Multiboot gives none.",
	.not_shown = "",
	.identity = "what the kernel maps",
	.arguments = "they are in EAX and EBX",
	.no_return = "",
	.null = "Without page tables such a pointer is not caught.",
	.stack = "load ESP with the top of a larger one in _start",
	.sse = "Multiboot leaves SSE off: set CR4.OSFXSR and clear CR0.EM first, or compile with "
	       "-mgeneral-regs-only.",
};

/*
 * The information is made in scratch memory, and then copied to the lowest memory that is free from
 * `lowest` on: some kernels read it through their own page tables, which map only the first few
 * MiB. As with GRUB 2, it may share the kernel's last page: kernels that allocate from the next
 * page on would otherwise overwrite it. If nothing is free there, it goes to low memory.
 */
bool multiboot_plan(struct plan *plan, uint64_t lowest, uint64_t size, struct writer *writer)
{
	struct placement placement = { .use = USE_BOOT_INFO };
	uint64_t whole = align_up(size, ALIGN) + ENTRY_STACK;
	uint8_t *bytes = scratch_take(plan->scratch, whole, PAGE_SIZE);

	if (bytes == NULL
	    || (!plan_find_from(plan, lowest, whole, ALIGN, 0, FOUR_GIB, &placement.phys)
	        && !plan_find_from(plan, MULTIBOOT_LOW_INFO, whole, ALIGN, 0, FOUR_GIB,
	                           &placement.phys)))
		return plan_refuse_memory(plan, DIAG_MEMORY_LOADER, "boot information", whole);
	placement.from = (struct span){ bytes, whole };
	*writer = writer_to(bytes, placement.phys.begin);
	plan->entry.rsp = placement.phys.end;
	return plan_resident_in_place(plan) && plan_add(plan, placement);
}

void multiboot_enter(struct plan *plan, uint32_t eax, uint64_t ebx)
{
	plan->entry.rip = plan->kernel->entry.at + plan->slide;
	plan->entry.rax = eax;
	plan->entry.rbx = ebx;
	plan->entry.cs = CODE_32;
	plan->entry.ss = plan->entry.data = plan->entry.fs = DATA_32;
	plan->entry.descriptors = DESCRIPTORS_32;
	plan->entry.flags = LAUNCH_PROTECTED_MODE;
	plan->entry.quiet.lines = false;
}

void multiboot_memory(const struct plan *plan, uint32_t *lower, uint32_t *upper)
{
	*lower = *upper = 0;
	for (unsigned i = 0; i < plan->machine->firmware_count; i++) {
		const struct firmware_range *range = &plan->machine->firmware[i];
		uint64_t end = range->phys.end;

		if (range->type != MEMORY_USABLE)
			continue;
		if (range->phys.begin == 0)
			*lower = (uint32_t)(min_u64(end, 640 * KIB) / KIB);
		if (range->phys.begin <= MIB && end > MIB)
			*upper = (uint32_t)(min_u64(end - MIB, FOUR_GIB) / KIB);
	}
}

struct phys_range multiboot_module(const struct plan *plan, unsigned number)
{
	const struct file *file = &plan->config->modules[number];

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use == USE_MODULE && number-- == 0) {
			uint64_t begin = plan->placements[i].phys.begin;

			return (struct phys_range){ begin, begin + file->bytes.size };
		}
	}
	return (struct phys_range){ 0, 0 };
}

uint64_t multiboot_write_line(struct writer *writer, const struct file *file)
{
	const char *const parts[] = { file->name, file->command_line[0] != 0 ? " " : "",
		                      file->command_line };

	return writer_join(writer, parts, COUNT(parts));
}

void multiboot_request(struct config *config)
{
	config->options.old_bios = true;
}

bool multiboot_has_drive(const struct machine *machine)
{
	return machine->bios != NULL
	    && (machine->source.medium == MEDIUM_DISK || machine->source.medium == MEDIUM_OPTICAL);
}

bool multiboot_apm(const struct machine *machine, struct mb_apm *apm)
{
	const struct apm *from;

	if (machine->bios == NULL)
		return false;
	from = &machine->bios->apm;
	*apm = (struct mb_apm){ from->version,      from->code_32,      from->entry,
		                from->code_16,      from->data,         from->flags,
		                from->code_32_size, from->code_16_size, from->data_size };
	return from->version != 0;
}

void multiboot_request_screen(struct config *config, uint32_t width, uint32_t height,
                              uint32_t depth)
{
	struct video_request *video = &config->options.video;

	if (video->given)
		return;
	*video = (struct video_request){ .want = VIDEO_AUTO, .any = true };
	if (width != 0 && height != 0) {
		video->want = VIDEO_SIZE;
		video->width = width;
		video->height = height;
		video->bits_per_pixel = depth;
	}
}

uint64_t multiboot_write_palette(struct writer *writer)
{
	struct rgb colours[PALETTE_COLOURS];

	for (unsigned i = 0; i < PALETTE_COLOURS; i++)
		colours[i] = palette_colour(i);
	return writer_append(writer, colours, sizeof(colours));
}

uint32_t multiboot_memory_type(enum memory_type type)
{
	static const uint8_t types[MEMORY_TYPES] = {
#define MULTIBOOT(type)                        MB_MEMORY_##type
#define MEMORY_TYPE(name, words, is_ram, wire) [MEMORY_##name] = wire,
#include "core/memory_types.def"
	};

	return types[type];
}
