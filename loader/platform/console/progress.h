/* SPDX-License-Identifier: MIT */
/* progress.h - what the user sees of a file that takes longer than a second. */
#ifndef CONSOLE_PROGRESS_H
#define CONSOLE_PROGRESS_H

#include <stdint.h>

/* Something begins with so many bytes of the file of that name, or 0 if nobody knows: "reading",
 * "unpacking". */
void progress_begin(const char *doing, const char *name, uint64_t size);

/* So many bytes are done. Costs next to nothing. */
void progress_at(uint64_t done);

/* All of it is done. */
void progress_end(void);

#endif
