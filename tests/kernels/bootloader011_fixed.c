/* SPDX-License-Identifier: MIT */
/* bootloader011_fixed.c - 0.11.16, with an address for everything, some of them in one entry of the
 * top page table. */
#define PATCH      16
#define STACK_SIZE 10001
#define STACK      AT(0xffffff0000010000)
#define BASE       AT(0xffffffff80000000)
#define INFO       AT(0xffffff0000000ff8)
#define PIXELS     AT(0xffffff0040000000)
#define PHYSICAL   OPTIONAL(AT(0xffff800000200000))
#define RECURSIVE  OPTIONAL(AT(0xffffa00000000000))
#define RAMDISK    AT(0xffffff0030000000)
#define WIDTH      NUMBER(1200)
#define HEIGHT     NUMBER(700)
#include "bootloader011.h"
