/* SPDX-License-Identifier: MIT */
/* handover.c - what Multiboot and PVH loaders hand over, and the words that are made from it. */
#include "check.h"

#include "core/sha256.h"
#include "platform/handover/bundle.h"
#include "platform/handover/multiboot_info.h"
#include "platform/handover/pvh_info.h"
#include "platform/handover/words.h"
#include "protocols/multiboot/abi.h"

#define MEMORY 0x8000

static _Alignas(CHECKSUM_ALIGN) uint8_t memory[MEMORY];
static struct machine machine;
static struct handover handover;
static struct report report;
static struct word_list words;
static uint32_t next;

static void begin(void)
{
	memset(memory, 0, sizeof(memory));
	memset(&handover, 0, sizeof(handover));
	memset(&report, 0, sizeof(report));
	memset(&machine, 0, sizeof(machine));
	machine.memory = memory;
	machine.identity_limit = MEMORY;
	next = 0x1000;
}

/* Puts bytes into memory; returns where. */
static uint32_t put(const void *bytes, size_t size)
{
	uint32_t at = next;

	memcpy(memory + at, bytes, size);
	next += (uint32_t)(size + 15) / 16 * 16;
	return at;
}

static uint32_t put_text(const char *text)
{
	return put(text, strlen(text) + 1);
}

/* Reads a Multiboot handover with these words by this loader, and these files, up to NULL. */
static bool read_multiboot(const char *loader, const char *line, ...)
{
	struct mb1_info info = { .flags = MB1_HAS_COMMAND_LINE | MB1_HAS_LOADER_NAME
		                        | MB1_HAS_MODULES };
	struct mb1_module modules[8];
	const char *file;
	va_list files;

	info.command_line = put_text(line);
	info.loader_name = put_text(loader);
	va_start(files, line);
	while ((file = va_arg(files, const char *)) != NULL)
		modules[info.module_count++] =
			(struct mb1_module){ 0x4000, 0x4100, put_text(file), 0 };
	va_end(files);
	info.modules = put(modules, sizeof(modules));
	return handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)), &report)
	    && words_make(&words, &handover, &report);
}

/* The words, with a space between two. */
static const char *line(void)
{
	static char text[WORDS_TEXT + WORDS_MAX];

	text[0] = 0;
	for (unsigned i = 0; i < words.count; i++)
		sprintf(text + strlen(text), "%s%s", i == 0 ? "" : " ", words.words[i]);
	return text;
}

TEST("the first word is the loader's own name, except with GRUB 2")
{
	begin();
	EXPECT(read_multiboot("qemu", "longjump.elf -quiet k.elf hello", "k.elf", NULL));
	EXPECT_TEXT(line(), "-quiet k.elf hello");
	begin();
	EXPECT(read_multiboot("GRUB 2.06-13", "-quiet k.elf hello", "k.elf", NULL));
	EXPECT_TEXT(line(), "-quiet k.elf hello");
}

TEST("files that are not the kernel are modules, with their words")
{
	begin();
	EXPECT(read_multiboot("qemu", "l \tk.elf one\t two\r\n", "k.elf\tunused",
	                      "disk.img ro  fast", NULL));
	EXPECT_TEXT(line(), "k.elf one two --- disk.img ro fast");
}

TEST("modules that are named by the words are the only ones")
{
	begin();
	EXPECT(read_multiboot("qemu", "l k.elf --- b.img x", "k.elf", "a.img", "b.img", NULL));
	EXPECT_TEXT(line(), "k.elf --- b.img x");
}

TEST("without a kernel's name, the first file is the kernel")
{
	begin();
	EXPECT(read_multiboot("qemu", "l -verbose", "k.elf its words", "a.img", NULL));
	EXPECT_TEXT(line(), "-verbose k.elf its words --- a.img");
}

TEST("a file is found by its whole name first, then by its name without folders")
{
	begin();
	EXPECT(read_multiboot("qemu", "l x", "a/k.elf", "b/k.elf", "k.elf 3", "b/m", NULL));
	EXPECT(words_find(&handover, "k.elf") == &handover.files[2]);
	EXPECT(words_find(&handover, "b/k.elf") == &handover.files[1]);
	EXPECT(words_find(&handover, "c/m") == &handover.files[3]);
	EXPECT(words_find(&handover, "c/k.elf") == NULL);
	EXPECT(words_find(&handover, "k") == NULL);
}

