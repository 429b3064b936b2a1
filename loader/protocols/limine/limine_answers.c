/* SPDX-License-Identifier: MIT */
/*
 * limine_answers.c - answers Limine requests, each in its own function. Requests that do not apply
 * to this machine (EFI's on a BIOS, the device tree) stay unanswered.
 */
#include "protocols/limine/limine_answers.h"

#include "core/acpi.h"
#include "core/plan/kernel.h"
#include "core/plan/processors.h"
#include "core/plan/symbols.h"
#include "core/sha256.h"
#include "core/version.h"

/* Base revisions in which the addresses of tables are physical. */
enum { RSDP_PHYSICAL_AT = 3, TABLES_PHYSICAL_FROM = 3, TABLES_PHYSICAL_TO = 4 };

#define WORD 8 /* bytes of an address in a list */

#define ENTROPY_MOST 4096 /* words; the protocol leaves the limit to the loader */

/* Where the kernel sees a physical address; 0 stays 0. */
static uint64_t seen_at(const struct limine *limine, uint64_t at)
{
	return at != 0 ? limine->direct_map + at : 0;
}

/* The address of an SMBIOS or EFI table, as the base revision has it. */
static uint64_t table_at(const struct limine *limine, uint64_t at)
{
	uint64_t revision = limine->requests.revision;

	return revision < TABLES_PHYSICAL_FROM || revision > TABLES_PHYSICAL_TO
	             ? seen_at(limine, at)
	             : at;
}

/* Writes a word at the kernel's address `at`. */
static void put_word(struct limine *limine, uint64_t at, uint64_t word)
{
	writer_put(&limine->writer, at, &word, sizeof(word));
}

