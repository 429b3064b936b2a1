/* SPDX-License-Identifier: MIT */
/*
 * limine_all.c - a kernel that makes every request of the Limine protocol at the base revision
 * REVISION, prints the answers, and proves what can be judged from inside. What has a request's id
 * before the start marker or after the end marker is not a request.
 */
#include "limine.h"
#include "state.h"

#define STACK_WANTED (256 << 10)

enum { USABLE, RESERVED, ACPI_RECLAIMABLE, ACPI_NVS, BAD, RECLAIMABLE, EXECUTABLE, FRAMEBUFFER };

void check_answers(void);
void limine_entry(void);

static struct internal_module inner = { "./inner.txt", "words for inner", 1 };
static struct internal_module missing = { "missing.txt", "", 0 };
static struct internal_module rooted = { "/isolinux/inner.txt", "from the root on", 0 };
static struct internal_module *internal_modules[] = { &inner, &missing, &rooted };

static volatile struct {
	REQUEST_FOR(memory_answer) before;
	uint64_t start[4];
#ifdef TAGGED
	uint64_t revision[3];
#endif
	REQUEST_FOR(bootloader_info) bootloader;
	REQUEST_FOR(text_answer) command_line;
	REQUEST_FOR(number_answer) firmware, hhdm, date, tsc;
	struct {
		REQUEST_FOR(number_answer) head;
		uint64_t size;
	} stack;
	struct {
		REQUEST_FOR(number_answer) head;
		uint64_t mode, max_mode, min_mode;
	} paging;
	REQUEST_FOR(framebuffer_answer) framebuffer;
	REQUEST_FOR(flanterm_answer) flanterm;
	REQUEST_FOR(memory_answer) memory;
	struct {
		REQUEST_FOR(number_answer) head;
		void (*entry)(void);
	} entry;
	REQUEST_FOR(file_answer) executable;
	struct {
		REQUEST_FOR(module_answer) head;
		uint64_t internal_count;
		struct internal_module **internal;
	} modules;
	REQUEST_FOR(text_answer) rsdp, efi_table, efi_memory, device_tree, terminal, keep_iommu;
	REQUEST_FOR(smbios_answer) smbios;
	REQUEST_FOR(address_answer) address;
	REQUEST_FOR(performance_answer) performance;
	uint64_t end[2];
	REQUEST_FOR(memory_answer) behind;
} asked __attribute__((aligned(8))) = {
	.before.id = ID_MEMORY_MAP,
	.start = START_MARKER,
#ifdef TAGGED
	.revision = BASE_REVISION(REVISION),
#endif
	.bootloader.id = ID_BOOTLOADER_INFO,
	.command_line.id = ID_COMMAND_LINE,
	.firmware.id = ID_FIRMWARE_TYPE,
	.hhdm.id = ID_HHDM,
	.date.id = ID_DATE_AT_BOOT,
	.tsc.id = ID_TSC_FREQUENCY,
	.stack = { .head.id = ID_STACK_SIZE, .size = STACK_WANTED },
	.paging = { .head = { .id = ID_PAGING_MODE, .revision = 1 }, .mode = 1, .max_mode = 1 },
	.framebuffer.id = ID_FRAMEBUFFER,
	.flanterm.id = ID_FLANTERM,
	.memory.id = ID_MEMORY_MAP,
	.entry = { .head.id = ID_ENTRY_POINT, .entry = limine_entry },
	.executable.id = ID_EXECUTABLE_FILE,
	.modules = { .head = { .id = ID_MODULES, .revision = 1 },
	             .internal_count = 3,
	             .internal = internal_modules },
	.rsdp.id = ID_RSDP,
	.efi_table.id = ID_EFI_SYSTEM_TABLE,
	.efi_memory.id = ID_EFI_MEMORY_MAP,
	.device_tree.id = ID_DEVICE_TREE,
	.terminal.id = ID_TERMINAL,
	.keep_iommu.id = ID_KEEP_IOMMU,
	.smbios.id = ID_SMBIOS,
	.address.id = ID_EXECUTABLE_ADDRESS,
	.performance.id = ID_PERFORMANCE,
	.end = END_MARKER,
	.behind.id = ID_MEMORY_MAP,
};

extern char kernel_base[];

NOTE_STATE(limine_entry, check_answers);

