/* SPDX-License-Identifier: MIT */
/*
 * bootloader011.c - kernels for the Rust crate bootloader 0.11 in a simulated machine (world.h):
 * how their section is read, and refused; what they are told, and where everything is.
 */
#include "add_symbols.h"
#include "walker.h"
#include "world.h"

#include "protocols/bootloader011/abi.h"
#include "protocols/bootloader011/bootloader011.h"
#include "protocols/bootloader011/bootloader011_config.h"

#define ENTRY         (512 * GIB)
#define FILE_AT       (2 * MIB)
#define LINKED        (2 * MIB) /* virtual */
#define STACK_DEFAULT 81920

/* Fields of the section, in their order. */
enum field {
	STACK_SIZE,
	STACK,
	BASE,
	INFO,
	PIXELS,
	PHYSICAL,
	RECURSIVE,
	RANDOM,
	RANGE_BEGIN,
	RANGE_LAST,
	RAMDISK,
	HEIGHT,
	WIDTH,
	FIELDS
};

/* Where each field is in each of the three lengths; 0: nowhere. */
static const uint8_t places[3][FIELDS] = {
	{ 23, 31, 0, 40, 49, 58, 68, 78, 79, 88, 0, 97, 106 },
	{ 23, 31, 0, 40, 49, 58, 68, 78, 79, 88, 97, 106, 115 },
	{ 23, 31, 40, 49, 58, 67, 77, 87, 88, 97, 106, 115, 124 },
};
static const char *const names[FIELDS] = {
	"kernel_stack_size",
	"kernel_stack",
	"kernel_base",
	"boot_info",
	"framebuffer",
	"physical_memory",
	"page_table_recursive",
	"aslr",
	"dynamic_range_start",
	"dynamic_range_end",
	"ramdisk_memory",
	"minimum_framebuffer_height",
	"minimum_framebuffer_width",
};
static const unsigned lengths[3] = { 115, 124, 133 };
static const uint8_t uuid[] = RB11_UUID;

static uint8_t section[256];
static unsigned form; /* which of the three lengths it has */
static const uint8_t disk[5000] = "what a ramdisk holds";
static struct rb11_config config;
static struct report report;
static struct view view;

/* The section of a version, with all that it has left to the loader. */
static void begin_section(unsigned patch)
{
	const uint8_t version[] = { 0, 0, 11, 0, (uint8_t)patch, 0, 0 };
	const uint64_t size = STACK_DEFAULT;

	form = patch >= 11 ? 2 : patch >= 1;
	memset(section, 0, sizeof(section));
	memcpy(section, uuid, sizeof(uuid));
	memcpy(section + 16, version, sizeof(version));
	memcpy(section + 23, &size, sizeof(size));
}

/* Writes a number after `tags` bytes of 1. */
static void put(enum field field, unsigned tags, uint64_t value)
{
	unsigned at = places[form][field];

	EXPECT(at != 0);
	memset(section + at, 1, tags);
	memcpy(section + at + tags, &value, sizeof(value));
}

/* A file with the section: one segment, and section headers after it. */
static struct span file_with(unsigned length)
{
	static const char strings[] = "\0.bootloader-config\0.shstrtab";
	struct elf_section_header *headers;

	begin_small_elf();
	elf_head->shoff = align_up(elf_size, 8);
	elf_head->shentsize = sizeof(*headers);
	elf_head->shnum = 3;
	elf_head->shstrndx = 2;
	headers = (struct elf_section_header *)(void *)(elf_bytes + elf_head->shoff);
	elf_size = elf_head->shoff + 3 * sizeof(*headers);
	memset(headers, 0, 3 * sizeof(*headers));
	headers[1] = (struct elf_section_header){
		.name = 1, .type = 1, .offset = elf_size, .size = length, .addralign = 1
	};
	memcpy(elf_bytes + elf_size, section, length);
	elf_size += length;
	headers[2] = (struct elf_section_header){
		.name = 20, .type = 3, .offset = elf_size, .size = sizeof(strings)
	};
	memcpy(elf_bytes + elf_size, strings, sizeof(strings));
	elf_size += sizeof(strings);
	return elf_file();
}

/* Reads the configuration of a file. */
static bool read_config(struct span file, bool named)
{
	struct elf elf;

	memset(&report, 0, sizeof(report));
	EXPECT(elf_open(&elf, file));
	return rb11_read_config(&config, &elf, named, &report);
}

/* Reads the section with a length of `length` bytes. */
static bool read_section(unsigned length, bool named)
{
	return read_config(file_with(length), named);
}

/* The section must be refused, with this code, and with words that have `part`. */
static void expect_refused(unsigned length, enum diag code, const char *part)
{
	if (read_section(length, false))
		FAIL("accepted, not refused as K%u", (unsigned)code);
	EXPECT_EQUAL(report.count, 1);
	if (report.findings[0].code != code)
		FAIL("refused as K%u: %s", (unsigned)report.findings[0].code,
		     report.findings[0].detail);
	EXPECT_PART(report.findings[0].detail, part);
}

/* --- the section --- */

static void expect_mapping(const struct rb11_mapping *mapping, enum field field)
{
	EXPECT_EQUAL(mapping->place, places[form][field] != 0 ? RB11_FIXED : RB11_DYNAMIC);
	EXPECT_EQUAL(mapping->at, places[form][field] != 0 ? field * UINT64_C(0x101) : 0);
}

