/* SPDX-License-Identifier: MIT */
/* multiboot_place.h - where a Multiboot kernel goes. */
#ifndef PROTOCOLS_MULTIBOOT_PLACE_H
#define PROTOCOLS_MULTIBOOT_PLACE_H

#include "core/plan/plan.h"
#include "protocols/multiboot/abi.h"

/* Places the kernel's segments at their physical addresses plus plan->slide. */
bool multiboot_place(struct plan *plan);

/*
 * Chooses plan->slide for a relocatable kernel: it stays where it is linked if it fits and does not
 * prefer the lowest or highest address; otherwise it goes to usable memory within the bounds it
 * asks for. False, with the reason in the report, if there is none.
 */
bool multiboot_move(struct plan *plan, const struct mb2_relocatable *asked);

#endif
