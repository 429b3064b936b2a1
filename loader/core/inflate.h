/* SPDX-License-Identifier: MIT */
/*
 * inflate.h - unpacks gzip files, for platforms whose firmware cannot. Unpacks from one array to
 * another: knows nothing of files or memory.
 */
#ifndef CORE_INFLATE_H
#define CORE_INFLATE_H

#include "core/base.h"

/*
 * Unpacks the first member of a gzip file (RFC 1952) to the `size` bytes at `out`. True if it
 * unpacks to exactly that many and its checksum is right. Writes nothing outside of `out` and reads
 * nothing outside of `packed`, whatever is in it.
 */
bool inflate_gzip(struct span packed, uint8_t *out, uint64_t size);

#endif
