/* SPDX-License-Identifier: MIT */
/*
 * launch.c - leaves UEFI: ExitBootServices() needs the key of the latest memory map, and the plan
 * must agree with that map. Source: UEFI 2.10, 7.4.6.
 */
#include "platform/uefi/launch.h"

#include "platform/console/console.h"
#include "platform/console/watch.h"
#include "platform/platform.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/interrupts.h"
#include "platform/uefi/memory.h"
#include "platform/uefi/screen.h"
#include "platform/pc/quiesce.h"
#include "x86/x86.h"

#define TRIES 16

/* loader/platform/pc/enter_from64.asm */
extern const uint8_t take_over[], enter_from64[], enter_from64_end[];
typedef void first_step(uint64_t resident);
typedef void last_step(uint64_t tables, uint64_t cr4, uint64_t launch, uint64_t resident);

static uint8_t *entrance; /* a copy of that code, below 4 GiB */

bool launch_open(struct report *report)
{
	size_t size = (size_t)(enter_from64_end - take_over);

	entrance = memory_take_code(size);
	if (entrance == NULL)
		return refuse(report, DIAG_MEMORY_LOADER, "a page for code");
	memcpy(entrance, take_over, size);
	return true;
}

/*
 * Leaves the firmware with the key of the map that the plan was made with. If the map has changed
 * since then, the firmware refuses, and everything but its memory services may be gone; so the plan
 * is made again, and the exit is tried again. False if that never succeeds, or if there is no room
 * for the kernel any more.
 */
static bool leave(struct run *run)
{
	interrupts_stop_timer();
	for (unsigned i = 0; i < TRIES; i++) {
		bool changed;

		if (firmware.boot->exit_boot_services(firmware.image, memory_map.key)
		    == EFI_SUCCESS)
			return true;
		if (!memory_read_again(&changed))
			break;
		if (changed && !run_plan_again(run))
			return false;
	}
	return refuse(&run->report, DIAG_UEFI_MAP_CHANGES, "ExitBootServices() has failed");
}

/* The firmware may be partly shut down: prints the report without it, and halts. */
static _Noreturn void fail(const struct run *run)
{
	screen_take_over(&run->machine.display);
	run_say_failure(run, true);
	platform_write("The machine is halted: restart it.\n");
	watch_end("halt");
	cpu_halt();
}

_Noreturn void launch(struct run *run)
{
	const struct plan *plan = &run->boot->plan;
	const struct machine *machine = &run->machine;
	unsigned said = run->report.count;

	if (!leave(run))
		fail(run);
	__asm__ volatile("cli");
	((first_step *)(uintptr_t)entrance)(plan->resident);
	watch_start(run->boot);
	interrupts_restore();
	quiesce(machine, plan->entry.quiet, &run->report);
	console_tell(&run->report, said);
	((last_step *)(uintptr_t)(entrance + (enter_from64 - take_over)))(
		physical(machine, plan->launch.root), plan->launch.levels == 5 ? CR4_LA57 : 0,
		physical(machine, run->boot->launch), plan->resident);
	__builtin_unreachable();
}
