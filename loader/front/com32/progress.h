/* SPDX-License-Identifier: MIT */
/* progress.h - what the user sees of a file that takes longer than a second to read. */
#ifndef FRONT_COM32_PROGRESS_H
#define FRONT_COM32_PROGRESS_H

#include <stdint.h>

/* Reading begins: so many bytes of the file of that name. */
void progress_begin(const char *name, uint64_t size);

/* So many bytes of it have been read. Costs next to nothing. */
void progress_at(uint64_t done);

/* Reading has ended. */
void progress_end(void);

#endif
