/* SPDX-License-Identifier: MIT */
/*
 * multiboot.c - Multiboot kernels in a simulated machine (world.h): headers are found, and mistakes
 * in them are told apart; kernels are where they ask to be, and those that may be moved are moved.
 */
#include "build_elf.h"
#include "world.h"

#include "core/choose.h"
#include "core/palette.h"
#include "protocols/multiboot/abi.h"
#include "protocols/multiboot/multiboot1.h"
#include "protocols/multiboot/multiboot2.h"

#define HEADER  0x1000 /* where the header is in the file, before any segment */
#define LINKED  (4 * MIB)
#define SIZE    0x3000
#define FILE_AT (2 * MIB)
#define RAM     (16 * MIB)

enum { WANTED = 0, OPTIONAL = MB2_OPTIONAL };

static uint64_t header_end; /* where the next tag goes */

/* Puts 32-bit words into the file. */
static void put(uint64_t at, const uint32_t *words, unsigned count)
{
	if (count != 0)
		memcpy(elf_bytes + at, words, count * sizeof(*words));
}

/* A machine, and an ELF64 file with one segment. */
static void begin_file(const struct protocol *protocol)
{
	begin_world(RAM);
	world.protocol = protocol;
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, LINKED, SIZE - 0x1000, SIZE);
	elf_head->entry = LINKED + 0x10;
}

/* Completes a header of Multiboot 2 with its length and checksum. */
static void sum_header(uint64_t at, uint32_t architecture, uint32_t length)
{
	put(at,
	    (uint32_t[]){ MB2_MAGIC, architecture, length, -(MB2_MAGIC + architecture + length) },
	    4);
}

/* Puts a header of Multiboot 1 into the file. */
static void put_one(uint64_t at, uint32_t flags)
{
	put(at, (uint32_t[]){ MB1_MAGIC, flags, -((uint32_t)MB1_MAGIC + flags) }, 3);
}

/* A kernel with a header of Multiboot 1. */
static void begin_one(uint32_t flags)
{
	begin_file(&multiboot1_protocol);
	put_one(HEADER, flags);
}

/* A kernel with a header of Multiboot 2 without tags. */
static void begin_two(void)
{
	begin_file(&multiboot2_protocol);
	header_end = HEADER + sizeof(struct mb2_header);
	sum_header(HEADER, MB2_I386, (uint32_t)(header_end - HEADER));
}

/* Adds a tag that says it has `size` bytes after its first 8. */
static void add_tag(uint16_t type, uint16_t flags, const uint32_t *words, uint32_t size)
{
	struct mb2_header_tag tag = { type, flags, (uint32_t)sizeof(tag) + size };

	memcpy(elf_bytes + header_end, &tag, sizeof(tag));
	put(header_end + sizeof(tag), words, size / 4);
	header_end = align_up(header_end + tag.size, MB2_ALIGN);
	sum_header(HEADER, MB2_I386, (uint32_t)(header_end - HEADER));
}

/* Lets the kernel be moved. */
static void add_place(uint32_t lowest, uint32_t highest, uint32_t align, uint32_t preference)
{
	add_tag(MB2_HEADER_RELOCATABLE, WANTED, (uint32_t[]){ lowest, highest, align, preference },
	        16);
}

/* Lays the file into the machine. */
static void lay(void)
{
	lay_file(&world.config.kernel, (struct span){ elf_bytes, elf_size }, FILE_AT);
}

/* The file must be recognised as this protocol's, and refused. */
static void expect_mistake(const struct protocol *protocol, enum diag code, const char *part)
{
	lay();
	EXPECT(protocol_choose(&world.config, &world.report) == protocol);
	world.protocol = protocol;
	expect_refusal(code, part);
}

/* The kernel must be planned to lie at `at`. */
static void expect_at(uint64_t at)
{
	lay();
	expect_plan();
	EXPECT_EQUAL(find_placement(USE_KERNEL, 0)->phys.begin, at);
	EXPECT_EQUAL(world.boot.launch->rip, at + 0x10);
}

TEST("a header is recognised at every place where it may be, and at no other")
{
	for (unsigned at = 0; at < 40000; at += 4) {
		begin_elf(ELF_TYPE_EXEC);
		elf_size = 50000;
		put_one(at, 3);
		EXPECT(multiboot1_protocol.recognise(elf_start(at + 12)) == (at <= 8192 - 12));
		sum_header(at, MB2_I386, 16);
		EXPECT(multiboot2_protocol.recognise(elf_start(at + 16))
		       == (at % 8 == 0 && at <= 32768 - 16));
		EXPECT(!multiboot2_protocol.recognise(elf_start(at + 15)));
		memset(elf_bytes + at, 0, 16);
	}
	elf_size = 0;
}

TEST("a kernel with both headers gets the newer protocol; a broken newer one does not hide the "
     "older")
{
	begin_one(3);
	lay();
	EXPECT(protocol_choose(&world.config, &world.report) == &multiboot1_protocol);
	sum_header(HEADER + 0x800, MB2_I386, 16);
	lay();
	EXPECT(protocol_choose(&world.config, &world.report) == &multiboot2_protocol);
	elf_bytes[HEADER + 0x80c]++;
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	lay();
	EXPECT(protocol_choose(&world.config, &world.report) == &multiboot1_protocol);
}