TEST("the only file, if it has no name, has every name, and is the kernel")
{
	begin();
	EXPECT(read_multiboot("qemu", "l -verbose", "", NULL));
	EXPECT_TEXT(line(), "-verbose kernel");
	EXPECT(words_find(&handover, "kernel") == &handover.files[0]);
	begin();
	EXPECT(read_multiboot("qemu", "l k.elf", "", NULL));
	EXPECT(words_find(&handover, "k.elf") == &handover.files[0]);
	begin();
	EXPECT(!read_multiboot("qemu", "l k.elf", "", "", NULL));
	EXPECT(words_find(&handover, "k.elf") == NULL);
}

TEST("a file beyond what can be pointed at, or that ends before it begins, is refused")
{
	static const struct mb1_module bad[] = { { 0x5000, MEMORY + 1, 0, 0 },
		                                 { 0x5000, 0x4fff, 0, 0 } };

	for (unsigned i = 0; i < COUNT(bad); i++) {
		struct mb1_info info = { .flags = MB1_HAS_MODULES, .module_count = 1 };

		begin();
		info.modules = put(&bad[i], sizeof(bad[i]));
		EXPECT(!handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)),
		                              &report));
		EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_FILES);
	}
}

TEST("more files than there is room for are refused")
{
	static struct mb1_module modules[HANDOVER_FILES + 1];
	struct mb1_info info = { .flags = MB1_HAS_MODULES, .module_count = COUNT(modules) };

	begin();
	info.modules = put(modules, sizeof(modules));
	EXPECT(!handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)), &report));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_FILES);
}

TEST("information beyond memory is refused")
{
	begin();
	EXPECT(!handover_by_multiboot(&handover, &machine, MEMORY - 8, &report));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_UNREADABLE);
	begin();
	EXPECT(!handover_by_pvh(&handover, &machine, MEMORY - 8, &report));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_UNREADABLE);
	begin();
	EXPECT(!handover_by_pvh(&handover, &machine, 0x1000, &report)); /* no magic */
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_UNREADABLE);
}

TEST("words that do not fit are refused")
{
	static char many[2 * WORDS_MAX + 8];

	begin();
	for (unsigned i = 0; i <= WORDS_MAX; i++)
		memcpy(many + 2 * i, "x ", 3);
	EXPECT(!read_multiboot("GRUB 2.06", many, NULL));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_WORDS);
}

TEST("a string that does not end within memory is empty")
{
	begin();
	memset(memory + 0x4000, 'x', MEMORY - 0x4000);
	EXPECT_TEXT(handover_string(&handover, &machine, 0x7000), "");
	EXPECT_EQUAL(handover.own_count, 0);
}

TEST("all that was handed over is kept from being written to")
{
	bool file = false;

	begin();
	EXPECT(read_multiboot("qemu", "l k.elf", "k.elf", NULL));
	for (unsigned i = 0; i < handover.own_count; i++)
		file |= handover.own[i].begin == 0x4000 && handover.own[i].end == 0x4100;
	EXPECT(file);
	EXPECT_EQUAL(handover.own_count, 6); /* information, two lines, list, file, its words */
}

TEST("a Multiboot loader's memory map is read, and without one the two sizes")
{
	struct mb1_range map[] = { { 20, 0, 0x9f000, 1 },
		                   { 20, 0x100000, 0x700000, 1 },
		                   { 20, 0xf0000, 0x10000, 2 } };
	struct mb1_info info = { .flags = MB1_HAS_MEMORY_MAP, .map_size = sizeof(map) };

	begin();
	info.map = put(map, sizeof(map));
	EXPECT(handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)), &report));
	EXPECT_EQUAL(handover.range_count, 3);
	EXPECT_EQUAL(handover.ranges[1].phys.begin, 0x100000);
	EXPECT_EQUAL(handover.ranges[2].type, MEMORY_RESERVED);
	begin();
	info = (struct mb1_info){ .flags = MB1_HAS_MEMORY,
		                  .memory_lower = 639,
		                  .memory_upper = 7168 };
	EXPECT(handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)), &report));
	EXPECT_EQUAL(handover.range_count, 2);
	EXPECT_EQUAL(handover.ranges[0].phys.end, 639 * KIB);
	EXPECT_EQUAL(handover.ranges[1].phys.end, 8 * MIB);
}

TEST("a memory map whose entries say that they are empty ends there")
{
	struct mb1_range map[] = { { 20, 0, 0x9f000, 1 }, { 0, 1, 2, 1 } };
	struct mb1_info info = { .flags = MB1_HAS_MEMORY_MAP, .map_size = sizeof(map) };

	begin();
	info.map = put(map, sizeof(map));
	EXPECT(handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)), &report));
	EXPECT_EQUAL(handover.range_count, 1);
}