TEST("each version's fields are read from where they are")
{
	static const unsigned patches[] = { 0, 1, 4, 10, 11, 14, 16, 17 };

	for (unsigned i = 0; i < COUNT(patches); i++) {
		begin_section(patches[i]);
		for (enum field field = STACK_SIZE; field < FIELDS; field++) {
			if (places[form][field] != 0 && field != RANDOM)
				put(field,
				    field == STACK_SIZE                       ? 0
				    : field == PHYSICAL || field == RECURSIVE ? 2
				                                              : 1,
				    field * UINT64_C(0x101));
		}
		section[places[form][RANDOM]] = 1;
		if (!read_section(lengths[form], false))
			FAIL("0.11.%u: %s", patches[i], report.findings[0].detail);
		EXPECT_EQUAL(config.version.patch, patches[i]);
		EXPECT_EQUAL(config.layout, patches[i]);
		EXPECT_EQUAL(config.kernel_stack_size, 0);
		expect_mapping(&config.kernel_stack, STACK);
		expect_mapping(&config.kernel_base, BASE);
		expect_mapping(&config.boot_info, INFO);
		expect_mapping(&config.framebuffer, PIXELS);
		expect_mapping(&config.physical_memory, PHYSICAL);
		expect_mapping(&config.recursive, RECURSIVE);
		expect_mapping(&config.ramdisk, RAMDISK);
		EXPECT(config.aslr && config.has_range_begin && config.has_range_end);
		EXPECT_EQUAL(config.range_begin, RANGE_BEGIN * 0x101);
		EXPECT_EQUAL(config.range_last, RANGE_LAST * 0x101);
		EXPECT_EQUAL(config.least_height, HEIGHT * 0x101);
		EXPECT_EQUAL(config.least_width, WIDTH * 0x101);
	}
}

TEST("what is left to the loader is dynamic, or not there")
{
	for (unsigned patch = 0; patch <= RB11_LATEST; patch++) {
		begin_section(patch);
		EXPECT(read_section(lengths[form], false));
		EXPECT_EQUAL(config.kernel_stack_size, STACK_DEFAULT);
		EXPECT_EQUAL(config.kernel_base.place, RB11_DYNAMIC);
		EXPECT_EQUAL(config.ramdisk.place, RB11_DYNAMIC);
		EXPECT_EQUAL(config.physical_memory.place, RB11_NOWHERE);
		EXPECT_EQUAL(config.recursive.place, RB11_NOWHERE);
		EXPECT(!config.aslr && !config.has_range_begin && !config.has_range_end);
	}
	begin_section(16);
	section[places[form][PHYSICAL]] = 1;
	EXPECT(read_section(133, false));
	EXPECT_EQUAL(config.physical_memory.place, RB11_DYNAMIC);
}

TEST("a length that no version has is refused, with the lengths that are valid")
{
	static const unsigned wrong[] = { 0,   1,   15,  16,  22,  23,  96,
		                          114, 116, 123, 125, 132, 134, 200 };

	for (unsigned i = 0; i < COUNT(wrong); i++) {
		char words[20];

		begin_section(16);
		snprintf(words, sizeof(words), "it has %u bytes", wrong[i]);
		expect_refused(wrong[i], DIAG_BOOTLOADER_LENGTH, words);
		EXPECT_PART(report.findings[0].detail,
		            "0.11.0 writes 115, 0.11.1 to 0.11.10 write 124, 0.11.11 to 0.11.17 "
		            "write 133");
	}
	expect_refused(134, DIAG_BOOTLOADER_LENGTH, "and is made with 0.11.16");
	begin_section(10);
	section[3]++;
	expect_refused(96, DIAG_BOOTLOADER_LENGTH, "it has 96 bytes;");
}

TEST("a section may be longer than its version's, as between releases, but not shorter")
{
	begin_section(0);
	form = 1;
	put(RAMDISK, 1, 0x5000);
	EXPECT(read_section(124, false));
	EXPECT_EQUAL(config.layout, RB11_RAMDISK);
	EXPECT_EQUAL(config.ramdisk.at, 0x5000);
	begin_section(10);
	EXPECT(read_section(133, false));
	EXPECT_EQUAL(config.layout, RB11_KERNEL_BASE);
	EXPECT_EQUAL(config.version.patch, 10);
	begin_section(16);
	expect_refused(124, DIAG_BOOTLOADER_LENGTH, "it has 124 bytes, and is made with 0.11.16");
	begin_section(1);
	expect_refused(115, DIAG_BOOTLOADER_LENGTH, "it has 115 bytes, and is made with 0.11.1;");
}

TEST("another UUID is refused, with both UUIDs")
{
	for (unsigned i = 0; i < sizeof(uuid); i++) {
		begin_section(16);
		section[i] ^= 1;
		expect_refused(133, DIAG_BOOTLOADER_UUID, "not 743ca961093646a0bb555c158915253d");
	}
	EXPECT_PART(report.findings[0].detail, "it begins with 743ca961093646a0bb555c158915253c");
}

TEST("an unknown version is refused, with the known ones")
{
	static const uint16_t versions[][3] = { { 0, 10, 13 }, { 0, 12, 0 },  { 1, 0, 0 },
		                                { 1, 11, 3 },  { 0, 1, 0 },   { 0, 11, 18 },
		                                { 0, 9, 33 },  { 0, 11, 999 } };

	for (unsigned i = 0; i < COUNT(versions); i++) {
		char words[40];

		begin_section(16);
		memcpy(section + 16, versions[i], 6);
		snprintf(words, sizeof(words), "it is made with %u.%u.%u, ", versions[i][0],
		         versions[i][1], versions[i][2]);
		expect_refused(i % 2 == 0 ? 133 : 150, DIAG_BOOTLOADER_VERSION, words);
		EXPECT_PART(report.findings[0].detail, "known versions are 0.11.0 to 0.11.17");
	}
	memcpy(section + 16, versions[4], 6);
	section[22] = 1;
	expect_refused(96, DIAG_BOOTLOADER_VERSION, "0.1.0 (a pre-release)");
}

TEST("a newer version of 0.11 is taken for the last one, if the user says so")
{
	begin_section(16);
	section[20] = 18;
	EXPECT(read_section(133, true));
	EXPECT_EQUAL(config.layout, RB11_LATEST);
	EXPECT_EQUAL(config.version.patch, 18);
	EXPECT_EQUAL(report.count, 1);
	EXPECT(!report.findings[0].refusal);
	EXPECT_EQUAL(report.findings[0].code, DIAG_BOOTLOADER_VERSION);
	EXPECT(!read_section(124, true));
	section[18] = 12;
	EXPECT(!read_section(133, true));
}

