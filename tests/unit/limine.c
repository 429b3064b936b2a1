/* SPDX-License-Identifier: MIT */
/*
 * limine.c - kernels of the Limine protocol in a simulated machine (world.h): what they ask for is
 * found, answered, and is where the kernel looks for it.
 */
#include "build_elf.h"
#include "walker.h"
#include "add_symbols.h"
#include "world.h"

#include "core/version.h"
#include "core/choose.h"
#include "protocols/limine/abi.h"
#include "protocols/limine/limine.h"

#define TOP        UINT64_C(0xffffffff80000000)
#define DIRECT_MAP UINT64_C(0xffff800000000000)
#define DATA       (TOP + 0x3000) /* the writable segment */
#define FILE_AT    (2 * MIB)

static struct view view;

static const uint64_t ids[LIMINE_FEATURES][2] = {
#define REQUEST(name, first, second, ...) { UINT64_C(first), UINT64_C(second) },
#include "protocols/limine/requests.def"
#undef REQUEST
};

/* A machine, and a kernel with 4 KiB of zeroes to put requests into. */
static void begin_limine(unsigned type, uint64_t base)
{
	begin_world(16 * MIB);
	world.protocol = &limine_protocol;
	begin_elf(type);
	add_segment(RX, base, 6000, 6000);
	add_segment(RO, base + 0x2000, 3000, 3000);
	add_segment(RW, base + 0x3000, 0x1000, 0x3000);
	memset(elf_at(base + 0x3000), 0, 0x1000);
	elf_head->entry = base + 16;
}

/* Puts 64-bit words into the file. */
static void put_words(uint64_t at, const uint64_t *words, unsigned count)
{
	memcpy(elf_at(at), words, count * sizeof(*words));
}

static void put_word(uint64_t at, uint64_t word)
{
	put_words(at, &word, 1);
}

/* Puts a request of a revision into the file. */
static void put_request(uint64_t at, enum limine_feature feature, uint64_t revision)
{
	uint64_t words[] = { LIMINE_MAGIC_0,  LIMINE_MAGIC_1, ids[feature][0],
		             ids[feature][1], revision,       0 };

	put_words(at, words, COUNT(words));
}

static void put_revision(uint64_t at, uint64_t revision)
{
	put_words(at, (uint64_t[]){ LIMINE_TAG_0, LIMINE_TAG_1, revision }, 3);
}

static void put_start(uint64_t at)
{
	put_words(at,
	          (uint64_t[]){ LIMINE_START_0, LIMINE_START_1, LIMINE_START_2, LIMINE_START_3 },
	          4);
}

static void put_end(uint64_t at)
{
	put_words(at, (uint64_t[]){ LIMINE_END_0, LIMINE_END_1 }, 2);
}

static struct span built(void)
{
	return (struct span){ elf_bytes, elf_size };
}

static void expect_refused(enum diag code, const char *part)
{
	lay_file(&world.config.kernel, built(), FILE_AT);
	expect_refusal(code, part);
}

/* Boots what has been built, and reads the kernel's page tables. */
static void boot_it(void)
{
	lay_file(&world.config.kernel, built(), FILE_AT);
	expect_plan();
	carry_out(world.boot.launch, world.memory);
	view_tables(&view, world.memory, physical(&world.machine, world.boot.plan.tables.root),
	            world.boot.plan.tables.levels);
}

/* What the kernel sees at a virtual address. */
static void *seen(uint64_t virt)
{
	const struct seen *range = view_at(&view, virt);

	if (range == NULL)
		FAIL("nothing is mapped at %#" PRIx64, virt);
	EXPECT(range->phys + (virt - range->virt) < world.size);
	return world.memory + range->phys + (virt - range->virt);
}

/* A word as the kernel finds it. */
static uint64_t word_at(uint64_t virt)
{
	uint64_t word;

	memcpy(&word, seen(virt), sizeof(word));
	return word;
}

/* The answer to the request at an address, which there must be. */
static void *answer_to(uint64_t request)
{
	uint64_t at = word_at(request + 40);

	if (at == 0)
		FAIL("the request at %#" PRIx64 " is not answered", request);
	EXPECT(at >= DIRECT_MAP);
	return seen(at);
}

static uint64_t number_for(uint64_t request)
{
	return ((struct limine_number *)answer_to(request))->value;
}

/* --- recognition --- */

TEST("a kernel is recognised by a request, or a base revision, wherever it is loaded")
{
	static const uint64_t places[] = { TOP + 8, TOP + 0x1000, TOP + 0x2000, TOP + 0x2b80,
		                           DATA,    DATA + 8,     DATA + 0xfd0 };

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		EXPECT(!limine_protocol.recognise(elf_file()));
		put_request(places[i], LIMINE_RSDP, 0);
		EXPECT(limine_protocol.recognise(elf_file()));
		world.config.kernel.bytes = built();
		EXPECT(protocol_choose(&world.config, &world.report) == &limine_protocol);
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_revision(places[i], 3);
		EXPECT(limine_protocol.recognise(elf_file()));
	}
}

/* Fills what the kernel may write with noise; half of it looks like marks at first sight. */
static void put_noise(uint64_t seed)
{
	for (uint64_t at = DATA; at < DATA + 0x1000; at += 8) {
		seed = seed * UINT64_C(6364136223846793005) + UINT64_C(1442695040888963407);
		put_word(at, (seed >> 60) < 8 ? seed
		             : (at & 8) != 0  ? LIMINE_TAG_1
		                              : LIMINE_MAGIC_0);
	}
}

TEST("a request is found at every multiple of 8, in any noise")
{
	for (uint64_t at = DATA; at <= DATA + 0xfd0; at += 8) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_noise(at);
		EXPECT(!limine_protocol.recognise(elf_file()));
		put_request(at, LIMINE_RSDP, 0);
		EXPECT(limine_protocol.recognise(elf_file()));
	}
}

TEST("what only looks like a request does not make a kernel one of Limine's")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA + 4, LIMINE_RSDP, 0); /* not at a multiple of 8 */
	put_word(DATA + 0x100, LIMINE_MAGIC_0);
	put_word(DATA + 0xff8, LIMINE_MAGIC_0); /* cut by the end */
	EXPECT(!limine_protocol.recognise(elf_file()));
}

TEST("no cut and no nonsense in the headers leads recognition astray")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_RSDP, 0);
	for (uint64_t size = 0; size < 400; size += 3)
		EXPECT(!limine_protocol.recognise(elf_start(size)));
	elf_head->phoff = UINT64_MAX - 7;
	EXPECT(!limine_protocol.recognise(elf_file()));
	elf_head->phoff = 64;
	elf_programs[2].offset = UINT64_MAX;
	EXPECT(!limine_protocol.recognise(elf_file()));
}

/* --- base revisions, and where requests are looked for --- */

TEST("a base revision gets a zero, and its number beside")
{
	for (uint64_t revision = 0; revision <= 6; revision++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_revision(DATA + 0x40, revision);
		boot_it();
		EXPECT_EQUAL(word_at(DATA + 0x40), LIMINE_TAG_0);
		EXPECT_EQUAL(word_at(DATA + 0x48), revision);
		EXPECT_EQUAL(word_at(DATA + 0x50), 0);
	}
}

TEST("tag and requests are answered even where the kernel may not write")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_revision(TOP + 0x2000, 4);
	put_request(TOP + 0x2040, LIMINE_HHDM, 0);
	put_request(TOP + 0x1000, LIMINE_RSDP, 0);
	world.machine.rsdp = 0xf5000;
	boot_it();
	EXPECT_EQUAL(word_at(TOP + 0x2010), 0);
	EXPECT_EQUAL(number_for(TOP + 0x2040), DIRECT_MAP);
	EXPECT_EQUAL(number_for(TOP + 0x1000), DIRECT_MAP + 0xf5000);
}

TEST("requests count between the last start marker and the first end marker only")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_HHDM, 0);
	put_start(DATA + 0x80);
	put_request(DATA + 0x100, LIMINE_HHDM, 0);
	put_start(DATA + 0x180);
	put_request(DATA + 0x200, LIMINE_HHDM, 0);
	put_end(DATA + 0x280);
	put_request(DATA + 0x300, LIMINE_HHDM, 0);
	put_end(DATA + 0x380);
	boot_it();
	EXPECT_EQUAL(word_at(DATA + 40), 0);
	EXPECT_EQUAL(word_at(DATA + 0x128), 0);
	EXPECT_EQUAL(number_for(DATA + 0x200), DIRECT_MAP);
	EXPECT_EQUAL(word_at(DATA + 0x328), 0);
}