TEST("a memory map ends where an entry says that it is larger than the map, however large")
{
	for (uint32_t size = UINT32_MAX - 8; size != 0; size++) {
		struct mb1_range map[] = { { 20, 0, 0x9f000, 1 }, { size, 0, 0x1000, 1 } };
		struct mb1_info info = { .flags = MB1_HAS_MEMORY_MAP, .map_size = sizeof(map) };

		begin();
		info.map = put(map, sizeof(map));
		EXPECT(handover_by_multiboot(&handover, &machine, put(&info, sizeof(info)),
		                             &report));
		EXPECT_EQUAL(handover.range_count, 2);
	}
}

/* Start information of PVH, and what it points at. */
struct start {
	uint32_t magic, version, flags, module_count;
	uint64_t modules, words, rsdp, map;
	uint32_t map_count, reserved;
};

TEST("PVH passes on words, a file, the RSDP and the memory map, and has no BIOS")
{
	const uint64_t module[] = { 0x4000, 0x200, 0, 0 };
	const uint64_t map[] = { 0, 0x9f000, 1, 0x100000, 0x100000, 2 };
	struct start start = { .magic = 0x336ec578,
		               .version = 1,
		               .module_count = 1,
		               .rsdp = 0xf5000,
		               .map_count = 2 };

	begin();
	start.words = put_text("k.elf hello");
	start.modules = put(module, sizeof(module));
	start.map = put(map, sizeof(map));
	EXPECT(handover_by_pvh(&handover, &machine, put(&start, sizeof(start)), &report));
	EXPECT(!handover.bios);
	EXPECT_EQUAL(handover.rsdp, 0xf5000);
	EXPECT_EQUAL(handover.range_count, 2);
	EXPECT_EQUAL(handover.ranges[1].type, MEMORY_RESERVED);
	EXPECT(words_make(&words, &handover, &report));
	EXPECT_TEXT(line(), "k.elf hello");
	EXPECT_EQUAL(words_find(&handover, "k.elf")->bytes.end, 0x4200);
}

TEST("a file that does not lie in RAM is refused")
{
	/* RAM [0,10) [10,20)  reserved [20,30)  RAM [30,40) */
	static const struct phys_range good[] = { { 5, 20 }, { 30, 40 }, { 0, 1 }, { 25, 25 } };
	static const struct phys_range bad[] = { { 5, 21 }, { 20, 30 }, { 29, 31 }, { 39, 41 } };

	begin();
	handover.range_count = 4;
	handover.ranges[0] = (struct firmware_range){ { 10, 20 }, MEMORY_USABLE, 1 };
	handover.ranges[1] = (struct firmware_range){ { 0, 10 }, MEMORY_USABLE, 1 };
	handover.ranges[2] = (struct firmware_range){ { 20, 30 }, MEMORY_RESERVED, 2 };
	handover.ranges[3] = (struct firmware_range){ { 30, 40 }, MEMORY_USABLE, 1 };
	for (unsigned i = 0; i < COUNT(good); i++)
		EXPECT(handover_in_memory(&handover, good[i], &report));
	for (unsigned i = 0; i < COUNT(bad); i++) {
		report.count = 0;
		EXPECT(!handover_in_memory(&handover, bad[i], &report));
		EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_NO_MEMORY);
	}
	report.count = 0;
	handover.file_count = 1;
	handover.files[0].bytes = (struct phys_range){ 35, 45 };
	EXPECT(!handover_check_files(&handover, &report));
}

TEST("PVH without a memory map is refused")
{
	struct start start = { .magic = 0x336ec578, .version = 0 };

	begin();
	EXPECT(!handover_by_pvh(&handover, &machine, put(&start, sizeof(start)), &report));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_UNREADABLE);
}

/* Writes the digest of a bundle's text. */
static void seal_bundle(uint8_t *bundle)
{
	uint8_t digest[SHA256_SIZE];
	uint64_t end;

	memcpy(&end, bundle + 32, sizeof(end));
	memset(bundle + 40, 0, sizeof(digest));
	sha256((struct span){ bundle, end }, digest);
	memcpy(bundle + 40, digest, sizeof(digest));
}

/* A bundle with one file, "k.elf" of some bytes, as commands/lib/bundle.py makes it; returns its
 * size. */
