/* SPDX-License-Identifier: MIT */
/* carry_out.h - carries the plan out. */
#ifndef RESIDENT_CARRY_OUT_H
#define RESIDENT_CARRY_OUT_H

#include "core/launch.h"

/*
 * Copies, zeroes and relocates. Cannot fail: everything was checked when it was planned. `memory`
 * is the pointer for physical address 0: NULL in the resident part, simulated memory in tests.
 */
void carry_out(const struct launch *launch, uint8_t *memory);

#endif
