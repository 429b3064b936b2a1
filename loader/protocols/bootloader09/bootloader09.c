/* SPDX-License-Identifier: MIT */
/*
 * bootloader09.c - kernels made for the Rust crate `bootloader` 0.9, such as those of "Writing an
 * OS in Rust". Nothing in their ELF file says so, so the user has to:
 *
 *     -protocol=bootloader-0.9[,feature...][,key=value...]
 *
 * The features are the crate's: map_physical_memory, recursive_page_table, sse, vga_320x200. They
 * decide how the boot information ends, so they must be those that the kernel was built with. The
 * keys are those of [package.metadata.bootloader]: kernel-stack-address, kernel-stack-size (pages),
 * boot-info-address, physical-memory-offset.
 *
 * Some cases in which the crate fails or panics work here, where no kernel can tell the difference:
 * more than 64 memory ranges, unknown firmware types, ranges far above RAM that are not RAM.
 */
#include "protocols/bootloader09/bootloader09.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/kernel.h"
#include "core/plan/memory_map.h"
#include "core/plan/resident.h"
#include "protocols/bootloader09/abi.h"

#define DEFAULT_STACK 512u /* pages */
#define INFO_SIZE     PAGE_SIZE
#define RECURSIVE_MULTIPLE \
	UINT64_C(0x8040201000) /* the top table's address, through entry n: n * this */

/* What follows "bootloader-0.9". */
struct features {
	bool map_physical_memory, recursive_page_table, sse, vga_320x200;
	uint64_t stack_address, stack_pages, info_address, physical_offset; /* 0: the default */
};

/* An item that may follow "bootloader-0.9": a feature, or a key with a number. */
struct word {
	const char *name;
	bool *flag;
	uint64_t *number; /* not 0, at most `most`, a multiple of `align` */
	uint64_t align, most;
};

/* What is known of a kernel. */
struct bootloader09 {
	struct features features;
	struct rb_memory_map *regions; /* of its boot information */
};

static const struct terms bootloader09_terms = {
	.boot_info = "the BootInfo",
	.direct_map = "the mapping of physical memory",
	.physical = "Add boot_info.physical_memory_offset to physical addresses.",
	.no_map = "Build it with the crate's feature map_physical_memory.",
	.not_shown = "",
	.identity = "VGA text at 0xb8000",
	.arguments = "they are in RDI",
	.no_return = "",
	.null = "Page 0 is left unmapped to catch this.",
	.stack = "give it more pages with kernel-stack-size in Cargo.toml",
	.sse = "Enable it with the crate's feature sse, or compile for a target without SSE.",
};

/* The protocol's own part of a boot. */
static struct bootloader09 *state_of(struct boot *boot)
{
	return (void *)boot->state;
}

/* If `text` begins with `name`, and then ends or has ',' or '=', what follows; otherwise NULL. */
static const char *after_name(const char *text, const char *name)
{
	const char *after = text_after(text, name);

	return after != NULL && (*after == 0 || *after == ',' || *after == '=') ? after : NULL;
}

/* Reads the value of a key, up to ',' or the end; *text moves past it. */
static bool read_value(const char **text, const struct word *word)
{
	uint64_t *number = word->number;
	char digits[24];
	size_t length = 0;

	while ((*text)[length] != 0 && (*text)[length] != ',' && length + 1 < sizeof(digits)) {
		digits[length] = (*text)[length];
		length++;
	}
	digits[length] = 0;
	*text += length;
	return text_read_number(digits, number) && *number != 0 && *number <= word->most
	    && (*number & (word->align - 1)) == 0;
}

/* Reads one feature or key; *text moves past it. */
static bool read_word(const char **text, const struct word *words, unsigned count)
{
	for (unsigned i = 0; i < count; i++) {
		const char *after = after_name(*text, words[i].name);

		if (after == NULL)
			continue;
		*text = *after == '=' ? after + 1 : after;
		if (words[i].flag == NULL)
			return *after == '=' && read_value(text, &words[i]);
		*words[i].flag = true;
		return *after != '=';
	}
	return false;
}

