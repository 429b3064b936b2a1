/* SPDX-License-Identifier: MIT */
/* apic.h - works on the local APIC of the CPU that runs this, in xAPIC or x2APIC mode. */
#ifndef RESIDENT_APIC_H
#define RESIDENT_APIC_H

#include <stdbool.h>
#include <stdint.h>

/* Sends a command, the lower half of the ICR, to a CPU. False if it was not accepted within 0.1 s,
 * or if the ID can only be reached in x2APIC mode. */
bool apic_send(uint32_t apic_id, uint32_t command);

/* Puts the local APIC into x2APIC mode, which the CPU must support. */
void apic_use_x2apic(void);

/*
 * With LAUNCH_LOCAL_APIC in `flags` (enum launch_flags): switches the local APIC on, if there is
 * one, with spurious-interrupt vector 255 and task priority 0, and masks every entry of its local
 * vector table, except for SMI and INIT. A value in `lints` that is not 0 replaces LINT0 or LINT1,
 * which stay masked.
 */
void apic_prepare(uint32_t flags, const uint32_t lints[2]);

#endif
