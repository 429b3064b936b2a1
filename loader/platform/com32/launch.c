/* SPDX-License-Identifier: MIT */
/* launch.c - leaves the BIOS. From here on, nothing can fail, and Syslinux is gone. */
#include "platform/bios/services.h"
#include "platform/com32/syslinux.h"
#include "platform/console/console.h"
#include "platform/console/watch.h"
#include "platform/platform.h"
#include "platform/pc/quiesce.h"

/* loader/platform/pc/enter64.asm */
_Noreturn void enter64(uint32_t tables, uint32_t cr4, uint32_t launch, uint32_t resident);

_Noreturn void platform_launch(const struct boot *boot)
{
	const struct plan *plan = &boot->plan;
	const struct machine *machine = plan->machine;
	unsigned said = boot->report->count;

	watch_start(boot);
	bios_enter_screen(plan->entry.screen);
	syslinux_final_cleanup(0);
	quiesce(machine, plan->entry.quiet, boot->report);
	console_tell(boot->report, said);
	enter64((uint32_t)physical(machine, plan->launch.root),
	        plan->launch.levels == 5 ? CR4_LA57 : 0, (uint32_t)physical(machine, boot->launch),
	        (uint32_t)plan->resident);
}
