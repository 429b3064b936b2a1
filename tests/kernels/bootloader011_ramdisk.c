/* SPDX-License-Identifier: MIT */
/* bootloader011_ramdisk.c - 0.11.4, the last in which BootInfo lacks the kernel's file. */
#define PATCH    4
#define PHYSICAL OPTIONAL(DYNAMIC)
#include "bootloader011.h"
