/* SPDX-License-Identifier: MIT */
/*
 * multiboot.c - what Multiboot 1 and 2 have in common.
 *
 * A kernel of theirs knows nothing of page tables: its segments go to the physical addresses it
 * names, even where Syslinux, this module or its own file lie now. All of these are done with when
 * the resident part copies; only the loader's scratch memory, in which the resident part runs, may
 * not be in the way.
 */
#include "handoff/multiboot.h"

#include "handoff/abi/multiboot.h"

#define CODE_32  0x18 /* in DESCRIPTORS_ALL */
#define DATA_32  0x20
#define FOUR_GIB (4 * GIB)
#define ENTRY_STACK \
	KIB /* the specifications promise no stack; a return address and little else fits */

/* A word of a file, which may lie anywhere. */
struct __attribute__((packed)) loose_word {
	uint32_t value;
};

/* Every kernel is searched, those of other protocols, too: so what costs time is done only where
 * the magic number is. */
bool multiboot_find(struct span file, uint32_t magic, unsigned words, uint64_t align,
                    uint64_t search, uint64_t *at)
{
	size_t end = (size_t)min_u64(search, file.size < 4 ? 0 : file.size - 3);
	uint32_t header[4];

	for (size_t i = 0; i < end; i += (size_t)align) {
		uint32_t sum = 0;

		if (((const struct loose_word *)(const void *)(file.bytes + i))->value != magic
		    || !span_read(file, i, header, words * sizeof(*header)))
			continue;
		for (unsigned word = 0; word < words; word++)
			sum += header[word];
		*at = i;
		if (sum == 0)
			return true;
	}
	return false;
}

bool multiboot_read_addresses(struct kernel *kernel, struct span file, uint64_t header,
                              const struct multiboot_addresses *addresses, struct report *report)
{
	struct segment *segment = &kernel->segments[0];
	uint64_t before = (uint64_t)addresses->header_address - addresses->load_address;
	uint64_t size = addresses->load_end != 0
	                      ? (uint64_t)addresses->load_end - addresses->load_address
	                      : file.size - (header - before);
	uint64_t end = max_u64(addresses->bss_end, addresses->load_address + size);

	memset(kernel, 0, sizeof(*kernel));
	kernel->file = file;
	if (before > header || !span_part(file, header - before, size, &segment->file) || size == 0
	    || end > FOUR_GIB)
		return refuse(
			report, DIAG_MULTIBOOT_ADDRESSES,
			"header at byte %llu and %#x, load %#x-%#x, bss to %#x; the file has %llu "
			"bytes",
			ULL(header), addresses->header_address, addresses->load_address,
			addresses->load_end, addresses->bss_end, ULL(file.size));
	segment->virt = (struct virt_range){ addresses->load_address, end };
	segment->offset = header - before;
	segment->align = 1;
	segment->rights = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
	kernel->segment_count = 1;
	kernel->virt = (struct virt_range){ page_down(segment->virt.begin), page_up(end) };
	return true;
}

/* True if all of the range is memory that the firmware calls usable. */
static bool is_usable(const struct plan *plan, struct phys_range range)
{
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *memory = &plan->memory->ranges[i];

		if (memory->type == MEMORY_USABLE && range.begin >= memory->phys.begin
		    && range.end <= memory->phys.end)
			return true;
	}
	return false;
}

/* One segment, at its place. */
static bool place_segment(struct plan *plan, const struct segment *segment)
{
	struct placement placement = { .use = USE_KERNEL,
		                       .phys = { segment->virt.begin, segment->virt.end },
		                       .virt = { segment->virt.begin },
		                       .from = segment->file,
		                       .zero = true };

	if (segment->virt.end > FOUR_GIB || !is_usable(plan, placement.phys))
		return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
		              "segment %u goes to %#llx-%#llx, which is not all usable memory",
		              segment->header, ULL(segment->virt.begin), ULL(segment->virt.end));
	if (phys_overlap(placement.phys, plan->workspace))
		return refuse(plan->report, DIAG_MULTIBOOT_NO_MEMORY,
		              "segment %u goes to %#llx-%#llx, the loader works in %#llx-%#llx",
		              segment->header, ULL(segment->virt.begin), ULL(segment->virt.end),
		              ULL(plan->workspace.begin), ULL(plan->workspace.end));
	return plan_add(plan, placement);
}

