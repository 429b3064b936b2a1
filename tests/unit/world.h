/* SPDX-License-Identifier: MIT */
/*
 * world.h - a simulated machine: one block of memory as its RAM, a firmware that describes it,
 * files that lie in it, and scratch memory at its end. The loader does to it what it would do to a
 * real machine; the tests then look at the result.
 *
 *     0       0x9f000  1 MiB                                 size - scratch   size
 *     | usable | reserved | usable ... files ... usable ...  |    scratch     |
 */
#ifndef WORLD_H
#define WORLD_H

#define LONGJUMP_LOADER /* longjump.h with numbers for pointers: the tests also run in 32 bits */

#include "check.h"

#include "core/boot.h"
#include "platform/e820/e820_entry.h"
#include "protocols/native/native.h"
#include "longjump.h"

#include <sys/mman.h>
#include <unistd.h>

/* carry_out.c for this machine. In 32 bits it does without the CPU's 64-bit string instructions. */
#ifndef __x86_64__
#define RESIDENT_STRING_H
static inline void zero_memory(void *to, uint64_t size)
{
	memset(to, 0, (size_t)size);
}

static inline void copy_memory(void *to, const void *from, uint64_t size)
{
	memmove(to, from, (size_t)size);
}
#endif
#include "resident/carry_out.c"

#define WORLD_GARBAGE 0xa5 /* what RAM holds before anybody writes to it */

static struct world {
	uint8_t *memory;
	uint64_t size;
	struct firmware_range firmware[64];
	struct processor processors[8];
	struct machine
		machine; /* of no known firmware, unless set_bios() or set_efi() was called */
	struct bios bios;
	struct efi efi;
	struct config config;
	const struct protocol *protocol;
	struct scratch scratch;
	struct phys_range scratch_range;
	struct report report;
	struct boot boot;
} world;

/* A resident part as resident.ld lays it out: a page of code, then data that is not in the file. */
static struct {
	struct resident_header header;
	uint8_t code[PAGE_SIZE - sizeof(struct resident_header)];
} world_resident = { .header = { .magic = RESIDENT_MAGIC,
	                         .code_size = PAGE_SIZE,
	                         .size = 2 * PAGE_SIZE + 100,
	                         .start = sizeof(struct resident_header),
	                         .early = PAGE_SIZE,
	                         .vectors = 0x200,
	                         .nmi64 = 0x80,
	                         .nmi32 = 0xc0 } };

/* Adds a range to the firmware's map, of a type as a PC's firmware calls it. */
static inline void add_firmware(uint64_t begin, uint64_t end, uint32_t type)
{
	struct e820_entry entry = { begin, end - begin, type, E820_VALID };

	EXPECT(world.machine.firmware_count < COUNT(world.firmware));
	if (e820_entry_read(&entry, &world.firmware[world.machine.firmware_count]))
		world.machine.firmware_count++;
}

/* Sets scratch memory aside. */
static inline void set_scratch(uint64_t begin, uint64_t end)
{
	world.scratch = (struct scratch){ world.memory + begin, world.memory + end };
	world.scratch_range = (struct phys_range){ begin, end };
	world.machine.reserved[0] = world.scratch_range;
	world.machine.reserved_count = 1;
}

/* A file in memory of `size` bytes of garbage, filled once: each test's RAM begins as a private
 * copy of it, and only what the test writes to takes time and memory. */
static inline int garbage(uint64_t size)
{
	static int file = -1;
	static uint64_t filled;
	static uint8_t block[MIB];

	if (file < 0) {
		file = memfd_create("garbage", 0);
		memset(block, WORLD_GARBAGE, sizeof(block));
	}
	for (; filled < size; filled += sizeof(block))
		EXPECT(write(file, block, sizeof(block)) == sizeof(block));
	return file;
}

/* A machine with this RAM, which the firmware does not report yet. */
static inline void begin_with(uint8_t *memory, uint64_t size)
{
	EXPECT(memory != MAP_FAILED);
	if (world.memory != NULL)
		munmap(world.memory, (size_t)world.size);
	memset(&world, 0, sizeof(world));
	memset(&world.boot, WORLD_GARBAGE, sizeof(world.boot)); /* as malloc() gives it */
	memset(world_resident.code, 0xcc, sizeof(world_resident.code));
	world.memory = memory;
	world.size = size;
	world.machine = (struct machine){
		.memory = memory,
		.identity_limit = min_u64(size, 4 * GIB),
		.firmware = world.firmware,
		.resident = { (const uint8_t *)&world_resident, sizeof(world_resident) },
		.cpu = { .long_mode = true,
		         .nx = true,
		         .sse = true,
		         .gib_pages = true,
		         .la57 = true,
		         .pat = true },
		.cpu_count = 1,
		.display = { .kind = DISPLAY_VGA_TEXT },
	};
	world.protocol = &native_protocol;
	world.config.options.paging_levels = 4;
	world.config.kernel.name = "kernel.elf";
	world.config.kernel.command_line = "";
}