TEST("a wrong checksum is reported, with the right one")
{
	begin_one(3);
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	elf_bytes[HEADER + 8] ^= 0x10;
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_SUM, "at byte 0x1000 of the file has");
	expect_mistake(
		&multiboot1_protocol, DIAG_MULTIBOOT_SUM,
		"has the checksum 0xe4524feb; with 0xe4524ffb its 3 words would add up to 0");
	begin_two();
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	put(HEADER + 12, (uint32_t[]){ 0 }, 1);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_SUM,
	               "has the checksum 0x0; with 0x17adaf1a its 4 words would add up to 0");
}

TEST("a misaligned header is reported, with its place")
{
	begin_file(NULL);
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	put_one(HEADER + 2, 3);
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_MISALIGNED,
	               "0x1002 of the file is misaligned by 2; it must stand at a multiple of 4");
	begin_file(NULL);
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	sum_header(HEADER + 4, MB2_I386, 16);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_MISALIGNED, "misaligned by 4");
}

TEST("a header too late in the file is reported, with where it may end")
{
	begin_file(NULL);
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	put_one(8192 - 8, 3);
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_LATE,
	               "0x1ff8 of the file comes too late; it must end before byte 0x2000");
	begin_file(NULL);
	elf_size = 50000;
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	sum_header(40000, MB2_I386, 16);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_LATE, "before byte 0x8000");
}

TEST("of several broken headers, the one that was most likely meant is reported")
{
	begin_file(NULL);
	elf_head->ident[ELF_CLASS] = ELF_CLASS_32;
	put(0x401, (uint32_t[]){ MB1_MAGIC }, 1);
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_SUM, "at byte 0x401");
	put(0x800, (uint32_t[]){ MB1_MAGIC }, 1);
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_SUM, "at byte 0x800");
	put_one(0xa02, 0);
	expect_mistake(&multiboot1_protocol, DIAG_MULTIBOOT_MISALIGNED, "at byte 0xa02");
}

TEST("a 64-bit kernel with a broken header is started natively")
{
	begin_one(3);
	elf_bytes[HEADER + 8] ^= 0x10;
	lay();
	EXPECT(protocol_choose(&world.config, &world.report) == &native_protocol);
}

TEST("a file in which nothing looks like a header is refused if one was asked for")
{
	begin_file(&multiboot1_protocol);
	lay();
	expect_refusal(DIAG_MULTIBOOT_NO_HEADER, "looks like a header of Multiboot 1");
	world.protocol = &multiboot2_protocol;
	expect_refusal(DIAG_MULTIBOOT_NO_HEADER, "looks like a header of Multiboot 2");
}

TEST("unknown flags of Multiboot 1 are refused if they are required, but not if they are optional")
{
	begin_one(1 << 4 | 3);
	lay();
	expect_refusal(DIAG_MULTIBOOT_REQUIRED, "flags are 0x13; Multiboot 1 does not define 0x10");
	begin_one(UINT32_C(1) << 17 | 3);
	lay();
	expect_plan();
}

TEST("a header for another architecture is refused, and named")
{
	begin_two();
	sum_header(HEADER, 4, 16);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_ARCHITECTURE, "says 4 (MIPS), not 0");
}

TEST("a header that says it is shorter than it is or longer than the file is refused")
{
	begin_two();
	sum_header(HEADER, MB2_I386, 15);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS, "it has 15 bytes");
	sum_header(HEADER, MB2_I386, (uint32_t)(elf_size - HEADER));
	elf_bytes[HEADER + 16] = 0; /* an end tag */
	lay();
	expect_plan();
	sum_header(HEADER, MB2_I386, (uint32_t)(elf_size - HEADER + 1));
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS, "from there on");
}

TEST("tags whose sizes cannot be right are refused, with their place")
{
	begin_two();
	add_tag(MB2_HEADER_ENTRY, WANTED, (uint32_t[]){ LINKED }, 4);
	put(HEADER + 20, (uint32_t[]){ 7 }, 1);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS,
	               "the tag of type 3 at byte 0x1010 says that it has 7 bytes");
	put(HEADER + 20, (uint32_t[]){ 17 }, 1);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS, "17 bytes");
	put(HEADER + 20, (uint32_t[]){ 0xffffffff }, 1);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS, "4294967295 bytes");
	put(HEADER + 20, (uint32_t[]){ 8 }, 1);
	expect_mistake(&multiboot2_protocol, DIAG_MULTIBOOT_TAGS,
	               "the entry address tag at byte 0x1010 has 8 bytes, not 12");
}

