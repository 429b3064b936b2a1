/* SPDX-License-Identifier: MIT */
/*
 * protocols.c - any kernel of any protocol: it is planned as the recognised protocol requires, into
 * free memory only, or refused with a reason. The first byte says which machine and configuration
 * it is; then comes how many more entries the firmware's map has, and the entries, in pages; the
 * rest is the kernel's file.
 */
#include "fuzz.h"

#include "unit/promises.h"

#include "core/choose.h"

#define RAM     (6 * MIB)
#define FILE_AT (3 * MIB)
#define FREE_AT (4 * MIB + 64 * KIB) /* after the files */

/* The machine and the configuration: with or without a screen, modules, a command line. */
static void take_machine(uint8_t bits)
{
	begin_empty_world(RAM);
	add_firmware(0, 0x9f000, 1);
	set_scratch(RAM - MIB, RAM);
	world.machine.cpu.gib_pages = (bits & 1) != 0;
	if ((bits & 2) != 0)
		set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
		                            .width = 1024,
		                            .height = 768,
		                            .pitch = 4096,
		                            .bits_per_pixel = 32 });
	if ((bits & 4) != 0)
		add_module("module", "words", (struct span){ elf_bytes, 5000 }, 4 * MIB);
	if ((bits & 8) != 0)
		world.config.kernel.command_line = "some words";
	world.config.options.kaslr = (bits & 16) != 0;
	world.config.options.smp = (bits & 32) != 0;
	if ((bits & 64) != 0)
		set_processors(1 + bits % 8, bits >> 7);
	world.machine.cpu.x2apic = (bits & 1) != 0;
}

/* More of the firmware's map: anything anywhere except where the files are, and memory above 4
 * GiB. */
static void take_map(struct span *rest)
{
	struct phys_range files = { FILE_AT, RAM };
	uint8_t count = 0;

	take_bytes(rest, &count, 1);
	count %= 16;
	add_firmware(count == 0 ? MIB : files.begin, RAM, 1);
	for (; count > 0; count--) {
		struct {
			uint32_t begin, size; /* pages */
			uint8_t type, high;
		} entry;
		struct phys_range range;

		take_bytes(rest, &entry, sizeof(entry));
		range.begin = ((uint64_t)(entry.high % 64) << 46) + entry.begin * PAGE_SIZE;
		range.end = range.begin + entry.size * PAGE_SIZE;
		if (!phys_overlap(range, files) && range.begin >= MIB)
			add_firmware(range.begin, range.end, entry.type % 8);
	}
}

/* What the firmware reports, which may be a BIOS; some of its tables are in the kernel's file, and
 * so can say anything. */
static void take_bios(uint8_t bits)
{
	static const uint8_t control[512], mode[256];

	world.machine.source.medium = (bits & 1) != 0 ? MEDIUM_NETWORK : MEDIUM_DISK;
	if ((bits & 64) != 0 && world.machine.display.kind == DISPLAY_VGA_TEXT)
		world.machine.display.kind = DISPLAY_NONE;
	if ((bits & 128) == 0)
		set_bios()->configuration = bits;
	if ((bits & 130) == 2)
		world.bios.vbe = (struct vbe){ .control = { control, sizeof(control) },
			                       .mode = { mode, sizeof(mode) } };
	if ((bits & 4) != 0)
		world.bios.apm.version = 0x102;
	if ((bits & 8) != 0)
		world.machine.rsdp = FILE_AT + 16;
	if ((bits & 16) != 0)
		world.machine.smbios = FILE_AT + 64;
	if ((bits & 32) != 0)
		world.machine.smbios3 = RAM - 100;
}

/* Sets scratch memory aside as the platform does: clear of the kernel. */
static void take_scratch(void)
{
	uint64_t at = boot_scratch(&world.boot, (struct phys_range){ FREE_AT, RAM }, MIB);

	set_scratch(at, at + MIB);
}

/* Adds to the configuration what the kernel asks for, without modules: there are no files. */
static bool request(void)
{
	struct config *config = &world.config;
	unsigned modules = config->module_count;
	bool good =
		boot_request(&world.boot, &world.machine, config, world.protocol, &world.report);

	memmove(config->modules, config->modules + (config->module_count - modules),
	        modules * sizeof(config->modules[0]));
	config->module_count = modules;
	return good;
}

/* Words what the kernel asks for, as the checking tool does. */
static void describe(void)
{
	char words[500];
	struct text text = text_in(words, sizeof(words));

	if (world.protocol->describe != NULL)
		world.protocol->describe(&world.boot, &text);
	EXPECT(text.at <= text.limit);
}

/* The firmware's range of RAM that has a byte; NULL if there is none. */
static const struct firmware_range *find_ram(uint64_t at)
{
	for (unsigned i = 0; i < world.machine.firmware_count; i++) {
		const struct firmware_range *range = &world.machine.firmware[i];

		if (range->type == MEMORY_USABLE && range->phys.begin <= at && at < range->phys.end)
			return range;
	}
	return NULL;
}

/* True if the firmware calls every byte of the range RAM, and none of it anything else. */
static bool is_ram(struct phys_range range)
{
	const struct firmware_range *ram;
	uint64_t known = range.begin; /* RAM up to here */

	while (known < range.end && (ram = find_ram(known)) != NULL)
		known = ram->phys.end;
	for (unsigned i = 0; i < world.machine.firmware_count; i++) {
		const struct firmware_range *other = &world.machine.firmware[i];

		if (other->type != MEMORY_USABLE && phys_overlap(other->phys, range))
			return false;
	}
	return known >= range.end;
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	struct span rest = { bytes, size };
	uint8_t machine;

	take_bytes(&rest, &machine, 1);
	take_machine(machine);
	take_map(&rest);
	take_bios((uint8_t)(machine * 29)); /* any of them, whatever the others are */
	if (rest.size > MIB)
		return 0;
	lay_file(&world.config.kernel, rest, FILE_AT);
	world.protocol = protocol_choose(&world.config, &world.report);
	if (world.protocol == NULL || !request()) {
		EXPECT(world.report.count > 0);
		return 0;
	}
	take_scratch();
	if (!boot_prepare(&world.boot, &world.scratch)) {
		EXPECT(world.report.count > 0);
		return 0;
	}
	describe();
	for (unsigned i = 0; i < world.boot.plan.count; i++) {
		const struct placement *one = &world.boot.plan.placements[i];

		if (!takes_memory(one))
			continue;
		if ((one->phys.begin < PAGE_SIZE && !world.boot.kernel.physical)
		    || !is_ram(one->phys))
			FAIL("%s: %s at %#" PRIx64 "-%#" PRIx64, world.protocol->name,
			     use_name(one->use), one->phys.begin, one->phys.end);
		for (unsigned j = 0; j < i; j++) {
			const struct placement *other = &world.boot.plan.placements[j];

			EXPECT(!takes_memory(other) || !phys_overlap(one->phys, other->phys));
		}
	}
	if (can_be_carried_out())
		carry_out(world.boot.launch, world.memory);
	return 0;
}
