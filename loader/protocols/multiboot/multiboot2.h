/* SPDX-License-Identifier: MIT */
/* multiboot2.h - kernels made for Multiboot 2. */
#ifndef PROTOCOLS_MULTIBOOT2_H
#define PROTOCOLS_MULTIBOOT2_H

#include "core/boot.h"

extern const struct protocol multiboot2_protocol;

#endif