TEST("in a large kernel a request is found wherever its symbol is, or anywhere without symbols")
{
	static const uint64_t places[] = { 8, 0x123450, 2 * MIB, 3 * MIB - 48 };

	for (unsigned i = 0; i < 4 * COUNT(places); i++) {
		uint64_t at = TOP + 0x10000 + places[i / 4];
		const struct named symbols[] = {
			{ "response", at + 40, ELF_STT_OBJECT, true },
			{ "main", TOP, ELF_STT_FUNC, true },
		};

		begin_limine(ELF_TYPE_EXEC, TOP);
		add_segment((uint32_t[]){ RX, RO, RW, RO }[i % 4], TOP + 0x10000, 3 * MIB, 3 * MIB);
		put_request(at, LIMINE_HHDM, 0);
		if (i % 2 == 0)
			add_symbols(symbols, COUNT(symbols));
		EXPECT(limine_protocol.recognise(elf_file()));
		boot_it();
		EXPECT_EQUAL(number_for(at), DIRECT_MAP);
	}
}

/* Adds section headers, with a section of this name and place; call it last. */
static void add_section(const char *name, uint64_t at, uint64_t size)
{
	struct elf_section_header *sections;
	char names[64] = "\0.names";

	strcpy(names + 8, name);

	elf_head->shoff = align_up(elf_size, 8);
	elf_head->shentsize = sizeof(*sections);
	elf_head->shnum = 3;
	elf_head->shstrndx = 1;
	sections = (struct elf_section_header *)(void *)(elf_bytes + elf_head->shoff);
	elf_size = elf_head->shoff + 3 * sizeof(*sections) + sizeof(names);
	sections[0] = (struct elf_section_header){ 0 };
	sections[1] = (struct elf_section_header){
		.name = 1, .type = 3, .offset = elf_size - sizeof(names), .size = sizeof(names)
	};
	sections[2] = (struct elf_section_header){ .name = 8, .type = 1, .addr = at, .size = size };
	memcpy(elf_bytes + elf_size - sizeof(names), names, sizeof(names));
}

/* Adds the section of an old kernel, whose list of requests is loaded at `at`. */
static void add_list_section(uint64_t at)
{
	add_section(".limine_reqs", at, 0);
}

TEST("a kernel that no Limine loader accepts is not searched, unless its sections say what it is")
{
	static const char *const names[] = { ".limine_requests", ".limine_requests_start",
		                             ".requests", ".data" };

	begin_limine(ELF_TYPE_EXEC, 4 * MIB);
	put_request(4 * MIB + 0x3040, LIMINE_HHDM, 0);
	EXPECT(!limine_protocol.recognise(elf_file()));
	for (unsigned i = 0; i < COUNT(names); i++) {
		begin_limine(ELF_TYPE_EXEC, 4 * MIB);
		put_request(4 * MIB + 0x3040, LIMINE_HHDM, 0);
		add_section(names[i], 4 * MIB + 0x3000, 0x100);
		EXPECT_EQUAL(limine_protocol.recognise(elf_file()), i < 3);
	}
	begin_limine(ELF_TYPE_DYN, 4 * MIB);
	put_request(4 * MIB + 0x3040, LIMINE_HHDM, 0);
	EXPECT(limine_protocol.recognise(elf_file()));
}

TEST("an empty segment below the top 2 GiB, as linker scripts leave behind, counts for nothing")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_HHDM, 0);
	add_segment(RO, 0, 0, 0);
	EXPECT(limine_protocol.recognise(elf_file()));
}

TEST("what counts is the same whether or not a section is made for requests")
{
	static const struct {
		uint64_t begin, size; /* of the section */
	} cases[] = { { DATA + 0x80, 0x210 },
		      { DATA + 0x80, 0x100 },
		      { DATA + 0x100, 0x40 },
		      { DATA + 0x800, 0x100 },
		      { DATA, 0x1000 } };

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_request(DATA, LIMINE_HHDM, 0);
		put_start(DATA + 0x80);
		put_request(DATA + 0x100, LIMINE_HHDM, 0);
		put_request(DATA + 0x200, LIMINE_FIRMWARE_TYPE, 0);
		put_end(DATA + 0x280);
		put_request(DATA + 0x300, LIMINE_HHDM, 0);
		add_section(".limine_requests", cases[i].begin, cases[i].size);
		boot_it();
		EXPECT_EQUAL(word_at(DATA + 40), 0);
		EXPECT_EQUAL(number_for(DATA + 0x100), DIRECT_MAP);
		EXPECT(answer_to(DATA + 0x200) != NULL);
		EXPECT_EQUAL(word_at(DATA + 0x328), 0);
	}
}

/* A kernel with three requests, and a list of one of them. */
static void begin_listed(unsigned type, uint64_t base)
{
	begin_limine(type, base);
	put_request(base + 0x3000, LIMINE_FIRMWARE_TYPE, 0);
	put_request(base + 0x3040, LIMINE_FIRMWARE_TYPE, 0);
	put_request(base + 0x3080, LIMINE_HHDM, 0);
	put_words(base + 0x3100, (uint64_t[]){ base + 0x3040, 0, base + 0x3000 }, 3);
}

TEST("at base revision 0 only the requests in the section .limine_reqs count, if there is one")
{
	begin_listed(ELF_TYPE_EXEC, TOP);
	add_list_section(DATA + 0x100);
	boot_it();
	EXPECT_EQUAL(word_at(DATA + 40), 0);
	EXPECT(answer_to(DATA + 0x40) != NULL);
	EXPECT_EQUAL(word_at(DATA + 0x80 + 40), 0);
}

TEST("from base revision 1 on a section .limine_reqs counts for nothing")
{
	begin_listed(ELF_TYPE_EXEC, TOP);
	put_revision(DATA + 0x200, 1);
	add_list_section(DATA + 0x100);
	expect_refused(DIAG_LIMINE_TWICE, "firmware type");
}

TEST("a list of requests is relocated with its kernel")
{
	begin_listed(ELF_TYPE_DYN, 0);
	put_words(0x3100, (uint64_t[]){ 0, 0 }, 2);
	put_dynamic(0x3800,
	            (struct elf_dynamic[]){ { ELF_DT_RELA, 0x3900 }, { ELF_DT_RELASZ, 24 } }, 2);
	put_words(0x3900, (uint64_t[]){ 0x3100, ELF_R_X86_64_RELATIVE, 0x3080 }, 3);
	add_list_section(0x3100);
	boot_it();
	EXPECT_EQUAL(number_for(TOP + 0x3080), DIRECT_MAP);
	EXPECT_EQUAL(word_at(TOP + 0x3028), 0);
}

TEST("a list that leads nowhere is refused")
{
	static const uint64_t places[] = { 1, TOP + 0x100000, DATA + 0x2000 };

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_listed(ELF_TYPE_EXEC, TOP);
		put_word(DATA + 0x100, places[i]);
		add_list_section(DATA + 0x100);
		expect_refused(DIAG_LIMINE_BAD_REQUEST,
		               i < 2 ? "is in no segment" : "within its id");
	}
}

/* What the kernel sees at `virt` is the physical address `phys`, with all rights. */
static void expect_view(uint64_t virt, uint64_t phys, unsigned pat)
{
	const struct seen *range = view_at(&view, virt);

	if (range == NULL)
		FAIL("nothing is mapped at %#" PRIx64, virt);
	EXPECT_EQUAL(range->phys + (virt - range->virt), phys);
	EXPECT_EQUAL(range->rights, RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE);
	EXPECT_EQUAL(range->pat, pat);
}

/* --- answers --- */

