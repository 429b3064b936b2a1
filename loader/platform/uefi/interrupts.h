/* SPDX-License-Identifier: MIT */
/* interrupts.h - programs the interrupt controllers as a BIOS does, since kernels rely on that. */
#ifndef PLATFORM_UEFI_INTERRUPTS_H
#define PLATFORM_UEFI_INTERRUPTS_H

/* Stops the firmware's timer. Call it while interrupts are on, so that the firmware's own handlers
 * take an interrupt that is pending. */
void interrupts_stop_timer(void);

/*
 * Programs both PICs, the timer's channel 0 and the local APIC's lines as a BIOS does: vectors 0x08
 * and 0x70, a BIOS's masks, 18.2 ticks per second, the PICs' interrupts through LINT0. Interrupts
 * must be off, and the firmware must not be called afterwards.
 */
void interrupts_restore(void);

#endif
