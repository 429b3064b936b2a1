/* SPDX-License-Identifier: MIT */
/*
 * bootloader011.c - kernels made with `bootloader_api` for the Rust crate `bootloader` 0.11. Their
 * section .bootloader-config says what to map, and where: at a fixed address, or in any entry of
 * the top page table that is still free, which nothing else then shares. Free entries begin after
 * the end of physical memory, which the crate's loader has identity-mapped.
 *
 * Where the crate's loader panics, this one does what it can, and refuses the rest by name.
 */
#include "protocols/bootloader011/bootloader011.h"

#include "core/boot.h"
#include "core/elf/read.h"
#include "core/plan/kernel.h"
#include "protocols/bootloader011/bootloader011_answers.h"
#include "protocols/bootloader011/bootloader011_describe.h"
#include "protocols/bootloader011/bootloader011_plan.h"

#define LOWER_END      UINT64_C(0x0000800000000000)
#define INFO_ALIGN     8
#define SMALLEST_STACK 256
#define INFO_CLAIMED   (64 * KIB) /* bytes reserved in its entry, before its size is known */

static const struct terms bootloader011_terms = {
	.boot_info = "the BootInfo",
	.direct_map = "the mapping of physical memory",
	.physical = "Add boot_info.physical_memory_offset to physical addresses.",
	.no_map = "Ask for one with mappings.physical_memory in BootloaderConfig.",
	.not_shown = "",
	.identity = "",
	.arguments = "they are in RDI",
	.no_return = "the 0 that such a kernel finds on its stack",
	.null = "Page 0 is left unmapped to catch this.",
	.stack = "make it larger with kernel_stack_size in BootloaderConfig",
	.sse = TERMS_SSE_WAS_ON,
};

/* Refuses a value of the configuration. Always false. */
static bool refuse_value(struct boot *boot, const char *name, uint64_t value, const char *why)
{
	return refuse(boot->report, DIAG_BOOTLOADER_VALUE, "%s is %#llx: %s", name, ULL(value),
	              why);
}

/* A fixed address must be aligned, and one that the CPU supports. */
static bool check_mapping(struct boot *boot, const char *name, const struct rb11_mapping *mapping,
                          uint64_t align)
{
	char why[80];
	struct text text = text_in(why, sizeof(why));

	if (mapping->place != RB11_FIXED)
		return true;
	text_add(&text, "it must be a multiple of %#llx", ULL(align));
	if ((mapping->at & (align - 1)) != 0)
		return refuse_value(boot, name, mapping->at, why);
	return is_canonical(mapping->at, 1, RB11_ADDRESS_BITS)
	    || refuse_value(boot, name, mapping->at, "the CPU has no such address");
}

/* The largest alignment that a segment asks for, at least a page. */
static uint64_t kernel_align(const struct kernel *kernel)
{
	uint64_t align = PAGE_SIZE;

	for (unsigned i = 0; i < kernel->segment_count; i++)
		align = max_u64(align, kernel->segments[i].align);
	return align;
}

/* kernel_base is added to the addresses of a position-independent kernel. */
static bool check_base(struct boot *boot, const struct rb11_mapping *mapping)
{
	const struct kernel *kernel = &boot->kernel;

	if (mapping->place != RB11_FIXED)
		return true;
	if (!kernel->position_independent)
		return refuse_value(boot, "kernel_base", mapping->at,
		                    "the kernel is not position-independent");
	if (mapping->at + kernel->virt.begin < PAGE_SIZE)
		return refuse_value(boot, "kernel_base", mapping->at,
		                    "the kernel would begin in page 0");
	if (!is_canonical(mapping->at + kernel->virt.begin, kernel->virt.end - kernel->virt.begin,
	                  RB11_ADDRESS_BITS))
		return refuse_value(boot, "kernel_base", mapping->at,
		                    "the kernel would go beyond the addresses that the CPU has");
	return check_mapping(boot, "kernel_base", mapping, kernel_align(kernel));
}

/* The configuration must be consistent in itself. */
static bool check_config(struct boot *boot)
{
	const struct rb11 *rb11 = (const void *)boot->state;
	const struct rb11_config *config = &rb11->config;

	if (config->kernel_stack_size < SMALLEST_STACK)
		return refuse_value(boot, "kernel_stack_size", config->kernel_stack_size,
		                    "no stack is so small");
	if (config->has_range_begin && !is_canonical(config->range_begin, 1, RB11_ADDRESS_BITS))
		return refuse_value(boot, "dynamic_range_start", config->range_begin,
		                    "the CPU has no such address");
	if (config->has_range_end
	    && !is_canonical(page_down(config->range_last), 0, RB11_ADDRESS_BITS))
		return refuse_value(boot, "dynamic_range_end", config->range_last,
		                    "the CPU has no such address");
	return check_base(boot, &config->kernel_base)
	    && check_mapping(boot, "kernel_stack", &config->kernel_stack, PAGE_SIZE)
	    && check_mapping(boot, "framebuffer", &config->framebuffer, PAGE_SIZE)
	    && check_mapping(boot, "ramdisk_memory", &config->ramdisk, PAGE_SIZE)
	    && check_mapping(boot, "physical_memory", &config->physical_memory, LARGE_PAGE)
	    && check_mapping(boot, "page_table_recursive", &config->recursive, ENTRY_SIZE)
	    && check_mapping(boot, "boot_info", &config->boot_info, INFO_ALIGN);
}

