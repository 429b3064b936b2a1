/* SPDX-License-Identifier: MIT */
/*
 * main.c - BOOTX64.EFI: implements platform.h with UEFI firmware. A kernel that cannot be started
 * leaves the user at the loader's own prompt; leaving that returns to the firmware, which then
 * tries its next boot entry.
 */
#include "core/acpi.h"
#include "core/run.h"
#include "platform/console/console.h"
#include "platform/console/watch.h"
#include "platform/platform.h"
#include "platform/uefi/bundled.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/launch.h"
#include "platform/uefi/memory.h"
#include "platform/uefi/prompt.h"
#include "platform/uefi/reads.h"
#include "platform/uefi/screen.h"
#include "platform/uefi/tables.h"
#include "platform/uefi/video.h"
#include "platform/uefi/volume.h"
#include "standalone/line.h"
#include "platform/pc/cpu.h"
#include "platform/pc/tsc.h"
#include "x86/x86.h"

#define PROCESSORS_MAX 256
#define SECOND         UINT64_C(1000000)

/* The resident part (resident.asm). */
extern const uint8_t resident_begin[];
extern const uint8_t resident_end[];

static struct run run;
static struct processor processors[PROCESSORS_MAX];
static uint64_t began; /* by platform_time(): before the configuration was read */

efi_status uefi_main(efi_handle image, struct efi_system_table *system);

uint64_t platform_time(void)
{
	return rdtsc();
}

void platform_open(struct machine *machine)
{
	watch_open(machine);
	if (!prompt_has_asked())
		machine->clock.tsc_start = began;
	machine->identity_limit = 4 * GIB;
	machine->resident =
		(struct span){ resident_begin, (uint64_t)(resident_end - resident_begin) };
}

bool platform_words(unsigned *count, const char *const **list, struct report *report)
{
	return bundled() ? bundled_words(count, list, report) : prompt_words(count, list, report);
}

bool platform_obey(enum action action, struct report *report)
{
	firmware.runtime->reset(action == ACTION_REBOOT ? EFI_RESET_COLD : EFI_RESET_SHUTDOWN,
	                        EFI_SUCCESS, 0, NULL);
	return refuse(report, DIAG_BIOS_NO_POWER_OFF, "ResetSystem() of UEFI returned");
}

bool platform_machine(struct machine *machine, struct report *report)
{
	cpu_read(&machine->cpu);
	if (!memory_open(machine, report) || !launch_open(report))
		return false;
	tables_read(machine);
	acpi_list_processors(machine, processors, PROCESSORS_MAX);
	machine->apic_id = cpu_apic_id();
	machine->source.folder = volume_folder();
	return true;
}

bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report)
{
	machine->clock.tsc_frequency = tsc_find(wanted->tsc, report);
	if (wanted->random && !random_read(machine))
		random_ask(machine);
	return video_read(machine, &wanted->video, report);
}

/* Switches the screen, and plans again if that has changed what the plan relies on. */
static bool set_video(const struct machine *machine, struct report *report)
{
	struct screen planned = machine->display.screen;
	bool changed;

	if (!video_set(&run.machine, report))
		return false;
	if (!memory_map.is_old)
		return true;
	if (!memory_read_again(&changed))
		return memory_refuse(report);
	return (!changed && memcmp(&planned, &machine->display.screen, sizeof(planned)) == 0)
	    || run_plan_again(&run);
}

/* A refusal that is shown in the new mode would be lost with it. */
bool platform_video_set(const struct machine *machine, struct report *report)
{
	if (set_video(machine, report))
		return true;
	video_restore();
	return false;
}

_Noreturn void platform_launch(const struct boot *boot)
{
	(void)boot; /* run.boot, since it may have to be planned again */
	launch(&run);
}

void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds)
{
	static const char *const ends[] = {
		[ON_ERROR_PROMPT] = "prompt", [ON_ERROR_HALT] = "halt", [ON_ERROR_REBOOT] = "reboot"
	};

	(void)machine;
	watch_end(ends[on_error]);
	firmware.boot->set_watchdog(0, 0, 0, NULL);
	if (on_error == ON_ERROR_HALT)
		cpu_halt();
	if (on_error == ON_ERROR_REBOOT) {
		firmware.boot->stall(seconds * SECOND);
		firmware.runtime->reset(EFI_RESET_COLD, EFI_SUCCESS, 0, NULL);
	}
	memory_release();
}

/* Starts the kernel that came with us. If it cannot be started, what was wrong stays on the screen
 * until the user has read it. */
static void run_bundle(void)
{
	console_open(&(struct console){ .screen = true });
	boot_run(&run);
	firmware.boot->set_watchdog(0, 0, 0, NULL);
	platform_write("Press a key to go back to the firmware.\n");
	screen_leave();
	while (screen_key() == KEY_NOTHING)
		firmware.boot->stall(SECOND / 20);
}

efi_status uefi_main(efi_handle image, struct efi_system_table *system)
{
	began = platform_time();
	if (!firmware_open(image, system))
		return EFI_INVALID_PARAMETER;
	screen_open();
	if (bundled()) {
		run_bundle();
		return EFI_NOT_FOUND;
	}
	prompt_open();
	while (prompt_next()) {
		run = (struct run){ 0 };
		boot_run(&run);
		prompt_explain();
	}
	screen_leave();
	reads_leave();
	return EFI_NOT_FOUND;
}
