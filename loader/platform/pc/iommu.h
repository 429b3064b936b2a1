/* SPDX-License-Identifier: MIT */
/* iommu.h - switches IOMMUs off. */
#ifndef PLATFORM_PC_IOMMU_H
#define PLATFORM_PC_IOMMU_H

#include "core/machine.h"
#include "core/report.h"

/* Has every IOMMU that the firmware lists, of Intel's kind or of AMD's, let DMA and interrupts
 * through as they are. One that does not obey is left alone after a while, with a warning. */
void iommus_off(const struct machine *machine, struct report *report);

#endif
