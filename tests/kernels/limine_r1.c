/* SPDX-License-Identifier: MIT */
/* limine_r1.c - every Limine request, at base revision 1. */
#define REVISION 1
#define TAGGED
#include "limine_all.h"
