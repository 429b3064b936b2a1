/* SPDX-License-Identifier: MIT */
/* bootloader011_plan.h - what a kernel gets beside its own segments. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_PLAN_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_PLAN_H

#include "protocols/bootloader011/bootloader011_answers.h"

#define RB11_ADDRESS_BITS 48 /* of 4 levels of page tables, which all such kernels get */

/* The end of the firmware's map, limited to what can be mapped, and at least 4 GiB, so that it
 * includes memory-mapped registers. */
uint64_t rb11_physical_end(const struct plan *plan);

/* The stack's size in bytes, as the kernel or the user asks for it. */
uint64_t rb11_stack_size(const struct boot *boot);

/* The ramdisk is the first module. NULL if there is none, or nothing in it. */
const struct file *rb11_ramdisk_file(const struct boot *boot);

/* Plans everything, and the entry state. The kernel must have been placed, and the entries that
 * others need reserved. */
bool rb11_plan(struct boot *boot);

/* Refuses a boot because no `count` entries in a row are free. Always false. */
bool rb11_refuse_entries(struct boot *boot, const char *name, unsigned count);

#endif