/*
 * A machine with `size` bytes that can be written, which the firmware does not report yet. In 64
 * bits `size` may be larger than the RAM of this computer: what is not written to takes no memory.
 */
static inline void begin_empty_world(uint64_t size)
{
	begin_with(mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE,
	                MAP_PRIVATE | MAP_ANONYMOUS | MAP_NORESERVE, -1, 0),
	           size);
}

/* The usual machine: the map above, RAM full of garbage, and 1 MiB of scratch memory. */
static inline void begin_world(uint64_t size)
{
	begin_with(mmap(NULL, (size_t)size, PROT_READ | PROT_WRITE, MAP_PRIVATE, garbage(size), 0),
	           size);
	add_firmware(0, 0x9f000, 1);
	add_firmware(0x9f000, 0x100000, 2);
	add_firmware(0x100000, size, 1);
	set_scratch(size - MIB, size);
}

/* Puts bytes into RAM at `at`, as the platform does with a file that it has read. */
static inline void lay_file(struct file *file, struct span bytes, uint64_t at)
{
	EXPECT(in_bounds(at, bytes.size, world.size));
	if (bytes.size != 0)
		memcpy(world.memory + at, bytes.bytes, (size_t)bytes.size);
	file->bytes = (struct span){ world.memory + at, bytes.size };
	file->capacity = (at & (PAGE_SIZE - 1)) == 0 ? page_up(bytes.size) : bytes.size;
}

/* Puts a module into RAM. */
static inline struct file *add_module(const char *name, const char *command_line, struct span bytes,
                                      uint64_t at)
{
	struct file *module = &world.config.modules[world.config.module_count++];

	module->name = name;
	module->command_line = command_line;
	lay_file(module, bytes, at);
	return module;
}

/* Gives the machine a BIOS that reports nothing yet. */
static inline struct bios *set_bios(void)
{
	world.machine.firmware_kind = FIRMWARE_BIOS;
	world.machine.bios = &world.bios;
	return &world.bios;
}

/* Gives the machine UEFI firmware with a system table at this address, and a memory map of
 * arbitrary bytes. */
static inline const struct efi *set_efi(uint64_t system_table)
{
	static const uint8_t map[2 * 48] = { 5, [48] = 7, [95] = 0xaa };

	world.machine.firmware_kind = FIRMWARE_EFI;
	world.efi = (struct efi){ .system_table = system_table,
		                  .image_handle = 0x654321098,
		                  .memory_map = { map, sizeof(map) },
		                  .descriptor_size = 48,
		                  .descriptor_version = 1 };
	world.machine.efi = &world.efi;
	return &world.efi;
}

/* Gives the machine a framebuffer in place of a text screen. */
static inline void set_screen(struct screen screen)
{
	world.machine.display.kind = DISPLAY_FRAMEBUFFER;
	world.machine.display.screen = screen;
}

/* Gives the machine `count` CPUs, of which number `first` runs the loader. */
static inline void set_processors(unsigned count, unsigned first)
{
	EXPECT(count <= COUNT(world.processors));
	for (unsigned i = 0; i < count; i++)
		world.processors[i] = (struct processor){ 10 + i, 2 * i };
	world.machine.processors = world.processors;
	world.machine.processor_count = count;
	world.machine.apic_id = 2 * first;
}

/* Plans the boot of what is in the machine. */
static inline bool prepare(void)
{
	memset(&world.report, 0, sizeof(world.report));
	return boot_request(&world.boot, &world.machine, &world.config, world.protocol,
	                    &world.report)
	    && boot_prepare(&world.boot, &world.scratch);
}

/* The boot must be refused, with this code, and with words that have `part`. */
static inline void expect_refusal(enum diag code, const char *part)
{
	const struct finding *last;

	if (prepare())
		FAIL("accepted, not refused as K%u", (unsigned)code);
	EXPECT(world.report.count > 0);
	last = &world.report.findings[world.report.count - 1];
	EXPECT(last->refusal);
	if (last->code != code)
		FAIL("refused as K%u: %s", (unsigned)last->code, last->detail);
	EXPECT_PART(last->detail, part);
}

/* The boot must be planned. */
static inline void expect_plan(void)
{
	if (!prepare())
		FAIL("refused: K%u %s",
		     (unsigned)world.report.findings[world.report.count - 1].code,
		     world.report.findings[world.report.count - 1].detail);
}

/* How many placements there are for `use`. */
static inline unsigned count_placements(enum use use)
{
	unsigned count = 0;

	for (unsigned i = 0; i < world.boot.plan.count; i++)
		count += world.boot.plan.placements[i].use == use;
	return count;
}

/* The placement number `number` of those for `use`. */
static inline const struct placement *find_placement(enum use use, unsigned number)
{
	for (unsigned i = 0; i < world.boot.plan.count; i++) {
		if (world.boot.plan.placements[i].use == use && number-- == 0)
			return &world.boot.plan.placements[i];
	}
	FAIL("nothing is placed as %s", use_name(use));
}

#endif