TEST("what the specification does not know is refused if it is required, and ignored if not")
{
	begin_two();
	add_tag(77, WANTED, NULL, 0);
	lay();
	expect_refusal(DIAG_MULTIBOOT_REQUIRED, "a header tag of type 77");
	begin_two();
	add_tag(MB2_HEADER_INFORMATION, WANTED, (uint32_t[]){ MB2_MEMORY_MAP, 22 }, 8);
	lay();
	expect_refusal(DIAG_MULTIBOOT_REQUIRED, "information of type 22");
	begin_two();
	add_tag(77, OPTIONAL, NULL, 0);
	add_tag(MB2_HEADER_INFORMATION, OPTIONAL, (uint32_t[]){ 22 }, 4);
	lay();
	expect_plan();
}

TEST("what the specification knows may be asked for, even if it does not exist")
{
	uint32_t types[MB2_TAG_TYPES];

	for (uint32_t i = 0; i < MB2_TAG_TYPES; i++)
		types[i] = i;
	begin_two();
	add_tag(MB2_HEADER_INFORMATION, WANTED, types, sizeof(types));
	for (uint16_t type = MB2_HEADER_ALIGN_MODULES; type <= MB2_HEADER_EFI64_ENTRY; type++)
		add_tag(type, WANTED, NULL, 0);
	lay();
	expect_plan();
}

TEST("an address tag needs an entry address tag, and may load the whole file")
{
	uint32_t addresses[] = { LINKED + HEADER, LINKED, 0, LINKED + 0x80000 };

	begin_two();
	add_tag(MB2_HEADER_ADDRESSES, WANTED, addresses, sizeof(addresses));
	lay();
	expect_refusal(DIAG_MULTIBOOT_ADDRESSES, "no entry address tag");
	add_tag(MB2_HEADER_ENTRY, WANTED, (uint32_t[]){ LINKED + 0x10 }, 4);
	expect_at(LINKED);
	EXPECT_EQUAL(find_placement(USE_KERNEL, 0)->from.size, elf_size);
	addresses[1] = MB2_WHOLE_FILE;
	put(HEADER + 24, addresses, 4);
	expect_at(LINKED);
	EXPECT_EQUAL(find_placement(USE_KERNEL, 0)->phys.end, LINKED + 0x80000);
}

TEST("a kernel that is entered where nothing is loaded is refused")
{
	begin_two();
	add_tag(MB2_HEADER_ENTRY, WANTED, (uint32_t[]){ LINKED + SIZE }, 4);
	lay();
	expect_refusal(DIAG_ELF_ENTRY_OUTSIDE, "entered at 0x403000");
}

TEST("the information lies where GRUB 2 has it: of Multiboot 2 from 1 MiB on, if it can")
{
	begin_one(0);
	lay();
	expect_plan();
	EXPECT_EQUAL(world.boot.plan.entry.rbx, 64 * KIB);
	begin_two();
	lay();
	expect_plan();
	EXPECT_EQUAL(world.boot.plan.entry.rbx, MIB);
	begin_two();
	lay();
	world.machine.reserved[world.machine.reserved_count++] = (struct phys_range){ MIB, RAM };
	expect_plan();
	EXPECT_EQUAL(world.boot.plan.entry.rbx, 64 * KIB);
}

TEST("the information may share the kernel's last page, where kernels do not overwrite it")
{
	const struct placement *info;

	begin_two();
	elf_programs[0].memsz = SIZE - 0xf28;
	lay();
	world.machine.reserved[world.machine.reserved_count++] = (struct phys_range){ MIB, LINKED };
	expect_plan();
	info = find_placement(USE_BOOT_INFO, 0);
	EXPECT_EQUAL(info->phys.begin, LINKED + SIZE - 0xf20);
	EXPECT_EQUAL(world.boot.plan.entry.rbx, LINKED + SIZE - 0xf20);
	EXPECT_EQUAL(world.boot.plan.entry.rsp, info->phys.end);
	EXPECT_EQUAL(info->phys.end % 16, 0);
}

TEST("a kernel that may be moved stays where it can")
{
	begin_two();
	add_place(0, UINT32_MAX, 0x1000, MB2_ANYWHERE);
	expect_at(LINKED);
	begin_two();
	add_place(LINKED, LINKED + SIZE, 0, MB2_ANYWHERE);
	expect_at(LINKED);
}

TEST("a kernel that may not stay is moved to within its bounds")
{
	begin_two();
	add_place(LINKED + 1, UINT32_MAX, 0x1000, MB2_ANYWHERE);
	expect_at(LINKED + 0x1000);
	begin_two();
	add_place(0, LINKED + SIZE - 1, 0x1000, MB2_ANYWHERE);
	expect_at(MIB);
	begin_two();
	add_place(0, UINT32_MAX, 8 * MIB, MB2_ANYWHERE);
	expect_at(8 * MIB);
	begin_two();
	add_place(0, MIB - 1, 0x1000, MB2_ANYWHERE);
	expect_at(0x1000);
}

