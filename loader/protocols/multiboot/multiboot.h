/* SPDX-License-Identifier: MIT */
/*
 * multiboot.h - what Multiboot 1 and 2 have in common: kernels that are loaded at physical
 * addresses and entered in 32-bit protected mode.
 */
#ifndef PROTOCOLS_MULTIBOOT_H
#define PROTOCOLS_MULTIBOOT_H

#include "core/protocol.h"
#include "protocols/multiboot/abi.h"
#include "protocols/writer.h"

/* The terms of both versions (core/terms.h). */
extern const struct terms multiboot_terms;

/* True if the boot drive has a BIOS drive number. */
bool multiboot_has_drive(const struct machine *machine);

/* The APM table, the same in both versions; false if there is none. */
bool multiboot_apm(const struct machine *machine, struct mb_apm *apm);

/* The lowest address of Multiboot 1 information, as in GRUB 2, which puts that of Multiboot 2 at
 * 1 MiB or above. */
#define MULTIBOOT_LOW_INFO (64 * KIB)

/* Plans what both versions promise, and a block of `size` bytes for the information, to which
 * *writer then writes: in free memory from `lowest` on, or below if there is none. */
bool multiboot_plan(struct plan *plan, uint64_t lowest, uint64_t size, struct writer *writer);

/* The state at the kernel's first instruction: EAX and EBX. */
void multiboot_enter(struct plan *plan, uint32_t eax, uint64_t ebx);

/* KiB of usable memory from 0 and from 1 MiB on, without a gap. */
void multiboot_memory(const struct plan *plan, uint32_t *lower, uint32_t *upper);

/* The physical memory of module number `number`. */
struct phys_range multiboot_module(const struct plan *plan, unsigned number);

/*
 * Writes the command line of kernel or module: its name, a space, and the rest; returns its
 * address. Kernels expect the name from any loader that is not GRUB 2: Xen drops the first word.
 */
uint64_t multiboot_write_line(struct writer *writer, const struct file *file);

/* Asks for facts that only Multiboot passes on. */
void multiboot_request(struct config *config);

/* Requests the screen that the kernel prefers, unless the user chose one: size in pixels and bits
 * per pixel, each 0 for any; 8 for a palette. Another mode, or text, is acceptable. */
void multiboot_request_screen(struct config *config, uint32_t width, uint32_t height,
                              uint32_t depth);

/* Appends the colours of the screen, which has 8 bits per pixel; returns their address. */
uint64_t multiboot_write_palette(struct writer *writer);

/* The number of a memory type in both versions' maps. */
uint32_t multiboot_memory_type(enum memory_type type);

#endif
