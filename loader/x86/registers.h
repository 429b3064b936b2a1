/* SPDX-License-Identifier: MIT */
/* registers.h - registers.def for C: constants only, no code. */
#ifndef X86_REGISTERS_H
#define X86_REGISTERS_H

#include <stdint.h>

/* Each constant is a separate enumeration, so that it has the type that its value needs: int,
 * unsigned int for bit 31 and the like, 64 bits for descriptors. */
#define BIT(name, bit)     enum { name = UINT64_C(1) << (bit) };
#define VALUE(name, value) enum { name = value };
#include "x86/registers.def"
#undef BIT
#undef VALUE

#endif