TEST("a kernel that prefers low or high addresses gets them")
{
	begin_two();
	add_place(0, UINT32_MAX, 1, MB2_LOW);
	expect_at(0x1000);
	begin_two();
	add_place(0x9f000 - SIZE, UINT32_MAX, 1, MB2_LOW);
	expect_at(0x9f000 - SIZE);
	begin_two();
	add_place(0x9f001 - SIZE, UINT32_MAX, 1, MB2_LOW);
	expect_at(MIB);
	begin_two();
	add_place(0, UINT32_MAX, 1, MB2_HIGH);
	expect_at(RAM - MIB - SIZE);
	begin_two();
	add_place(0, 10 * MIB - 1, 0x1000, MB2_HIGH);
	expect_at(10 * MIB - 0x1000 - SIZE);
	begin_two();
	add_place(0, UINT32_MAX, 1, 17); /* not a preference that we know */
	expect_at(LINKED);
}

TEST("a kernel that may be moved gives way to what is at its own address")
{
	begin_two();
	set_scratch(LINKED, LINKED + MIB);
	add_place(2 * MIB, UINT32_MAX, 0x1000, MB2_ANYWHERE);
	expect_at(2 * MIB);
	begin_two();
	set_scratch(LINKED, LINKED + MIB);
	add_place(LINKED - SIZE + 1, UINT32_MAX, 0x1000, MB2_ANYWHERE);
	expect_at(LINKED + MIB);
	begin_two();
	add_firmware(LINKED + 0x1000, LINKED + 0x2000, 2);
	add_place(LINKED, UINT32_MAX, 0x1000, MB2_ANYWHERE);
	expect_at(LINKED + 0x2000);
}

TEST("a kernel is moved as a whole, and told where it is")
{
	const struct placement *first, *second;
	uint32_t *load_base;
	uint8_t *information;

	begin_two();
	add_segment(RW, LINKED + 0x100000, 100, 5000);
	add_place(0, UINT32_MAX, 0x100000, MB2_LOW);
	add_tag(MB2_HEADER_ENTRY, WANTED, (uint32_t[]){ LINKED + 0x10 }, 4);
	expect_at(MIB);
	first = find_placement(USE_KERNEL, 0);
	second = find_placement(USE_KERNEL, 1);
	EXPECT_EQUAL(second->phys.begin - first->phys.begin, 0x100000);
	EXPECT_EQUAL(second->phys.end - second->phys.begin, 5000);
	carry_out(world.boot.launch, world.memory);
	information = world.memory + world.boot.launch->rbx;
	for (unsigned at = 8;;
	     at += (unsigned)align_up(*(uint32_t *)(void *)(information + at + 4), 8)) {
		load_base = (uint32_t *)(void *)(information + at);
		EXPECT(load_base[0] != MB2_END);
		if (load_base[0] == MB2_LOAD_BASE)
			break;
	}
	EXPECT_EQUAL(load_base[2], MIB);
}

TEST("a kernel that can be moved nowhere is refused, with what it asks for")
{
	begin_two();
	add_place(0xa0000, 0xfffff, 0x1000, MB2_LOW);
	lay();
	expect_refusal(DIAG_MULTIBOOT_NO_MEMORY,
	               "0x3000 bytes, at a multiple of 0x1000 in 0xa0000-0xfffff");
	begin_two();
	add_place(0, UINT32_MAX, 0x3000, MB2_LOW);
	lay();
	expect_refusal(DIAG_MULTIBOOT_TAGS, "a multiple of 0x3000, which is not a power of two");
}

TEST("a kernel lies on every byte that the firmware calls usable, and on no other")
{
	static const struct {
		uint64_t begin, end;
		bool good;
	} places[] = {
		{ 0, 0x1000, true },           { 0x500, 0x600, true },
		{ 0x9e000, 0x9f000, true },    { 0x9eff5, 0x9f005, false },
		{ MIB, 2 * MIB, true },        { MIB - 1, MIB + 1, false },
		{ 8 * MIB, 9 * MIB, true },    { 0x9ffff0, 0xa00010, true },
		{ 0xa00400, 0xa00800, true },  { 0xa007ff, 0xa00801, false },
		{ 0xa00900, 0xa00a00, false }, { RAM - MIB - 0x1000, RAM - MIB, true },
		{ RAM - 0x1000, RAM, false },  { RAM, RAM + 0x1000, false },
	};

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_file(&multiboot1_protocol);
		world.machine.firmware_count = 2;
		add_firmware(0xa00000, RAM, 1); /* two ranges that touch, in the wrong order */
		add_firmware(MIB, 0xa00000, 1);
		add_firmware(0xa00800, 0xa00a00, 2);
		put_one(HEADER, 3);
		elf_programs[0].paddr = places[i].begin;
		elf_programs[0].memsz = places[i].end - places[i].begin;
		elf_programs[0].filesz = min_u64(16, elf_programs[0].memsz);
		elf_head->entry = elf_programs[0].vaddr;
		lay();
		if (prepare() != places[i].good)
			FAIL("%#" PRIx64 "-%#" PRIx64, places[i].begin, places[i].end);
	}
}

