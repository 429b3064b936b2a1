/* SPDX-License-Identifier: MIT */
/*
 * hold.h - memory for the files that platforms read, at the addresses that platform_load()
 * promises. Knows nothing of who gives the memory, or of what is in the files.
 */
#ifndef FILES_HOLD_H
#define FILES_HOLD_H

#include "core/machine.h"
#include "core/report.h"

/* What takes memory for files: `size` bytes, in whole pages, at a multiple of `align`; NULL if
 * there is none. */
typedef void *file_memory(uint64_t size, uint64_t align);

/*
 * Gives the file memory for `size` bytes: at a multiple of 2 MiB if it is a large one, so that its
 * segments can stay there; at a page if it is none, or where that is not to be had. Refuses if
 * there is none at all.
 */
bool file_take(struct file *file, uint64_t size, file_memory *take, struct report *report);

/* Notes that the file has `size` bytes in memory that was taken for it. Refuses if none could be:
 * `bytes` is NULL. */
bool file_hold(struct file *file, const uint8_t *bytes, uint64_t size, struct report *report);

#endif
