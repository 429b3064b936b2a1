/* SPDX-License-Identifier: MIT */
/* limine_r2.c - every Limine request, at base revision 2. */
#define REVISION 2
#define TAGGED
#include "limine_all.h"
