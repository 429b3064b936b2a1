/* SPDX-License-Identifier: MIT */
/* hints_modes.h - hints on modes and segments that are not what the kernel expects. */
#ifndef POSTMORTEM_HINTS_MODES_H
#define POSTMORTEM_HINTS_MODES_H

#include "postmortem/hint.h"

/* Paging that is not long mode's any more, although it is on: only an emulator lets that happen.
 * True if it is that, which explains everything. */
bool hint_pae_off(const struct hint *hint);

/* Which bits of control registers, EFER and descriptors are not as the kernel needs them. */
void hints_on_modes(const struct hint *hint);

#endif
