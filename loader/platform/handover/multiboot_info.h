/* SPDX-License-Identifier: MIT */
/* multiboot_info.h - what a Multiboot loader hands over. */
#ifndef PLATFORM_HANDOVER_MULTIBOOT_INFO_H
#define PLATFORM_HANDOVER_MULTIBOOT_INFO_H

#include "platform/handover/handover.h"

/* Reads the Multiboot information at this physical address. Refuses it if it is not in memory. */
bool handover_by_multiboot(struct handover *handover, const struct machine *machine, uint32_t at,
                           struct report *report);

#endif
