/* SPDX-License-Identifier: MIT */
/* given.h - the words that our program was started with: by the UEFI shell, by a boot entry, or by
 * another boot loader. */
#ifndef PLATFORM_UEFI_GIVEN_H
#define PLATFORM_UEFI_GIVEN_H

#include "core/base.h"

#define GIVEN_SIZE 2048

/* The words, without the program's name; "" if there are none. False if they cannot be used: they
 * have GIVEN_SIZE characters or more, or are not ASCII. */
bool given_words(const char **words);

/* True if the firmware starts only what is signed. */
bool given_secure_boot(void);

#endif