/* The entry point request leads elsewhere. */
void _start(const struct longjump_boot_info *info)
{
	(void)info;
	say("FAILED the entry point request was not heeded\n");
	halt();
}

/* The type that the memory map gives to what a pointer points at. */
static uint64_t type_of(const volatile void *pointer)
{
	uint64_t at = address_of(pointer) - asked.hhdm.answer->number;
	const struct memory_answer *map = asked.memory.answer;

	for (uint64_t i = 0; i < map->count; i++)
		if (map->list[i]->base <= at && at - map->list[i]->base < map->list[i]->length)
			return map->list[i]->type;
	return 99;
}

/* An answer, and what it points at, is in memory that may be reclaimed. */
static void is_reclaimable(const volatile void *pointer)
{
	EXPECT_QUIETLY(type_of(pointer) == RECLAIMABLE);
}

static void check_state(void)
{
	for (int i = 0; i < 16; i++)
		if (i != 4)
			EXPECT_QUIETLY(state.registers[i] == 0);
	EXPECT_EQUAL(state.rflags, 2);
	EXPECT_EQUAL(state.cr0 & 0x80010001, 0x80010001);                    /* PG, WP, PE */
	EXPECT_EQUAL(state.cr4 & 0x20, 0x20);                                /* PAE */
	EXPECT_EQUAL(state.cr4 >> 12 & 1, asked.paging.head.answer->number); /* LA57 */
	EXPECT_EQUAL(state.return_address, 0);
	say("rsp=%lx\n", state.registers[RSP]);
	is_reclaimable((void *)state.registers[RSP]);
	is_reclaimable((void *)(state.registers[RSP] + 8 - STACK_WANTED));
	*(volatile uint64_t *)(state.registers[RSP] + 8 - STACK_WANTED) = 1;
}

static void check_memory(void)
{
	const struct memory_answer *map = asked.memory.answer;
	uint64_t past = 0;

	EXPECT(map->count > 0);
	for (uint64_t i = 0; i < map->count; i++) {
		struct memory_entry entry = *map->list[i];

		is_reclaimable(map->list[i]);
		say("memory=%lx %lx %lu\n", entry.base, entry.base + entry.length, entry.type);
		EXPECT_QUIETLY(entry.base >= past && entry.length > 0);
		EXPECT_QUIETLY(((entry.base | entry.length) & 4095) == 0);
		EXPECT_QUIETLY(entry.base != 0 || entry.type != USABLE);
		past = entry.base + entry.length;
	}
	is_reclaimable(map);
	is_reclaimable(map->list);
	EXPECT(asked.before.answer == NULL);
	EXPECT(asked.behind.answer == NULL);
}

static void tell_file(const char *kind, const struct file *file)
{
	uint64_t sum = 0;

	is_reclaimable(file);
	is_reclaimable(file->path);
	is_reclaimable(file->text);
	EXPECT_QUIETLY(address_of(file->address) % 4096 == 0);
	for (uint64_t i = 0; i < file->size; i++)
		sum = sum * 31 + file->address[i];
	say("%s=%s|%s|%lu|%lx|%u|%lu\n", kind, file->path, file->text, file->size, sum, file->media,
	    type_of(file->address));
}

static void check_files(void)
{
	const struct module_answer *modules = asked.modules.head.answer;

	is_reclaimable(asked.executable.answer);
	tell_file("executable", asked.executable.answer->file);
	EXPECT_EQUAL(modules->revision, 2);
	for (uint64_t i = 0; i < modules->count; i++)
		tell_file("module", modules->list[i]);
}

/* Checks the parameters of a terminal for the screen: it has a font if there are 32 bits per
 * pixel. */
static void check_flanterm(const struct framebuffer *screen)
{
	const struct flanterm *terminal;
	unsigned int lines = 0;

	EXPECT(asked.flanterm.answer != NULL);
	EXPECT_EQUAL(asked.flanterm.answer->count, 1);
	terminal = asked.flanterm.answer->list[0];
	is_reclaimable(terminal);
	if (screen->bits != 32) {
		EXPECT(terminal->font == NULL);
		return;
	}
	EXPECT_EQUAL(terminal->font_width, 8);
	EXPECT_EQUAL(terminal->font_height, 16);
	EXPECT_EQUAL(terminal->colours[7], 0xaaaaaa);
	is_reclaimable(terminal->font);
	for (unsigned int i = 0; i < 16; i++)
		lines += terminal->font['A' * 16 + i] != 0;
	EXPECT(lines > 6);
}

