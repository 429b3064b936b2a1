/* SPDX-License-Identifier: MIT */
/* apic.h - the local APIC of the CPU that runs this, in whichever mode it is. */
#ifndef RESIDENT_APIC_H
#define RESIDENT_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Sends a command to a CPU. False if the CPU cannot be reached. */
bool apic_send(uint32_t apic_id, uint32_t command);

/* Puts the local APIC into x2APIC mode, which the CPU must support. */
void apic_use_x2apic(void);

/*
 * With LAUNCH_LOCAL_APIC in `flags` (enum launch_flags): switches the local APIC on, if there is
 * one, with spurious-interrupt vector 255 and task priority 0, and masks every entry of its local
 * vector table, except for SMI and INIT. LINT0 and LINT1 are set to `lints` where that is not 0.
 */
void apic_prepare(uint32_t flags, const uint32_t lints[2]);

#endif
