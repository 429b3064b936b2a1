/* SPDX-License-Identifier: MIT */
/*
 * main.c - the loader as another boot loader's kernel: `qemu-system-x86_64 -kernel`, GRUB, iPXE. It
 * finds words and files in memory, and cannot return.
 */
#include "core/acpi.h"
#include "core/run.h"
#include "core/table.h"
#include "core/video.h"
#include "platform/bios/e820.h"
#include "platform/bios/services.h"
#include "platform/bios/tables.h"
#include "platform/bios/vbe.h"
#include "platform/console/console.h"
#include "platform/console/screen.h"
#include "platform/console/watch.h"
#include "platform/kernel/memory.h"
#include "platform/files/unpack.h"
#include "platform/handover/bundle.h"
#include "platform/handover/multiboot_info.h"
#include "platform/handover/pvh_info.h"
#include "platform/handover/words.h"
#include "platform/platform.h"
#include "platform/pc/cpu.h"
#include "platform/pc/quiesce.h"
#include "platform/pc/tsc.h"
#include "x86/x86.h"

/* The loader's first byte, and the byte after its last, from the linker. */
extern const char image_begin[], image_end[];

/* The bundle (start.asm): physical addresses of its beginning and its end; equal if there is
 * none. */
extern const uint32_t bundle_place[2];

/* The resident part (resident.asm). */
extern const uint8_t resident_begin[];
extern const uint8_t resident_end[];

/* loader/platform/pc/enter64.asm */
_Noreturn void enter64(uint32_t tables, uint32_t cr4, uint32_t launch, uint32_t resident);

_Noreturn void kernel_start(uint32_t multiboot, uint32_t information);

static struct run run;
static struct handover handover;
static struct bios bios;
static struct word_list words;
static struct firmware_range ranges[512];
static struct processor processors[256];
static bool by_multiboot;
static uint32_t information;

uint64_t platform_time(void)
{
	return rdtsc();
}

void platform_open(struct machine *machine)
{
	console_open(&(struct console){ .screen = by_multiboot });
	watch_open(machine);
	machine->identity_limit = 4 * GIB;
	machine->resident =
		(struct span){ resident_begin, (uint64_t)(resident_end - resident_begin) };
	machine_reserve(machine, (uintptr_t)image_begin, (uintptr_t)image_end);
}

bool platform_words(unsigned *count, const char *const **list, struct report *report)
{
	bool (*read)(struct handover *, const struct machine *, uint32_t, struct report *) =
		by_multiboot ? handover_by_multiboot : handover_by_pvh;
	struct phys_range bundle = { bundle_place[0], bundle_place[1] };
	bool good = read(&handover, &run.machine, information, report)
	         && handover_check_files(&handover, report)
	         && (bundle.begin == bundle.end
	             || (handover_in_memory(&handover, bundle, report)
	                 && bundle_read(&handover, &run.machine, bundle, report)))
	         && words_make(&words, &handover, report);

	memory_open(&handover, &run.machine);
	*count = words.count;
	*list = words.words;
	return good;
}

/* Waits, then restarts the machine. */
static _Noreturn void reboot(unsigned seconds)
{
	if (handover.bios)
		bios_reboot(seconds);
	lone_reboot(seconds);
}

bool platform_obey(enum action action, struct report *report)
{
	if (action == ACTION_REBOOT)
		reboot(0);
	if (!handover.bios)
		return refuse(report, DIAG_BIOS_NO_POWER_OFF, "there is no BIOS to do it");
	return bios_power_off(report);
}

/* The memory map and everything else that only a BIOS reports. */
static bool read_bios(struct machine *machine, struct report *report)
{
	if (!e820_read(machine, ranges, COUNT(ranges), report))
		return false;
	tables_read(machine);
	bios_read_time(&machine->clock);
	machine->firmware_kind = FIRMWARE_BIOS;
	machine->bios = &bios;
	machine->display.kind = DISPLAY_VGA_TEXT;
	return true;
}

