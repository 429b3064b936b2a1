/* SPDX-License-Identifier: MIT */
/* load_options.h - the words that a program for UEFI was started with. */
#ifndef STANDALONE_LOAD_OPTIONS_H
#define STANDALONE_LOAD_OPTIONS_H

#include "core/base.h"

/*
 * Writes the words that the UEFI shell passes, without the first, which is the program's name, into
 * `text` of `size` > 0 bytes, separated by spaces. False if they do not fit, or are not ASCII.
 */
bool load_options_of_shell(const uint16_t *const *words, uint64_t count, char *text, size_t size);

/*
 * The same for the load options of a boot entry, or of another boot loader: text in 16-bit
 * characters, at any address, whose first word is left out if it is the name of a program (.efi).
 * Options that are not ASCII text are the firmware's own data, and no words. False if they do not
 * fit.
 */
bool load_options_read(const void *options, uint64_t bytes, char *text, size_t size);

#endif
