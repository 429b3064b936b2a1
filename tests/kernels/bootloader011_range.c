/* SPDX-License-Identifier: MIT */
/* bootloader011_range.c - 0.11.13, with everything in the higher half, at random addresses. */
#define PATCH       13
#define RANDOM      1
#define PHYSICAL    OPTIONAL(DYNAMIC)
#define RECURSIVE   OPTIONAL(DYNAMIC)
#define RANGE_START NUMBER(0xffff800000000000)
#define RANGE_END   NUMBER(0xffffbfffffffffff)
#include "bootloader011.h"