/* A kernel whose only segment goes to [begin, end), with `in_file` bytes in the file. */
static void begin_at(uint64_t begin, uint64_t end, uint64_t in_file)
{
	begin_one(3);
	elf_programs[0].paddr = begin;
	elf_programs[0].memsz = end - begin;
	elf_programs[0].filesz = in_file;
	elf_head->entry = elf_programs[0].vaddr;
	lay();
}

TEST("a kernel with nothing but zeroes in the hole below 1 MiB starts, with a warning")
{
	const struct placement *low, *high;

	begin_at(0x20000, 0x120000, 16);
	expect_plan();
	EXPECT_EQUAL(world.report.count, 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_MULTIBOOT_HOLE);
	EXPECT_PART(world.report.findings[0].detail, "0x9f000-0x100000 of that");
	low = find_placement(USE_KERNEL, 0);
	high = find_placement(USE_KERNEL, 1);
	EXPECT_EQUAL(low->phys.begin, 0x20000);
	EXPECT_EQUAL(low->phys.end, 0x9f000);
	EXPECT_EQUAL(high->phys.begin, MIB);
	EXPECT_EQUAL(high->phys.end, 0x120000);
	carry_out(world.boot.launch, world.memory);
	EXPECT(memcmp(world.memory + 0x20000, elf_bytes + elf_programs[0].offset, 16) == 0);
	EXPECT_EQUAL(world.memory[0x20010], 0);
	EXPECT_EQUAL(world.memory[0x9efff], 0);
	EXPECT_EQUAL(world.memory[0x9f000], WORLD_GARBAGE);
	EXPECT_EQUAL(world.memory[0xfffff], WORLD_GARBAGE);
	EXPECT_EQUAL(world.memory[MIB], 0);
	EXPECT_EQUAL(world.memory[0x11ffff], 0);
}

TEST("only zeroes may lie in a hole, and only below 1 MiB")
{
	static const struct {
		uint64_t begin, end, in_file;
		bool good;
	} places[] = {
		{ 0x9e000, 0x9f001, 0x1000, true },  { 0x9e000, 0x9f001, 0x1001, false },
		{ 0x9e000, 0x100000, 0x1000, true }, { 0xb8000, 0xb9000, 0, true },
		{ 0xb8000, 0xb9000, 1, false },      { 0x9f000, 0x101000, 1, false },
		{ 0x80000, 0xa00401, 16, false },    { 0xa003f0, 0xa00401, 16, false },
		{ 0x80000, 0xa00400, 16, true },
	};

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_at(places[i].begin, places[i].end, places[i].in_file);
		world.machine.firmware_count = 1; /* nothing is said of the hole */
		add_firmware(MIB, 0xa00400, 1);
		add_firmware(0xa00400, 0xa00800, 2);
		add_firmware(0xa00800, RAM, 1);
		if (prepare() != places[i].good)
			FAIL("%#" PRIx64 "-%#" PRIx64, places[i].begin, places[i].end);
		EXPECT(world.report.count > 0);
		EXPECT_EQUAL(world.report.findings[world.report.count - 1].code,
		             places[i].good ? DIAG_MULTIBOOT_HOLE : DIAG_MULTIBOOT_NO_MEMORY);
	}
}

TEST("a kernel that needs a console must be able to use the screen as it is")
{
	static const struct {
		uint32_t console;
		bool framebuffer, graphics, good;
	} cases[] = {
		{ MB2_CONSOLE_REQUIRED | MB2_CONSOLE_TEXT, false, false, true },
		{ MB2_CONSOLE_REQUIRED | MB2_CONSOLE_TEXT, false, true, false },
		{ MB2_CONSOLE_REQUIRED, false, false, false },
		{ MB2_CONSOLE_REQUIRED, true, false, false },
		{ MB2_CONSOLE_REQUIRED, true, true, true },
		{ MB2_CONSOLE_TEXT, false, true, true },
		{ 0, true, false, true },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_two();
		add_tag(MB2_HEADER_CONSOLE, WANTED, &cases[i].console, 4);
		if (cases[i].framebuffer)
			add_tag(MB2_HEADER_FRAMEBUFFER, WANTED, (uint32_t[]){ 0, 0, 0 }, 12);
		if (cases[i].graphics)
			set_screen((struct screen){ .pixels = { GIB, GIB + MIB } });
		lay();
		if (cases[i].good)
			expect_plan();
		else
			expect_refusal(DIAG_MULTIBOOT_REQUIRED,
			               cases[i].graphics ? "in graphics mode" : "in text mode");
	}
}

TEST("a kernel that needs a console is refused where there is no screen")
{
	begin_two();
	add_tag(MB2_HEADER_CONSOLE, WANTED, (uint32_t[]){ MB2_CONSOLE_REQUIRED | MB2_CONSOLE_TEXT },
	        4);
	world.machine.display.kind = DISPLAY_NONE;
	lay();
	expect_refusal(DIAG_MULTIBOOT_REQUIRED, "a console: there is no screen");
}

/* The information that the kernel gets, where it is made. */
static const void *information(void)
{
	const struct placement *placement = find_placement(USE_BOOT_INFO, 0);

	EXPECT(world.boot.plan.entry.rbx >= placement->phys.begin);
	EXPECT(world.boot.plan.entry.rbx < placement->phys.end);
	return placement->from.bytes + (world.boot.plan.entry.rbx - placement->phys.begin);
}