TEST("a pre-release is told from a release")
{
	begin_section(0);
	section[22] = 1;
	EXPECT(read_section(115, false));
	EXPECT_EQUAL(config.version.pre_release, 1);
	section[22] = 2;
	expect_refused(115, DIAG_BOOTLOADER_TAG, "byte 22, pre_release, is 0x2");
}

TEST("a byte that must be 0 or 1, or 0 after a 0, is refused by its field and place")
{
	for (unsigned patch = 0; patch <= 11; patch++) {
		begin_section(patch);
		for (enum field field = STACK; field < FIELDS; field++) {
			unsigned at = places[form][field];
			unsigned size = field == PHYSICAL || field == RECURSIVE ? 10
			              : field == RANDOM                         ? 1
			                                                        : 9;

			for (unsigned i = 0; i < size && at != 0; i++) {
				char words[80];

				section[at + i] = i == 0 ? 2 : 1;
				snprintf(words, sizeof(words), "byte %u, in the field %s, is %#x",
				         at + i, names[field], section[at + i]);
				expect_refused(lengths[form], DIAG_BOOTLOADER_TAG, words);
				section[at + i] = 0;
			}
		}
	}
	section[places[form][PHYSICAL]] = 1;
	section[places[form][PHYSICAL] + 1] = 3;
	expect_refused(133, DIAG_BOOTLOADER_TAG, "byte 68, in the field physical_memory, is 0x3");
}

TEST("a kernel without a section is recognised by the UUID, wherever it stands")
{
	begin_section(16);
	for (unsigned offset = 0; offset < 40; offset++) {
		begin_small_elf();
		memcpy((uint8_t *)elf_at(
			       add_segment(offset % 2 == 0 ? RO : RX, 2 * MIB, 300, 300)->vaddr)
		               + offset,
		       section, 133);
		EXPECT(rb11_is_asked(elf_file()));
		EXPECT(read_config(elf_file(), false));
		EXPECT_EQUAL(config.layout, 16);
		section[15] ^= 1;
		memcpy((uint8_t *)elf_at(2 * MIB) + offset, section, 133);
		EXPECT(!rb11_is_asked(elf_file()));
		section[15] ^= 1;
	}
}

TEST("a UUID that no configuration follows is passed over")
{
	for (unsigned gap = 16; gap < 160; gap += 9) {
		begin_section(16);
		begin_small_elf();
		add_segment(RO, 2 * MIB, 800, 800);
		memset(elf_at(2 * MIB), 0xee, 800);
		memcpy(elf_at(2 * MIB), section, 16);
		memcpy((uint8_t *)elf_at(2 * MIB) + gap, section, 16);
		EXPECT(!rb11_is_asked(elf_file()));
		memcpy((uint8_t *)elf_at(2 * MIB) + 2 * gap, section, 133);
		EXPECT(rb11_is_asked(elf_file()));
		EXPECT(read_config(elf_file(), false));
	}
}

TEST("in a large kernel with symbols the UUID is found beside them, however far in")
{
	static const uint64_t offsets[] = { 0, MIB + 1, 3 * MIB - 133 };

	for (unsigned i = 0; i < COUNT(offsets); i++) {
		const struct named symbols[] = {
			{ "main.rs", 0, ELF_STT_FILE, true },
			{ "CONFIG", 2 * MIB + offsets[i], ELF_STT_OBJECT, true },
			{ "main", 0x100000, ELF_STT_FUNC, true },
		};

		begin_section(16);
		begin_small_elf();
		add_segment(RO, 2 * MIB, 3 * MIB, 3 * MIB);
		memcpy((uint8_t *)elf_at(2 * MIB) + offsets[i], section, 133);
		add_symbols(symbols, COUNT(symbols));
		EXPECT(rb11_is_asked(elf_file()));
		EXPECT(read_config(elf_file(), false));
	}
}

TEST("the UUID is looked for in the first MiB of each segment, and has to be complete")
{
	for (unsigned size = 133; size >= 100; size--) {
		begin_section(16);
		begin_small_elf();
		memcpy(elf_at(add_segment(RO, 2 * MIB, size, size)->vaddr), section, size);
		EXPECT_EQUAL(rb11_is_asked(elf_file()), size >= 115);
		EXPECT_EQUAL(read_config(elf_file(), false), size == 133);
		if (size < 133)
			EXPECT_EQUAL(report.findings[0].code, size >= 115
			                                              ? DIAG_BOOTLOADER_LENGTH
			                                              : DIAG_BOOTLOADER_NO_SECTION);
	}
	begin_small_elf();
	add_segment(RO, 2 * MIB, 2 * MIB, 2 * MIB);
	memcpy(elf_at(3 * MIB - 16), section, 133);
	EXPECT(rb11_is_asked(elf_file()));
	begin_small_elf();
	add_segment(RO, 2 * MIB, 2 * MIB, 2 * MIB);
	memcpy(elf_at(3 * MIB - 15), section, 133);
	EXPECT(!rb11_is_asked(elf_file()));
	section[16] = 1; /* 1.11.16: nothing that must be this */
	memcpy(elf_at(2 * MIB), section, 133);
	EXPECT(!rb11_is_asked(elf_file()));
}

TEST("a file that is not ELF64 is not recognised")
{
	begin_section(16);
	EXPECT(!rb11_is_asked((struct span){ section, sizeof(section) }));
	EXPECT(!rb11_is_asked((struct span){ NULL, 0 }));
	file_with(133);
	elf_bytes[ELF_CLASS] = ELF_CLASS_32;
	EXPECT(!rb11_is_asked(elf_file()));
}

/* --- the boot --- */

