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

/* What kernels of both versions call things. */
extern const struct terms multiboot_terms;

/* True if the BIOS has a number for the drive that we were started from. */
bool multiboot_has_drive(const struct machine *machine);

/* The table of APM as both versions hand it over; false if there is none. */
bool multiboot_apm(const struct machine *machine, struct mb_apm *apm);

/* Where the information of Multiboot 1 begins, as in GRUB 2, which has that of Multiboot 2 from
 * 1 MiB on. */
#define MULTIBOOT_LOW_INFO (64 * KIB)

/* Plans what both versions promise, and a block of `size` bytes for the information, to which
 * *writer then writes: where memory is free from `lowest` on, or if it is not, below. */
bool multiboot_plan(struct plan *plan, uint64_t lowest, uint64_t size, struct writer *writer);

/* The state at the kernel's first instruction: EAX and EBX. */
void multiboot_enter(struct plan *plan, uint32_t eax, uint64_t ebx);

/* KiB of usable memory from 0 and from 1 MiB on, without a gap. */
void multiboot_memory(const struct plan *plan, uint32_t *lower, uint32_t *upper);

/* The module with number `number`: its bytes, physical. */
struct phys_range multiboot_module(const struct plan *plan, unsigned number);

/*
 * Writes the command line of kernel or module: its name, a space, and what follows; returns its
 * address. The name is there because loaders that do not call themselves GRUB 2 are expected to
 * give it: Xen drops the first word.
 */
uint64_t multiboot_write_line(struct writer *writer, const struct file *file);

/* Asks for what only Multiboot hands over. */
void multiboot_request(struct config *config);

/* Asks for a screen as the kernel would like it, unless the user has said something: pixels and
 * bits of a pixel, each 0 for any. Another mode, or text, will do. */
void multiboot_request_screen(struct config *config, uint32_t width, uint32_t height,
                              uint32_t depth);

/* What both versions' memory maps call a type. */
uint32_t multiboot_memory_type(enum memory_type type);

#endif
