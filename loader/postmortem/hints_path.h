/* SPDX-License-Identifier: MIT */
/* hints_path.h - hints on how the kernel got there. */
#ifndef POSTMORTEM_HINTS_PATH_H
#define POSTMORTEM_HINTS_PATH_H

#include "postmortem/hint.h"

/* Jumps, returns, system calls and handlers that led there; stacks and flags that it came with. */
void hints_on_path(const struct hint *hint);

#endif
