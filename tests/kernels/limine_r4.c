/* SPDX-License-Identifier: MIT */
/* limine_r4.c - every Limine request, at base revision 4. */
#define REVISION 4
#define TAGGED
#include "limine_all.h"
