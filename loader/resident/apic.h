/* SPDX-License-Identifier: MIT */
/* apic.h - the local APIC of the CPU that runs this, in whichever mode it is. */
#ifndef RESIDENT_APIC_H
#define RESIDENT_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Sends a CPU a command. False if it cannot be reached. */
bool apic_send(uint32_t apic_id, uint32_t command);

/* Puts the local APIC into x2APIC mode, which the CPU has. */
void apic_use_x2apic(void);

/*
 * With LAUNCH_LOCAL_APIC among `flags`, of enum launch_flags: switches the local APIC on, if there
 * is one, with spurious interrupts as vector 255 and no task priority, and masks every entry of
 * its local vector table that is for interrupts a kernel must ask for. LINT0 and LINT1, if they
 * are, become what `lints` says, where that is not 0.
 */
void apic_prepare(uint32_t flags, const uint32_t lints[2]);

#endif