TEST("what a BIOS machine cannot know stays as the kernel left it")
{
	static const enum limine_feature features[] = {
		LIMINE_EFI_SYSTEM_TABLE, LIMINE_EFI_MEMORY_MAP,
		LIMINE_DEVICE_TREE,      LIMINE_RSDP,
		LIMINE_SMBIOS,           LIMINE_DATE_AT_BOOT,
		LIMINE_TSC_FREQUENCY,    LIMINE_PERFORMANCE,
		LIMINE_FRAMEBUFFER
	};

	begin_limine(ELF_TYPE_EXEC, TOP);
	for (unsigned i = 0; i < COUNT(features); i++) {
		put_request(DATA + 64 * i, features[i], 0);
		put_word(DATA + 64 * i + 40, 77);
	}
	boot_it();
	for (unsigned i = 0; i < COUNT(features); i++)
		EXPECT_EQUAL(word_at(DATA + 64 * i + 40), 77);
}

TEST("the firmware is reported as a BIOS, or as 64-bit UEFI")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	set_bios();
	put_request(DATA, LIMINE_FIRMWARE_TYPE, 0);
	boot_it();
	EXPECT_EQUAL(number_for(DATA), 0);
	begin_limine(ELF_TYPE_EXEC, TOP);
	set_efi(15 * MIB);
	put_request(DATA, LIMINE_FIRMWARE_TYPE, 0);
	boot_it();
	EXPECT_EQUAL(number_for(DATA), 2);
}

TEST("under UEFI its last memory map is there, byte by byte, in memory that may be reclaimed")
{
	const struct limine_efi_memory_map *answer;
	const struct efi *efi;

	begin_limine(ELF_TYPE_EXEC, TOP);
	efi = set_efi(15 * MIB);
	put_request(DATA, LIMINE_EFI_MEMORY_MAP, 0);
	boot_it();
	answer = answer_to(DATA);
	EXPECT_EQUAL(answer->size, 96);
	EXPECT_EQUAL(answer->descriptor_size, 48);
	EXPECT_EQUAL(answer->descriptor_version, 1);
	EXPECT(answer->map >= DIRECT_MAP);
	EXPECT_EQUAL(memcmp(seen(answer->map), efi->memory_map.bytes, 96), 0);
}

TEST("where there are no modules the request for them stays as it was")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_MODULES, 0);
	put_word(DATA + 40, 77);
	boot_it();
	EXPECT_EQUAL(word_at(DATA + 40), 77);
}

TEST("the paging mode has room for the flags that it once had")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_PAGING_MODE, 0);
	put_request(DATA + 0x40, LIMINE_BOOTLOADER_INFO, 0);
	boot_it();
	EXPECT_EQUAL(((struct limine_paging_mode *)answer_to(DATA))->flags, 0);
	EXPECT(word_at(DATA + 0x68) != word_at(DATA + 40) + 16);
}

TEST("loader, command line, addresses and clocks are reported")
{
	struct limine_bootloader_info *info;
	struct limine_executable_address *address;
	struct limine_performance *times;

	begin_limine(ELF_TYPE_EXEC, TOP);
	world.config.kernel.command_line = "one two";
	world.machine.clock = (struct clock){ .tsc_start = UINT64_C(30000000000),
		                              .tsc_read = UINT64_C(30003000003),
		                              .tsc_frequency = UINT64_C(3000000000),
		                              .year = 2024,
		                              .month = 2,
		                              .day = 29,
		                              .hour = 23,
		                              .minute = 59,
		                              .second = 58 };
	put_request(DATA, LIMINE_BOOTLOADER_INFO, 0);
	put_request(DATA + 0x40, LIMINE_COMMAND_LINE, 0);
	put_request(DATA + 0x80, LIMINE_EXECUTABLE_ADDRESS, 0);
	put_request(DATA + 0xc0, LIMINE_PERFORMANCE, 0);
	put_request(DATA + 0x100, LIMINE_DATE_AT_BOOT, 0);
	put_request(DATA + 0x140, LIMINE_TSC_FREQUENCY, 0);
	boot_it();
	info = answer_to(DATA);
	EXPECT_EQUAL(strcmp(seen(info->name), "Longjump"), 0);
	EXPECT_EQUAL(strcmp(seen(info->version), LOADER_VERSION), 0);
	EXPECT_EQUAL(strcmp(seen(number_for(DATA + 0x40)), "one two"), 0);
	address = answer_to(DATA + 0x80);
	EXPECT_EQUAL(address->virtual_base, TOP);
	EXPECT_EQUAL(memcmp(world.memory + address->physical_base, elf_at(TOP), 6000), 0);
	times = answer_to(DATA + 0xc0);
	EXPECT_EQUAL(times->init_usec, 10000000);
	EXPECT_EQUAL(times->exec_usec, 10001000);
	EXPECT_EQUAL(number_for(DATA + 0x100), 1709251198);
	EXPECT_EQUAL(number_for(DATA + 0x140), UINT64_C(3000000000));
}

TEST("days are counted as the calendar has them")
{
	static const struct {
		uint16_t year;
		uint8_t month, day;
		uint64_t days;
	} dates[] = { { 1970, 1, 1, 0 },     { 1999, 12, 31, 10956 }, { 2000, 2, 29, 11016 },
		      { 2000, 3, 1, 11017 }, { 2026, 11, 22, 20779 }, { 2100, 3, 1, 47541 },
		      { 2100, 2, 28, 47540 } };

	for (unsigned i = 0; i < COUNT(dates); i++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		world.machine.clock = (struct clock){ .year = dates[i].year,
			                              .month = dates[i].month,
			                              .day = dates[i].day };
		put_request(DATA, LIMINE_DATE_AT_BOOT, 0);
		boot_it();
		EXPECT_EQUAL(number_for(DATA), dates[i].days * 86400);
	}
}

/* Puts ACPI's tables where a BIOS has them: the RSDP in its ROM, the others at the end of RAM, in
 * memory that the firmware keeps; and both SMBIOS entry points, with structures in the ROM. */
static void put_firmware_tables(void)
{
	const uint64_t rsdt = 15 * MIB, fadt = rsdt + 0x1000, facs = rsdt + 0x3000;
	uint8_t *memory = world.memory;

	world.machine.rsdp = 0xf59d0;
	world.machine.smbios = 0xf6000;
	world.machine.smbios3 = 0xf7000;
	memset(memory + 0xf0000, 0, 0x10000);
	memset(memory + rsdt, 0, 0x4000);
	memcpy(memory + 0xf59d0 + 16, &(uint32_t){ (uint32_t)rsdt }, 4);
	memcpy(memory + rsdt, "RSDT\x28\0\0\0", 8);
	memcpy(memory + rsdt + 36, &(uint32_t){ (uint32_t)fadt }, 4);
	memcpy(memory + fadt, "FACP\x74\0\0\0", 8);
	memcpy(memory + fadt + 36, &(uint32_t){ (uint32_t)facs }, 4);
	memcpy(memory + facs, "FACS\x40\0\0\0", 8);
	memory[0xf6005] = 0x1f;
	memcpy(memory + 0xf6016, &(uint16_t){ 0x1200 }, 2);
	memcpy(memory + 0xf6018, &(uint32_t){ 0xf9000 }, 4);
	memory[0xf7006] = 0x18;
	memcpy(memory + 0xf700c, &(uint32_t){ 0x100 }, 4);
	memcpy(memory + 0xf7010, &(uint64_t){ 0xf9000 }, 8);
}

/* The type that the map gives to the page at a physical address. */
static uint64_t type_at(const struct limine_list *map, uint64_t phys)
{
	for (uint64_t i = 0; i < map->count; i++) {
		const struct limine_memory *entry = seen(word_at(map->list + 8 * i));

		if (phys >= entry->base && phys < entry->base + entry->length)
			return entry->type;
	}
	return UINT64_MAX;
}

TEST("the tables' addresses are physical at base revision 3, SMBIOS's at 4 as well")
{
	for (uint64_t revision = 0; revision <= 6; revision++) {
		uint64_t acpi = revision == 3 ? 0 : DIRECT_MAP;
		uint64_t smbios = revision == 3 || revision == 4 ? 0 : DIRECT_MAP;
		struct limine_smbios *answer;

		begin_limine(ELF_TYPE_EXEC, TOP);
		put_firmware_tables();
		world.machine.smbios = 0;
		put_revision(DATA, revision);
		put_request(DATA + 0x40, LIMINE_RSDP, 0);
		put_request(DATA + 0x80, LIMINE_SMBIOS, 0);
		boot_it();
		EXPECT_EQUAL(number_for(DATA + 0x40), acpi + 0xf59d0);
		answer = answer_to(DATA + 0x80);
		EXPECT_EQUAL(answer->entry_32, 0);
		EXPECT_EQUAL(answer->entry_64, smbios + 0xf7000);
	}
}

