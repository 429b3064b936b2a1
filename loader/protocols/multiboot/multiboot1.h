/* SPDX-License-Identifier: MIT */
/* multiboot1.h - kernels made for Multiboot 1. */
#ifndef PROTOCOLS_MULTIBOOT1_H
#define PROTOCOLS_MULTIBOOT1_H

#include "core/boot.h"

extern const struct protocol multiboot1_protocol;

#endif
