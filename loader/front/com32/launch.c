/* SPDX-License-Identifier: MIT */
/* launch.c - leaves the BIOS. Behind this nothing can fail, and nothing of Syslinux is left. */
#include "front/com32/launch.h"

#include "front/com32/bios.h"
#include "front/com32/syslinux.h"
#include "x86/x86.h"

/* loader/x86/enter64.asm */
_Noreturn void enter64(uint32_t tables, uint32_t cr4, uint32_t launch, uint32_t start);

_Noreturn void launch(const struct boot *boot)
{
	const struct plan *plan = &boot->plan;
	const struct machine *machine = plan->machine;
	struct resident_header header;

	span_read(machine->resident, 0, &header, sizeof(header));
	if (plan->entry.clear_screen)
		bios_clear_screen();
	syslinux_final_cleanup(0);
	__asm__ volatile("cli");
	if (!plan->entry.keep_pics) {
		outb(PORT_PIC1_DATA, 0xff); /* no interrupt comes before the kernel asks for it */
		outb(PORT_PIC2_DATA, 0xff);
	}
	if (machine->cpu.pat)
		wrmsr(MSR_PAT, PAT_VALUE);
	enter64((uint32_t)physical(machine, plan->launch.root),
	        plan->launch.levels == 5 ? CR4_LA57 : 0, (uint32_t)physical(machine, boot->launch),
	        (uint32_t)plan->resident + header.start);
}
