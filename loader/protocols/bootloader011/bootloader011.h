/* SPDX-License-Identifier: MIT */
/* bootloader011.h - the protocol of the Rust crate `bootloader` 0.11. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_H

#include "core/protocol.h"

extern const struct protocol bootloader011_protocol;

#endif