/* The body of the information's first tag of this type; NULL if there is none. */
static const uint8_t *find_tag(uint32_t type)
{
	const uint8_t *at = (const uint8_t *)information() + 8;
	struct mb2_tag tag;

	for (;; at += (tag.size + 7) & ~7u) {
		memcpy(&tag, at, sizeof(tag));
		if (tag.type == type)
			return at + sizeof(tag);
		if (tag.type == MB2_END)
			return NULL;
	}
}

/* What a BIOS reports: a drive, APM and a graphics mode. */
static void tell_of_bios(void)
{
	static const uint8_t control[512] = "VESA", mode[256];

	world.machine.source.medium = MEDIUM_DISK;
	*set_bios() = (struct bios){ .drive = 0x80,
		                     .vbe = { .control = { control, sizeof(control) },
		                              .mode = { mode, sizeof(mode) },
		                              .number = 0x118 },
		                     .apm = { .version = 0x102 },
		                     .configuration = 0xf1234 };
}

#define BIOS_FLAGS (MB1_HAS_BOOT_DEVICE | MB1_HAS_CONFIGURATION | MB1_HAS_APM | MB1_HAS_VBE)

TEST("Multiboot 1 reports BIOS and screen only if they exist")
{
	const struct mb1_info *info;

	begin_one(3);
	tell_of_bios();
	lay();
	expect_plan();
	info = information();
	EXPECT_EQUAL(info->flags & BIOS_FLAGS, BIOS_FLAGS);
	EXPECT_EQUAL(info->boot_device >> 24, 0x80);
	EXPECT_EQUAL(info->configuration, 0xf1234);
	EXPECT_EQUAL(info->vbe_mode, 0x4118);
	EXPECT((info->flags & MB1_HAS_FRAMEBUFFER) != 0 && info->framebuffer_low == 0xb8000);
	world.machine.source.medium = MEDIUM_NETWORK;
	expect_plan();
	info = information();
	EXPECT_EQUAL(info->flags & BIOS_FLAGS, BIOS_FLAGS & ~(unsigned)MB1_HAS_BOOT_DEVICE);
	world.machine.source.medium = MEDIUM_DISK;
	world.machine.bios = NULL;
	world.machine.display.kind = DISPLAY_NONE;
	expect_plan();
	info = information();
	EXPECT_EQUAL(info->flags & (BIOS_FLAGS | MB1_HAS_FRAMEBUFFER), 0);
	EXPECT_EQUAL(info->framebuffer_low, 0);
}

TEST("Multiboot 2 reports BIOS and screen only if they exist")
{
	uint32_t drive;

	begin_two();
	tell_of_bios();
	lay();
	expect_plan();
	EXPECT(find_tag(MB2_BOOT_DEVICE) != NULL);
	memcpy(&drive, find_tag(MB2_BOOT_DEVICE), sizeof(drive));
	EXPECT_EQUAL(drive, 0x80);
	EXPECT(find_tag(MB2_APM) != NULL && find_tag(MB2_VBE) != NULL);
	EXPECT(find_tag(MB2_FRAMEBUFFER) != NULL);
	world.machine.source.medium = MEDIUM_UNKNOWN;
	expect_plan();
	EXPECT(find_tag(MB2_BOOT_DEVICE) == NULL && find_tag(MB2_APM) != NULL);
	world.machine.bios = NULL;
	world.machine.display.kind = DISPLAY_NONE;
	expect_plan();
	EXPECT(find_tag(MB2_APM) == NULL && find_tag(MB2_VBE) == NULL);
	EXPECT(find_tag(MB2_FRAMEBUFFER) == NULL);
}

TEST("the screen that a kernel prefers is asked for as it says, unless the user chose one")
{
	static const uint32_t depths[] = { 0, 7, 8, 15, 16, 24, 32, 64 };
	const struct video_request *video = &world.config.options.video;

	for (unsigned i = 0; i < COUNT(depths); i++) {
		for (unsigned given = 0; given < 2; given++) {
			begin_two();
			add_tag(MB2_HEADER_FRAMEBUFFER, WANTED, (uint32_t[]){ 640, 480, depths[i] },
			        12);
			world.config.options.video.given = given != 0;
			lay();
			expect_plan();
			EXPECT_EQUAL(video->want, given != 0 ? VIDEO_TEXT : VIDEO_SIZE);
			EXPECT_EQUAL(video->bits_per_pixel, given != 0 ? 0 : depths[i]);
			EXPECT(given != 0 || video->any);
		}
	}
}

TEST("Multiboot 1 tells of modules only where there are any")
{
	const struct mb1_info *info;

	begin_one(3);
	lay();
	expect_plan();
	info = information();
	EXPECT_EQUAL(info->flags & MB1_HAS_MODULES, 0);
	EXPECT(info->module_count == 0 && info->modules == 0);
	add_module("module", "", (struct span){ elf_bytes, 64 }, FILE_AT + MIB);
	expect_plan();
	info = information();
	EXPECT_EQUAL(info->flags & MB1_HAS_MODULES, MB1_HAS_MODULES);
	EXPECT(info->module_count == 1 && info->modules != 0);
}

