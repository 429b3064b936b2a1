/* SPDX-License-Identifier: MIT */
/* bootloader09.h - the protocol of the Rust crate `bootloader` 0.9. */
#ifndef PROTOCOLS_BOOTLOADER09_BOOTLOADER09_H
#define PROTOCOLS_BOOTLOADER09_BOOTLOADER09_H

#include "core/boot.h"

extern const struct protocol bootloader09_protocol;

#endif