/* An answer that is one number. */
static uint64_t write_number(struct limine *limine, uint64_t value)
{
	struct limine_number answer = { .value = value };

	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

static uint64_t answer_bootloader_info(struct limine *limine)
{
	struct limine_bootloader_info answer = {
		.name = writer_string(&limine->writer, LOADER),
		.version = writer_string(&limine->writer, LOADER_VERSION),
	};

	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* The kernel's command line, which two requests ask for, once. */
static uint64_t write_command_line(struct limine *limine)
{
	const char *line = limine->plan->config->kernel.command_line;

	if (limine->command_line == 0)
		limine->command_line = writer_string(&limine->writer, line);
	return limine->command_line;
}

static uint64_t answer_command_line(struct limine *limine)
{
	return write_number(limine, write_command_line(limine));
}

static uint64_t answer_firmware_type(struct limine *limine)
{
	return write_number(limine, limine->plan->machine->firmware_kind == FIRMWARE_EFI
	                                    ? LIMINE_FIRMWARE_EFI64
	                                    : LIMINE_FIRMWARE_BIOS);
}

/* The answer to requests that were granted when the boot was planned. */
static uint64_t answer_heeded(struct limine *limine)
{
	return write_number(limine, 0);
}

static uint64_t answer_direct_map(struct limine *limine)
{
	return write_number(limine, limine->direct_map);
}

static uint64_t answer_paging_mode(struct limine *limine)
{
	struct limine_paging_mode answer = {
		.mode = limine->plan->config->options.paging_levels == 5 ? LIMINE_PAGING_5_LEVELS
		                                                         : LIMINE_PAGING_4_LEVELS,
	};

	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* The bits that a pixel takes in memory, which may be more than its colour bits. */
static uint16_t pixel_bits(const struct screen *screen)
{
	return (uint16_t)align_up(screen->bits_per_pixel, 8);
}

/* A video mode. */
static uint64_t write_mode(struct limine *limine, const struct screen *screen)
{
	struct limine_video_mode mode = {
		.pitch = screen->pitch,
		.width = screen->width,
		.height = screen->height,
		.bits_per_pixel = pixel_bits(screen),
		.memory_model = LIMINE_RGB,
		.red_bits = screen->red_bits,
		.red_shift = screen->red_shift,
		.green_bits = screen->green_bits,
		.green_shift = screen->green_shift,
		.blue_bits = screen->blue_bits,
		.blue_shift = screen->blue_shift,
	};

	return writer_copy(&limine->writer, &mode, sizeof(mode));
}

/* The addresses of all video modes, as a list. */
static uint64_t write_modes(struct limine *limine)
{
	const struct display *display = &limine->plan->machine->display;
	uint64_t list = writer_reserve(&limine->writer, display->mode_count * WORD);

	for (unsigned i = 0; i < display->mode_count; i++)
		put_word(limine, list + i * WORD, write_mode(limine, &display->screens[i]));
	return list;
}

/* A list with one structure in it, as an answer. */
static uint64_t write_list_of_one(struct limine *limine, uint64_t revision, uint64_t only)
{
	struct limine_list answer = { .revision = revision, .count = 1 };

	answer.list = writer_copy(&limine->writer, &only, sizeof(only));
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

static uint64_t answer_framebuffer(struct limine *limine)
{
	const struct display *display = &limine->plan->machine->display;
	const struct screen *screen = &display->screen;
	struct limine_framebuffer framebuffer = {
		.address = seen_at(limine, screen->pixels.begin),
		.width = screen->width,
		.height = screen->height,
		.pitch = screen->pitch,
		.bits_per_pixel = pixel_bits(screen),
		.memory_model = LIMINE_RGB,
		.red_bits = screen->red_bits,
		.red_shift = screen->red_shift,
		.green_bits = screen->green_bits,
		.green_shift = screen->green_shift,
		.blue_bits = screen->blue_bits,
		.blue_shift = screen->blue_shift,
	};

	if (display->kind != DISPLAY_FRAMEBUFFER)
		return 0;
	if (display->edid != NULL) {
		framebuffer.edid_size = EDID_SIZE;
		framebuffer.edid = writer_copy(&limine->writer, display->edid, EDID_SIZE);
	}
	if (display->screens != NULL) {
		framebuffer.mode_count = display->mode_count;
		framebuffer.modes = write_modes(limine);
	}
	return write_list_of_one(limine, 1,
	                         writer_copy(&limine->writer, &framebuffer, sizeof(framebuffer)));
}

/*
 * A terminal for the screen: VGA's 16 colours in ANSI order, light grey on black, without a
 * picture, with the machine's font. Flanterm needs 32-bit pixels; for other screens, the entry is
 * all zeros, as the protocol says.
 */
static uint64_t write_terminal(struct limine *limine, const struct display *display)
{
	struct limine_flanterm terminal = {
		.colours = { 0x000000, 0xaa0000, 0x00aa00, 0xaa5500, 0x0000aa, 0xaa00aa, 0x00aaaa,
		             0xaaaaaa },
		.bright_colours = { 0x555555, 0xff5555, 0x55ff55, 0xffff55, 0x5555ff, 0xff55ff,
		                    0x55ffff, 0xffffff },
		.background = 0x000000,
		.foreground = 0xaaaaaa,
		.bright_background = 0x555555,
		.bright_foreground = 0xffffff,
		.font_width = 8,
		.font_height = 16,
		.scale_x = 1,
		.scale_y = 1,
	};

	if (pixel_bits(&display->screen) != 32)
		return writer_reserve(&limine->writer, sizeof(terminal));
	terminal.font = writer_copy(&limine->writer, display->font, FONT_SIZE);
	return writer_copy(&limine->writer, &terminal, sizeof(terminal));
}

/* One entry for each framebuffer that the kernel gets. */
static uint64_t answer_flanterm(struct limine *limine)
{
	const struct display *display = &limine->plan->machine->display;

	if (limine->requests.of[LIMINE_FRAMEBUFFER].at == 0 || display->kind != DISPLAY_FRAMEBUFFER
	    || display->font == NULL)
		return 0;
	return write_list_of_one(limine, 0, write_terminal(limine, display));
}

/* Reserves the maximum number of entries; they are written when everything is placed. */
static uint64_t answer_memory_map(struct limine *limine)
{
	struct limine_list answer = {
		.list = writer_reserve(&limine->writer, limine->map_capacity * WORD),
	};

	limine->map_entries = writer_reserve(&limine->writer,
	                                     limine->map_capacity * sizeof(struct limine_memory));
	limine->map_list = answer.list;
	return limine->map = writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* A file's path from the root of where it came from. */
static uint64_t write_path(struct limine *limine, const struct file *file)
{
	const struct source *source = &limine->plan->machine->source;
	const char *folder = source->folder != NULL ? source->folder : "";
	uint64_t length = text_length(folder);
	const char *const parts[] = {
		folder[0] == '/' ? "" : "/",
		folder,
		length == 0 || folder[length - 1] == '/' ? "" : "/",
		file->name,
	};
	bool whole = file->name[0] == '/'; /* from the root on */

	return writer_join(&limine->writer, whole ? &parts[3] : parts, whole ? 1 : COUNT(parts));
}

/* What the files were read from. */
static uint32_t media_type(const struct machine *machine)
{
	switch (machine->source.medium) {
	case MEDIUM_NETWORK:
		return LIMINE_MEDIA_TFTP;
	case MEDIUM_OPTICAL:
		return LIMINE_MEDIA_OPTICAL;
	default:
		return LIMINE_MEDIA_GENERIC;
	}
}

/* The structure for a file at the physical address `at`, with its command line at the kernel's
 * address. */
static uint64_t write_file(struct limine *limine, const struct file *file, uint64_t at,
                           uint64_t command_line)
{
	struct limine_file told = {
		.address = seen_at(limine, at),
		.size = file->bytes.size,
		.path = write_path(limine, file),
		.command_line = command_line,
		.media_type = media_type(limine->plan->machine),
	};

	return writer_copy(&limine->writer, &told, sizeof(told));
}

static uint64_t answer_executable_file(struct limine *limine)
{
	const struct file *file = &limine->plan->config->kernel;
	uint64_t at = physical(limine->plan->machine, file->bytes.bytes);

	return write_number(limine, write_file(limine, file, at, write_command_line(limine)));
}

static uint64_t write_module(struct limine *limine, const struct file *module, uint64_t at)
{
	return write_file(limine, module, at, writer_string(&limine->writer, module->command_line));
}

/* Revision 2: internal modules, and compressed ones. Without modules there is no answer. */
static uint64_t answer_modules(struct limine *limine)
{
	const struct plan *plan = limine->plan;
	struct limine_list answer = { .revision = 2 };

	if (plan->config->module_count == 0)
		return 0;
	answer.list = writer_reserve(&limine->writer, plan->config->module_count * WORD);
	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use != USE_MODULE)
			continue;
		put_word(limine, answer.list + answer.count * WORD,
		         write_module(limine, &plan->config->modules[answer.count],
		                      plan->placements[i].phys.begin));
		answer.count++;
	}
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

static uint64_t answer_rsdp(struct limine *limine)
{
	uint64_t rsdp = limine->plan->machine->rsdp;

	if (rsdp == 0)
		return 0;
	return write_number(limine, limine->requests.revision == RSDP_PHYSICAL_AT
	                                    ? rsdp
	                                    : seen_at(limine, rsdp));
}

static uint64_t answer_smbios(struct limine *limine)
{
	const struct machine *machine = limine->plan->machine;
	struct limine_smbios answer = { 0, table_at(limine, machine->smbios),
		                        table_at(limine, machine->smbios3) };

	if (machine->smbios == 0 && machine->smbios3 == 0)
		return 0;
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

static uint64_t answer_efi_system_table(struct limine *limine)
{
	const struct efi *efi = limine->plan->machine->efi;

	return efi != NULL ? write_number(limine, table_at(limine, efi->system_table)) : 0;
}

/* A copy of the map, in memory that the kernel may reclaim. */
static uint64_t answer_efi_memory_map(struct limine *limine)
{
	const struct efi *efi = limine->plan->machine->efi;
	struct limine_efi_memory_map answer = { 0 };

	if (efi == NULL)
		return 0;
	answer.map = writer_copy(&limine->writer, efi->memory_map.bytes, efi->memory_map.size);
	answer.size = efi->memory_map.size;
	answer.descriptor_size = efi->descriptor_size;
	answer.descriptor_version = efi->descriptor_version;
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* Days from 1 January 1970 to a day of the Gregorian calendar, from 1970 on. */
static uint32_t days_since_1970(uint32_t year, uint32_t month, uint32_t day)
{
	/* Years are counted from March, so that the leap day is the last: 153 days in 5 months. */
	uint32_t since_march = (month + 9) % 12;
	uint32_t years = month < 3 ? year - 1 : year;

	return 365 * years + years / 4 - years / 100 + years / 400 + (153 * since_march + 2) / 5
	     + day - 719469;
}

static uint64_t answer_date(struct limine *limine)
{
	const struct clock *clock = &limine->plan->machine->clock;
	uint32_t seconds = clock->hour * 3600u + clock->minute * 60u + clock->second;

	if (clock->year < 1970)
		return 0;
	return write_number(limine,
	                    days_since_1970(clock->year, clock->month, clock->day) * UINT64_C(86400)
	                            + seconds);
}

static uint64_t answer_executable_address(struct limine *limine)
{
	const struct plan *plan = limine->plan;
	struct limine_executable_address answer = {
		.physical_base = plan->kernel_physical,
		.virtual_base = plan->kernel->virt.begin + plan->slide,
	};

	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* The structure for a CPU. CPUs other than the first get its address in RDI, once the kernel has
 * written to it the address to go to. */
static uint64_t write_processor(struct limine *limine, const struct processor *processor,
                                unsigned *started)
{
	struct limine_cpu cpu = { .processor_id = processor->number,
		                  .lapic_id = processor->apic_id };
	uint64_t at = writer_copy(&limine->writer, &cpu, sizeof(cpu));
	struct launch_processor *record = plan_processor(limine->plan, processor, started);

	if (record == NULL)
		return at;
	record->stack_begin = seen_at(limine, limine->stacks + (*started - 1) * limine->stack_size);
	record->rsp = record->stack_begin + limine->stack_size;
	record->rdi = at;
	record->mailbox = at + offsetof(struct limine_cpu, goto_address);
	acpi_lints(limine->plan->machine, processor->number, record->lints);
	return at;
}

/* The CPUs that will be running: only the first without a MADT, or without room for the others. */
static uint64_t answer_processors(struct limine *limine)
{
	const struct plan *plan = limine->plan;
	const struct machine *machine = plan->machine;
	const struct processor only = { 0, machine->apic_id };
	const struct processor *list = plan->processor_count != 0 ? machine->processors : &only;
	struct limine_mp answer = { .bsp_lapic_id = machine->apic_id,
		                    .count = plan->processor_count + 1 };
	unsigned started = 0;

	if ((plan->entry.flags & LAUNCH_X2APIC) != 0)
		answer.flags = LIMINE_MP_X2APIC;
	answer.list = writer_reserve(&limine->writer, answer.count * WORD);
	for (unsigned i = 0; i < answer.count; i++)
		put_word(limine, answer.list + i * WORD,
		         write_processor(limine, &list[i], &started));
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* Divides 64-bit numbers without the library function that 32-bit code would need. */
static uint64_t divide(uint64_t value, uint32_t by, uint32_t *rest)
{
	uint64_t quotient = 0, left = 0;

	for (unsigned bit = 64; bit-- > 0;) {
		left = left << 1 | (value >> bit & 1);
		if (left >= by) {
			left -= by;
			quotient |= UINT64_C(1) << bit;
		}
	}
	*rest = (uint32_t)left;
	return quotient;
}

/* A value of the time stamp counter in microseconds. */
static uint64_t microseconds(uint64_t ticks, uint64_t frequency)
{
	uint32_t rest;
	uint32_t per_millisecond = (uint32_t)divide(frequency, 1000, &rest);
	uint64_t milliseconds = divide(ticks, per_millisecond, &rest);

	return milliseconds * 1000 + divide(rest * UINT64_C(1000), per_millisecond, &rest);
}

/* The counter was 0 at reset. */
static uint64_t answer_performance(struct limine *limine)
{
	const struct clock *clock = &limine->plan->machine->clock;
	struct limine_performance answer = { 0 };

	if (clock->tsc_frequency < 1000)
		return 0;
	answer.init_usec = microseconds(clock->tsc_start, clock->tsc_frequency);
	answer.exec_usec = microseconds(clock->tsc_read, clock->tsc_frequency);
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

static uint64_t answer_tsc_frequency(struct limine *limine)
{
	uint64_t frequency = limine->plan->machine->clock.tsc_frequency;

	return frequency != 0 ? write_number(limine, frequency) : 0;
}

/*
 * Expands the machine's 64 random bits to `count` words: the SHA-256 digests of these bits followed
 * by the numbers 0, 1, 2 ... SHA-256 is a one-way function, so a word that a kernel discloses
 * reveals neither the other words nor where -kaslr has put the kernel, which the same bits decide.
 */
static void write_entropy(struct limine *limine, uint64_t at, uint64_t count)
{
	uint64_t block[2] = { limine->plan->machine->random, 0 };
	uint8_t digest[SHA256_SIZE];

	if (writer_at(&limine->writer, at) == NULL)
		return; /* only counted */
	for (uint64_t end = at + count * WORD; at < end; at += sizeof(digest)) {
		sha256((struct span){ (const uint8_t *)block, sizeof(block) }, digest);
		writer_put(&limine->writer, at, digest, min_u64(sizeof(digest), end - at));
		block[1]++;
	}
}

static uint64_t answer_entropy(struct limine *limine)
{
	uint64_t wanted = limine_word(&limine->requests.of[LIMINE_ENTROPY],
	                              offsetof(struct limine_entropy_request, value_count));
	struct limine_list answer = { .count = min_u64(wanted, ENTROPY_MOST) };

	answer.list = writer_reserve(&limine->writer, answer.count * WORD);
	write_entropy(limine, answer.list, answer.count);
	return writer_copy(&limine->writer, &answer, sizeof(answer));
}

/* What stays unanswered. */
static uint64_t answer_nothing(struct limine *limine)
{
	(void)limine;
	return 0;
}

/* Writes the answer to a request; returns its address for the kernel, or 0 if there is none. */
static uint64_t write_answer(struct limine *limine, enum limine_feature feature)
{
	switch (feature) {
#define REQUEST(name, first, second, words, old, new, want, answer, ...) \
	case LIMINE_##name:                                              \
		return answer_##answer(limine);
#include "protocols/limine/requests.def"
#undef REQUEST
	case LIMINE_FEATURES:
		break;
	}
	return 0;
}

/* Adds a patch: a word to be written to the kernel's memory at the end. */
static void patch(struct plan *plan, uint64_t at, uint64_t value)
{
	plan->patches[plan->patch_count++] =
		(struct patch){ plan_kernel_physical(plan, at), value };
}

/* Tells the kernel which base revision it got, and that it is the one it asked for. */
static void answer_revision(struct limine *limine)
{
	const struct limine_requests *requests = &limine->requests;

	if (requests->tag.at == 0)
		return;
	patch(limine->plan, requests->tag.at + 8, requests->revision);
	patch(limine->plan, requests->tag.at + LIMINE_TAG_REVISION, 0);
}

/* Writes the kernel's symbols, for the explainer, among the answers. */
static void write_symbols(struct limine *limine)
{
	uint64_t at = writer_reserve(&limine->writer, plan_symbols_size(limine->plan));
	uint8_t *bytes = writer_at(&limine->writer, at);

	if (at != 0 && bytes != NULL)
		plan_write_symbols(limine->plan, bytes, at);
}

void limine_answer(struct limine *limine)
{
	limine->plan->patch_count = 0;
	limine->command_line = limine->map = 0;
	answer_revision(limine);
	for (unsigned i = 0; i < LIMINE_FEATURES; i++) {
		uint64_t at = limine->requests.of[i].at;
		uint64_t answer = at != 0 ? write_answer(limine, i) : 0;

		if (answer != 0)
			patch(limine->plan, at + offsetof(struct limine_plain_request, response),
			      answer);
	}
	write_symbols(limine);
}

/* The number that the protocol gives a type of memory. */
static uint64_t wire_type(enum memory_type type)
{
	static const uint8_t types[MEMORY_TYPES] = {
#define LIMINE(type)                           LIMINE_##type
#define MEMORY_TYPE(name, words, is_ram, wire) [MEMORY_##name] = wire,
#include "core/memory_types.def"
	};

	return types[type];
}

/* True if the plan has placed something there. */
static bool is_placed(enum memory_type type)
{
	return type >= MEMORY_KERNEL && type <= MEMORY_KERNEL_FILE;
}

/*
 * The number of a range of the map. A single free page between things that were placed is given as
 * reclaimable: kernels that keep records in free memory take it for granted that a free range has
 * more than one page, and would overwrite what follows.
 */
static uint64_t wire_type_of(const struct memory *memory, unsigned number)
{
	const struct memory_range *range = &memory->ranges[number];

	if (range->type == MEMORY_USABLE && range->phys.end - range->phys.begin == PAGE_SIZE
	    && number > 0 && is_placed(range[-1].type) && range[-1].phys.end == range->phys.begin
	    && number + 1 < memory->count && is_placed(range[1].type)
	    && range[1].phys.begin == range->phys.end)
		return LIMINE_BOOTLOADER_RECLAIMABLE;
	return wire_type(range->type);
}

void limine_answer_memory(struct limine *limine, const struct memory *memory)
{
	struct limine_memory entry = { 0 };
	uint64_t at = limine->map_entries, count = 0;

	if (limine->map == 0)
		return;
	for (unsigned i = 0; i < memory->count; i++) {
		struct phys_range phys = memory->ranges[i].phys;
		uint64_t type = wire_type_of(memory, i);

		if (count > 0 && entry.type == type && entry.base + entry.length == phys.begin) {
			entry.length += phys.end - phys.begin;
		} else {
			at = limine->map_entries + count * sizeof(entry);
			put_word(limine, limine->map_list + count++ * WORD, at);
			entry = (struct limine_memory){ phys.begin, phys.end - phys.begin, type };
		}
		writer_put(&limine->writer, at, &entry, sizeof(entry));
	}
	put_word(limine, limine->map + offsetof(struct limine_list, count), count);
}