TEST("the firmware's tables are mapped and told apart, ACPI's from base revision 4 on, SMBIOS's "
     "from 5")
{
	static const struct {
		uint64_t at;
		unsigned from;
	} pages[] = { { 0xf5000, 4 },           { 15 * MIB, 4 },
		      { 15 * MIB + 0x1000, 4 }, { 15 * MIB + 0x2000, 99 },
		      { 15 * MIB + 0x3000, 4 }, { 0xf4000, 99 },
		      { 0xf6000, 5 },           { 0xf7000, 5 },
		      { 0xf8000, 99 },          { 0xf9000, 5 },
		      { 0xfa000, 5 },           { 0xfb000, 99 } };

	for (unsigned revision = 3; revision <= 6; revision++) {
		const struct limine_list *map;

		begin_limine(ELF_TYPE_EXEC, TOP);
		put_firmware_tables();
		set_scratch(13 * MIB, 14 * MIB);
		add_firmware(15 * MIB, 16 * MIB, 2);
		put_revision(DATA, revision);
		put_request(DATA + 0x40, LIMINE_MEMORY_MAP, 0);
		boot_it();
		map = answer_to(DATA + 0x40);
		for (unsigned i = 0; i < COUNT(pages); i++) {
			bool shown = revision >= pages[i].from;

			EXPECT_EQUAL(type_at(map, pages[i].at),
			             shown ? LIMINE_RESERVED_MAPPED : LIMINE_RESERVED);
			EXPECT_EQUAL(view_at(&view, DIRECT_MAP + pages[i].at) != NULL, shown);
		}
	}
}

/* Puts EFI's tables into memory of unknown type from 15 MiB on, and makes the last pages before 16
 * MiB those of runtime services. */
static void put_efi_tables(void)
{
	const uint64_t at = 15 * MIB;
	uint8_t *table = world.memory + at;

	set_efi(at);
	memset(table, 0, MIB);
	memcpy(table + 24, &(uint64_t){ at + 0x2ffe }, 8);
	memcpy(table + 88, &(uint64_t){ at + 0x5000 }, 8);
	memcpy(table + 104, &(uint64_t){ 2 }, 8);
	memcpy(table + 112, &(uint64_t){ at + 0x7fe0 }, 8);
	memcpy(table + 0x2ffe, "M", 2); /* its end is on the next page */
	add_firmware(at, at + 0x80000, 2);
	world.firmware[world.machine.firmware_count - 1].raw = 0;
	for (uint32_t type = 5; type <= 6; type++) {
		add_firmware(at + type * 0x20000, at + (type + 1) * 0x20000, 2);
		world.firmware[world.machine.firmware_count - 1].raw = type;
	}
}

TEST("the EFI system table is physical at base revisions 3 and 4, and from 5 on everything that "
     "outlives the exit is mapped")
{
	static const struct {
		uint64_t at;
		bool is_kept;
	} pages[] = { { 0, true },       { 0x1000, false }, { 0x2000, true },  { 0x3000, true },
		      { 0x4000, false }, { 0x5000, true },  { 0x6000, false }, { 0x7000, true },
		      { 0x8000, true },  { 0x9000, false }, { 0xa0000, true }, { 0xbf000, true },
		      { 0xc0000, true }, { 0xdf000, true } };

	for (unsigned revision = 0; revision <= 6; revision++) {
		uint64_t base = revision == 3 || revision == 4 ? 0 : DIRECT_MAP;
		const struct limine_list *map;

		begin_limine(ELF_TYPE_EXEC, TOP);
		set_scratch(13 * MIB, 14 * MIB);
		put_efi_tables();
		put_revision(DATA, revision);
		put_request(DATA + 0x40, LIMINE_EFI_SYSTEM_TABLE, 0);
		put_request(DATA + 0x80, LIMINE_MEMORY_MAP, 0);
		boot_it();
		EXPECT_EQUAL(number_for(DATA + 0x40), base + 15 * MIB);
		map = answer_to(DATA + 0x80);
		for (unsigned i = 0; i < COUNT(pages); i++) {
			uint64_t at = 15 * MIB + pages[i].at;
			bool shown = revision >= 5 && pages[i].is_kept;

			if (revision < 3)
				continue;
			EXPECT_EQUAL(type_at(map, at),
			             shown ? LIMINE_RESERVED_MAPPED : LIMINE_RESERVED);
			EXPECT_EQUAL(view_at(&view, DIRECT_MAP + at) != NULL, shown);
		}
	}
}

TEST("a system table that the loader cannot see is mapped anyway")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	set_efi(5 * GIB);
	put_revision(DATA, 5);
	put_request(DATA + 0x40, LIMINE_EFI_SYSTEM_TABLE, 0);
	boot_it();
	EXPECT_EQUAL(number_for(DATA + 0x40), DIRECT_MAP + 5 * GIB);
	EXPECT(view_at(&view, DIRECT_MAP + 5 * GIB) != NULL);
}

/* Memory: ACPI reclaimable [14 MiB, 15 MiB), ACPI NVS [15 MiB, 16 MiB) */
TEST("tables in ACPI's own memory keep their type, and from base revision 4 on all of it is mapped")
{
	for (unsigned revision = 3; revision <= 5; revision++) {
		const struct limine_list *map;

		begin_limine(ELF_TYPE_EXEC, TOP);
		put_firmware_tables();
		set_scratch(12 * MIB, 13 * MIB);
		add_firmware(14 * MIB, 15 * MIB, 3);
		add_firmware(15 * MIB, 16 * MIB, 4);
		put_revision(DATA, revision);
		put_request(DATA + 0x40, LIMINE_MEMORY_MAP, 0);
		boot_it();
		map = answer_to(DATA + 0x40);
		EXPECT_EQUAL(type_at(map, 14 * MIB), LIMINE_ACPI_RECLAIMABLE);
		EXPECT_EQUAL(type_at(map, 15 * MIB), LIMINE_ACPI_NVS);
		EXPECT_EQUAL(type_at(map, 16 * MIB - 1), LIMINE_ACPI_NVS);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP + 14 * MIB) != NULL, revision >= 4);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP + 16 * MIB - 1) != NULL, revision >= 4);
	}
}

TEST("a table that the loader cannot see is mapped anyway")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_firmware_tables();
	set_scratch(13 * MIB, 14 * MIB);
	memcpy(world.memory + 15 * MIB + 36, &(uint32_t){ 0xfed30000 }, 4);
	put_revision(DATA, 6);
	boot_it();
	expect_view(DIRECT_MAP + 0xfed30000, 0xfed30000, 0);
	EXPECT(view_at(&view, DIRECT_MAP + 0xfed31000) == NULL);
}

TEST("the memory map is sorted, whole, and marks what may be reclaimed")
{
	const struct limine_list *map;
	uint64_t past = 0, reclaimable = 0;

	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_MEMORY_MAP, 0);
	boot_it();
	map = answer_to(DATA);
	for (uint64_t i = 0; i < map->count; i++) {
		const struct limine_memory *entry = seen(word_at(map->list + 8 * i));

		EXPECT(entry->base >= past && entry->length > 0);
		EXPECT_EQUAL((entry->base | entry->length) & (PAGE_SIZE - 1), 0);
		EXPECT(entry->base != 0 || entry->type == LIMINE_RESERVED);
		if (entry->type == LIMINE_EXECUTABLE_AND_MODULES)
			EXPECT_EQUAL(entry->base, world.boot.plan.kernel_physical);
		reclaimable += entry->type == LIMINE_BOOTLOADER_RECLAIMABLE;
		past = entry->base + entry->length;
	}
	EXPECT_EQUAL(past, world.size);
	EXPECT(reclaimable > 0);
}

