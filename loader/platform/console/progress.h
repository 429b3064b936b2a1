/* SPDX-License-Identifier: MIT */
/* progress.h - shows progress for a file that takes longer than a second. */
#ifndef CONSOLE_PROGRESS_H
#define CONSOLE_PROGRESS_H

#include <stdint.h>

/* Begins a step ("reading", "unpacking") on the file of that name, of `size` bytes; 0 if that is
 * unknown. */
void progress_begin(const char *doing, const char *name, uint64_t size);

/* Shows that `done` bytes are done. Costs next to nothing. */
void progress_at(uint64_t done);

/* All of it is done. */
void progress_end(void);

#endif