/* A machine, and a kernel with a template for thread-local storage and the section in its last
 * segment. */
static void begin_kernel(unsigned type, uint64_t base, unsigned patch)
{
	begin_world(32 * MIB);
	world.protocol = &bootloader011_protocol;
	world.machine.rsdp = 0xf1234;
	begin_elf(type);
	add_segment(RX, base + 0x1000, 6000, 6000);
	add_segment(RW, base + 0x3000, 0x1000, 0x3000);
	add_program(ELF_PT_TLS, RO, 0, base + 0x3100, 0x20, 0x100)->align = 64;
	elf_head->entry = base + 0x1010;
	begin_section(patch);
}

/* Lays the kernel with its section down. */
static void lay_kernel(void)
{
	static uint64_t at;

	if (elf_head->phnum == 3)
		at = add_segment(RO, elf_programs[0].vaddr + 0x9000, 300, 300)->vaddr;
	memcpy((uint8_t *)elf_at(at) + 7, section, 133);
	lay_file(&world.config.kernel, elf_file(), FILE_AT);
}

/* Plans the boot, carries it out, and returns the BootInfo. */
static const struct rb11_boot_info *boot_it(void)
{
	const struct seen *range;
	uint64_t at;

	lay_kernel();
	expect_plan();
	carry_out(world.boot.launch, world.memory);
	view_tables(&view, world.memory, world.boot.launch->tables, 4);
	at = world.boot.launch->rdi;
	range = view_at(&view, at);
	EXPECT(range != NULL && range->rights == (RIGHT_READ | RIGHT_WRITE));
	return (const void *)(world.memory + range->phys + (at - range->virt));
}

/* The boot must be refused, with this code, and with words that have `part`. */
static void expect_boot_refused(enum diag code, const char *part)
{
	lay_kernel();
	expect_refusal(code, part);
}

/* The physical address of a virtual one. */
static uint64_t phys_of(uint64_t virt)
{
	const struct seen *range = view_at(&view, virt);

	EXPECT(range != NULL);
	return range->phys + (virt - range->virt);
}

TEST("each version has its own BootInfo, and the regions right after it")
{
	static const unsigned sizes[][2] = { { 0, 160 },  { 1, 192 },  { 4, 192 }, { 5, 216 },
		                             { 13, 216 }, { 14, 232 }, { 17, 232 } };

	for (unsigned i = 0; i < COUNT(sizes); i++) {
		unsigned size = sizes[i][1];
		const struct rb11_boot_info *info;
		const uint64_t *words;

		begin_kernel(ELF_TYPE_DYN, 0, sizes[i][0]);
		info = boot_it();
		words = (const void *)info;
		EXPECT_EQUAL(info->api_version.minor, 11);
		EXPECT_EQUAL(info->api_version.patch, sizes[i][0]);
		EXPECT_EQUAL(info->memory_regions, world.boot.launch->rdi + size);
		EXPECT_EQUAL(info->memory_regions % 8, 0);
		EXPECT_EQUAL(words[size / 8], 0); /* where the first region begins */
		EXPECT_EQUAL(words[size / 8 + 1], PAGE_SIZE);
		if (size > 160)
			EXPECT_EQUAL(words[size / 8 - 1], 0); /* the sentinel */
		EXPECT_EQUAL(info->tls_template.tag, RB11_SOME);
		EXPECT_EQUAL(info->tls_template.value.start_addr, world.boot.plan.slide + 0x3100);
		EXPECT_EQUAL(info->tls_template.value.file_size, 0x20);
		EXPECT_EQUAL(info->tls_template.value.mem_size, 0x100);
		EXPECT_EQUAL(info->rsdp_addr.tag, RB11_SOME);
		EXPECT_EQUAL(info->rsdp_addr.value, 0xf1234);
		EXPECT_EQUAL(info->framebuffer.tag, RB11_NONE);
		EXPECT_EQUAL(info->physical_memory_offset.tag, RB11_NONE);
		EXPECT_EQUAL(info->recursive_index.tag, RB11_NONE);
		if (size > 160)
			EXPECT_EQUAL(info->ramdisk_addr.tag, RB11_NONE);
		if (size > 192) {
			EXPECT_EQUAL(info->kernel_addr, FILE_AT);
			EXPECT_EQUAL(info->kernel_len, elf_size);
			EXPECT_EQUAL(info->kernel_image_offset, world.boot.plan.slide);
		}
		if (size > 216) {
			EXPECT_EQUAL(info->kernel_stack_len, STACK_DEFAULT);
			EXPECT_EQUAL(info->kernel_stack_bottom + STACK_DEFAULT,
			             world.boot.launch->rsp);
		}
	}
}

/* The memory map's entry for an address. */
static struct rb11_region region_at(const struct rb11_boot_info *info, uint64_t at)
{
	const struct rb11_region *regions =
		(const void *)(world.memory + phys_of(info->memory_regions));

	for (uint64_t i = 0; i < info->memory_region_count; i++) {
		if (at >= regions[i].start && at < regions[i].end)
			return regions[i];
	}
	FAIL("%#" PRIx64 " is in no region", at);
}

TEST("what the loader has placed is the bootloader's, everything else the firmware's")
{
	static const uint32_t types[] = { 2, 3, 4, 5, 7, 0xf0000001 };
	const struct rb11_boot_info *info;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	add_module("disk", "", (struct span){ disk, sizeof(disk) }, 4 * MIB);
	for (unsigned i = 0; i < COUNT(types); i++)
		add_firmware((64 + 2 * i) * MIB, (65 + 2 * i) * MIB, types[i]);
	section[places[form][PHYSICAL]] = 1;
	info = boot_it();
	for (unsigned i = 0; i < COUNT(types); i++) {
		EXPECT_EQUAL(region_at(info, (64 + 2 * i) * MIB).kind, RB11_UNKNOWN_BIOS);
		EXPECT_EQUAL(region_at(info, (64 + 2 * i) * MIB).firmware, types[i]);
	}
	for (unsigned i = 0; i < world.boot.plan.count; i++) {
		const struct placement *one = &world.boot.plan.placements[i];

		if (one->use < USE_BOUNCE_BUFFER)
			EXPECT_EQUAL(region_at(info, one->phys.begin).kind, RB11_BOOTLOADER);
	}
	EXPECT_EQUAL(region_at(info, 0x8000).kind, RB11_USABLE);
	EXPECT_EQUAL(region_at(info, 8 * MIB).kind, RB11_USABLE);
	EXPECT_EQUAL(region_at(info, 0).kind, RB11_UNKNOWN_BIOS);
	EXPECT_EQUAL(region_at(info, info->kernel_addr).kind, RB11_BOOTLOADER);
}

