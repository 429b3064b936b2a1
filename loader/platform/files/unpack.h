/* SPDX-License-Identifier: MIT */
/*
 * unpack.h - checks and unpacks a file's bytes in memory, for platforms whose firmware does not
 * unpack files. Knows gzip, and nothing of ELF.
 */
#ifndef FILES_UNPACK_H
#define FILES_UNPACK_H

#include "platform/files/hold.h"

/*
 * Checks the file's digest. Unpacks a compressed file, unless it is to stay raw, to memory from
 * `take`; the compressed bytes stay where they are.
 */
bool file_unpack(struct file *file, file_memory *take, struct report *report);

#endif
