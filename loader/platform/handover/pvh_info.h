/* SPDX-License-Identifier: MIT */
/* pvh_info.h - what a PVH boot hands over. */
#ifndef PLATFORM_HANDOVER_PVH_INFO_H
#define PLATFORM_HANDOVER_PVH_INFO_H

#include "platform/handover/handover.h"

/* Reads the start information of a PVH boot at this physical address. Refuses it if invalid. */
bool handover_by_pvh(struct handover *handover, const struct machine *machine, uint32_t at,
                     struct report *report);

#endif
