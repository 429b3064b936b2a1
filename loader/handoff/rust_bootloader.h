/* SPDX-License-Identifier: MIT */
/* rust_bootloader.h - the protocol of the Rust crate `bootloader` 0.9. */
#ifndef HANDOFF_RUST_BOOTLOADER_H
#define HANDOFF_RUST_BOOTLOADER_H

#include "core/boot.h"

extern const struct protocol rust_bootloader_protocol;

#endif
