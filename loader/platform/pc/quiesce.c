/* SPDX-License-Identifier: MIT */
/* quiesce.c - interrupt controllers and memory types, as a kernel should find them. */
#include "platform/pc/quiesce.h"

#include "core/acpi.h"
#include "platform/pc/iommu.h"
#include "x86/x86.h"

/* I/O APIC (Intel 82093AA, 3.1 and 3.2): one register selects another, which is then accessed
 * through the window. */
enum {
	MAX_IO_APICS = 16,
	IO_APIC_WINDOW = 0x10,
	IO_APIC_VERSION = 1,
	IO_APIC_LINES = 0x10,
	IO_APIC_MASKED = 1 << 16
};

/* A bit for each delivery mode of lines that are to be masked. SMI and INIT are left to the
 * firmware. */
static uint32_t masked_modes(bool special)
{
	const uint32_t ordinary = 1 << APIC_MODE_FIXED | 1 << APIC_MODE_LOWEST;

	return ordinary | (special ? 1 << APIC_MODE_NMI | 1 << APIC_MODE_EXTINT : 0);
}

/* Masks lines of the I/O APICs (Intel 82093AA, 3.2.4). */
static void mask_io_apics(const struct machine *machine, bool special)
{
	uint32_t list[MAX_IO_APICS];
	unsigned count = acpi_io_apics(machine, list, MAX_IO_APICS);
	const uint32_t modes = masked_modes(special);

	for (unsigned i = 0; i < count; i++) {
		volatile uint32_t *select = visible(machine, list[i]);
		volatile uint32_t *window = visible(machine, list[i] + IO_APIC_WINDOW);
		uint32_t last, entry;

		*select = IO_APIC_VERSION;
		last = *window;
		if (last == UINT32_MAX) /* nothing answers */
			continue;
		last = last >> 16 & 0xff;
		for (uint32_t line = 0; line <= last; line++) {
			*select = IO_APIC_LINES + 2 * line;
			entry = *window;
			if ((modes >> (entry >> APIC_MODE_SHIFT & APIC_MODE_MASK) & 1) != 0)
				*window = entry | IO_APIC_MASKED;
		}
	}
}

void quiesce(const struct machine *machine, struct quiet quiet, struct report *report)
{
	__asm__ volatile("cli");
	if (quiet.lines) {
		outb(PORT_PIC1_DATA, 0xff);
		outb(PORT_PIC2_DATA, 0xff);
		mask_io_apics(machine, quiet.special);
	}
	if (quiet.iommus)
		iommus_off(machine, report);
	if (machine->cpu.pat)
		wrmsr(IA32_PAT, PAT_VALUE);
}
