/* SPDX-License-Identifier: MIT */
/* limine_r0.c - every Limine request, without a tag: that is base revision 0. */
#include "limine_all.h"
