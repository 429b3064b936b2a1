/* SPDX-License-Identifier: MIT */
/* carry_out.h - does what the plan says. */
#ifndef RESIDENT_CARRY_OUT_H
#define RESIDENT_CARRY_OUT_H

#include "core/launch.h"

/*
 * Copies, zeroes and relocates. Cannot fail: everything was checked when it was planned. `memory`
 * is where physical address 0 is seen: NULL in the resident part, a simulated memory in tests.
 */
void carry_out(const struct launch *launch, uint8_t *memory);

#endif