TEST("what UEFI's boot services have left may be reclaimed, unless something was placed there")
{
	/* Type, address and pages of UEFI's descriptors. */
	static const uint64_t map[][5] = { { 4, MIB, 0, 256 },
		                           { 3, 8 * MIB, 0, 256 },
		                           { 4, 9 * MIB, 0, 128 },
		                           { 7, 10 * MIB, 0, 256 },
		                           { 4, UINT64_MAX - 0xfff, 0, 2 },
		                           { 4, 11 * MIB, 0, UINT64_MAX } };
	const struct limine_list *answer;
	uint64_t physical;

	begin_limine(ELF_TYPE_EXEC, TOP);
	set_efi(0x1000);
	world.efi.memory_map = (struct span){ (const uint8_t *)map, sizeof(map) };
	world.efi.descriptor_size = sizeof(map[0]);
	put_request(DATA, LIMINE_MEMORY_MAP, 0);
	boot_it();
	answer = answer_to(DATA);
	physical = world.boot.plan.kernel_physical;
	EXPECT(physical >= MIB && physical < 2 * MIB);
	EXPECT_EQUAL(type_at(answer, physical), LIMINE_EXECUTABLE_AND_MODULES);
	EXPECT_EQUAL(type_at(answer, 2 * MIB - 1), LIMINE_BOOTLOADER_RECLAIMABLE);
	EXPECT_EQUAL(type_at(answer, 8 * MIB - 1), LIMINE_USABLE);
	EXPECT_EQUAL(type_at(answer, 8 * MIB), LIMINE_BOOTLOADER_RECLAIMABLE);
	EXPECT_EQUAL(type_at(answer, 9 * MIB + 0x7ffff), LIMINE_BOOTLOADER_RECLAIMABLE);
	EXPECT_EQUAL(type_at(answer, 9 * MIB + 0x80000), LIMINE_USABLE);
	EXPECT_EQUAL(type_at(answer, 10 * MIB), LIMINE_USABLE);
	EXPECT_EQUAL(type_at(answer, 11 * MIB), LIMINE_USABLE);
}

TEST("a single free page between modules is given as reclaimable, two pages are free")
{
	for (uint64_t pages = 1; pages <= 2; pages++) {
		const uint64_t hole = 4 * MIB + PAGE_SIZE;
		const struct limine_list *map;

		begin_limine(ELF_TYPE_EXEC, TOP);
		put_request(DATA, LIMINE_MEMORY_MAP, 0);
		add_module("a", "", (struct span){ (const uint8_t *)"a", 1 }, 4 * MIB);
		add_module("b", "", (struct span){ (const uint8_t *)"b", 1 },
		           hole + pages * PAGE_SIZE);
		boot_it();
		map = answer_to(DATA);
		EXPECT_EQUAL(type_at(map, hole - 1), LIMINE_EXECUTABLE_AND_MODULES);
		EXPECT_EQUAL(type_at(map, hole),
		             pages == 1 ? LIMINE_BOOTLOADER_RECLAIMABLE : LIMINE_USABLE);
		EXPECT_EQUAL(type_at(map, hole + pages * PAGE_SIZE), LIMINE_EXECUTABLE_AND_MODULES);
	}
}

TEST("modules are listed with their paths, the kernel's own before the user's")
{
	const struct limine_list *modules;
	const struct limine_file *file;

	begin_limine(ELF_TYPE_EXEC, TOP);
	world.machine.source = (struct source){ .medium = MEDIUM_OPTICAL, .folder = "/isolinux" };
	add_module("mine.bin", "my words", (struct span){ (const uint8_t *)"abc", 3 }, 4 * MIB);
	put_request(DATA, LIMINE_MODULES, 0);
	boot_it();
	modules = answer_to(DATA);
	EXPECT_EQUAL(modules->count, 1);
	file = seen(word_at(modules->list));
	EXPECT_EQUAL(strcmp(seen(file->path), "/isolinux/mine.bin"), 0);
	EXPECT_EQUAL(strcmp(seen(file->command_line), "my words"), 0);
	EXPECT_EQUAL(file->size, 3);
	EXPECT_EQUAL(memcmp(seen(file->address), "abc", 4), 0);
	EXPECT_EQUAL(file->media_type, LIMINE_MEDIA_OPTICAL);
}

TEST("a file is reported to come from a disc, a disk or the network")
{
	static const struct {
		enum medium medium;
		uint32_t type;
	} media[] = { { MEDIUM_OPTICAL, LIMINE_MEDIA_OPTICAL },
		      { MEDIUM_DISK, LIMINE_MEDIA_GENERIC },
		      { MEDIUM_UNKNOWN, LIMINE_MEDIA_GENERIC },
		      { MEDIUM_NETWORK, LIMINE_MEDIA_TFTP } };

	for (unsigned i = 0; i < COUNT(media); i++) {
		const struct limine_file *file;

		begin_limine(ELF_TYPE_EXEC, TOP);
		world.machine.source.medium = media[i].medium;
		put_request(DATA, LIMINE_EXECUTABLE_FILE, 0);
		boot_it();
		file = seen(number_for(DATA));
		EXPECT_EQUAL(file->media_type, media[i].type);
	}
}

/* A modules request that names internal modules. */
static void put_internal_modules(void)
{
	put_request(DATA, LIMINE_MODULES, 1);
	put_word(DATA + 48, 2);
	put_word(DATA + 56, DATA + 0x100);
	put_words(DATA + 0x100, (uint64_t[]){ DATA + 0x200, DATA + 0x240 }, 2);
	put_words(DATA + 0x200, (uint64_t[]){ DATA + 0x300, DATA + 0x340, LIMINE_MODULE_REQUIRED },
	          3);
	put_words(DATA + 0x240, (uint64_t[]){ DATA + 0x380, 0, LIMINE_MODULE_COMPRESSED }, 3);
	memcpy(elf_at(DATA + 0x300), "/top", 5);
	memcpy(elf_at(DATA + 0x340), "words", 6);
	memcpy(elf_at(DATA + 0x380), "./sub/second", 13);
}

/* Has the kernel add its requests to the configuration. */
static bool request(void)
{
	return boot_request(&world.boot, &world.machine, &world.config, &limine_protocol,
	                    &world.report);
}

TEST("modules that the kernel names are looked for in its own folder, or from the root on")
{
	const struct file *modules = world.config.modules;

	begin_limine(ELF_TYPE_EXEC, TOP);
	world.config.kernel.name = "/boot/kernel.elf";
	add_module("mine", "", (struct span){ (const uint8_t *)"abc", 3 }, 4 * MIB);
	put_internal_modules();
	lay_file(&world.config.kernel, built(), FILE_AT);
	EXPECT(request());
	EXPECT_EQUAL(world.config.module_count, 3);
	EXPECT_EQUAL(strcmp(modules[0].name, "/top"), 0);
	EXPECT_EQUAL(strcmp(modules[0].command_line, "words"), 0);
	EXPECT(!modules[0].optional && modules[0].raw);
	EXPECT_EQUAL(strcmp(modules[1].name, "/boot/sub/second"), 0);
	EXPECT_EQUAL(strcmp(modules[1].command_line, ""), 0);
	EXPECT(modules[1].optional && !modules[1].raw);
	EXPECT_EQUAL(strcmp(modules[2].name, "mine"), 0);
}

TEST("modules without a path, or too many of them, are refused")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_internal_modules();
	put_word(DATA + 0x240, TOP - 1);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "internal module 1");
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_internal_modules();
	memset(elf_at(DATA + 0x300), 0, 5);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "internal module 0");
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_internal_modules();
	put_word(DATA + 48, UINT64_MAX);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "18446744073709551615 internal modules");
}

TEST("a position-independent kernel goes to the top 2 GiB wherever it is linked below")
{
	static const uint64_t places[] = { 0, 2 * MIB, UINT64_C(0xffff800000000000) };

	for (unsigned i = 0; i < COUNT(places); i++) {
		begin_limine(ELF_TYPE_DYN, places[i]);
		put_request(places[i] + 0x3000, LIMINE_HHDM, 0);
		boot_it();
		EXPECT_EQUAL(world.boot.plan.slide, TOP - places[i]);
		EXPECT(answer_to(TOP + 0x3000) != NULL);
	}
}

TEST("a position-independent kernel's pointers go with it")
{
	begin_limine(ELF_TYPE_DYN, 0);
	put_request(0x3000, LIMINE_ENTRY_POINT, 0);
	put_dynamic(0x3800,
	            (struct elf_dynamic[]){ { ELF_DT_RELA, 0x3900 }, { ELF_DT_RELASZ, 24 } }, 2);
	put_words(0x3900, (uint64_t[]){ 0x3030, ELF_R_X86_64_RELATIVE, 0x123 }, 3);
	boot_it();
	EXPECT_EQUAL(word_at(TOP + 0x3030), TOP + 0x123);
	EXPECT_EQUAL(world.boot.plan.entry.rip, TOP + 0x123);
	answer_to(TOP + 0x3000);
}

