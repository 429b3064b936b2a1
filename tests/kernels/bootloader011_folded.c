/* SPDX-License-Identifier: MIT */
/* bootloader011_folded.c - 0.11.16, linked so that no section is called .bootloader-config. */
#define PATCH   16
#define SECTION ".rodata.config"
#include "bootloader011.h"
