/* SPDX-License-Identifier: MIT */
/* interrupts.h - what a BIOS leaves in the interrupt controllers, and kernels rely on. */
#ifndef PLATFORM_UEFI_INTERRUPTS_H
#define PLATFORM_UEFI_INTERRUPTS_H

/* Stops the timer that the firmware runs by. What it has sent already, the firmware's own handlers
 * still take. Call it while interrupts are on. */
void interrupts_stop_timer(void);

/*
 * Programs both PICs, the timer's channel 0 and the local APIC's lines as a BIOS does: vectors 0x08
 * and 0x70, a BIOS's masks, 18.2 ticks a second, the PICs' interrupts through LINT0. Interrupts are
 * off, and firmware is not called any more.
 */
void interrupts_restore(void);

#endif