TEST("an answer stays even where a relocation would write")
{
	begin_limine(ELF_TYPE_DYN, 0);
	put_request(0x3000, LIMINE_HHDM, 0);
	put_dynamic(0x3800,
	            (struct elf_dynamic[]){ { ELF_DT_RELA, 0x3900 }, { ELF_DT_RELASZ, 24 } }, 2);
	put_words(0x3900, (uint64_t[]){ 0x3028, ELF_R_X86_64_RELATIVE, 0x123 }, 3);
	boot_it();
	EXPECT_EQUAL(number_for(TOP + 0x3000), DIRECT_MAP);
}

/* --- the address space, and the state of the machine --- */

TEST("each base revision maps what it promises, pixels write-combining")
{
	for (unsigned revision = 0; revision <= 6; revision++) {
		bool all = revision < 3;
		uint64_t far = revision == 0 ? 7 * GIB : 6 * GIB;

		begin_limine(ELF_TYPE_EXEC, TOP);
		add_firmware(5 * GIB, 6 * GIB, 1);
		add_firmware(6 * GIB, 7 * GIB, 2);
		set_screen((struct screen){
			.pixels = { 0xfd000100, 0xfd300100 }, .width = 1024, .height = 768 });
		put_revision(DATA, revision);
		boot_it();
		expect_view(DIRECT_MAP + 0x1000, 0x1000, 0);
		expect_view(DIRECT_MAP + 16 * MIB - 1, 16 * MIB - 1, 0);
		expect_view(DIRECT_MAP + 0xfd000000, 0xfd000000, 5);
		expect_view(DIRECT_MAP + 0xfd300fff, 0xfd300fff, 5);
		expect_view(DIRECT_MAP + 5 * GIB, 5 * GIB, 0);
		expect_view(DIRECT_MAP + far - 1, far - 1, 0);
		EXPECT(view_at(&view, DIRECT_MAP + far) == NULL);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP) != NULL, all);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP + 0xa0000) != NULL, all);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP + 4 * GIB - 1) != NULL, all);
		EXPECT_EQUAL(view_at(&view, DIRECT_MAP + 4 * GIB) != NULL, false);
		EXPECT(view_at(&view, 0) == NULL);
		EXPECT_EQUAL(view_at(&view, 0x1000) != NULL, revision == 0);
		EXPECT_EQUAL(view_at(&view, 7 * GIB - 1) != NULL, revision == 0);
		if (revision == 0)
			expect_view(0xfd000000, 0xfd000000, 5);
	}
}

TEST("the kernel is entered as the protocol says")
{
	const struct launch *launch;
	const struct placement *stack;

	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_STACK_SIZE, 0);
	put_word(DATA + 48, 100000);
	boot_it();
	launch = world.boot.launch;
	stack = find_placement(USE_STACK, 0);
	EXPECT_EQUAL(stack->phys.end - stack->phys.begin, 25 * PAGE_SIZE);
	EXPECT_EQUAL(launch->rsp, DIRECT_MAP + stack->phys.end);
	EXPECT_EQUAL(launch->rip, TOP + 16);
	EXPECT_EQUAL(launch->rdi, 0);
	EXPECT_EQUAL(launch->cs, 0x28);
	EXPECT_EQUAL(launch->ss, 0x30);
	EXPECT_EQUAL(launch->data, 0x30);
	EXPECT_EQUAL(launch->fs, 0x30);
	EXPECT_EQUAL(launch->descriptors, DESCRIPTORS_ALL);
	EXPECT_EQUAL(launch->flags, LAUNCH_NO_RETURN | LAUNCH_BARE);
	EXPECT_EQUAL(number_for(DATA), 0);
}

TEST("a kernel that prefers 5 levels gets them if the CPU has them")
{
	for (unsigned la57 = 0; la57 < 2; la57++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		world.machine.cpu.la57 = la57 != 0;
		put_request(DATA, LIMINE_PAGING_MODE, 0);
		put_word(DATA + 48, LIMINE_PAGING_5_LEVELS);
		boot_it();
		EXPECT_EQUAL(world.boot.plan.tables.levels, 4 + la57);
		EXPECT_EQUAL(number_for(DATA), la57);
	}
}

/* The levels that a kernel gets that makes this request for them. */
static unsigned levels_for(uint64_t mode, uint64_t most, uint64_t least)
{
	put_request(DATA, LIMINE_PAGING_MODE, 1);
	put_words(DATA + 48, (uint64_t[]){ mode, most, least }, 3);
	boot_it();
	return world.boot.plan.tables.levels;
}

TEST("the levels stay between the most and the least that the kernel supports")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	EXPECT_EQUAL(levels_for(1, 0, 0), 4);
	begin_limine(ELF_TYPE_EXEC, TOP);
	EXPECT_EQUAL(levels_for(0, 1, 1), 5);
	begin_limine(ELF_TYPE_EXEC, TOP);
	EXPECT_EQUAL(levels_for(7, 7, 0), 5);
}

TEST("the user's -paging=4 overrides what the kernel prefers")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	world.config.options.paging_given = true;
	EXPECT_EQUAL(levels_for(1, 1, 0), 4);
	put_word(DATA + 64, 1);
	expect_refused(DIAG_LIMINE_PAGING, "-paging=4 was given");
}

TEST("levels of page tables that the kernel does not support are refused")
{
	for (uint64_t least = 1; least < 3; least++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_request(DATA, LIMINE_PAGING_MODE, 1);
		put_words(DATA + 48, (uint64_t[]){ 0, 2 * least - 2, least }, 3);
		expect_refused(DIAG_LIMINE_PAGING, "min_mode is");
	}

	begin_limine(ELF_TYPE_EXEC, TOP);
	world.config.options.paging_levels = 5;
	expect_refused(DIAG_LIMINE_PAGING, "only 4 levels");
	begin_limine(ELF_TYPE_EXEC, TOP);
	world.machine.cpu.la57 = false;
	put_request(DATA, LIMINE_PAGING_MODE, 1);
	put_words(DATA + 48, (uint64_t[]){ 1, 1, 1 }, 3);
	expect_refused(DIAG_LIMINE_PAGING, "needs 5 levels");
}

TEST("a kernel that asks for a framebuffer or its file gets one, unless the user says otherwise")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_FRAMEBUFFER, 0);
	put_request(DATA + 64, LIMINE_EXECUTABLE_FILE, 0);
	lay_file(&world.config.kernel, built(), FILE_AT);
	EXPECT(request());
	EXPECT_EQUAL(world.config.options.video.want, VIDEO_AUTO);
	EXPECT(world.config.options.video.any);
	EXPECT(world.config.options.kernel_file);
	EXPECT(video_read_request(&world.config.options.video, "text"));
	EXPECT(request());
	EXPECT_EQUAL(world.config.options.video.want, VIDEO_TEXT);
}

/* The words that a kernel gets that asks for `wanted`, from a machine with these random bits. */
static const uint64_t *entropy(uint64_t random, uint64_t wanted, uint64_t count)
{
	const struct limine_list *answer;

	begin_limine(ELF_TYPE_EXEC, TOP);
	world.machine.random = random;
	put_request(DATA, LIMINE_ENTROPY, 0);
	put_word(DATA + 48, wanted);
	boot_it();
	EXPECT(world.config.options.random);
	answer = answer_to(DATA);
	EXPECT_EQUAL(answer->revision, 0);
	EXPECT_EQUAL(answer->count, count);
	return count != 0 ? seen(answer->list) : NULL;
}

TEST("entropy is as many words as the kernel wants, up to 4096, and all are different")
{
	const uint64_t *words = entropy(1, UINT64_MAX, 4096);

	for (unsigned i = 0; i < 4096; i++) {
		for (unsigned other = 0; other < i; other++)
			EXPECT(words[i] != words[other]);
	}
	EXPECT(entropy(1, 0, 0) == NULL);
	EXPECT_EQUAL(((const struct limine_list *)answer_to(DATA))->list, 0);
}

