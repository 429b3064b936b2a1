/* SPDX-License-Identifier: MIT */
/* boot.h - the whole way from a kernel's bytes to all that is needed to start it. */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include "core/protocol.h"

/*
 * Begins a boot: takes from the configuration what the protocol does not have, with a warning,
 * reads the kernel, and adds to the configuration what that asks for, before any other file is
 * looked at. All that is given must stay. On false, the reason is in the report.
 */
bool boot_request(struct boot *boot, const struct machine *machine, struct config *config,
                  const struct protocol *protocol, struct report *report);

/* What most protocols read by: boot->kernel from an ELF64 file. On false, the reason is in the
 * report. */
bool boot_read_elf(struct boot *boot);

/*
 * Where in `block` scratch memory of `size` bytes goes: as high as can be, but clear of the places
 * that the kernel, which boot_request() has seen, must have for itself. At the end of the block if
 * nothing in it is clear.
 */
uint64_t boot_scratch(const struct boot *boot, struct phys_range block, uint64_t size);

/*
 * Plans everything for the kernel that boot_request() has read; what remains to be done stands in
 * boot->launch, for the resident part, and cannot fail. Nothing outside of scratch memory has been
 * written to. On false, the reason is in the report.
 */
bool boot_prepare(struct boot *boot, struct scratch *scratch);

#endif