/* Reads what the user wrote after the protocol's name. */
static bool read_features(const char *choice, struct features *features, struct report *report)
{
	const struct word words[] = {
		{ "map_physical_memory", &features->map_physical_memory, NULL, 0, 0 },
		{ "recursive_page_table", &features->recursive_page_table, NULL, 0, 0 },
		{ "sse", &features->sse, NULL, 0, 0 },
		{ "vga_320x200", &features->vga_320x200, NULL, 0, 0 },
		{ "kernel-stack-address", NULL, &features->stack_address, PAGE_SIZE, UINT64_MAX },
		{ "kernel-stack-size", NULL, &features->stack_pages, 1, ENTRY_SIZE / PAGE_SIZE },
		{ "boot-info-address", NULL, &features->info_address, PAGE_SIZE, UINT64_MAX },
		{ "physical-memory-offset", NULL, &features->physical_offset, PAGE_SIZE,
		  UINT64_MAX },
	};
	const char *text = after_name(choice, bootloader09_protocol.name);

	*features = (struct features){ 0 };
	while (*text == ',') {
		const char *word = ++text;

		if (!read_word(&text, words, COUNT(words)) || (*text != 0 && *text != ','))
			return refuse(report, DIAG_BOOTLOADER_FEATURE,
			              "at \"%.60s\" of -protocol=%.80s", word, choice);
	}
	return features->physical_offset == 0 || features->map_physical_memory
	    || refuse(report, DIAG_BOOTLOADER_FEATURE,
	              "physical-memory-offset without the feature map_physical_memory");
}

/* Entry 0, those of the segments, and the whole higher half are in use from the start. */
static struct entries kernel_entries(const struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	struct entries entries = { { 0 } };

	entries_take(&entries, 0, 0);
	entries_take(&entries, HIGHER_HALF, UINT64_MAX);
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct virt_range *virt = &kernel->segments[i].virt;

		/* The crate counts one byte too many. */
		if (virt->begin + plan->slide < HIGHER_HALF)
			entries_take(&entries, virt->begin + plan->slide, virt->end + plan->slide);
	}
	return entries;
}

/* Adds memory that is mapped where the protocol says; refuses if something else is there. */
static bool add_mapped(struct plan *plan, struct placement placement, const char *name)
{
	return plan_virtual_is_free(plan, placement_virtual(&placement), name)
	    && plan_add(plan, placement);
}

/* The page for the boot information. */
static bool plan_info(struct plan *plan, uint64_t at, uint8_t **info_bytes)
{
	struct placement *placement;
	struct virt_range virt = { at, at + INFO_SIZE };

	if (!plan_virtual_is_free(plan, virt, "boot-info-address")
	    || !plan_scratch(plan, USE_BOOT_INFO, INFO_SIZE, info_bytes, &placement))
		return false;
	placement->virt.at = at;
	placement->rights = RIGHTS_ALL;
	return true;
}

/* The stack: a guard page at `at`, and the stack above it. */
static bool plan_stack(struct plan *plan, uint64_t at, uint64_t pages)
{
	struct placement stack = { .use = USE_STACK,
		                   .rights = RIGHTS_ALL,
		                   .virt = { at + PAGE_SIZE } };
	uint64_t size = pages * PAGE_SIZE;

	if (!plan_virtual_is_free(plan, (struct virt_range){ at, at + PAGE_SIZE + size },
	                          "the stack with its guard page (kernel-stack-address)"))
		return false;
	if (!plan_find(plan, size, PAGE_SIZE, 0, UINT64_MAX, &stack.phys))
		return plan_refuse_memory(plan, DIAG_MEMORY_STACK, "the stack, in one piece,",
		                          size);
	plan->entry.rsp = placement_virtual(&stack).end;
	return plan_add(plan, stack);
}

/* The stack's size in pages, from the kernel's Cargo.toml or from the user. */
static uint64_t stack_pages(const struct plan *plan, const struct features *features)
{
	uint64_t asked = plan->config->options.stack_size / PAGE_SIZE;

	if (features->stack_pages != 0)
		return features->stack_pages;
	return asked != 0 ? asked : DEFAULT_STACK;
}