/* Without a BIOS: what was handed over. */
static bool read_handover(struct machine *machine)
{
	machine->firmware = handover.ranges;
	machine->firmware_count = handover.range_count;
	if (table_is_whole(memory_at(machine, handover.rsdp, table_rsdp.size), &table_rsdp))
		machine->rsdp = handover.rsdp;
	tables_read(machine);
	return true;
}

bool platform_machine(struct machine *machine, struct report *report)
{
	cpu_read(&machine->cpu);
	if (!(handover.bios ? read_bios(machine, report) : read_handover(machine)))
		return false;
	acpi_list_processors(machine, processors, COUNT(processors));
	machine->apic_id = cpu_apic_id();
	return true;
}

/* Lets checksum.c use the CPU's 16-byte registers (SDM volume 1, 11.6). */
static void enable_sse(void)
{
	uint32_t cr0, cr4;

	__asm__ volatile("mov %%cr0, %0" : "=r"(cr0));
	__asm__ volatile("mov %0, %%cr0" ::"r"((cr0 & ~(uint32_t)CR0_EM) | CR0_MP));
	__asm__ volatile("mov %%cr4, %0" : "=r"(cr4));
	__asm__ volatile("mov %0, %%cr4" ::"r"(cr4 | CR4_OSFXSR));
}

bool platform_load(struct file *file, struct report *report)
{
	const struct handed_file *found = words_need(&handover, file, report);

	if (found == NULL)
		return file->optional;
	file->bytes = (struct span){ visible(&run.machine, found->bytes.begin),
		                     found->bytes.end - found->bytes.begin };
	file->capacity = file->bytes.size;
	if (run.machine.cpu.long_mode && run.machine.cpu.sse) { /* others are refused later */
		enable_sse();
		if (!bundle_check(found, file, report))
			return false;
	}
	return file_unpack(file, platform_take, report);
}

bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report)
{
	unsigned chosen;

	machine->clock.tsc_frequency = tsc_find(wanted->tsc, report);
	if (wanted->random)
		random_read(machine);
	if (!handover.bios) /* and so no modes */
		return video_choose(NULL, 0, &wanted->video, (struct span){ NULL, 0 }, &chosen,
		                    report);
	if (wanted->old_bios)
		bios_read_old(&bios);
	return vbe_read(machine, &wanted->video, report);
}

bool platform_video_set(const struct machine *machine, struct report *report)
{
	return !handover.bios || vbe_set(machine, report);
}

void screen_write(const char *text, size_t length, enum colour colour)
{
	if (handover.bios)
		bios_write(text, length, colour);
}

void screen_clear(void)
{
	if (handover.bios)
		bios_clear();
}

unsigned screen_columns(void)
{
	return handover.bios ? bios_columns() : 1;
}

_Noreturn void platform_launch(const struct boot *boot)
{
	const struct plan *plan = &boot->plan;
	const struct machine *machine = plan->machine;
	unsigned said = boot->report->count;

	watch_start(boot);
	if (handover.bios)
		bios_enter_screen(plan->entry.screen);
	quiesce(machine, plan->entry.quiet, boot->report);
	console_tell(boot->report, said);
	enter64((uint32_t)physical(machine, plan->launch.root),
	        plan->launch.levels == 5 ? CR4_LA57 : 0, (uint32_t)physical(machine, boot->launch),
	        (uint32_t)plan->resident);
}

void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds)
{
	if (machine->bios != NULL)
		bios_release_old(machine->bios);
	if (on_error == ON_ERROR_PROMPT)
		platform_write("There is no boot prompt to go back to: the machine is halted.\n");
	watch_end(on_error == ON_ERROR_REBOOT ? "reboot" : "halt");
	if (on_error == ON_ERROR_REBOOT)
		reboot(seconds);
	cpu_halt();
}

_Noreturn void kernel_start(uint32_t multiboot, uint32_t at)
{
	by_multiboot = multiboot != 0;
	information = at;
	boot_run(&run);
	cpu_halt();
}