static uint32_t put_bundle(uint32_t at, const char *line, struct span file)
{
	uint64_t head[5] = { 0, (uint64_t)1 << 32 | 1, 0x1000 + file.size, 72 + 56, 0 };
	uint64_t record[3] = { 72 + 56 + strlen(line) + 1, 0x1000, file.size };
	uint32_t sum[CHECKSUM_WORDS];
	uint8_t *to = memory + at;

	memcpy(head, "LJBUNDLE", 8);
	head[4] = record[0] + 6;
	memset(to, 0, 0x1000);
	memcpy(to + 0x1000, file.bytes, (size_t)file.size);
	checksum((struct span){ to + 0x1000, file.size }, sum);
	memcpy(to, head, sizeof(head));
	memcpy(to + 72, record, sizeof(record));
	memcpy(to + 72 + sizeof(record), sum, sizeof(sum));
	memcpy(to + 72 + 56, line, strlen(line) + 1);
	memcpy(to + record[0], "k.elf", 6);
	seal_bundle(to);
	return (uint32_t)head[2];
}

static const struct span bundled = { (const uint8_t *)"the bytes of a kernel", 21 };

/* Reads the bundle at 0x4000 of this size. */
static bool read_bundle(uint32_t size)
{
	return bundle_read(&handover, &machine, (struct phys_range){ 0x4000, 0x4000 + size },
	                   &report);
}

TEST("a bundle brings words and files, and other words and files come after its own")
{
	static const struct {
		const char *own, *words, *file, *made;
	} cases[] = {
		{ "-quiet k.elf one", "two", NULL, "-quiet k.elf one two" },
		{ "k.elf one --- k.elf m", "two", NULL, "k.elf one two --- k.elf m" },
		{ "k.elf --- k.elf m", "", "a.img 1", "k.elf --- k.elf m --- a.img 1" },
		{ "k.elf", "two", "a.img 1", "k.elf two --- a.img 1" },
		{ "k.elf --- k.elf", "2 --- a.img 3", "a.img 1", "k.elf 2 --- k.elf --- a.img 3" },
		{ "k.elf ----", "--- a.img", "a.img", "k.elf ---- --- a.img" },
		{ "a.img", "", "a.img", "a.img" }, /* k.elf is there for who asks for it by name */
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		uint32_t size;

		begin();
		size = put_bundle(0x4000, cases[i].own, bundled);
		handover.words = cases[i].words;
		if (cases[i].file != NULL)
			EXPECT(handover_add_file(&handover, &machine, 0x7000, 0x7100,
			                         put_text(cases[i].file), &report));
		EXPECT(read_bundle(size));
		EXPECT(words_make(&words, &handover, &report));
		EXPECT_TEXT(line(), cases[i].made);
		EXPECT_EQUAL(words_find(&handover, "k.elf")->bytes.begin, 0x5000);
	}
}

TEST("a name that no file has is refused with the names that there are")
{
	struct file file = { .name = "other.elf" };

	begin();
	EXPECT(read_multiboot("iPXE 1.21", "k.elf", "sub/k.elf line", "sub/ramdisk", NULL));
	EXPECT(words_need(&handover, &file, &report) == NULL);
	EXPECT_TEXT(report.findings[0].detail,
	            "other.elf is the name of 0 of the 2 files: sub/k.elf, sub/ramdisk");
}

TEST("a module without a name is refused with its number")
{
	begin();
	EXPECT(!read_multiboot("GRUB 2.06", "k.elf", "k.elf", "", NULL));
	EXPECT_EQUAL(report.findings[0].code, DIAG_HANDOVER_NO_FILE);
	EXPECT_TEXT(report.findings[0].detail, "file 2 of the 2 files has no name");
}

TEST("any byte of a bundle's text that has changed is noticed")
{
	uint32_t size;
	uint64_t end;

	begin();
	size = put_bundle(0x4000, "k.elf", bundled);
	memcpy(&end, memory + 0x4000 + 32, sizeof(end));
	for (uint64_t at = 0; at < end; at++) {
		begin();
		put_bundle(0x4000, "k.elf", bundled);
		memory[0x4000 + at] ^= 0x10;
		EXPECT(!read_bundle(size));
		EXPECT_EQUAL(report.findings[0].code, DIAG_BUNDLE_DAMAGED);
	}
}

