/* SPDX-License-Identifier: MIT */
/*
 * bootloader011_plan.c - plans what a kernel gets beside its own segments, each at its fixed
 * address or in its own entries of the top page table.
 */
#include "protocols/bootloader011/bootloader011_plan.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/files.h"
#include "core/plan/resident.h"

#define RIGHTS_DATA (RIGHT_READ | RIGHT_WRITE)
#define STACK_ALIGN 16 /* System V ABI */

/* The next random number (SplitMix64: Steele, Lea and Flood, 2014). */
static uint64_t next_random(struct rb11 *rb11)
{
	uint64_t mix = rb11->seed += UINT64_C(0x9e3779b97f4a7c15);

	mix = (mix ^ mix >> 30) * UINT64_C(0xbf58476d1ce4e5b9);
	mix = (mix ^ mix >> 27) * UINT64_C(0x94d049bb133111eb);
	return mix ^ mix >> 31;
}

uint64_t rb11_physical_end(const struct plan *plan)
{
	uint64_t end = 4 * GIB;

	for (unsigned i = 0; i < plan->memory->count; i++) {
		struct phys_range near = plan_below_limit(plan, plan->memory->ranges[i].phys);

		if (near.begin < near.end)
			end = max_u64(end, near.end);
	}
	return end;
}

uint64_t rb11_stack_size(const struct boot *boot)
{
	const struct rb11 *rb11 = (const void *)boot->state;

	return max_u64(rb11->config.kernel_stack_size, boot->config->options.stack_size);
}

const struct file *rb11_ramdisk_file(const struct boot *boot)
{
	const struct file *file = &boot->config->modules[0];

	return boot->config->module_count != 0 && file->bytes.size != 0 ? file : NULL;
}

bool rb11_refuse_entries(struct boot *boot, const char *name, unsigned count)
{
	const struct rb11 *rb11 = (const void *)boot->state;
	const struct rb11_config *config = &rb11->config;
	unsigned long long size = count * (ENTRY_SIZE / GIB);

	if (!config->has_range_begin && !config->has_range_end)
		return refuse(boot->report, DIAG_MAP_NO_ROOM,
		              "%s: %llu GiB, at a multiple of 512 GiB, above the end of physical "
		              "memory",
		              name, size);
	return refuse(boot->report, DIAG_BOOTLOADER_VALUE,
	              "%s: no %llu GiB, at a multiple of 512 GiB, are free in the dynamic range, "
	              "from %#llx to %#llx, above the end of physical memory",
	              name, size, ULL(config->range_begin),
	              config->has_range_end ? ULL(config->range_last) : ULL(UINT64_MAX));
}

/* Chooses `size` bytes of addresses in free entries, at a multiple of `align`. */
static bool find_dynamic(struct boot *boot, const char *name, uint64_t size, uint64_t align,
                         uint64_t *at)
{
	struct rb11 *rb11 = (void *)boot->state;
	unsigned count = entries_for(size);
	uint64_t pages = (count * ENTRY_SIZE - size) / PAGE_SIZE;

	if (rb11->random ? !entries_find_random(&rb11->entries, count, next_random(rb11), at)
	                 : !entries_find(&rb11->entries, count, at))
		return rb11_refuse_entries(boot, name, count);
	if (rb11->random)
		*at += align_down(((next_random(rb11) >> 32) * pages >> 32) * PAGE_SIZE, align);
	return true;
}

/* The address for a mapping of `size` bytes: the fixed one, if that is free, or any free one. */
static bool choose(struct boot *boot, const char *name, const struct rb11_mapping *mapping,
                   uint64_t size, uint64_t align, uint64_t *at)
{
	*at = mapping->at;
	if (mapping->place == RB11_DYNAMIC && !find_dynamic(boot, name, size, align, at))
		return false;
	if (!is_canonical(*at, size, RB11_ADDRESS_BITS))
		return refuse(boot->report, DIAG_BOOTLOADER_VALUE,
		              "%s: %#llx-%#llx goes beyond the addresses that the CPU has", name,
		              ULL(*at), ULL(*at + size));
	return plan_virtual_is_free(&boot->plan, (struct virt_range){ *at, *at + size }, name);
}

