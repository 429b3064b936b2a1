/* SPDX-License-Identifier: MIT */
/*
 * promises.h - boots a kernel in a simulated machine, and checks everything that a kernel is
 * promised by looking at the machine as the kernel would: through its page tables.
 *
 *     begin_world(32 * MIB);      the machine
 *     begin_small_elf();          the kernel
 *     expect_boot(2 * MIB);       put into RAM there, planned, carried out, and checked
 */
#ifndef PROMISES_H
#define PROMISES_H

#include "build_elf.h"
#include "walker.h"
#include "world.h"

static struct view view; /* the kernel's address space */

/* --- what the plan says, before it is carried out --- */

/* True if the placement takes memory, and does not only map memory that has another owner. */
static inline bool takes_memory(const struct placement *placement)
{
	return placement->use < USE_DIRECT_MAP && placement->use != USE_FRAMEBUFFER
	    && placement->phys.begin != placement->phys.end;
}

/* True if all that is placed lies in memory that is simulated, so that it can be carried out. */
static inline bool can_be_carried_out(void)
{
	for (unsigned i = 0; i < world.boot.plan.count; i++) {
		const struct placement *one = &world.boot.plan.placements[i];

		if (takes_memory(one) && one->phys.end > world.size)
			return false;
	}
	return true;
}

/* True if all of the range is usable memory, as the firmware has it. */
static inline bool is_usable(struct phys_range range)
{
	const struct memory *memory = &world.boot.memory;

	for (unsigned i = 0; i < memory->count; i++) {
		if (memory->ranges[i].type == MEMORY_USABLE
		    && range.begin >= memory->ranges[i].phys.begin
		    && range.end <= memory->ranges[i].phys.end)
			return true;
	}
	return false;
}

/* A placement may not overlap a file that is still needed, except the one it is made from. */
static inline void expect_files_spared(const struct placement *placement)
{
	for (unsigned i = 0; i < world.config.module_count; i++) {
		const struct file *module = &world.config.modules[i];
		uint64_t begin = physical(&world.machine, module->bytes.bytes);
		struct phys_range file = { begin, begin + module->capacity };
		bool own = placement->use == USE_MODULE && placement->phys.begin == begin;

		EXPECT(own || !phys_overlap(placement->phys, file));
	}
}

/* Placements are in free memory, and overlap neither each other nor anything that is needed. */
static inline void expect_placements(void)
{
	const struct plan *plan = &world.boot.plan;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *one = &plan->placements[i];
		struct phys_range scratch = world.scratch_range;
		bool made = one->phys.begin >= scratch.begin && one->phys.end <= scratch.end;

		if (!takes_memory(one))
			continue;
		EXPECT(one->phys.begin < one->phys.end);
		if (one->use != USE_KERNEL_FILE)
			EXPECT(made || is_usable(one->phys));
		EXPECT(one->phys.begin >= MIB || one->phys.begin == plan->trampoline);
		for (unsigned j = 0; j < world.machine.reserved_count; j++)
			EXPECT(made || !phys_overlap(one->phys, world.machine.reserved[j]));
		for (unsigned j = 0; j < i; j++) {
			if (takes_memory(&plan->placements[j]))
				EXPECT(!phys_overlap(one->phys, plan->placements[j].phys));
		}
		expect_files_spared(one);
	}
}

/* Until it jumps, the loader sees memory where it is, and may write what it has to. */
static inline void expect_launch_tables(void)
{
	static struct view launch;
	const struct plan *plan = &world.boot.plan;
	const struct seen *range;

	view_tables(&launch, world.memory, physical(&world.machine, plan->launch.root),
	            plan->launch.levels);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *one = &plan->placements[i];

		if (!takes_memory(one))
			continue;
		range = view_at(&launch, one->phys.begin);
		EXPECT(range != NULL && range->rights == 7 && range->phys == range->virt);
		EXPECT(range->virt + range->size >= one->phys.end);
	}
	range = view_at(&launch, plan->resident_window);
	EXPECT(range != NULL && (range->rights & RIGHT_EXECUTE) != 0);
	EXPECT_EQUAL(range->phys + (plan->resident_window - range->virt), plan->resident);
}

/* --- the kernel's bytes --- */

/* What a relocation makes of a word: those of its bytes that are in the page at `page`. */
static inline void relocate_byte(uint8_t *bytes, uint64_t page, uint64_t address, uint64_t word)
{
	for (unsigned i = 0; i < 8; i++) {
		if (address + i - page < PAGE_SIZE)
			bytes[address + i - page] = (uint8_t)(word >> (8 * i));
	}
}