TEST("any byte of a bundle's file that has changed is noticed")
{
	struct file file = { .name = "k.elf" };
	uint32_t size;

	for (uint64_t at = 0; at < bundled.size; at++) {
		const struct handed_file *handed;

		begin();
		size = put_bundle(0x4000, "k.elf", bundled);
		EXPECT(read_bundle(size));
		handed = words_find(&handover, "k.elf");
		file.bytes = (struct span){ memory + 0x5000, bundled.size };
		EXPECT(bundle_check(handed, &file, &report));
		memory[0x5000 + at] ^= 1;
		EXPECT(!bundle_check(handed, &file, &report));
		EXPECT_EQUAL(report.findings[0].code, DIAG_BUNDLE_DAMAGED);
	}
}

TEST("a bundle that is cut short anywhere is refused")
{
	uint32_t size;

	begin();
	size = put_bundle(0x4000, "k.elf", bundled);
	for (uint32_t cut = 0; cut < size; cut++) {
		memset(&handover, 0, sizeof(handover));
		memset(&report, 0, sizeof(report));
		EXPECT(!read_bundle(cut));
		EXPECT_EQUAL(report.findings[0].code, DIAG_BUNDLE_DAMAGED);
	}
}

TEST("a bundle at an odd address, or with a file at one, is refused")
{
	static const uint64_t odd = 0xff0;
	uint32_t size;

	begin();
	size = put_bundle(0x4000, "k.elf", bundled);
	memmove(memory + 0x4008, memory + 0x4000, size);
	EXPECT(!bundle_read(&handover, &machine, (struct phys_range){ 0x4008, 0x4008 + size },
	                    &report));
	EXPECT(strstr(report.findings[0].detail, "its address") != NULL);
	begin();
	size = put_bundle(0x4000, "k.elf", bundled);
	memcpy(memory + 0x4000 + 72 + 8, &odd, sizeof(odd));
	seal_bundle(memory + 0x4000);
	EXPECT(!read_bundle(size));
	EXPECT(strstr(report.findings[0].detail, "not at a page") != NULL);
}

TEST("what leads out of a bundle is refused even if its digest is right")
{
	static const struct {
		uint32_t at, size; /* of the field */
		uint64_t value;
		const char *detail;
	} wrong[] = {
		{ 12, 4, 2, "file 2 lies outside it" },
		{ 12, 4, UINT32_MAX, "file 2 lies outside it" },
		{ 24, 8, 72 + 56 + 6 + 6, "the place of its words is 140, not 140" },
		{ 24, 8, UINT64_MAX, "the place of its words" },
		{ 72, 8, 72 + 56 + 6 + 6, "file 1 lies outside it" },
		{ 72, 8, UINT64_MAX - 1, "file 1 lies outside it" },
		{ 80, 8, 0x2000, "file 1 lies outside it" },
		{ 80, 8, -(uint64_t)0x1000, "file 1 lies outside it" },
		{ 88, 8, 22, "file 1 lies outside it" },
		{ 88, 8, UINT64_MAX - 0xfff, "file 1 lies outside it" },
	};

	for (unsigned i = 0; i < COUNT(wrong); i++) {
		uint32_t size;

		begin();
		size = put_bundle(0x4000, "k.elf", bundled);
		memcpy(memory + 0x4000 + wrong[i].at, &wrong[i].value, wrong[i].size);
		seal_bundle(memory + 0x4000);
		EXPECT(!read_bundle(size));
		EXPECT_EQUAL(report.findings[0].code, DIAG_BUNDLE_DAMAGED);
		EXPECT_PART(report.findings[0].detail, wrong[i].detail);
	}
}

TEST("swapping any two words changes the sum, and so do zeros at the end")
{
	_Alignas(CHECKSUM_ALIGN) uint32_t file[40];
	uint32_t one[CHECKSUM_WORDS], other[CHECKSUM_WORDS];
	struct span bytes = { (const uint8_t *)file, sizeof(file) - 1 };

	for (unsigned i = 0; i < COUNT(file); i++)
		file[i] = i * 0x01234567;
	checksum(bytes, one);
	for (unsigned i = 0; i < COUNT(file) - 1; i++) {
		for (unsigned j = i + 1; j < COUNT(file) - 1; j++) {
			uint32_t word = file[i];

			file[i] = file[j];
			file[j] = word;
			checksum(bytes, other);
			EXPECT(memcmp(one, other, sizeof(one)) != 0);
			file[j] = file[i];
			file[i] = word;
		}
	}
	checksum((struct span){ (const uint8_t *)file, 4 }, one); /* zero */
	checksum((struct span){ (const uint8_t *)file, 4 + 16 }, other);
	EXPECT(memcmp(one, other, sizeof(one)) != 0);
}