TEST("under UEFI the firmware's types are its own")
{
	const struct rb11_boot_info *info;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	world.machine.firmware_kind = FIRMWARE_EFI;
	add_firmware(64 * MIB, 65 * MIB, 11);
	info = boot_it();
	EXPECT_EQUAL(region_at(info, 64 * MIB).kind, RB11_UNKNOWN_UEFI);
	EXPECT_EQUAL(region_at(info, 64 * MIB).firmware, 11);
	EXPECT_EQUAL(region_at(info, 0).firmware, RB11_UEFI_RESERVED);
	EXPECT_EQUAL(region_at(info, 8 * MIB).kind, RB11_USABLE);
}

TEST("what is planned a second time lies where it lay before")
{
	uint64_t slide, rdi, rsp;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	section[places[form][RANDOM]] = section[places[form][PHYSICAL]] = 1;
	world.machine.random = UINT64_C(0x0123456789abcdef);
	boot_it();
	slide = world.boot.plan.slide;
	rdi = world.boot.launch->rdi;
	rsp = world.boot.launch->rsp;
	set_scratch(world.scratch_range.begin, world.scratch_range.end);
	EXPECT(boot_prepare(&world.boot, &world.scratch));
	EXPECT_EQUAL(world.boot.plan.slide, slide);
	EXPECT_EQUAL(world.boot.launch->rdi, rdi);
	EXPECT_EQUAL(world.boot.launch->rsp, rsp);
}

TEST("the first free entries of the top table are taken in the crate's order")
{
	const struct rb11_boot_info *info;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
	                            .width = 1024,
	                            .height = 768,
	                            .pitch = 4096,
	                            .bits_per_pixel = 32 });
	add_module("disk", "", (struct span){ disk, sizeof(disk) }, 4 * MIB);
	section[places[form][PHYSICAL]] = section[places[form][RECURSIVE]] = 1;
	info = boot_it();
	EXPECT_EQUAL(world.boot.plan.slide, ENTRY - 0x1000); /* its first page is linked there */
	EXPECT_EQUAL(info->kernel_stack_bottom, 2 * ENTRY + PAGE_SIZE);
	EXPECT_EQUAL(info->framebuffer.value.buffer_start, 3 * ENTRY);
	EXPECT_EQUAL(info->ramdisk_addr.value, 4 * ENTRY);
	EXPECT_EQUAL(info->ramdisk_len, 5000);
	EXPECT_EQUAL(info->physical_memory_offset.value, 5 * ENTRY);
	EXPECT_EQUAL(info->recursive_index.value, 6);
	EXPECT_EQUAL(world.boot.launch->rdi, 7 * ENTRY);
	EXPECT(view_at(&view, 2 * ENTRY) == NULL); /* the guard page */
	EXPECT_EQUAL(phys_of(5 * ENTRY + 4 * GIB - 1), 4 * GIB - 1);
	EXPECT(memcmp(world.memory + phys_of(4 * ENTRY), disk, 4096) == 0);
}

TEST("entries below the end of the firmware's map, and those that a kernel takes, are passed over")
{
	begin_kernel(ELF_TYPE_EXEC, 3 * ENTRY, 16);
	add_firmware(ENTRY, ENTRY + MIB, 2);
	boot_it();
	EXPECT_EQUAL(world.boot.plan.slide, 0);
	EXPECT_EQUAL(world.boot.launch->rsp, 2 * ENTRY + PAGE_SIZE + STACK_DEFAULT);
	EXPECT_EQUAL(world.boot.launch->rdi, 4 * ENTRY);
}

TEST("entries that are only partly in the dynamic range are not used")
{
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	put(RANGE_BEGIN, 1, UINT64_C(0xffff800000000fff));
	boot_it();
	EXPECT_EQUAL(world.boot.plan.slide, UINT64_C(0xffff800000000000) - 0x1000);
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	put(RANGE_BEGIN, 1, UINT64_C(0xffff800000001000));
	boot_it();
	EXPECT_EQUAL(world.boot.plan.slide, UINT64_C(0xffff808000000000) - 0x1000);
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	put(RANGE_BEGIN, 1, 9 * ENTRY);
	put(RANGE_LAST, 1, 12 * ENTRY - PAGE_SIZE);
	boot_it();
	EXPECT_EQUAL(world.boot.launch->rdi, 11 * ENTRY);
	put(RANGE_LAST, 1, 12 * ENTRY - PAGE_SIZE - 1);
	expect_boot_refused(DIAG_BOOTLOADER_VALUE, "boot_info: no 512 GiB");
	put(RANGE_LAST, 1, UINT64_C(0xfffffffffffff000));
	boot_it();
}