TEST("entropy is SHA-256 of the machine's random bits and a counter, and only that")
{
	const uint64_t *words = entropy(UINT64_C(0x0123456789abcdef), 5, 5);

	/* printf of the two words, lowest byte first, | sha256sum */
	EXPECT_EQUAL(words[0], UINT64_C(0xd04de3d649dfaf63));
	EXPECT_EQUAL(words[3], UINT64_C(0xd81ca9dd78b5c60f));
	EXPECT_EQUAL(words[4], UINT64_C(0x676aed662ed3c2dc));
	words = entropy(UINT64_C(0x0123456789abcdee), 5, 5);
	EXPECT(words[0] != UINT64_C(0xd04de3d649dfaf63));
}

/* A kernel that asks for Flanterm's parameters, on a screen with pixels of `bits` bits. */
static void begin_flanterm(uint32_t bits)
{
	static uint8_t font[4096];

	for (unsigned i = 0; i < sizeof(font); i++)
		font[i] = (uint8_t)(i * 7 + i / 256);
	begin_limine(ELF_TYPE_EXEC, TOP);
	set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
	                            .width = 1024,
	                            .height = 768,
	                            .pitch = 1024 * bits / 8,
	                            .bits_per_pixel = bits });
	world.machine.display.font = font;
	put_request(DATA, LIMINE_FLANTERM, 0);
	put_word(DATA + 40, 77);
	put_request(DATA + 0x40, LIMINE_FRAMEBUFFER, 0);
}

/* The only entry of the answer to that request. */
static const struct limine_flanterm *flanterm(void)
{
	const struct limine_list *answer = answer_to(DATA);

	EXPECT_EQUAL(answer->revision, 0);
	EXPECT_EQUAL(answer->count, 1);
	return seen(*(const uint64_t *)seen(answer->list));
}

TEST("Flanterm's parameters have colours and the machine's font, for the one framebuffer")
{
	const struct limine_flanterm *terminal;

	begin_flanterm(32);
	boot_it();
	terminal = flanterm();
	EXPECT_EQUAL(terminal->canvas, 0);
	EXPECT_EQUAL(terminal->canvas_size, 0);
	EXPECT_EQUAL(terminal->colours[1], 0xaa0000); /* red */
	EXPECT_EQUAL(terminal->colours[3], 0xaa5500); /* brown */
	EXPECT_EQUAL(terminal->colours[4], 0x0000aa); /* blue */
	EXPECT_EQUAL(terminal->bright_colours[7], 0xffffff);
	EXPECT_EQUAL(terminal->background, 0);
	EXPECT_EQUAL(terminal->foreground, 0xaaaaaa);
	EXPECT_EQUAL(terminal->font_width, 8);
	EXPECT_EQUAL(terminal->font_height, 16);
	EXPECT_EQUAL(terminal->scale_x, 1);
	EXPECT_EQUAL(terminal->scale_y, 1);
	EXPECT_EQUAL(terminal->rotation, 0);
	EXPECT_EQUAL(memcmp(seen(terminal->font), world.machine.display.font, 4096), 0);
}

TEST("a screen that Flanterm cannot use has an entry of zeroes")
{
	static const struct limine_flanterm zeroes;

	begin_flanterm(24);
	boot_it();
	EXPECT_EQUAL(memcmp(flanterm(), &zeroes, sizeof(zeroes)), 0);
}

TEST("without a framebuffer, a request for it, or a font, Flanterm's parameters stay unanswered")
{
	for (unsigned without = 0; without < 3; without++) {
		begin_flanterm(32);
		if (without == 0)
			world.machine.display.kind = DISPLAY_VGA_TEXT;
		else if (without == 1)
			put_word(DATA + 0x40, 0);
		else
			world.machine.display.font = NULL;
		boot_it();
		EXPECT_EQUAL(word_at(DATA + 40), 77);
	}
}

TEST("the kernel's file is handed over whole")
{
	const struct limine_file *file;

	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_EXECUTABLE_FILE, 0);
	boot_it();
	file = seen(number_for(DATA));
	EXPECT_EQUAL(file->size, elf_size);
	EXPECT_EQUAL(strcmp(seen(file->path), "/kernel.elf"), 0);
	EXPECT_EQUAL(memcmp(seen(file->address), elf_bytes, (size_t)elf_size), 0);
}

TEST("every other CPU is to be started, in a low page, on its own stack")
{
	const struct limine_mp *mp;
	const struct launch *launch;
	const struct launch_processor *starts;

	begin_limine(ELF_TYPE_EXEC, TOP);
	set_processors(4, 1);
	put_request(DATA, LIMINE_MP, 0);
	put_request(DATA + 0x80, LIMINE_STACK_SIZE, 0);
	put_word(DATA + 0x80 + 48, 0x20000);
	boot_it();
	mp = answer_to(DATA);
	launch = world.boot.launch;
	starts = (const void *)(world.memory + launch->processors);
	EXPECT_EQUAL(mp->count, 4);
	EXPECT_EQUAL(mp->bsp_lapic_id, 2);
	EXPECT_EQUAL(mp->flags, 0);
	EXPECT_EQUAL(launch->processor_count, 3);
	EXPECT_EQUAL(launch->trampoline, 0x9e000);
	EXPECT_EQUAL(memcmp(world.memory + 0x9e000, &world_resident, TRAMPOLINE_SIZE), 0);
	for (unsigned i = 0; i < 4; i++) {
		uint64_t at = word_at(mp->list + 8 * i);
		const struct limine_cpu *cpu = seen(at);
		const struct launch_processor *start = &starts[i < 1 ? i : i - 1];

		EXPECT_EQUAL(cpu->processor_id, 10 + i);
		EXPECT_EQUAL(cpu->lapic_id, 2 * i);
		EXPECT_EQUAL(cpu->goto_address, 0);
		if (i == 1)
			continue;
		EXPECT_EQUAL(start->apic_id, 2 * i);
		EXPECT_EQUAL(start->rdi, at);
		EXPECT_EQUAL(start->mailbox, at + 16);
		EXPECT_EQUAL(start->state, 0);
		EXPECT(start == starts || start->rsp == start[-1].rsp + 0x20000);
		EXPECT_EQUAL(start->stack_begin, start->rsp - 0x20000);
		EXPECT(seen(start->stack_begin) != NULL);
	}
}

TEST("without a list that has the first CPU in it once, the others are left alone")
{
	for (unsigned twice = 0; twice < 2; twice++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		set_processors(2, twice == 0 ? 7 : 0);
		world.processors[1].apic_id = 0;
		put_request(DATA, LIMINE_MP, 0);
		boot_it();
		EXPECT_EQUAL(((struct limine_mp *)answer_to(DATA))->count, 1);
		EXPECT_EQUAL(world.boot.launch->processor_count, 0);
		EXPECT_EQUAL(world.report.count, 1);
		EXPECT_EQUAL(world.report.findings[0].code, DIAG_CPUS_NOT_STARTED);
	}
}

TEST("an x2APIC that the firmware has switched on stays on, and the kernel is told")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	world.machine.cpu.x2apic = world.machine.cpu.x2apic_on = true;
	put_request(DATA, LIMINE_MP, 0);
	boot_it();
	EXPECT_EQUAL(((struct limine_mp *)answer_to(DATA))->flags, 1);
	EXPECT((world.boot.launch->flags & LAUNCH_X2APIC) != 0);
}

TEST("the x2APIC is switched on if it is asked for, and there")
{
	for (unsigned i = 0; i < 4; i++) {
		bool on = i == 3;

		begin_limine(ELF_TYPE_EXEC, TOP);
		world.machine.cpu.x2apic = (i & 1) != 0;
		put_request(DATA, LIMINE_MP, 0);
		put_word(DATA + 48, i >> 1);
		boot_it();
		EXPECT_EQUAL(((struct limine_mp *)answer_to(DATA))->flags, on);
		EXPECT_EQUAL((world.boot.launch->flags & LAUNCH_X2APIC) != 0, on);
	}
}

/* Puts a MADT into memory that no test uses: a CPU with number 11, and NMIs at LINT1 of all CPUs
 * and at LINT0 of that one, the latter level-triggered and active low. */
static void put_madt(void)
{
	static const uint8_t entries[] = { 0,    8, 10, 0, 1, 0, 0,  0,    4, 6,
		                           0xff, 0, 0,  1, 4, 6, 11, 0x0f, 0, 0 };
	const uint64_t rsdt = 15 * MIB, madt = rsdt + 0x1000;

	put_firmware_tables();
	memcpy(world.memory + rsdt + 36, &(uint32_t){ (uint32_t)madt }, 4);
	memcpy(world.memory + madt, "APIC\x40\0\0\0", 8);
	memset(world.memory + madt + 8, 0, 36);
	memcpy(world.memory + madt + 44, entries, sizeof(entries));
}

