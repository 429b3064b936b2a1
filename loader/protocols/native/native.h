/* SPDX-License-Identifier: MIT */
/* native.h - Longjump's own protocol: include/longjump.h and docs/protocol.md. */
#ifndef PROTOCOLS_NATIVE_H
#define PROTOCOLS_NATIVE_H

#include "core/boot.h"

extern const struct protocol native_protocol;

#endif