/* Prints what the screen is like, and draws a white pixel at its end. */
static void tell_framebuffer(void)
{
	const struct framebuffer *screen;

	if (asked.framebuffer.answer == NULL) {
		EXPECT(asked.flanterm.answer == NULL);
		say("framebuffer=none\n");
		return;
	}
	EXPECT_EQUAL(asked.framebuffer.answer->revision, 1);
	EXPECT_EQUAL(asked.framebuffer.answer->count, 1);
	screen = asked.framebuffer.answer->list[0];
	is_reclaimable(screen);
	check_flanterm(screen);
	EXPECT_EQUAL(type_of(screen->address), FRAMEBUFFER);
	EXPECT_EQUAL(screen->model, 1);
	say("framebuffer=%lx %lu %lu %lu %u\n",
	    address_of(screen->address) - asked.hhdm.answer->number, screen->width, screen->height,
	    screen->pitch, (unsigned int)screen->bits);
	say("colours=%u %u %u %u %u %u\n", screen->red[0], screen->red[1], screen->green[0],
	    screen->green[1], screen->blue[0], screen->blue[1]);
	if (screen->edid != NULL) /* of its first timing: VESA E-EDID, 3.10.2 */
		say("edid=%lu %x %u %u\n", screen->edid_size, screen->edid[1] + 0u,
		    screen->edid[56] | (screen->edid[58] & 0xf0u) << 4,
		    screen->edid[59] | (screen->edid[61] & 0xf0u) << 4);
	for (uint64_t i = 0; i < screen->mode_count; i++)
		say("mode=%lu %lu %lu %u %u\n", screen->modes[i]->width, screen->modes[i]->height,
		    screen->modes[i]->pitch, (unsigned int)screen->modes[i]->bits,
		    screen->modes[i]->red[1]);
	for (unsigned int i = 0; i < screen->bits / 8u; i++)
		screen->address[screen->pitch * (screen->height - 1)
		                + screen->width * (screen->bits / 8u) - 1 - i] = 0xff;
}

static void tell_numbers(void)
{
	say("bootloader=%s|%s\n", asked.bootloader.answer->name, asked.bootloader.answer->version);
	say("command_line=%s\n", asked.command_line.answer->text);
	say("firmware=%lx\n", asked.firmware.answer->number);
	say("hhdm=%lx\n", asked.hhdm.answer->number);
	say("date=%lx\n", asked.date.answer->number);
	say("tsc=%lx\n", asked.tsc.answer->number);
	say("paging=%lx\n", asked.paging.head.answer->number);
	say("rsdp=%lx\n", address_of(asked.rsdp.answer->text));
	say("smbios=%lx %lx\n", asked.smbios.answer->entry_32, asked.smbios.answer->entry_64);
	say("physical=%lx\nvirtual=%lx\n", asked.address.answer->physical,
	    asked.address.answer->virtual);
	say("usec=%lx %lx %lx\n", asked.performance.answer->reset, asked.performance.answer->init,
	    asked.performance.answer->exec);
	EXPECT_EQUAL(asked.address.answer->virtual, address_of(kernel_base));
	EXPECT(asked.performance.answer->init < asked.performance.answer->exec);
	is_reclaimable(asked.bootloader.answer->name);
	is_reclaimable(asked.command_line.answer->text);
	EXPECT_EQUAL(asked.command_line.answer->text, asked.executable.answer->file->text);
	EXPECT_EQUAL(asked.paging.head.answer[1].revision, 0); /* the flags that it once had */
}

void check_answers(void)
{
#ifdef TAGGED
	say("tag=%lx %lx\n", asked.revision[1], asked.revision[2]);
#endif
	tell_numbers();
	check_state();
	check_memory();
	check_files();
	tell_framebuffer();
	EXPECT(asked.entry.head.answer != NULL);
	EXPECT(asked.stack.head.answer != NULL);
	EXPECT((asked.efi_table.answer == NULL) == (asked.firmware.answer->number == 0));
	EXPECT((asked.efi_memory.answer == NULL) == (asked.firmware.answer->number == 0));
	EXPECT(asked.device_tree.answer == NULL);
	EXPECT(asked.terminal.answer == NULL);
	EXPECT(asked.keep_iommu.answer != NULL);
	finish();
}