/* The word in the file, or 0 where it is zeroes. */
static inline uint64_t linked_word(uint64_t address)
{
	uint64_t word = 0;

	for (unsigned i = 0; i < elf_head->phnum; i++) {
		const struct elf_program_header *program = &elf_programs[i];

		if (program->type == ELF_PT_LOAD
		    && in_bounds(address - program->vaddr, 8, program->filesz))
			memcpy(&word, elf_at(address), 8);
	}
	return word;
}

/* What the entries of a table that are resolved by the loader make of the page. */
static inline void expected_symbols(uint8_t *bytes, uint64_t page, struct span table, bool all)
{
	const struct relocations *relocations = &world.boot.kernel.relocations;
	struct elf_rela rela;

	for (uint64_t at = 0; at < table.size; at += sizeof(rela)) {
		struct elf_symbol symbol = { .shndx = 0 };
		uint64_t word = 0, slide = world.boot.plan.slide;

		memcpy(&rela, table.bytes + at, sizeof(rela));
		if ((uint32_t)rela.info == ELF_R_X86_64_NONE)
			continue;
		if (rela.info >> 32 != 0 && (uint32_t)rela.info != ELF_R_X86_64_RELATIVE)
			memcpy(&symbol, relocations->symbols.bytes + 24 * (rela.info >> 32), 24);
		if ((uint32_t)rela.info == ELF_R_X86_64_RELATIVE)
			word = slide + rela.addend;
		else if (symbol.shndx != 0)
			word = symbol.value + (symbol.shndx == ELF_SHN_ABS ? 0 : slide);
		if ((uint32_t)rela.info == ELF_R_X86_64_64)
			word += rela.addend;
		if (all || (uint32_t)rela.info != ELF_R_X86_64_RELATIVE)
			relocate_byte(bytes, page, rela.offset, word);
	}
}

/* What the page at `page`, as linked, must hold before the kernel runs. */
static inline void expected_page(uint64_t page, uint8_t *bytes)
{
	const struct relocations *relocations = &world.boot.kernel.relocations;
	struct elf_rela rela;
	uint64_t slide = world.boot.plan.slide;
	struct relr_walk walk = { 0 };

	memset(bytes, 0, PAGE_SIZE);
	for (unsigned i = 0; i < elf_head->phnum; i++) {
		const struct elf_program_header *program = &elf_programs[i];
		uint64_t begin = max_u64(page, program->vaddr);
		uint64_t end = min_u64(page + PAGE_SIZE, program->vaddr + program->filesz);

		if (program->type == ELF_PT_LOAD && begin < end)
			memcpy(bytes + (begin - page),
			       elf_bytes + program->offset + (begin - program->vaddr),
			       (size_t)(end - begin));
	}
	for (uint64_t at = 0; at < relocations->rela.size; at += sizeof(rela)) {
		memcpy(&rela, elf_at(relocations->rela_at.at + at), sizeof(rela));
		if ((uint32_t)rela.info == ELF_R_X86_64_RELATIVE)
			relocate_byte(bytes, page, rela.offset, rela.addend + slide);
	}
	for (uint64_t at = 0; at < relocations->relr.size; at += 8) {
		uint64_t address;

		relr_feed(&walk, linked_word(relocations->relr_at.at + at));
		while (relr_next(&walk, &address))
			relocate_byte(bytes, page, address, linked_word(address) + slide);
	}
	expected_symbols(bytes, page, relocations->rela, false);
	expected_symbols(bytes, page, relocations->plt, true);
}

/* The rights of the page at `page`, as linked; 0 if no segment lies in it. */
static inline uint8_t expected_rights(uint64_t page)
{
	uint8_t rights = 0;

	for (unsigned i = 0; i < elf_head->phnum; i++) {
		const struct elf_program_header *program = &elf_programs[i];

		if (program->type != ELF_PT_LOAD || program->memsz == 0
		    || page >= program->vaddr + program->memsz
		    || page + PAGE_SIZE <= program->vaddr)
			continue;
		rights = (uint8_t)(RIGHT_READ | (program->flags & ELF_PF_W ? RIGHT_WRITE : 0)
		                   | (program->flags & ELF_PF_X ? RIGHT_EXECUTE : 0));
	}
	if (page >= world.boot.kernel.relro.begin && page < world.boot.kernel.relro.end)
		rights &= (uint8_t)~RIGHT_WRITE;
	return rights;
}

