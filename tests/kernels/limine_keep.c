/* SPDX-License-Identifier: MIT */
/* limine_keep.c - as limine_mp6.c, and asks for IOMMUs to stay as they are. */
#define REVISION 6
#define KEEP_IOMMU
#include "limine_mp.c"