TEST("a fixed address is kept, even beside others in one entry, and in the last entry")
{
	const struct rb11_boot_info *info;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	add_module("disk", "", (struct span){ disk, sizeof(disk) }, 4 * MIB);
	put(STACK_SIZE, 0, 10001);
	put(STACK, 1, 20 * ENTRY);
	put(BASE, 1, 20 * ENTRY + MIB);
	put(INFO, 1, 20 * ENTRY + 2 * MIB + 0xff8);
	put(RAMDISK, 1, 20 * ENTRY + 3 * MIB);
	put(PHYSICAL, 2, 20 * ENTRY + 4 * MIB);
	put(RECURSIVE, 2, UINT64_C(0xffffff8000000000));
	info = boot_it();
	EXPECT_EQUAL(info->kernel_image_offset, 20 * ENTRY + MIB);
	EXPECT_EQUAL(world.boot.launch->rip, 20 * ENTRY + MIB + 0x1010);
	EXPECT_EQUAL(info->kernel_stack_bottom, 20 * ENTRY + PAGE_SIZE);
	EXPECT_EQUAL(info->kernel_stack_len, 10001);
	EXPECT_EQUAL(world.boot.launch->rsp, 20 * ENTRY + PAGE_SIZE + 10000);
	EXPECT_EQUAL(world.boot.launch->rdi, 20 * ENTRY + 2 * MIB + 0xff8);
	EXPECT_EQUAL(info->ramdisk_addr.value, 20 * ENTRY + 3 * MIB);
	EXPECT_EQUAL(info->physical_memory_offset.value, 20 * ENTRY + 4 * MIB);
	EXPECT_EQUAL(info->recursive_index.value, 511);
	EXPECT_EQUAL(phys_of(20 * ENTRY + 4 * MIB + 12345), 12345);
}

TEST("two things at the same addresses are refused by name")
{
	static const struct {
		enum field one, other;
		uint64_t gap;
		const char *words;
	} pairs[] = {
		{ BASE, STACK, 0x1000, "kernel_stack" },
		{ STACK, PIXELS, 0x1000, "framebuffer" },
		{ PIXELS, RAMDISK, 0, "ramdisk_memory" },
		{ RAMDISK, PHYSICAL, 0, "physical_memory" },
		{ PHYSICAL, RECURSIVE, 0, "recursive" },
		{ RECURSIVE, INFO, 0x5000, "boot_info" },
		{ PHYSICAL, INFO, 4 * GIB - 8, "boot_info" },
	};

	for (unsigned i = 0; i < COUNT(pairs); i++) {
		begin_kernel(ELF_TYPE_DYN, 0, 16);
		set_screen((struct screen){ .pixels = { 0xfd000000, 0xfd300000 },
		                            .width = 1024,
		                            .height = 768,
		                            .pitch = 4096,
		                            .bits_per_pixel = 32 });
		add_module("disk", "", (struct span){ disk, sizeof(disk) }, 4 * MIB);
		put(pairs[i].one, pairs[i].one == PHYSICAL || pairs[i].one == RECURSIVE ? 2 : 1,
		    20 * ENTRY);
		put(pairs[i].other,
		    pairs[i].other == PHYSICAL || pairs[i].other == RECURSIVE ? 2 : 1,
		    20 * ENTRY + pairs[i].gap);
		expect_boot_refused(DIAG_MAP_COLLIDES, pairs[i].words);
	}
}

TEST("a value that makes no sense is refused by the name of its field")
{
	static const struct {
		enum field field;
		uint64_t value;
		const char *words;
	} wrong[] = {
		{ STACK_SIZE, 0, "kernel_stack_size is 0" },
		{ STACK, 0x700000000800, "it must be a multiple of 0x1000" },
		{ BASE, 0x700000000800, "it must be a multiple of 0x1000" },
		{ BASE, UINT64_C(0xfffffffffffff000), "the kernel would begin in page 0" },
		{ INFO, 0x700000000804, "it must be a multiple of 0x8" },
		{ PIXELS, 0x700000000008, "it must be a multiple of 0x1000" },
		{ RAMDISK, 0x700000000008, "it must be a multiple of 0x1000" },
		{ PHYSICAL, 0x700000001000, "it must be a multiple of 0x200000" },
		{ RECURSIVE, 0x700000200000, "it must be a multiple of 0x8000000000" },
		{ STACK, 0x800000000000, "kernel_stack is 0x800000000000: the CPU has no such" },
		{ RECURSIVE, 0x800000000000, "the CPU has no such address" },
		{ RANGE_BEGIN, 0x800000000000, "dynamic_range_start is 0x800000000000" },
		{ RANGE_LAST, UINT64_C(0xffff000000000000), "dynamic_range_end" },
	};

	for (unsigned i = 0; i < COUNT(wrong); i++) {
		bool optional = wrong[i].field == PHYSICAL || wrong[i].field == RECURSIVE;

		begin_kernel(ELF_TYPE_DYN, 0, 16);
		put(wrong[i].field,
		    wrong[i].field == STACK_SIZE ? 0
		    : optional                   ? 2
		                                 : 1,
		    wrong[i].value);
		expect_boot_refused(DIAG_BOOTLOADER_VALUE, wrong[i].words);
	}
	begin_kernel(ELF_TYPE_EXEC, LINKED, 16);
	put(BASE, 1, 20 * ENTRY);
	expect_boot_refused(DIAG_BOOTLOADER_VALUE, "the kernel is not position-independent");
}

TEST("addresses at the end of what the CPU has are refused by the name of their field")
{
	static const struct {
		enum field field;
		uint64_t value;
		const char *words;
	} wrong[] = {
		{ BASE, UINT64_C(0x7fffffff8000), "kernel_base is 0x7fffffff8000: the kernel" },
		{ STACK, UINT64_C(0x7ffffffff000), "kernel_stack): 0x7ffffffff000-0x8000" },
		{ STACK, UINT64_C(0xffffffffffff0000), "kernel_stack): 0xffffffffffff0000" },
		{ PHYSICAL, UINT64_C(0xffffffff80000000), "physical_memory: 0xffffffff80000000" },
		{ INFO, UINT64_C(0x7ffffffffff8), "boot_info: 0x7ffffffffff8-0x8000" },
	};

	for (unsigned i = 0; i < COUNT(wrong); i++) {
		begin_kernel(ELF_TYPE_DYN, 0, 16);
		put(wrong[i].field, wrong[i].field == PHYSICAL ? 2 : 1, wrong[i].value);
		expect_boot_refused(DIAG_BOOTLOADER_VALUE, wrong[i].words);
	}
}

