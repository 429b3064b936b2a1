/* SPDX-License-Identifier: MIT */
/* bootloader011_plan.h - what a kernel is promised beside its own segments. */
#ifndef PROTOCOLS_BOOTLOADER011_BOOTLOADER011_PLAN_H
#define PROTOCOLS_BOOTLOADER011_BOOTLOADER011_PLAN_H

#include "core/protocol.h"
#include "protocols/bootloader011/bootloader011_config.h"

/* What is kept from one step of a boot to the next. */
struct rb11 {
	struct rb11_config config;
	struct entries entries; /* those that may not be had any more */
	bool random;            /* what is dynamic goes anywhere, not to the first free entry */
	uint64_t seed;          /* of the next random number */
	struct rb11_boot_info info;
	uint8_t *bytes; /* where the BootInfo goes */
};

/* Where the firmware's map ends, as far as it is within reach, or 4 GiB, so that registers in
 * memory are among it. */
uint64_t rb11_physical_end(const struct plan *plan);

/* Bytes of the stack: as the kernel or the user wants it. */
uint64_t rb11_stack_size(const struct boot *boot);

/* The ramdisk is the first module. NULL if there is none, or nothing in it. */
const struct file *rb11_ramdisk_file(const struct boot *boot);

/* Plans everything, and how the kernel is entered; the kernel itself is placed, and all entries are
 * taken that others need. */
bool rb11_plan(struct boot *boot);

#endif
