/* SPDX-License-Identifier: MIT */
/* limine_mp6.c - limine_mp.c at base revision 6, which says more of the state of every CPU. */
#define REVISION 6
#include "limine_mp.c"