TEST("a dynamic range without room is named, with what finds none in it")
{
	static const struct {
		uint64_t begin, last;
		const char *words;
	} ranges[] = {
		{ UINT64_C(0xffff900000000000), UINT64_C(0xffff800000000000),
		  "the kernel: no 512 GiB" },
		{ 0, ENTRY - 1, "from 0x0 to 0x7fffffffff" },
		{ UINT64_C(0xffffff8000000000), UINT64_MAX, "kernel_stack): no 512 GiB" },
	};

	for (unsigned i = 0; i < COUNT(ranges); i++) {
		begin_kernel(ELF_TYPE_DYN, 0, 16);
		put(RANGE_BEGIN, 1, ranges[i].begin);
		put(RANGE_LAST, 1, ranges[i].last);
		expect_boot_refused(DIAG_BOOTLOADER_VALUE, ranges[i].words);
	}
}

TEST("a stack may have any size that there is memory for, and the user may want more")
{
	static const struct {
		uint64_t asked, wanted, size;
	} sizes[] = { { 4000, 0, 4000 },
		      { 4000, 64 * KIB, 64 * KIB },
		      { 100000, 64 * KIB, 100000 },
		      { 256, 0, 256 } };

	for (unsigned i = 0; i < COUNT(sizes); i++) {
		const struct rb11_boot_info *info;

		begin_kernel(ELF_TYPE_DYN, 0, 16);
		world.config.options.stack_size = sizes[i].wanted;
		put(STACK_SIZE, 0, sizes[i].asked);
		info = boot_it();
		EXPECT_EQUAL(info->kernel_stack_len, sizes[i].size);
		EXPECT_EQUAL(world.boot.launch->rsp,
		             align_down(info->kernel_stack_bottom + sizes[i].size, 16));
		EXPECT(view_at(&view, info->kernel_stack_bottom - 1) == NULL);
		phys_of(world.boot.launch->rsp - 1);
	}
	put(STACK_SIZE, 0, 64 * MIB);
	expect_boot_refused(DIAG_MEMORY_STACK, "the stack");
	put(STACK_SIZE, 0, UINT64_MAX);
	expect_boot_refused(DIAG_MEMORY_STACK, "the stack");
}

/* The framebuffer that describes a screen. */
static struct rb11_framebuffer told_screen(struct screen screen)
{
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	screen.width = 800;
	screen.height = 600;
	screen.pixels.end = screen.pixels.begin + screen.pitch * 600;
	set_screen(screen);
	return boot_it()->framebuffer.value;
}

TEST("the screen is described to the byte, and in the crate's words")
{
	struct screen bgr = { .pixels.begin = 0xfd000123,
		              .pitch = 3232,
		              .bits_per_pixel = 32,
		              .red_shift = 16,
		              .red_bits = 8,
		              .green_shift = 8,
		              .green_bits = 8,
		              .blue_bits = 8 };
	struct screen rgb = { .pixels.begin = 0xfd000000,
		              .pitch = 2400,
		              .bits_per_pixel = 24,
		              .blue_shift = 16,
		              .red_bits = 8,
		              .green_shift = 8,
		              .green_bits = 8,
		              .blue_bits = 8 };
	struct screen high = { .pixels.begin = 0xfd000000,
		               .pitch = 1600,
		               .bits_per_pixel = 15,
		               .red_shift = 10,
		               .red_bits = 5,
		               .green_shift = 5,
		               .green_bits = 5,
		               .blue_bits = 5 };
	struct rb11_framebuffer told = told_screen(bgr);

	EXPECT_EQUAL(told.buffer_start % PAGE_SIZE, 0x123);
	EXPECT_EQUAL(phys_of(told.buffer_start), 0xfd000123);
	EXPECT_EQUAL(phys_of(told.buffer_start + told.byte_len - 1), 0xfd000123 + 3232 * 600 - 1);
	EXPECT_EQUAL(told.byte_len, 3232 * 600);
	EXPECT_EQUAL(told.width, 800);
	EXPECT_EQUAL(told.height, 600);
	EXPECT_EQUAL(told.stride, 808);
	EXPECT_EQUAL(told.bytes_per_pixel, 4);
	EXPECT_EQUAL(told.pixel_format, RB11_BGR);
	told = told_screen(rgb);
	EXPECT_EQUAL(told.pixel_format, RB11_RGB);
	EXPECT_EQUAL(told.bytes_per_pixel, 3);
	EXPECT_EQUAL(told.stride, 800);
	told = told_screen(high);
	EXPECT_EQUAL(told.pixel_format, RB11_UNKNOWN);
	EXPECT_EQUAL(told.red_position, 10);
	EXPECT_EQUAL(told.green_position, 5);
	EXPECT_EQUAL(told.blue_position, 0);
	EXPECT_EQUAL(told.bytes_per_pixel, 2);
}

TEST("the first module is the ramdisk, if there is anything in it; of others there is a warning")
{
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	add_module("empty", "", (struct span){ NULL, 0 }, 4 * MIB);
	EXPECT_EQUAL(boot_it()->ramdisk_addr.tag, RB11_NONE);
	EXPECT_EQUAL(world.report.count, 0);
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	add_module("one", "", (struct span){ disk, 1 }, 4 * MIB);
	add_module("two", "", (struct span){ disk, 1 }, 5 * MIB);
	EXPECT_EQUAL(boot_it()->ramdisk_len, 1);
	EXPECT_EQUAL(world.report.count, 1);
	EXPECT_EQUAL(world.report.findings[0].code, DIAG_BOOTLOADER_MODULE);
	EXPECT_PART(world.report.findings[0].detail, "two");
}

