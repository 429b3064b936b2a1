/* SPDX-License-Identifier: MIT */
/* dump.c - checks what core/plan/dump.h promises: everything that is planned is printed, with its
 * numbers, in lines of at most 80 columns. */
#include "build_elf.h"
#include "world.h"

#include "core/plan/dump.h"
#include "core/plan/memory_map.h"
#include "core/version.h"

static char printed[65536];

static void keep(const char *text)
{
	EXPECT(strlen(printed) + strlen(text) < sizeof(printed));
	strcat(printed, text);
}

/* Prints the plan for the kernel that has been built. */
static void print(void)
{
	lay_file(&world.config.kernel, (struct span){ elf_bytes, elf_size }, 2 * MIB);
	expect_plan();
	printed[0] = 0;
	print_plan(&world.boot.plan, keep);
}

/* A machine with a kernel of two segments, one with zeroes after it. */
static void begin(void)
{
	begin_world(16 * MIB);
	world.config.kernel.name = "kernel.elf";
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, 0x400000, 100, 100);
	add_segment(RW, 0x401000, 100, 9000);
	elf_head->entry = 0x400010;
}

/* A line must be there, as printf writes it. */
__attribute__((format(printf, 1, 2))) static void expect_line(const char *format, ...)
{
	char line[200] = "\n";
	va_list values;

	va_start(values, format);
	vsnprintf(line + 1, sizeof(line) - 1, format, values);
	va_end(values);
	EXPECT_PART(printed, line);
}

TEST("the kernel's name cannot command a terminal")
{
	begin();
	world.config.kernel.name = "\x1b[2J.elf";
	print();
	EXPECT_PART(printed, " starts \\x1b[2J.elf\n");
	EXPECT(strchr(printed, 0x1b) == NULL);
}

TEST("every placement is printed with its places, rights and use")
{
	const struct plan *plan = &world.boot.plan;

	begin();
	print();
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);

		if (placement->rights != 0)
			expect_line("%010llx-%010llx  %016llx-%016llx %s %s\n",
			            ULL(placement->phys.begin), ULL(placement->phys.end),
			            ULL(virt.begin), ULL(virt.end), rights_name(placement->rights),
			            use_name(placement->use));
		else
			expect_line("%010llx-%010llx  %-33s --- %s\n", ULL(placement->phys.begin),
			            ULL(placement->phys.end), "-", use_name(placement->use));
	}
}

TEST("every copy, every zeroed range and every range of the memory map is printed")
{
	const struct plan *plan = &world.boot.plan;
	const struct memory *map;

	begin();
	print();
	EXPECT(plan->copy_count > 0 && plan->fill_count > 0);
	for (unsigned i = 0; i < plan->copy_count; i++)
		expect_line("%010llx-%010llx  is copied from %010llx", ULL(plan->copies[i].to),
		            ULL(plan->copies[i].to + plan->copies[i].size),
		            ULL(plan->copies[i].from));
	for (unsigned i = 0; i < plan->fill_count; i++)
		expect_line("%010llx-%010llx  is zeroed", ULL(plan->fills[i].begin),
		            ULL(plan->fills[i].end));
	map = plan_memory_map(plan);
	for (unsigned i = 0; i < map->count; i++)
		expect_line("  %010llx-%010llx  %s", ULL(map->ranges[i].phys.begin),
		            ULL(map->ranges[i].phys.end), memory_type_name(map->ranges[i].type));
}

TEST("the entry, the screen and the slide are printed")
{
	begin();
	print();
	EXPECT_PART(printed, LOADER_NAME " starts kernel.elf\n");
	EXPECT_PART(printed, "entry 0x400010, ");
	EXPECT_PART(printed, "4-level page tables");
	EXPECT_PART(printed, "the screen is in text mode");
	EXPECT(strstr(printed, "slides") == NULL);
	begin();
	set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
	                            .width = 1024,
	                            .height = 768,
	                            .pitch = 4096,
	                            .bits_per_pixel = 32 });
	print();
	EXPECT_PART(printed, "the screen has 1024x768 pixels of 32 bits, 4096 bytes a line");
	EXPECT_PART(printed, " rw- framebuffer (wc)\n");
}

TEST("a machine without a screen is printed as that")
{
	begin();
	world.machine.display.kind = DISPLAY_NONE;
	print();
	EXPECT_PART(printed, "\n  there is no screen\n");
	EXPECT(strstr(printed, "text mode") == NULL);
}

TEST("lines fit into 80 columns, even with RAM above 4 GiB")
{
	begin();
	add_firmware(4 * GIB, 1024 * GIB, 1);
	print();
	EXPECT_PART(printed, "10000000000");
	for (const char *line = printed; *line != 0; line = strchr(line, '\n') + 1)
		EXPECT(strchr(line, '\n') - line < 80);
}

TEST("the firmware's map is printed as it is")
{
	static const struct firmware_range ranges[] = {
		{ { 0, 0x9fc00 }, MEMORY_USABLE, 1 },
		{ { 0xfd00000000, 0xfdc0000000 }, MEMORY_RESERVED, 12 },
	};
	struct machine machine = { .firmware = ranges, .firmware_count = 2 };

	printed[0] = 0;
	print_machine(&machine, keep);
	expect_line("  0000000000-000009fc00  type 1   usable             639 KiB\n");
	expect_line("  fd00000000-fdc0000000  type 12  reserved           3 GiB\n");
}
