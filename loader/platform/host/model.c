/* SPDX-License-Identifier: MIT */
/*
 * model.c - the machine on which kernels are checked. Only the part of its memory that the loader
 * itself writes to is allocated. Knows nothing of kernels.
 */
#define _DEFAULT_SOURCE
#include "platform/host/model.h"

#include "platform/e820/e820_entry.h"

#include <stdio.h>
#include <sys/mman.h>

#define LOW_LIMIT     (3 * GIB)   /* where QEMU's memory below 4 GiB ends at the latest */
#define FIRMWARE_PART (128 * KIB) /* the part at its end that the BIOS keeps */
#define LOADER_END    (2 * MIB)   /* Syslinux and the module lie between 1 MiB and this */

/* The resident part (platform/resident.asm). */
extern const uint8_t resident_begin[], resident_end[];

/* Notes a range of the firmware's map; an empty one is not reported. */
static void add_range(struct model *model, uint64_t begin, uint64_t end, uint32_t type)
{
	struct e820_entry entry = { begin, end - begin, type, E820_VALID };

	if (begin < end && e820_entry_read(&entry, &model->ranges[model->range_count]))
		model->range_count++;
}

/* The memory map that QEMU's BIOS gives. */
static void lay_out(struct model *model)
{
	uint64_t low = min_u64(model->size, LOW_LIMIT);

	model->low_end = low > MIB + FIRMWARE_PART ? low - FIRMWARE_PART : min_u64(low, MIB);
	add_range(model, 0, min_u64(low, 0x9fc00), 1);
	add_range(model, 0x9fc00, min_u64(low, 0xa0000), 2);
	add_range(model, 0xf0000, min_u64(low, MIB), 2);
	add_range(model, MIB, model->low_end, 1);
	add_range(model, model->low_end, low, 2);
	add_range(model, 4 * GIB - 256 * KIB, 4 * GIB, 2);
	add_range(model, 4 * GIB, 4 * GIB + (model->size - low), 1);
}

bool model_open(struct model *model, uint64_t size)
{
	uint64_t mapped = max_u64(min_u64(size, LOW_LIMIT), LOADER_END);
	void *memory = mmap(NULL, (size_t)mapped, PROT_READ | PROT_WRITE,
	                    MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0);

	*model = (struct model){ .memory = memory, .size = size, .next = LOADER_END };
	if (memory == MAP_FAILED) {
		perror("no memory for the model machine");
		return false;
	}
	lay_out(model);
	return true;
}

void model_describe(const struct model *model, struct machine *machine)
{
	machine->memory = model->memory;
	machine->identity_limit = 4 * GIB;
	machine_reserve(machine, MIB, LOADER_END);
	machine->resident =
		(struct span){ resident_begin, (uint64_t)(resident_end - resident_begin) };
	machine->cpu = (struct cpu){ .long_mode = true,
		                     .nx = true,
		                     .sse = true,
		                     .la57 = true,
		                     .pat = true,
		                     .x2apic = true };
	machine->cpu_count = 1;
	machine->display.kind = DISPLAY_VGA_TEXT;
	machine->firmware = model->ranges;
	machine->firmware_count = model->range_count;
}

/* Memory for `size` bytes, aligned to `align`; NULL if it is used up. */
static uint8_t *take(struct model *model, uint64_t size, uint64_t align)
{
	uint64_t at = align_up(model->next, align);

	if (!in_bounds(at, page_up(size), model->low_end))
		return NULL;
	model->next = at + page_up(size);
	return model->memory + at;
}

uint8_t *model_take_file(struct model *model, uint64_t size)
{
	return take(model, size, size >= LARGE_PAGE ? LARGE_PAGE : PAGE_SIZE);
}

void model_untake_file(struct model *model, const uint8_t *bytes)
{
	model->next = (uint64_t)(bytes - model->memory);
}

struct phys_range model_rest(const struct model *model)
{
	return (struct phys_range){ model->next, max_u64(model->next, page_down(model->low_end)) };
}
