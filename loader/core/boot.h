/* SPDX-License-Identifier: MIT */
/* boot.h - from a kernel's bytes to everything that is needed to start it. */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include "core/protocol.h"

/*
 * Begins a boot: removes options that the protocol does not support from the configuration, with a
 * warning; reads the kernel; and adds what the kernel asks for to the configuration, before any
 * other file is read. The arguments must stay valid for the whole boot. On false, the reason is in
 * the report.
 */
bool boot_request(struct boot *boot, const struct machine *machine, struct config *config,
                  const struct protocol *protocol, struct report *report);

/* The `read` step of most protocols: reads boot->kernel from an ELF64 file. On false, the reason is
 * in the report. */
bool boot_read_elf(struct boot *boot);

/*
 * Where in `block` to put scratch memory of `size` bytes: as high as possible without overlapping
 * addresses that the kernel needs, which boot_request() has read. At the end of the block if it
 * overlaps everywhere.
 */
uint64_t boot_scratch(const struct boot *boot, struct phys_range block, uint64_t size);

/*
 * Plans everything for the kernel that boot_request() has read, and leaves the remaining work in
 * boot->launch, for the resident part; it cannot fail. Writes to scratch memory only. On false, the
 * reason is in the report.
 */
bool boot_prepare(struct boot *boot, struct scratch *scratch);

#endif
