/* SPDX-License-Identifier: MIT */
/*
 * hold.h - memory for the files that platforms read, aligned as platform_load() promises. Knows
 * nothing of where the memory comes from, or of what is in the files.
 */
#ifndef FILES_HOLD_H
#define FILES_HOLD_H

#include "core/machine.h"
#include "core/report.h"

/* Allocates memory for a file: `size` bytes, in whole pages, at a multiple of `align`; NULL if
 * there is none. */
typedef void *file_memory(uint64_t size, uint64_t align);

/*
 * Allocates memory for `size` bytes of the file: at a multiple of 2 MiB if it is large, so that its
 * segments can stay there; page-aligned if it is not, or if there is no such memory. Refuses if
 * there is none at all.
 */
bool file_take(struct file *file, uint64_t size, file_memory *take, struct report *report);

/* Records that the file has `size` bytes at `bytes`, in memory that was taken for it. Refuses if
 * `bytes` is NULL: there was no memory. */
bool file_hold(struct file *file, const uint8_t *bytes, uint64_t size, struct report *report);

#endif