TEST("the kernel asks for its file, a screen and, with aslr, for random numbers")
{
	const struct options *options = &world.config.options;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	put(WIDTH, 1, 1000);
	put(HEIGHT, 1, UINT64_MAX);
	boot_it();
	EXPECT(options->kernel_file && !options->random);
	EXPECT_EQUAL(options->video.want, VIDEO_AUTO);
	EXPECT(options->video.any);
	EXPECT_EQUAL(options->video.least_width, 1000);
	EXPECT_EQUAL(options->video.least_height, UINT32_MAX);
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	section[places[form][RANDOM]] = 1;
	world.config.options.video = (struct video_request){ .want = VIDEO_TEXT, .given = true };
	boot_it();
	EXPECT(options->random);
	EXPECT_EQUAL(options->video.want, VIDEO_TEXT);
}

TEST("random addresses are in free entries, aligned, and different each time")
{
	uint64_t first = 0;

	for (uint64_t seed = 0; seed < 100; seed++) {
		const struct rb11_boot_info *info;

		begin_kernel(ELF_TYPE_DYN, 0, 16);
		section[places[form][RANDOM]] = 1;
		section[places[form][PHYSICAL]] = section[places[form][RECURSIVE]] = 1;
		add_firmware(2 * ENTRY - MIB, 2 * ENTRY, 2); /* whole entries */
		world.machine.random = seed * UINT64_C(0x9e3779b97f4a7c15);
		info = boot_it();
		EXPECT_EQUAL(info->physical_memory_offset.value % (2 * MIB), 0);
		EXPECT_EQUAL(info->kernel_stack_bottom % PAGE_SIZE, 0);
		EXPECT(info->kernel_stack_bottom / ENTRY > 1);
		EXPECT(info->recursive_index.value > 1);
		EXPECT(seed == 0 || info->kernel_stack_bottom != first);
		first = seed == 0 ? info->kernel_stack_bottom : first;
	}
}

TEST("-kaslr is as good as aslr, and refused for a kernel that cannot move")
{
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	world.config.options.kaslr = true;
	world.machine.random = UINT64_C(0x123456789abcdef);
	boot_it();
	EXPECT(world.boot.plan.slide % ENTRY != ENTRY - 0x1000);
	begin_kernel(ELF_TYPE_EXEC, LINKED, 16);
	section[places[form][RANDOM]] = 1;
	boot_it();
	EXPECT(world.boot.launch->rdi % ENTRY != 0);
	world.config.options.kaslr = true;
	expect_boot_refused(DIAG_KASLR_NOT_PIE, "it is linked at");
}

TEST("physical memory that is too far away for tables is left out but for RAM")
{
	const struct rb11_boot_info *info;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	section[places[form][PHYSICAL]] = 1;
	add_firmware(100 * GIB, 100 * GIB + MIB, 2);
	info = boot_it();
	EXPECT_EQUAL(phys_of(info->physical_memory_offset.value + 100 * GIB), 100 * GIB);
	EXPECT_EQUAL(phys_of(info->physical_memory_offset.value + 50 * GIB), 50 * GIB);
	view_tables(&view, world.memory, physical(&world.machine, world.boot.plan.launch.root), 4);
	EXPECT(view_at(&view, 0) != NULL && view_at(&view, 50 * GIB) == NULL);
	begin_kernel(ELF_TYPE_DYN, 0, 16);
	section[places[form][PHYSICAL]] = 1;
	add_firmware(UINT64_C(1) << 50, (UINT64_C(1) << 50) + MIB, 2);
	info = boot_it();
	EXPECT_EQUAL(phys_of(info->physical_memory_offset.value + 4 * GIB - 1), 4 * GIB - 1);
	EXPECT(view_at(&view, info->physical_memory_offset.value + 4 * GIB) == NULL);
}

TEST("a page that segments share has the rights of all of them, and the bytes of each")
{
	uint64_t slide;

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	elf_programs[0].memsz = elf_programs[0].filesz = 0x1800; /* up to 0x2800 */
	add_segment(RW, 0x2900, 0x100, 0x100);
	add_segment(RO, 0x2c00, 0x200, 0x200);
	add_segment(RO, 0x9000, 300, 300);
	memcpy(elf_at(0x9007), section, 133);
	lay_file(&world.config.kernel, elf_file(), FILE_AT);
	expect_plan();
	carry_out(world.boot.launch, world.memory);
	view_tables(&view, world.memory, world.boot.launch->tables, 4);
	slide = world.boot.plan.slide;
	EXPECT_EQUAL(view_at(&view, slide + 0x1000)->rights, 5);
	EXPECT_EQUAL(view_at(&view, slide + 0x2000)->rights, 7);
	EXPECT_EQUAL(view_at(&view, slide + 0x3000)->rights, 3);
	EXPECT_EQUAL(world.memory[phys_of(slide + 0x27ff)], *(uint8_t *)elf_at(0x27ff));
	EXPECT_EQUAL(world.memory[phys_of(slide + 0x2850)], 0);
	EXPECT_EQUAL(world.memory[phys_of(slide + 0x2900)], *(uint8_t *)elf_at(0x2900));
	EXPECT_EQUAL(world.memory[phys_of(slide + 0x2c00)], *(uint8_t *)elf_at(0x2c00));
}

TEST("what a kernel asks for is worded as its fields are called")
{
	char words[500];
	struct text text = text_in(words, sizeof(words));

	begin_kernel(ELF_TYPE_DYN, 0, 16);
	put(BASE, 1, 20 * ENTRY);
	section[places[form][PHYSICAL]] = section[places[form][RANDOM]] = 1;
	put(WIDTH, 1, 800);
	boot_it();
	bootloader011_protocol.describe(&world.boot, &text);
	EXPECT_TEXT(words, "bootloader_api 0.11.16\nkernel_stack_size 80 KiB\n"
	                   "kernel_base at 0xa0000000000\nphysical_memory\naslr\n"
	                   "a framebuffer from 800x0 on");
}
