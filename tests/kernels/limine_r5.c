/* SPDX-License-Identifier: MIT */
/* limine_r5.c - every Limine request, at base revision 5. */
#define REVISION 5
#define TAGGED
#include "limine_all.h"