/* Where the kernel sees `size` bytes at a virtual address; all must be mapped, with these rights.
 */
static inline uint8_t *look_at(uint64_t virt, uint64_t size, uint8_t rights)
{
	const struct seen *range = view_at(&view, virt);

	if (range == NULL || !in_bounds(virt - range->virt, size, range->size))
		FAIL("%#" PRIx64 " bytes at %#" PRIx64 " are not mapped", size, virt);
	EXPECT_EQUAL(range->rights, rights);
	EXPECT(in_bounds(range->phys + (virt - range->virt), size, world.size));
	return world.memory + range->phys + (virt - range->virt);
}

/* One page of the kernel. */
static inline void expect_page(uint64_t page)
{
	uint8_t expected[PAGE_SIZE];
	const uint8_t *found =
		look_at(page + world.boot.plan.slide, PAGE_SIZE, expected_rights(page));

	expected_page(page, expected);
	for (unsigned i = 0; i < PAGE_SIZE; i++) {
		if (found[i] != expected[i])
			FAIL("the byte linked at %#" PRIx64 " is %#x, not %#x", page + i, found[i],
			     expected[i]);
	}
}

/* Every byte of every page of every segment; of a huge one, its first, its last and some in
 * between. */
static inline void expect_kernel(void)
{
	for (unsigned i = 0; i < elf_head->phnum; i++) {
		const struct elf_program_header *program = &elf_programs[i];
		uint64_t end = program->vaddr + program->memsz;
		uint64_t step = program->memsz > 16 * MIB ? 257 * PAGE_SIZE : PAGE_SIZE;

		if (program->type != ELF_PT_LOAD || program->memsz == 0)
			continue;
		for (uint64_t page = page_down(program->vaddr); page < end; page += step)
			expect_page(page);
		expect_page(page_down(end - 1));
	}
}

/* --- the boot information --- */

/* The boot information, as the kernel finds it in RDI. */
static inline const struct longjump_boot_info *boot_info(void)
{
	const struct longjump_boot_info *info = (const void *)look_at(
		world.boot.launch->rdi, sizeof(*info), RIGHT_READ | RIGHT_WRITE);

	return info;
}

/* A string that the boot information points at. */
static inline void expect_string(uint64_t virt, const char *expected)
{
	EXPECT_TEXT((const char *)look_at(virt, strlen(expected) + 1, RIGHT_READ | RIGHT_WRITE),
	            expected);
}

/* The registers, and what the boot information says about kernel and stack. */
static inline void expect_entry(const struct longjump_boot_info *info)
{
	const struct launch *launch = world.boot.launch;
	const struct kernel *kernel = &world.boot.kernel;
	uint64_t slide = world.boot.plan.slide;

	EXPECT_EQUAL(info->magic, LONGJUMP_MAGIC);
	EXPECT_EQUAL(info->version, LONGJUMP_VERSION);
	EXPECT_EQUAL(info->size, sizeof(*info));
	EXPECT_EQUAL(launch->rip, elf_head->entry + slide);
	EXPECT_EQUAL(info->entry, launch->rip);
	EXPECT_EQUAL(info->kernel_slide, slide);
	EXPECT_EQUAL(info->kernel_begin, kernel->virt.begin + slide);
	EXPECT_EQUAL(info->kernel_end, kernel->virt.end + slide);
	EXPECT(elf_head->type == ELF_TYPE_DYN || slide == 0);
	EXPECT_EQUAL(launch->rsp, info->stack_end);
	EXPECT_EQUAL(launch->rsp & 15, 0);
	look_at(info->stack_begin, info->stack_end - info->stack_begin, RIGHT_READ | RIGHT_WRITE);
	EXPECT(view_at(&view, info->stack_begin - 1) == NULL);
	EXPECT_EQUAL(world.boot.plan.fault_info.stack.begin, info->stack_begin);
	EXPECT_EQUAL(world.boot.plan.fault_info.stack.end, info->stack_end);
	EXPECT(world.memory + launch->tsc_at == (const uint8_t *)&info->tsc_jump);
	EXPECT_EQUAL(launch->tables, physical(&world.machine, world.boot.plan.tables.root));
	expect_string(info->command_line, world.config.kernel.command_line);
	EXPECT_PART((const char *)look_at(info->loader, 1, RIGHT_READ | RIGHT_WRITE), "Longjump");
}