/* A screen with a palette, and one without. */
static const struct screen with_palette = {
	.pixels = { GIB, GIB + MIB }, .width = 640, .height = 480, .pitch = 704, .bits_per_pixel = 8
};
static const struct screen with_colours = { .pixels = { GIB, GIB + 4 * MIB },
	                                    .width = 640,
	                                    .height = 480,
	                                    .pitch = 2560,
	                                    .bits_per_pixel = 32,
	                                    .red_shift = 16,
	                                    .red_bits = 8,
	                                    .green_shift = 8,
	                                    .green_bits = 7,
	                                    .blue_shift = 1,
	                                    .blue_bits = 6 };

/* True if these are the colours of a screen with a palette. */
static bool is_palette(const uint8_t *bytes)
{
	for (unsigned i = 0; i < PALETTE_COLOURS; i++) {
		struct rgb rgb = palette_colour(i);

		if (bytes[3 * i] != rgb.red || bytes[3 * i + 1] != rgb.green
		    || bytes[3 * i + 2] != rgb.blue)
			return false;
	}
	return true;
}

TEST("Multiboot 1 has the colours of the screen where GRUB has them")
{
	static const uint8_t colours[] = { 1, 0, 0, 16, 8, 8, 7, 1, 6 };
	const struct placement *placement;
	const uint8_t *info;
	uint32_t address;
	uint16_t count;

	begin_one(3);
	set_screen(with_colours);
	lay();
	expect_plan();
	EXPECT(memcmp((const uint8_t *)information() + 109, colours, sizeof(colours)) == 0);
	set_screen(with_palette);
	expect_plan();
	info = information();
	placement = find_placement(USE_BOOT_INFO, 0);
	EXPECT(info[108] == 8 && info[109] == MB_FRAMEBUFFER_INDEXED);
	memcpy(&address, info + 112, sizeof(address));
	memcpy(&count, info + 116, sizeof(count));
	EXPECT_EQUAL(count, 256);
	EXPECT(address > placement->phys.begin && address + 768 <= placement->phys.end);
	EXPECT(is_palette(placement->from.bytes + (address - placement->phys.begin)));
}

TEST("Multiboot 2 has the colours of the screen where GRUB has them")
{
	static const uint8_t colours[] = { 16, 8, 8, 7, 1, 6 };
	const uint8_t *tag;
	struct mb2_tag head;
	uint16_t count;

	begin_two();
	set_screen(with_colours);
	lay();
	expect_plan();
	EXPECT(memcmp(find_tag(MB2_FRAMEBUFFER) + 24, colours, sizeof(colours)) == 0);
	set_screen(with_palette);
	expect_plan();
	tag = find_tag(MB2_FRAMEBUFFER);
	memcpy(&head, tag - sizeof(head), sizeof(head));
	EXPECT_EQUAL(head.size, 8 + 24 + 2 + 3 * 256);
	EXPECT(tag[20] == 8 && tag[21] == MB_FRAMEBUFFER_INDEXED);
	memcpy(&count, tag + 24, sizeof(count));
	EXPECT_EQUAL(count, 256);
	EXPECT(is_palette(tag + 26));
}

TEST("Multiboot 2 reports what is left of UEFI, and neither a BIOS nor its text screen")
{
	static const uint32_t never[] = { MB2_BOOT_DEVICE,  MB2_VBE,         MB2_APM,    MB2_EFI32,
		                          MB2_EFI_SERVICES, MB2_EFI32_IMAGE, MB2_NETWORK };
	const struct efi *efi;
	const uint8_t *map;
	uint64_t word;
	uint32_t size;

	begin_two();
	lay();
	efi = set_efi(5 * GIB);
	world.machine.source.medium = MEDIUM_DISK;
	world.machine.display.kind = DISPLAY_NONE;
	expect_plan();
	EXPECT(find_tag(MB2_EFI64) != NULL && find_tag(MB2_EFI64_IMAGE) != NULL);
	memcpy(&word, find_tag(MB2_EFI64), sizeof(word));
	EXPECT_EQUAL(word, 5 * GIB);
	memcpy(&word, find_tag(MB2_EFI64_IMAGE), sizeof(word));
	EXPECT_EQUAL(word, efi->image_handle);
	map = find_tag(MB2_EFI_MEMORY_MAP);
	EXPECT(map != NULL);
	memcpy(&size, map - 4, sizeof(size));
	EXPECT_EQUAL(size, 8 + 8 + efi->memory_map.size);
	EXPECT_EQUAL(memcmp(map, (uint32_t[]){ 48, 1 }, 8), 0);
	EXPECT_EQUAL(memcmp(map + 8, efi->memory_map.bytes, (size_t)efi->memory_map.size), 0);
	for (unsigned i = 0; i < COUNT(never); i++)
		EXPECT(find_tag(never[i]) == NULL);
	EXPECT(find_tag(MB2_FRAMEBUFFER) == NULL);
}

