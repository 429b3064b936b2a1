/* SPDX-License-Identifier: MIT */
/* bootloader011_range.c - 0.11.13, which wants all in the higher half, and at random. */
#define PATCH       13
#define RANDOM      1
#define PHYSICAL    OPTIONAL(DYNAMIC)
#define RECURSIVE   OPTIONAL(DYNAMIC)
#define RANGE_START NUMBER(0xffff800000000000)
#define RANGE_END   NUMBER(0xffffbfffffffffff)
#include "bootloader011.h"
