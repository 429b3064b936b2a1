/* SPDX-License-Identifier: MIT */
/* limine_r6.c - every Limine request, at base revision 6. */
#define REVISION 6
#define TAGGED
#include "limine_all.h"