TEST("with a BIOS, Multiboot 2 reports nothing of UEFI")
{
	begin_two();
	tell_of_bios();
	lay();
	expect_plan();
	for (uint32_t type = 0; type < MB2_TAG_TYPES; type++) {
		if (type == MB2_EFI32 || type == MB2_EFI64
		    || (type >= MB2_EFI_MEMORY_MAP && type <= MB2_EFI64_IMAGE))
			EXPECT(find_tag(type) == NULL);
	}
}

TEST("the loader works where the kernel does not want to be")
{
	static const struct {
		uint64_t begin, size, scratch;
	} cases[] = {
		{ LINKED, SIZE, RAM - MIB },
		{ RAM - MIB - 1, 1, RAM - MIB },
		{ RAM - MIB, 1, RAM - 2 * MIB },
		{ RAM - 1, 1, RAM - MIB - 0x1000 },
		{ 3 * MIB, RAM - 3 * MIB, 2 * MIB },
		{ 3 * MIB - 1, RAM - 3 * MIB + 1, RAM - MIB }, /* there is no room */
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_one(3);
		elf_programs[0].paddr = cases[i].begin;
		elf_programs[0].filesz = 1;
		elf_programs[0].memsz = cases[i].size;
		elf_head->entry = LINKED;
		lay();
		EXPECT(boot_request(&world.boot, &world.machine, &world.config, world.protocol,
		                    &world.report));
		EXPECT_EQUAL(boot_scratch(&world.boot, (struct phys_range){ 2 * MIB, RAM }, MIB),
		             cases[i].scratch);
	}
	world.protocol = &native_protocol;
	EXPECT(boot_request(&world.boot, &world.machine, &world.config, world.protocol,
	                    &world.report));
	EXPECT_EQUAL(boot_scratch(&world.boot, (struct phys_range){ 2 * MIB, RAM }, MIB),
	             RAM - MIB);
}

TEST("what the kernel asks for is described, tag by tag")
{
	char words[1200];
	struct text text = text_in(words, sizeof(words));

	begin_two();
	add_tag(MB2_HEADER_INFORMATION, WANTED, (uint32_t[]){ MB2_MEMORY_MAP, MB2_EFI64 }, 8);
	add_tag(MB2_HEADER_INFORMATION, OPTIONAL, (uint32_t[]){ MB2_APM, 99 }, 8);
	add_tag(MB2_HEADER_ENTRY, WANTED, (uint32_t[]){ LINKED }, 4);
	add_tag(MB2_HEADER_CONSOLE, WANTED, (uint32_t[]){ 3 }, 4);
	add_tag(MB2_HEADER_FRAMEBUFFER, WANTED, (uint32_t[]){ 1024, 768, 32 }, 12);
	add_tag(MB2_HEADER_ALIGN_MODULES, WANTED, NULL, 0);
	add_tag(MB2_HEADER_EFI_SERVICES, OPTIONAL, NULL, 0);
	add_tag(77, OPTIONAL, NULL, 0);
	add_place(MIB, 0xffffff, 0x1000, MB2_HIGH);
	lay();
	expect_plan();
	multiboot2_protocol.describe(&world.boot, &text);
	EXPECT_TEXT(words, "the header of 152 bytes at byte 0x1000 of the file\n"
	                   "memory map\n"
	                   "EFI 64-bit system table (with a BIOS there is none)\n"
	                   "APM table, optional\n"
	                   "information of type 99 (unknown)\n"
	                   "its entry at 0x400000\n"
	                   "a console, required; text mode will do\n"
	                   "a screen of 1024x768, 32 bits per pixel\n"
	                   "modules on page boundaries\n"
	                   "EFI boot services (of no use with a BIOS)\n"
	                   "an unknown tag, optional (type 77)\n"
	                   "any place in 0x100000-0xffffff, at a multiple of 0x1000, "
	                   "as high as possible");
}

TEST("what the kernel asks for is described, flag by flag")
{
	char words[1200];
	struct text text = text_in(words, sizeof(words));

	begin_one(MB1_ALIGN_MODULES | MB1_WANT_MEMORY | MB1_WANT_VIDEO | MB1_ADDRESSES);
	put(HEADER + 12,
	    (uint32_t[]){ LINKED + HEADER, LINKED, LINKED + 0x2000, LINKED + SIZE, LINKED, 0, 0, 0,
	                  24 },
	    9);
	lay();
	expect_plan();
	multiboot1_protocol.describe(&world.boot, &text);
	EXPECT_TEXT(words, "the header at byte 0x1000 of the file, with flags 0x10007\n"
	                   "modules on page boundaries\n"
	                   "amounts of memory, and the memory map\n"
	                   "a screen, 24 bits per pixel\n"
	                   "its header at 0x401000, its file at 0x400000-0x402000, zeros to "
	                   "0x403000\n"
	                   "its entry at 0x400000");
}
