/* SPDX-License-Identifier: MIT */
/* bootloader011_first.c - 0.11.0, with everything left to the loader. */
#define PATCH 0
#include "bootloader011.h"
