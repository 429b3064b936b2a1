/* SPDX-License-Identifier: MIT */
/* limine_views.h - the memory that is mapped for a Limine kernel. */
#ifndef PROTOCOLS_LIMINE_VIEWS_H
#define PROTOCOLS_LIMINE_VIEWS_H

#include "protocols/limine/limine_answers.h"

/* Plans the higher half direct map as the kernel's base revision has it, and at base revision 0 the
 * identity map. False, with the reason in the report, if there is no place for them. */
bool limine_plan_views(struct limine *limine);

#endif