/* The crate's loader panics if segments share a page; here, the page gets the rights of both. */
static bool rb11_read(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct config *config = boot->config;

	return kernel_read_merging(&boot->kernel, config->kernel.bytes,
	                           virtual_bits(config->options.paging_levels), boot->report)
	    && rb11_read_config(&rb11->config, &boot->kernel.elf,
	                        boot->config->options.protocol != NULL, boot->report)
	    && check_config(boot);
}

/* A screen, the kernel's own file, and random numbers. */
static bool rb11_requests(struct boot *boot)
{
	const struct rb11 *rb11 = (const void *)boot->state;
	const struct rb11_config *config = &rb11->config;
	struct options *options = &boot->config->options;

	options->kernel_file = true;
	options->random |= config->aslr;
	if (!options->video.given)
		options->video = (struct video_request){
			.want = VIDEO_AUTO,
			.any = true,
			.least_width = (uint32_t)min_u64(config->least_width, UINT32_MAX),
			.least_height = (uint32_t)min_u64(config->least_height, UINT32_MAX),
		};
	return true;
}

/* Reserves the entries of what has a fixed address, so that nothing else is put there. */
static void take_fixed(struct rb11 *rb11, const struct rb11_mapping *mapping, uint64_t size)
{
	if (mapping->place == RB11_FIXED && size != 0
	    && is_canonical(mapping->at, size, RB11_ADDRESS_BITS))
		entries_take(&rb11->entries, mapping->at, mapping->at + size - 1);
}

/*
 * Reserves the entries that nothing dynamic may use: those of physical memory and of the
 * framebuffer, which the crate's loader has identity-mapped; those of fixed addresses; and those
 * that are not entirely in the dynamic range.
 */
static void take_entries(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct rb11_config *config = &rb11->config;
	const struct kernel *kernel = &boot->kernel;
	struct phys_range pixels = boot->machine->display.screen.pixels;
	uint64_t end = rb11_physical_end(&boot->plan);
	uint64_t past = (config->range_last | (PAGE_SIZE - 1)) + 1;

	entries_take(&rb11->entries, 0, min_u64(end, LOWER_END) - 1);
	if (pixels.begin != pixels.end && pixels.end <= LOWER_END)
		entries_take(&rb11->entries, pixels.begin, pixels.end - 1);
	take_fixed(rb11, &config->physical_memory, end);
	take_fixed(rb11, &config->recursive, 1);
	take_fixed(rb11, &config->kernel_stack, PAGE_SIZE + rb11_stack_size(boot));
	take_fixed(rb11, &config->kernel_base, kernel->virt.end);
	if (!kernel->position_independent)
		entries_take(&rb11->entries, kernel->virt.begin, kernel->virt.end - 1);
	take_fixed(rb11, &config->boot_info, INFO_CLAIMED);
	take_fixed(rb11, &config->framebuffer, pixels.end - pixels.begin);
	if (rb11_ramdisk_file(boot) != NULL)
		take_fixed(rb11, &config->ramdisk, rb11_ramdisk_file(boot)->bytes.size);
	if (config->has_range_begin && page_down(config->range_begin) != 0)
		entries_take(&rb11->entries, 0, page_down(config->range_begin) - 1);
	if (config->has_range_end && past != 0)
		entries_take(&rb11->entries, past, UINT64_MAX);
}

/* True if there are free entries for a kernel that gets them; the core, which looks for them, does
 * not know of a dynamic range. */
static bool has_entries(struct boot *boot)
{
	const struct rb11 *rb11 = (const void *)boot->state;
	struct entries entries = rb11->entries; /* a copy: none is taken here */
	const struct kernel *kernel = &boot->kernel;
	uint64_t begin = align_down(kernel->virt.begin, kernel_align(kernel)), at;
	unsigned count = entries_for(kernel->virt.end - begin);

	return entries_find(&entries, count, &at) || rb11_refuse_entries(boot, "the kernel", count);
}

/* The kernel first, since it gets the first entry. */
static bool rb11_place(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct rb11_config *config = &rb11->config;
	bool kaslr = boot->config->options.kaslr;
	struct placement_policy policy = { .small_pages = true, .entries = &rb11->entries };

	rb11->entries = (struct entries){ { 0 } };
	rb11->random = config->aslr || kaslr;
	rb11->seed = boot->machine->random;
	take_entries(boot);
	if (!boot->kernel.position_independent) {
		policy.base = BASE_LINKED;
		policy.random = kaslr; /* which is refused then */
	} else if (config->kernel_base.place == RB11_FIXED) {
		policy.base = BASE_FIXED;
		policy.address = config->kernel_base.at;
	} else {
		policy.base = BASE_ENTRY;
		policy.random = rb11->random;
		if (!has_entries(boot))
			return false;
	}
	return plan_kernel(&boot->plan, &policy);
}

static void describe(const struct boot *boot, struct text *text)
{
	const struct rb11 *rb11 = (const void *)boot->state;

	rb11_describe(&rb11->config, text);
}

const struct protocol bootloader011_protocol = {
	PROTOCOL(bootloader011, "bootloader-0.11", struct rb11),
	.options = OPTION_STACK | OPTION_KASLR | OPTION_VIDEO,
	.recognise = rb11_is_asked,
	.read = rb11_read,
	.requests = rb11_requests,
	.place = rb11_place,
	.plan = rb11_plan,
	.write_memory_map = rb11_write_memory_map,
	.describe = describe,
};
