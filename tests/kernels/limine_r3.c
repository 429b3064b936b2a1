/* SPDX-License-Identifier: MIT */
/* limine_r3.c - every Limine request, at base revision 3. */
#define REVISION 3
#define TAGGED
#include "limine_all.h"