/* All RAM, and all below 4 GiB, from `at` on. */
static bool plan_physical(struct plan *plan, uint64_t at)
{
	struct virt_range virt = { at, at + plan_direct_map_size(plan) };

	return plan_virtual_is_free(plan, virt, "physical-memory-offset")
	    && plan_direct_map(plan, at, RIGHTS_ALL);
}

/* Appends a field to the end of the structure, where the fields depend on the features. */
static void put(uint8_t **at, const void *value, size_t size)
{
	memcpy(*at, value, size);
	*at += size;
}

/* Writes what follows the memory map. */
static void write_tail(const struct plan *plan, const struct features *features, uint8_t *info,
                       uint64_t recursive, uint64_t physical_offset)
{
	const struct kernel *kernel = plan->kernel;
	struct rb_tls_template tls = { 0 };
	uint8_t *at = info + sizeof(struct rb_memory_map);

	if (kernel->tls.begin != kernel->tls.end)
		tls = (struct rb_tls_template){ kernel->tls.begin + plan->slide,
			                        kernel->tls_file_size,
			                        kernel->tls.end - kernel->tls.begin };
	if (features->recursive_page_table)
		put(&at, &recursive, sizeof(recursive));
	if (features->map_physical_memory)
		put(&at, &physical_offset, sizeof(physical_offset));
	put(&at, &tls, sizeof(tls));
}

/* Everything that the crate sets up, in its order: the first one planned gets the lowest entry. */
static bool place_all(struct plan *plan, const struct features *features, uint8_t **bytes)
{
	struct entries entries = kernel_entries(plan);
	unsigned wide = entries_for(plan_direct_map_size(plan));
	uint64_t recursive, info = features->info_address, physical = features->physical_offset;
	uint64_t stack;

	if (!entries_find(&entries, 1, &recursive)
	    || (info == 0 && !entries_find(&entries, 1, &info))
	    || (features->map_physical_memory && physical == 0
	        && !entries_find(&entries, wide, &physical)))
		return refuse(plan->report, DIAG_MAP_NO_ROOM,
		              "%u GiB of the lower half in one piece", 512 * wide);
	stack = features->stack_address != 0 ? features->stack_address : info + PAGE_SIZE;
	plan->entry.rdi = info;
	if (!plan_info(plan, info, bytes) || !plan_stack(plan, stack, stack_pages(plan, features))
	    || (features->map_physical_memory && !plan_physical(plan, physical))
	    || (features->recursive_page_table
	        && !plan_tables_window(plan, recursive, RIGHTS_ALL, "recursive_page_table")))
		return false;
	write_tail(plan, features, *bytes, entry_of(recursive) * RECURSIVE_MULTIPLE, physical);
	return true;
}

/*
 * Places the kernel. All memory is taken from just below the scratch memory, so that usable memory
 * above 1 MiB is one large range, the second of the map, as the crate leaves it: there are kernels
 * that use no other.
 */
static bool bootloader09_place(struct boot *boot)
{
	struct placement_policy policy = { .small_pages = true };
	struct plan *plan = &boot->plan;
	struct features *features = &state_of(boot)->features;
	const struct virt_range *kernel = &plan->kernel->virt;
	uint64_t end = page_down(plan->workspace.begin);
	uint64_t size;

	if (!read_features(plan->config->options.protocol, features, plan->report))
		return false;
	size = kernel->end - kernel->begin + stack_pages(plan, features) * PAGE_SIZE;
	if (end > LOWEST_PLACE && size < end - LOWEST_PLACE)
		policy.lowest_memory = end - size;
	return plan_kernel(plan, &policy);
}

/* The screen as the crate leaves it; without a text screen, it is left alone. */
static bool plan_screen(const struct boot *boot, const struct features *features,
                        enum entry_screen *screen)
{
	const bool has_vga = boot->machine->display.kind == DISPLAY_VGA_TEXT;

