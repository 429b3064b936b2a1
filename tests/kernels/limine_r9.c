/* SPDX-License-Identifier: MIT */
/* limine_r9.c - every Limine request, at base revision 9, which there is not. */
#define REVISION 9
#define TAGGED
#include "limine_all.h"