/* The list of the kernel's pieces: sorted, every page once, with what is mapped there. */
static inline void expect_segments(const struct longjump_boot_info *info)
{
	const struct longjump_segment *segments = (const void *)look_at(
		info->segments, info->segment_count * sizeof(*segments), RIGHT_READ | RIGHT_WRITE);
	uint64_t pages = 0;

	for (unsigned i = 0; i < info->segment_count; i++) {
		const struct seen *range = view_at(&view, segments[i].virtual_begin);

		EXPECT(segments[i].virtual_begin < segments[i].virtual_end);
		EXPECT(i == 0 || segments[i].virtual_begin >= segments[i - 1].virtual_end);
		EXPECT(range != NULL);
		EXPECT_EQUAL(segments[i].physical,
		             range->phys + (segments[i].virtual_begin - range->virt));
		EXPECT_EQUAL(segments[i].rights, range->rights);
		EXPECT(segments[i].virtual_end <= range->virt + range->size);
		pages += segments[i].virtual_end - segments[i].virtual_begin;
		if (info->kernel_physical != 0)
			EXPECT_EQUAL(segments[i].physical - info->kernel_physical,
			             segments[i].virtual_begin - info->kernel_begin);
	}
	for (unsigned i = 0; i < world.boot.kernel.segment_count; i++) {
		const struct segment *segment = &world.boot.kernel.segments[i];
		uint64_t past = i > 0 ? page_up(segment[-1].virt.end) : 0;

		pages -= page_up(segment->virt.end) - max_u64(past, page_down(segment->virt.begin));
	}
	EXPECT_EQUAL(pages, 0);
}

/* What the CPU with this structure begins with; NULL for the first. */
static inline const struct launch_processor *launch_of(const struct longjump_processor *told,
                                                       uint64_t seen)
{
	const struct launch *launch = world.boot.launch;
	const struct launch_processor *list = (const void *)(world.memory + launch->processors);

	for (uint64_t i = 0; i < launch->processor_count; i++) {
		if (list[i].apic_id != told->apic_id)
			continue;
		EXPECT_EQUAL(list[i].rdi, seen);
		EXPECT_EQUAL(list[i].mailbox, seen + offsetof(struct longjump_processor, start));
		EXPECT(world.memory + list[i].state == (const uint8_t *)&told->state);
		EXPECT_EQUAL(list[i].stack_begin, told->stack_begin);
		EXPECT_EQUAL(list[i].rsp, told->stack_end);
		return &list[i];
	}
	return NULL;
}

/* The CPUs, with -smp: as the firmware lists them, each with a stack and a guard page below it; the
 * records are in the resident part's memory, which the kernel's page tables also map. */
static inline void expect_processors(const struct longjump_boot_info *info)
{
	const struct launch *launch = world.boot.launch;
	const struct longjump_processor *told;

	EXPECT_EQUAL(info->processor_count,
	             world.config.options.smp ? launch->processor_count + 1 : 0);
	if (info->processor_count == 0)
		return;
	told = (const void *)look_at(info->processors, info->processor_count * sizeof(*told),
	                             RIGHT_READ | RIGHT_WRITE);
	for (unsigned i = 0; i < info->processor_count; i++) {
		bool first = told[i].apic_id == world.machine.apic_id;
		uint64_t seen = info->processors + i * sizeof(*told);

		EXPECT_EQUAL(told[i].state,
		             first ? LONGJUMP_PROCESSOR_FIRST : LONGJUMP_PROCESSOR_OFF);
		EXPECT((launch_of(&told[i], seen) == NULL) == first);
		EXPECT(!first || told[i].stack_begin == info->stack_begin);
		EXPECT_EQUAL(told[i].stack_end - told[i].stack_begin,
		             info->stack_end - info->stack_begin);
		look_at(told[i].stack_begin, told[i].stack_end - told[i].stack_begin,
		        RIGHT_READ | RIGHT_WRITE);
		EXPECT(view_at(&view, told[i].stack_begin - 1) == NULL);
		EXPECT_EQUAL(told[i].start, 0);
	}
	if (launch->processor_count != 0)
		look_at(launch->processors - launch->resident + launch->resident_window,
		        launch->processor_count * sizeof(struct launch_processor),
		        RIGHT_READ | RIGHT_WRITE);
}

