/* SPDX-License-Identifier: MIT */
/* quiesce.c - interrupt controllers and memory types, as a kernel should find them. */
#include "x86/quiesce.h"

#include "core/acpi.h"
#include "x86/x86.h"

/* I/O APIC (Intel 82093AA, 3.1 and 3.2): a register is selected at its address, and seen in the
 * window. */
enum {
	MAX_IO_APICS = 16,
	IO_APIC_WINDOW = 0x10,
	IO_APIC_VERSION = 1,
	IO_APIC_LINES = 0x10,
	IO_APIC_SPECIAL = 0x600, /* delivery modes other than fixed and lowest priority */
	IO_APIC_MASKED = 1 << 16
};

/* Masks all lines of the I/O APICs but those for special interrupts (Intel 82093AA, 3.2.4). */
static void mask_io_apics(const struct machine *machine)
{
	uint32_t list[MAX_IO_APICS];
	unsigned count = acpi_io_apics(machine, list, MAX_IO_APICS);

	for (unsigned i = 0; i < count; i++) {
		volatile uint32_t *select = visible(machine, list[i]);
		volatile uint32_t *window = visible(machine, list[i] + IO_APIC_WINDOW);
		uint32_t last;

		*select = IO_APIC_VERSION;
		last = *window >> 16 & 0xff;
		for (uint32_t line = 0; line <= last; line++) {
			*select = IO_APIC_LINES + 2 * line;
			if ((*window & IO_APIC_SPECIAL) == 0)
				*window |= IO_APIC_MASKED;
		}
	}
}

void quiesce(const struct machine *machine, bool keep_pics)
{
	__asm__ volatile("cli");
	if (!keep_pics) {
		outb(PORT_PIC1_DATA, 0xff);
		outb(PORT_PIC2_DATA, 0xff);
		mask_io_apics(machine);
	}
	if (machine->cpu.pat)
		wrmsr(MSR_PAT, PAT_VALUE);
}