bool multiboot_place(struct plan *plan)
{
	for (unsigned i = 0; i < plan->kernel->segment_count; i++) {
		if (!place_segment(plan, &plan->kernel->segments[i]))
			return false;
	}
	plan->kernel_physical = plan->kernel->virt.begin;
	return true;
}

bool multiboot_plan(struct plan *plan, uint64_t size, struct writer *writer)
{
	struct placement *placement;

	*writer = (struct writer){ .plan = plan, .size = page_up(size + ENTRY_STACK) };
	if (!plan_resident_in_place(plan)
	    || !plan_scratch(plan, USE_BOOT_INFO, writer->size, &writer->bytes, &placement))
		return false;
	writer->window = placement->phys.begin;
	plan->entry.rsp = placement->phys.end;
	return true;
}

void multiboot_enter(struct plan *plan, uint32_t eax, uint64_t ebx)
{
	plan->entry.rip = plan->kernel->entry.at;
	plan->entry.rax = eax;
	plan->entry.rbx = ebx;
	plan->entry.cs = CODE_32;
	plan->entry.ss = plan->entry.data = plan->entry.fs = DATA_32;
	plan->entry.descriptors = DESCRIPTORS_ALL;
	plan->entry.flags = LAUNCH_PROTECTED_MODE;
	plan->entry.keep_pics = true;
}

void multiboot_memory(const struct plan *plan, uint32_t *lower, uint32_t *upper)
{
	*lower = *upper = 0;
	for (unsigned i = 0; i < plan->machine->firmware_count; i++) {
		const struct firmware_range *range = &plan->machine->firmware[i];
		uint64_t end = range->begin + range->size;

		if (range->type == 1 && range->begin == 0)
			*lower = (uint32_t)(min_u64(end, 640 * KIB) / KIB);
		if (range->type == 1 && range->begin <= MIB && end > MIB)
			*upper = (uint32_t)(min_u64(end - MIB, FOUR_GIB) / KIB);
	}
}

struct phys_range multiboot_module(const struct plan *plan, unsigned number)
{
	const struct file *file = &plan->order->modules[number];

	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use == USE_MODULE && number-- == 0) {
			uint64_t begin = plan->placements[i].phys.begin;

			return (struct phys_range){ begin, begin + file->bytes.size };
		}
	}
	return (struct phys_range){ 0, 0 };
}

void multiboot_write_line(const struct file *file, char *to, uint64_t size)
{
	struct text text = text_in(to, (size_t)size);

	text_add(&text, "%s%s%s", file->name, file->command_line[0] != 0 ? " " : "",
	         file->command_line);
}

uint64_t multiboot_line_size(const struct file *file)
{
	uint64_t length = text_length(file->command_line);

	return text_length(file->name) + (length != 0 ? length + 1 : 0) + 1;
}

void multiboot_wish_screen(struct order *order, uint32_t width, uint32_t height, uint32_t depth)
{
	struct video_request *video = &order->options.video;

	if (video->given)
		return;
	*video = (struct video_request){ .want = VIDEO_AUTO, .any = true };
	if (width != 0 && height != 0) {
		video->want = VIDEO_SIZE;
		video->width = width;
		video->height = height;
		video->bits_per_pixel = depth >= 15 && depth <= 32 ? depth : 0;
	}
}

uint32_t multiboot_memory_type(uint32_t firmware)
{
	return firmware >= 1 && firmware <= 5 ? firmware : 2;
}

bool multiboot_seal(struct plan *plan)
{
	(void)plan;
	return true;
}