/* The stack, and a page under it that stays unmapped. */
static bool plan_stack(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	struct plan *plan = &boot->plan;
	struct placement stack = { .use = USE_STACK, .rights = RIGHTS_DATA };
	uint64_t size = rb11_stack_size(boot), pages = page_up(size), at;

	if (pages < size || !plan_find(plan, pages, PAGE_SIZE, 0, UINT64_MAX, &stack.phys))
		return plan_refuse_memory(plan, DIAG_MEMORY_STACK, "the stack, in one piece,",
		                          size);
	if (!choose(boot, "the stack with its guard page (kernel_stack)",
	            &rb11->config.kernel_stack, PAGE_SIZE + pages, PAGE_SIZE, &at))
		return false;
	stack.virt.at = at + PAGE_SIZE;
	plan->entry.rsp = align_down(stack.virt.at + size, STACK_ALIGN);
	rb11->info.kernel_stack_bottom = stack.virt.at;
	rb11->info.kernel_stack_len = size;
	return plan_add(plan, stack);
}

/* The pixels, to the byte. */
static bool plan_framebuffer(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct screen *screen = &boot->machine->display.screen;
	struct phys_range pixels = screen->pixels;
	struct phys_range pages = { page_down(pixels.begin), page_up(pixels.end) };
	uint64_t at;

	if (pixels.begin == pixels.end)
		return true;
	if (!choose(boot, "framebuffer", &rb11->config.framebuffer, pages.end - pages.begin,
	            PAGE_SIZE, &at))
		return false;
	at += pixels.begin - pages.begin;
	rb11->info.framebuffer = rb11_word_screen(screen, at);
	return plan_add(&boot->plan, (struct placement){ .use = USE_FRAMEBUFFER,
	                                                 .phys = pixels,
	                                                 .virt = { at },
	                                                 .rights = RIGHTS_DATA,
	                                                 .cache = CACHE_WRITE_COMBINING });
}

/* The first module is placed already; it is mapped. */
static bool plan_ramdisk(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct file *file = rb11_ramdisk_file(boot);
	struct placement *placement = boot->plan.placements;

	if (boot->config->module_count > 1)
		warn(boot->report, DIAG_BOOTLOADER_MODULE, "it cannot find %s%s",
		     boot->config->modules[1].name,
		     boot->config->module_count > 2 ? " or those after it" : "");
	if (file == NULL)
		return true;
	while (placement->use != USE_MODULE)
		placement++;
	if (!choose(boot, "ramdisk_memory", &rb11->config.ramdisk, page_up(file->bytes.size),
	            PAGE_SIZE, &placement->virt.at))
		return false;
	placement->rights = RIGHTS_DATA;
	rb11->info.ramdisk_addr = rb11_some(placement->virt.at);
	rb11->info.ramdisk_len = file->bytes.size;
	return true;
}

/* True if the tables that map `size` bytes of physical memory in pages of 2 MiB take at most half
 * of the scratch memory that is left. False if the firmware reports ranges far above RAM.
 */
static bool can_map_all(const struct plan *plan, uint64_t size)
{
	uint64_t left = (uint64_t)(plan->scratch->end - plan->scratch->at);

	return size / GIB <= left / 2 / PAGE_SIZE;
}

/* Physical memory: everything up to the end of the firmware's map, with the holes in it, as the
 * crate maps it; if the tables for that do not fit, only RAM and what lies below 4 GiB. */
