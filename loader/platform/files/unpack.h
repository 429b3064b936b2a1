/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - what becomes of a file's bytes when they are in memory, for platforms whose firmware
 * unpacks nothing. Knows gzip; knows nothing of ELF.
 */
#ifndef FILES_UNPACK_H
#define FILES_UNPACK_H

#include "platform/files/hold.h"

/*
 * Checks the file by its digest. A compressed one, unless it is to stay raw, then has what it
 * unpacks to, in memory from `take`; what it had stays where it is.
 */
bool file_unpack(struct file *file, file_memory *take, struct report *report);

#endif
