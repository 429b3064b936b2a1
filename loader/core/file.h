/* SPDX-License-Identifier: MIT */
/* file.h - what every platform has to know of a file that it has read: is it the right one, and is
 * it compressed? */
#ifndef CORE_FILE_H
#define CORE_FILE_H

#include "core/machine.h"
#include "core/report.h"

/* The file as it lies on the disc must be the one that the configuration names by its digest, if it
 * does. Refuses if it is not. */
bool file_check_digest(const struct file *file, struct report *report);

/* True if the file is gzip-compressed; *size is then what it says it unpacks to. */
bool file_is_gzip(struct span bytes, uint32_t *size);

/* Compressed bytes can become so much and no more. Refuses a file that says otherwise: then what it
 * says is not what was compressed. */
bool file_check_size(const struct file *file, uint32_t size, struct report *report);

/* Refuses a compressed file that is damaged. Always false. */
bool file_refuse_gzip(const struct file *file, uint64_t packed, uint32_t size,
                      struct report *report);

#endif