/* Modules: all their bytes, zeroes to the end of the page, names and command lines. */
static inline void expect_modules(const struct longjump_boot_info *info,
                                  const struct span *originals)
{
	const struct longjump_module *modules;

	EXPECT_EQUAL(info->module_count, world.config.module_count);
	if (info->module_count == 0)
		return;
	modules = (const void *)look_at(info->modules, info->module_count * sizeof(*modules),
	                                RIGHT_READ | RIGHT_WRITE);
	for (unsigned i = 0; i < info->module_count; i++) {
		uint64_t size = originals[i].size;
		const uint8_t *found;

		EXPECT_EQUAL(modules[i].size, size);
		EXPECT_EQUAL(modules[i].data, info->direct_map + modules[i].physical);
		EXPECT_EQUAL(modules[i].data % PAGE_SIZE, 0);
		expect_string(modules[i].name, world.config.modules[i].name);
		expect_string(modules[i].command_line, world.config.modules[i].command_line);
		if (size == 0)
			continue;
		found = look_at(modules[i].data, page_up(size), RIGHT_READ | RIGHT_WRITE);
		EXPECT(memcmp(found, originals[i].bytes, (size_t)size) == 0);
		for (uint64_t at = size; at < page_up(size); at++)
			EXPECT_EQUAL(found[at], 0);
	}
}

/* --- the memory map --- */

/* The type that the kernel must be told for the memory of a placement. */
static inline uint32_t told_type(enum use use)
{
	switch (use) {
	case USE_KERNEL:
		return LONGJUMP_MEMORY_KERNEL;
	case USE_MODULE:
		return LONGJUMP_MEMORY_MODULE;
	case USE_STACK:
		return LONGJUMP_MEMORY_STACK;
	case USE_BOOT_INFO:
		return LONGJUMP_MEMORY_BOOT_INFO;
	case USE_PAGE_TABLES:
		return LONGJUMP_MEMORY_PAGE_TABLES;
	case USE_RESIDENT:
		return LONGJUMP_MEMORY_RESIDENT;
	case USE_KERNEL_FILE:
		return LONGJUMP_MEMORY_KERNEL_FILE;
	case USE_FRAMEBUFFER:
		return LONGJUMP_MEMORY_FRAMEBUFFER;
	default:
		return 0;
	}
}

/* The type that a map has at an address; 0 where it has none. */
static inline uint32_t told_at(const struct longjump_memory *map, uint64_t count, uint64_t at)
{
	for (uint64_t i = 0; i < count; i++) {
		if (at >= map[i].begin && at < map[i].end)
			return map[i].type;
	}
	return 0;
}

/* The memory map, and that it agrees with what was placed and with what the firmware said. */
static inline void expect_memory_map(const struct longjump_boot_info *info)
{
	const struct longjump_memory *map = (const void *)look_at(
		info->memory_map, info->memory_map_count * sizeof(*map), RIGHT_READ | RIGHT_WRITE);
	const struct placement *capacity = find_placement(USE_BOOT_INFO, 0);
	const struct plan *plan = &world.boot.plan;
	uint64_t told = 0, there = 0;

	EXPECT(physical(&world.machine, map + info->memory_map_count) <= capacity->phys.end);
	for (unsigned i = 0; i < info->memory_map_count; i++) {
		EXPECT(map[i].begin < map[i].end && (map[i].begin | map[i].end) % PAGE_SIZE == 0);
		EXPECT(i == 0 || map[i].begin > map[i - 1].end
		       || (map[i].begin == map[i - 1].end && map[i].type != map[i - 1].type));
		told += map[i].end - map[i].begin;
	}
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *one = &plan->placements[i];

		for (uint64_t at = page_down(one->phys.begin);
		     told_type(one->use) != 0 && at < one->phys.end; at += PAGE_SIZE)
			EXPECT_EQUAL(told_at(map, info->memory_map_count, at), told_type(one->use));
	}
	for (unsigned i = 0; i < world.boot.memory.count; i++) {
		const struct phys_range *range = &world.boot.memory.ranges[i].phys;

		EXPECT(told_at(map, info->memory_map_count, range->begin) != 0);
		there += range->end - range->begin;
	}
	if (count_placements(USE_FRAMEBUFFER) == 0)
		EXPECT_EQUAL(told, there);
}

/* --- the address space --- */

