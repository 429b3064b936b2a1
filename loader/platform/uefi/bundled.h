/* SPDX-License-Identifier: MIT */
/* bundled.h - the words and files in our own image, if there are any: the bundle is one of its
 * sections (`./build.sh wrap --format efi`). */
#ifndef PLATFORM_UEFI_BUNDLED_H
#define PLATFORM_UEFI_BUNDLED_H

#include "core/machine.h"
#include "core/report.h"

/* True if there is a bundle; then nothing is read from a volume. */
bool bundled(void);

/* Checks the bundle, and returns its words. On false, the reason is in the report. */
bool bundled_words(unsigned *count, const char *const **words, struct report *report);

/* Finds the bytes of a file in the bundle, and checks them. An optional file that is not there gets
 * none. */
bool bundled_find(struct file *file, struct report *report);

#endif