static bool plan_physical(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct rb11_mapping *mapping = &rb11->config.physical_memory;
	struct plan *plan = &boot->plan;
	uint64_t size = align_up(rb11_physical_end(plan), LARGE_PAGE), at;
	bool all = can_map_all(plan, size);

	if (mapping->place == RB11_NOWHERE)
		return true;
	if (!all)
		size = plan_direct_map_size(plan);
	if (size % ENTRY_SIZE == 0) /* the last entry lacks the last page */
		entries_take(&rb11->entries, UINT64_MAX, UINT64_MAX);
	if (!choose(boot, "physical_memory", mapping, size, LARGE_PAGE, &at))
		return false;
	rb11->info.physical_memory_offset = rb11_some(at);
	plan->fault_info.direct_map = (struct fault_range){ at, at + size };
	return all ? plan_add(plan, (struct placement){ .use = USE_DIRECT_MAP,
	                                                .phys = { 0, size },
	                                                .virt = { at },
	                                                .rights = RIGHTS_DATA })
	           : plan_direct_map(plan, at, RIGHTS_DATA);
}

/* The page tables, through an entry of the top one. */
static bool plan_recursive(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	const struct rb11_mapping *mapping = &rb11->config.recursive;
	uint64_t at = mapping->at;

	if (mapping->place == RB11_NOWHERE)
		return true;
	if (mapping->place == RB11_DYNAMIC
	    && !find_dynamic(boot, "page_table_recursive", ENTRY_SIZE, ENTRY_SIZE, &at))
		return false;
	rb11->info.recursive_index =
		(struct rb11_optional_u16){ .tag = RB11_SOME, .value = (uint16_t)entry_of(at) };
	return plan_tables_window(&boot->plan, at, RIGHTS_DATA, "page_table_recursive");
}

/* The BootInfo, with room for the memory map after it. */
static bool plan_info(struct boot *boot)
{
	struct rb11 *rb11 = (void *)boot->state;
	uint64_t size = rb11_info_bound(&boot->plan), at, offset;
	struct placement *placement;

	if (!choose(boot, "boot_info", &rb11->config.boot_info, size, PAGE_SIZE, &at))
		return false;
	offset = at & (PAGE_SIZE - 1);
	if (!plan_scratch(&boot->plan, USE_BOOT_INFO, page_up(offset + size), &rb11->bytes,
	                  &placement))
		return false;
	placement->virt.at = at - offset;
	placement->rights = RIGHTS_DATA;
	rb11->bytes += offset;
	boot->plan.entry.rdi = at;
	return true;
}

/* What is known of the kernel, and of the machine. */
static void note_facts(struct boot *boot)
{
	const struct kernel *kernel = &boot->kernel;
	struct rb11 *rb11 = (void *)boot->state;
	struct rb11_boot_info *info = &rb11->info;
	const struct span *file = &boot->config->kernel.bytes;

	*info = rb11_empty_info(&rb11->config);
	info->kernel_addr = physical(boot->machine, file->bytes);
	info->kernel_len = file->size;
	info->kernel_image_offset = boot->plan.slide;
	if (boot->machine->rsdp != 0)
		info->rsdp_addr = rb11_some(boot->machine->rsdp);
	if (kernel->tls.begin != kernel->tls.end)
		info->tls_template = (struct rb11_optional_tls){
			.tag = RB11_SOME,
			.value = { kernel->tls.begin + boot->plan.slide, kernel->tls_file_size,
			           kernel->tls.end - kernel->tls.begin },
		};
}

/* In the crate's order: the first one planned gets the lowest entry. */
bool rb11_plan(struct boot *boot)
{
	struct entry_state *entry = &boot->plan.entry;

	note_facts(boot);
	if (!plan_stack(boot) || !plan_framebuffer(boot) || !plan_ramdisk(boot)
	    || !plan_physical(boot) || !plan_recursive(boot) || !plan_kernel_file(&boot->plan)
	    || !plan_info(boot) || !plan_resident(&boot->plan))
		return false;
	entry->rip = boot->kernel.entry.at + boot->plan.slide;
	entry->fs = 0;
	entry->flags |= LAUNCH_NO_RETURN;
	entry->quiet.lines = false;
	return true;
}
