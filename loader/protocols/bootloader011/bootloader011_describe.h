/* SPDX-License-Identifier: MIT */
/* bootloader011_describe.h - what a kernel's BootloaderConfig asks for, in words. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_DESCRIBE_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_DESCRIBE_H

#include "protocols/bootloader011/bootloader011_config.h"

/* Appends the version, the size of the stack, and every setting that is not left to the loader: a
 * line each, the last without a line break. */
void rb11_describe(const struct rb11_config *config, struct text *text);

#endif
