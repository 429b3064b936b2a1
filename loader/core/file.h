/* SPDX-License-Identifier: MIT */
/* file.h - checks that every platform makes on a file that it has read: is it the right one, and is
 * it compressed? */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "core/machine.h"
#include "core/report.h"

/* Refuses a file whose SHA-256, as it is on the disc, is not the one in the configuration. If the
 * configuration has none, every file is accepted. */
bool file_check_digest(const struct file *file, struct report *report);

/* True if the file is gzip-compressed; *size is then the unpacked size that it states. */
bool file_is_gzip(struct span bytes, uint32_t *size);

/* Refuses a file that claims to unpack to more than its compressed bytes can hold: then its size
 * field is wrong. */
bool file_check_size(const struct file *file, uint32_t size, struct report *report);

/* Refuses a compressed file that is damaged. Always false. */
bool file_refuse_gzip(const struct file *file, uint64_t packed, uint32_t size,
                      struct report *report);

#endif
