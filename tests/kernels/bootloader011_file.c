/* SPDX-License-Identifier: MIT */
/* bootloader011_file.c - 0.11.10, the last with 124 bytes; it has the page tables mapped. */
#define PATCH     10
#define RECURSIVE OPTIONAL(DYNAMIC)
#include "bootloader011.h"