/* How much of a range, from `virt` on, is in a placement at this distance and with these rights. */
static inline uint64_t explained(const struct seen *range, uint64_t virt)
{
	const struct plan *plan = &world.boot.plan;

	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *one = &plan->placements[i];
		uint64_t begin = page_down(one->virt.at);
		uint64_t size = page_up(one->phys.end) - page_down(one->phys.begin);

		if (one->rights == range->rights && virt - begin < size
		    && range->phys + (virt - range->virt)
		               == page_down(one->phys.begin) + (virt - begin))
			return size - (virt - begin);
	}
	return 0;
}

/* Everything that is mapped is in the plan; page 0 is not mapped; nothing is both writable and
 * executable, unless the kernel's own segment asks for it. */
static inline void expect_nothing_else(void)
{
	EXPECT(view_at(&view, 0) == NULL);
	for (unsigned i = 0; i < view.count; i++) {
		const struct seen *range = &view.ranges[i];
		uint64_t step;

		for (uint64_t at = 0; at < range->size; at += step) {
			step = explained(range, range->virt + at);
			if (step == 0)
				FAIL("%#" PRIx64 " is mapped, and nobody knows why",
				     range->virt + at);
		}
		if (range->rights == 7)
			EXPECT_EQUAL(expected_rights(range->virt - world.boot.plan.slide), 7);
	}
}

/* First physical address that the CPU does not have, or for which a direct map has no room: one
 * entry of the level 4 table in each half of the address space is for something else. */
static inline uint64_t expected_reach(void)
{
	unsigned bits = world.machine.cpu.physical_bits;
	uint64_t half = UINT64_C(1) << (world.config.options.paging_levels == 5 ? 56 : 47);

	return min_u64(bits != 0 ? UINT64_C(1) << bits : UINT64_MAX, half - 512 * GIB);
}

/* All RAM within reach, and all below 4 GiB, is in the direct map; reserved memory above is not. */
static inline void expect_direct_map(const struct longjump_boot_info *info)
{
	const struct memory *memory = &world.boot.memory;
	const struct seen *low = view_at(&view, info->direct_map);
	uint64_t reach = expected_reach();

	EXPECT(low != NULL && low->virt == info->direct_map && low->size >= 4 * GIB);
	EXPECT(low->phys == 0 && low->rights == (RIGHT_READ | RIGHT_WRITE));
	EXPECT(info->direct_map_end >= info->direct_map + 4 * GIB);
	for (unsigned i = 0; i < memory->count; i++) {
		uint64_t at = memory->ranges[i].phys.begin;
		bool near = at < reach;
		const struct seen *range = near ? view_at(&view, info->direct_map + at) : NULL;

		if (near && memory_is_ram(memory->ranges[i].type)) {
			EXPECT(range != NULL
			       && range->phys + (info->direct_map + at - range->virt) == at);
			EXPECT(min_u64(memory->ranges[i].phys.end, reach)
			       <= info->direct_map_end - info->direct_map);
		} else if (at >= 4 * GIB) {
			EXPECT(range == NULL);
		}
	}
}

/* --- all together --- */

/* Copies the modules, to compare them when all is done. */
static inline void keep_modules(struct span *originals)
{
	for (unsigned i = 0; i < world.config.module_count; i++) {
		struct span bytes = world.config.modules[i].bytes;
		uint8_t *copy = malloc((size_t)bytes.size + 1);

		memcpy(copy, bytes.bytes, (size_t)bytes.size);
		originals[i] = (struct span){ copy, bytes.size };
	}
}

/* Looks at the machine as the kernel finds it. */
static inline void expect_promises(const struct span *modules)
{
	const struct longjump_boot_info *info;

	view_tables(&view, world.memory, world.boot.launch->tables,
	            world.config.options.paging_levels);
	info = boot_info();
	expect_entry(info);
	expect_kernel();
	expect_segments(info);
	expect_modules(info, modules);
	expect_processors(info);
	expect_memory_map(info);
	expect_nothing_else();
	expect_direct_map(info);
}

/* Boots what has been built, with its file at `file_at`, and checks every promise. */
static inline void expect_boot(uint64_t file_at)
{
	static struct span modules[CONFIG_MAX_MODULES];

	lay_file(&world.config.kernel, (struct span){ elf_bytes, elf_size }, file_at);
	keep_modules(modules);
	expect_plan();
	expect_placements();
	expect_launch_tables();
	carry_out(world.boot.launch, world.memory);
	expect_promises(modules);
	for (unsigned i = 0; i < world.config.module_count; i++)
		free((void *)(uintptr_t)modules[i].bytes);
}

#endif