TEST("from base revision 5 on the machine's state is specified to the bit")
{
	for (unsigned revision = 4; revision <= 6; revision++) {
		const struct launch *launch;
		bool strict = revision >= 5;

		begin_limine(ELF_TYPE_EXEC, TOP);
		set_scratch(13 * MIB, 14 * MIB);
		put_madt();
		set_processors(3, 0);
		world.config.options.explain = true;
		put_revision(DATA, revision);
		put_request(DATA + 0x40, LIMINE_MP, 0);
		boot_it();
		launch = world.boot.launch;
		EXPECT_EQUAL(launch->cr0 == 0x80010011, strict);
		EXPECT_EQUAL(launch->cr4 == 0x20, strict);
		EXPECT_EQUAL((launch->flags & LAUNCH_BARE) != 0, strict);
		EXPECT_EQUAL((launch->flags & LAUNCH_LOCAL_APIC) != 0, strict);
		EXPECT_EQUAL(launch->lints[0], 0);
		EXPECT_EQUAL(launch->lints[1], strict ? 0x10400 : 0);
		EXPECT(world.boot.plan.entry.quiet.lines);
		EXPECT_EQUAL(world.boot.plan.entry.quiet.special, strict);
		EXPECT_EQUAL(world.boot.plan.entry.quiet.iommus, strict);
		EXPECT_EQUAL(world.boot.plan.processors[0].lints[0], 0x1a400);
		EXPECT_EQUAL(world.boot.plan.processors[1].lints[0], 0);
		EXPECT_EQUAL(world.boot.plan.processors[1].lints[1], 0x10400);
	}
}

TEST("IOMMUs stay as they are if the kernel asks for that")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_revision(DATA, 6);
	put_request(DATA + 0x40, LIMINE_KEEP_IOMMU, 0);
	boot_it();
	EXPECT(!world.boot.plan.entry.quiet.iommus);
	EXPECT_EQUAL(number_for(DATA + 0x40), 0);
}

TEST("without explanations there are no descriptor tables but the GDT")
{
	for (unsigned explain = 0; explain < 2; explain++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		world.config.options.explain = explain;
		put_revision(DATA, 3);
		boot_it();
		EXPECT_EQUAL((world.boot.launch->flags & LAUNCH_BARE) != 0, explain == 0);
	}
}

/* --- what is refused --- */

TEST("a request made twice is refused by its name")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_MEMORY_MAP, 0);
	put_request(DATA + 0x200, LIMINE_MEMORY_MAP, 0);
	expect_refused(DIAG_LIMINE_TWICE, "memory map");
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_revision(DATA, 2);
	put_revision(DATA + 0x200, 2);
	expect_refused(DIAG_LIMINE_TWICE, "base revision");
}

TEST("a kernel in the lower half is refused")
{
	begin_limine(ELF_TYPE_EXEC, 4 * MIB);
	put_request(4 * MIB + 0x3000, LIMINE_HHDM, 0);
	expect_refused(DIAG_LIMINE_LOWER_HALF, "0x400000");
}

TEST("a request that its segment cuts off is refused")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	elf_programs[2].memsz = 0x1000;
	put_words(DATA + 0x1000 - 40,
	          (uint64_t[]){ LIMINE_MAGIC_0, LIMINE_MAGIC_1, ids[LIMINE_HHDM][0],
	                        ids[LIMINE_HHDM][1], 0 },
	          5);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "beyond their segment");
}

TEST("a request that its segment cuts off within the id is refused")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	elf_programs[2].memsz = 0x1000;
	put_words(DATA + 0x1000 - 24,
	          (uint64_t[]){ LIMINE_MAGIC_0, LIMINE_MAGIC_1, ids[LIMINE_HHDM][0] }, 3);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "segment 2 ends within its id");
}

TEST("a request that its segment cuts off within its own members is refused")
{
	static const struct {
		enum limine_feature feature;
		uint64_t revision, size;
	} cases[] = { { LIMINE_STACK_SIZE, 0, 56 },  { LIMINE_MP, 0, 56 },
		      { LIMINE_ENTRY_POINT, 0, 56 }, { LIMINE_PAGING_MODE, 0, 56 },
		      { LIMINE_PAGING_MODE, 1, 72 }, { LIMINE_MODULES, 1, 64 } };

	for (unsigned i = 0; i < COUNT(cases); i++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		elf_programs[2].memsz = 0x1000;
		put_request(DATA + 0x1000 - cases[i].size + 8, cases[i].feature, cases[i].revision);
		expect_refused(DIAG_LIMINE_BAD_REQUEST, "beyond their segment");
	}
}

TEST("an entry point that leads nowhere is refused")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_request(DATA, LIMINE_ENTRY_POINT, 0);
	put_word(DATA + 48, DATA);
	expect_refused(DIAG_LIMINE_BAD_REQUEST, "the entry point");
}

TEST("a kernel that no memory holds in one piece is refused")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	add_segment(RW, TOP + 0x1000000, 100, 100);
	put_request(DATA, LIMINE_HHDM, 0);
	expect_refused(DIAG_LIMINE_NOT_TOGETHER, "16388 KiB");
}

TEST("a base revision that nobody knows is refused, with the numbers")
{
	static const uint64_t revisions[] = { 7, 1000, UINT64_MAX };

	for (unsigned i = 0; i < COUNT(revisions); i++) {
		begin_limine(ELF_TYPE_EXEC, TOP);
		put_revision(DATA, revisions[i]);
		expect_refused(DIAG_LIMINE_REVISION, "those known here are 0 to 6");
	}
}

/* What the kernel asks for, in words. */
static const char *described(void)
{
	static char words[1000];
	struct text text = text_in(words, sizeof(words));

	lay_file(&world.config.kernel, built(), FILE_AT);
	boot_request(&world.boot, &world.machine, &world.config, world.protocol, &world.report);
	EXPECT(world.boot.readable);
	limine_protocol.describe(&world.boot, &text);
	return words;
}

TEST("what the kernel asks for is described, request by request")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_revision(DATA, 7);
	put_request(DATA + 0x40, LIMINE_HHDM, 0);
	put_request(DATA + 0x80, LIMINE_DEVICE_TREE, 0);
	put_words(DATA + 0xc0, (uint64_t[]){ LIMINE_MAGIC_0, LIMINE_MAGIC_1, 1, 2 }, 4);
	EXPECT_EQUAL(strcmp(described(),
	                    "base revision 7 (not known here)\nhigher half direct map\n"
	                    "device tree (stays unanswered)\n"
	                    "1 that Longjump does not know"),
	             0);
}

TEST("the values that requests give are described")
{
	begin_limine(ELF_TYPE_EXEC, TOP);
	put_internal_modules();
	put_request(DATA + 0x400, LIMINE_STACK_SIZE, 0);
	put_word(DATA + 0x430, 128 * KIB);
	put_request(DATA + 0x440, LIMINE_PAGING_MODE, 0);
	put_request(DATA + 0x480, LIMINE_MP, 0);
	put_word(DATA + 0x4b0, LIMINE_MP_X2APIC);
	put_request(DATA + 0x4c0, LIMINE_ENTRY_POINT, 0);
	put_word(DATA + 0x4f0, TOP + 0x20);
	put_request(DATA + 0x500, LIMINE_ENTROPY, 0);
	put_word(DATA + 0x530, 12);
	EXPECT_EQUAL(strcmp(described(),
	                    "base revision 0\nstack size: 128 KiB\npaging mode: 4 levels\n"
	                    "multiprocessor, in x2APIC mode\nentry point 0xffffffff80000020\n"
	                    "modules\ninternal module /top, required: words\n"
	                    "internal module ./sub/second, to be unpacked\nentropy: 12 words"),
	             0);
	put_request(DATA + 0x440, LIMINE_PAGING_MODE, 1);
	put_words(DATA + 0x470, (uint64_t[]){ 0, 1, 0 }, 3);
	EXPECT(strstr(described(), "paging mode: 4 levels, at least 4, at most 5\n") != NULL);
}
