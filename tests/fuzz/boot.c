/* SPDX-License-Identifier: MIT */
/*
 * boot.c - any kernel, any options, any firmware map, any modules: the plan keeps every promise
 * that the unit tests check, and carrying it out changes nothing else.
 *
 * The bytes are: the length of the options and the options; how many entries the firmware's map has
 * and the entries, in pages; how many modules and their sizes; bits of the CPU; the kernel's file.
 */
#include "fuzz.h"

#include "unit/promises.h"

#define RAM (6 * MIB)

/* Options, as words that are separated by spaces. */
static bool take_options(struct span *rest)
{
	static char line[256];
	static const char *words[sizeof(line)];
	unsigned count = 0;
	uint8_t length;

	take_bytes(rest, &length, 1);
	take_bytes(rest, line, length);
	line[length] = 0;
	for (char *word = strtok(line, " "); word != NULL; word = strtok(NULL, " "))
		words[count++] = word;
	words[count++] = "kernel.elf";
	return config_read(&world.config, count, words, &world.report);
}

/* The firmware's map. There is RAM where files and scratch memory are; elsewhere there is
 * anything. */
static void take_firmware(struct span *rest)
{
	struct phys_range ram = { 3 * MIB, RAM };
	uint32_t begin, size; /* pages, or MiB with the highest bit set */
	uint8_t count, type;

	take_bytes(rest, &count, 1);
	add_firmware(count % 32 == 0 ? MIB : ram.begin, ram.end, 1);
	for (count %= 32; count > 0; count--) {
		struct phys_range range;

		take_bytes(rest, &begin, sizeof(begin));
		take_bytes(rest, &size, sizeof(size));
		take_bytes(rest, &type, sizeof(type));
		range.begin = begin >> 31 ? begin * MIB : begin * PAGE_SIZE;
		range.end = range.begin + (size >> 31 ? size * MIB : size);
		if (type % 8 == 1 || !phys_overlap(range, ram))
			add_firmware(range.begin, range.end, type % 8);
	}
}

/* Modules of any size, anywhere in the upper part of RAM, one after the other. */
static void take_modules(struct span *rest)
{
	static const uint8_t content[0x10000] = { 1, 2, 3 };
	uint64_t at = 3 * MIB;
	uint8_t count;

	take_bytes(rest, &count, 1);
	for (count %= 8; count > 0; count--) {
		uint16_t size, gap;

		take_bytes(rest, &size, sizeof(size));
		take_bytes(rest, &gap, sizeof(gap));
		at += gap;
		add_module("module", "words", (struct span){ content, size }, at);
		at = gap % 2 ? page_up(at + size) : at + page_up(size);
	}
}

/* Checks what has become of the machine. What the kernel's bytes should be is only known if its
 * program headers are where build_elf.h has them. */
static void look_around(const struct span *modules)
{
	const struct longjump_boot_info *info;

	view_tables(&view, world.memory, world.boot.launch->tables,
	            world.config.options.paging_levels);
	info = boot_info();
	if (elf_head->phoff == 64) {
		expect_kernel();
		expect_nothing_else();
	}
	expect_entry(info);
	expect_segments(info);
	expect_modules(info, modules);
	expect_memory_map(info);
	expect_direct_map(info);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct span modules[CONFIG_MAX_MODULES];
	struct span rest = { bytes, size };
	uint8_t cpu, place;

	begin_empty_world(RAM);
	if (!take_options(&rest))
		return 0;
	take_firmware(&rest);
	take_modules(&rest);
	take_bytes(&rest, &cpu, 1);
	take_bytes(&rest, &place, 1);
	world.machine.cpu.gib_pages = (cpu & 1) != 0;
	world.machine.cpu.pat = (cpu & 2) != 0;
	world.machine.random = cpu * UINT64_C(0x0101010101010101);
	if ((cpu & 4) != 0)
		set_processors(1 + (cpu >> 3) % 8, (cpu >> 6) % 8);
	set_scratch(RAM - 512 * KIB, RAM);
	if (rest.size > MIB)
		return 0;
	elf_size = max_u64(rest.size, 64); /* the bytes after a short file are zero */
	memset(elf_bytes, 0, 64);
	memcpy(elf_bytes, rest.bytes, (size_t)rest.size);
	lay_file(&world.config.kernel, rest, 4 * MIB + place);
	keep_modules(modules);
	if (prepare()) {
		expect_placements();
		expect_launch_tables();
		if (can_be_carried_out()) {
			carry_out(world.boot.launch, world.memory);
			look_around(modules);
		}
	} else {
		EXPECT(world.report.count > 0);
	}
	for (unsigned i = 0; i < world.config.module_count; i++)
		free((void *)(uintptr_t)modules[i].bytes);
	return 0;
}
