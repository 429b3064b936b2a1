/* SPDX-License-Identifier: MIT */
/* limine_r9.c - every Limine request, at base revision 9, which does not exist: the kernel gets the
 * newest there is. */
#define REVISION 9
#define TAGGED
#include "limine_all.h"