	*screen = features->vga_320x200 ? ENTRY_SCREEN_VGA_320X200 : ENTRY_SCREEN_VGA_TEXT;
	if (!has_vga)
		*screen = ENTRY_SCREEN_AS_IS;
	return has_vga || !features->vga_320x200
	    || refuse(boot->report, DIAG_BOOTLOADER_NO_VGA,
	              "the feature vga_320x200 is mode 13h of its BIOS");
}

static bool bootloader09_plan(struct boot *boot)
{
	struct plan *plan = &boot->plan;
	const struct features *features = &state_of(boot)->features;
	uint8_t *info;
	struct placement vga = { .use = USE_VGA,
		                 .phys = { VGA_BEGIN, VGA_END },
		                 .virt = { VGA_BEGIN },
		                 .rights = RIGHTS_ALL };

	if (!add_mapped(plan, vga, "the VGA window") || !place_all(plan, features, &info)
	    || !plan_resident(plan) || !plan_screen(boot, features, &plan->entry.screen))
		return false;
	state_of(boot)->regions = (void *)info;
	plan->entry.rip = plan->kernel->entry.at + plan->slide;
	plan->entry.ss = 0; /* blog_os reloads only CS: a stale SS would fail at its first iretq */
	plan->entry.fs = 0;
	plan->entry.cr0 = CR0_PE | CR0_ET | CR0_WP | CR0_PG | (features->sse ? CR0_MP : 0);
	plan->entry.cr4 = CR4_PAE | (features->sse ? CR4_OSFXSR | CR4_OSXMMEXCPT : 0);
	plan->entry.quiet.lines = false;
	return true;
}

/* The number that the crate gives a type of memory. */
static uint32_t region_type(const struct memory_range *range)
{
	static const uint32_t types[MEMORY_TYPES] = {
#define BOOTLOADER09(type)                     RB_##type
#define MEMORY_TYPE(name, words, is_ram, wire) [MEMORY_##name] = wire,
#include "core/memory_types.def"
	};

	return range->phys.begin == 0 ? RB_FRAME_ZERO : types[range->type];
}

/* True if the range may be left out of a map that is full: the kernel need not know of it. */
static bool is_dispensable(const struct memory_range *range)
{
	return range->type == MEMORY_RESERVED || range->type == MEMORY_USABLE
	    || range->type == MEMORY_BAD;
}

/* How many of the ranges that may be left out are smaller than range number `of`, or as large and
 * before it. */
static unsigned rank(const struct memory *map, unsigned of)
{
	uint64_t size = map->ranges[of].phys.end - map->ranges[of].phys.begin;
	unsigned smaller = 0;

	for (unsigned i = 0; i < map->count; i++) {
		uint64_t other = map->ranges[i].phys.end - map->ranges[i].phys.begin;

		smaller += is_dispensable(&map->ranges[i])
		        && (other < size || (other == size && i < of));
	}
	return smaller;
}

static void bootloader09_write_memory_map(struct boot *boot, const struct memory *map)
{
	struct rb_memory_map *regions = state_of(boot)->regions;
	unsigned excess = map->count > RB_MAP_ENTRIES ? map->count - RB_MAP_ENTRIES : 0;

	for (unsigned i = 0; i < map->count && regions->count < RB_MAP_ENTRIES; i++) {
		const struct memory_range *range = &map->ranges[i];

		if (excess != 0 && is_dispensable(range) && rank(map, i) < excess)
			continue;
		regions->entries[regions->count++] =
			(struct rb_region){ range->phys.begin / PAGE_SIZE,
			                    range->phys.end / PAGE_SIZE, region_type(range), 0 };
	}
	for (uint64_t i = regions->count; i < RB_MAP_ENTRIES; i++)
		regions->entries[i].type = RB_EMPTY;
}

/* Nothing in the file identifies it: the user must name it. */
static bool bootloader09_recognise(struct span file)
{
	(void)file;
	return false;
}

const struct protocol bootloader09_protocol = {
	PROTOCOL(bootloader09, "bootloader-0.9", struct bootloader09),
	.options = OPTION_STACK,
	.recognise = bootloader09_recognise,
	.read = boot_read_elf,
	.place = bootloader09_place,
	.plan = bootloader09_plan,
	.write_memory_map = bootloader09_write_memory_map,
};
