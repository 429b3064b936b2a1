/* SPDX-License-Identifier: MIT */
/* multiboot_place.h - where a Multiboot kernel goes. */
#ifndef PROTOCOLS_MULTIBOOT_PLACE_H
#define PROTOCOLS_MULTIBOOT_PLACE_H

#include "core/plan/plan.h"
#include "protocols/multiboot/abi.h"

/* Puts the kernel's segments at their physical addresses, plan->slide away. */
bool multiboot_place(struct plan *plan);

/*
 * Chooses plan->slide for a kernel that may be moved: it stays where it is linked, if it can and
 * does not like it better as low or as high as can be; else it goes to usable memory within the
 * bounds it asks for. False, with the reason in the report, if there is none.
 */
bool multiboot_move(struct plan *plan, const struct mb2_relocatable *asked);

#endif
