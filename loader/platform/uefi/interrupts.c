/* SPDX-License-Identifier: MIT */
/*
 * interrupts.c - firmware that does not use the PICs leaves them as after a reset: their interrupts
 * would then arrive as exceptions. Sources: Intel 8259A and 8254 data sheets; Intel SDM volume 3A,
 * 11.5.1 (local vector table), 11.12.1.2 (x2APIC's registers).
 */
#include "platform/uefi/interrupts.h"

#include "x86/local_apic.h"

enum {
	PIC_INIT = 0x11,     /* ICW1: edge-triggered, two PICs, ICW4 follows */
	PIC_8086 = 0x01,     /* ICW4 */
	PIC1_VECTORS = 0x08, /* ICW2, as set by every BIOS */
	PIC2_VECTORS = 0x70,
	PIC1_CASCADE = 0x04, /* ICW3: the second PIC is at line 2 */
	PIC2_CASCADE = 0x02,
	PIC1_BIOS_MASK = 0xb8, /* timer, keyboard, second PIC and diskette drive are unmasked; */
	PIC2_BIOS_MASK = 0x8e, /* clock, mouse, FPU and disk as well: SeaBIOS 1.16 */
	PIT_CHANNEL_0_SQUARE = 0x36 /* channel 0, both bytes, mode 3 */
};

/* Writes a register of the local APIC, if that is on. */
static void write_apic(uint32_t at, uint32_t value)
{
	if ((rdmsr(IA32_APIC_BASE) & IA32_APIC_BASE_EN) != 0)
		local_apic_write(at, value);
}

void interrupts_stop_timer(void)
{
	write_apic(APIC_LVT_TIMER, APIC_LVT_MASKED);
}

void interrupts_restore(void)
{
	outb(PORT_PIC1_COMMAND, PIC_INIT);
	outb(PORT_PIC2_COMMAND, PIC_INIT);
	outb(PORT_PIC1_DATA, PIC1_VECTORS);
	outb(PORT_PIC2_DATA, PIC2_VECTORS);
	outb(PORT_PIC1_DATA, PIC1_CASCADE);
	outb(PORT_PIC2_DATA, PIC2_CASCADE);
	outb(PORT_PIC1_DATA, PIC_8086);
	outb(PORT_PIC2_DATA, PIC_8086);
	outb(PORT_PIC1_DATA, PIC1_BIOS_MASK);
	outb(PORT_PIC2_DATA, PIC2_BIOS_MASK);
	outb(PORT_PIT_COMMAND, PIT_CHANNEL_0_SQUARE);
	outb(PORT_PIT_CHANNEL_0, 0);
	outb(PORT_PIT_CHANNEL_0, 0);
	write_apic(APIC_LVT_LINT0, APIC_MODE_EXTINT << APIC_MODE_SHIFT);
	write_apic(APIC_LVT_LINT1, APIC_MODE_NMI << APIC_MODE_SHIFT);
}
