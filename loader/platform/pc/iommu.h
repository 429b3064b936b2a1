/* SPDX-License-Identifier: MIT */
/* iommu.h - switches IOMMUs off. */
#ifndef PLATFORM_PC_IOMMU_H
#define PLATFORM_PC_IOMMU_H

#include "core/machine.h"
#include "core/report.h"

/* Switches off DMA and interrupt remapping in every IOMMU that the firmware lists, Intel's or
 * AMD's. If one does not react for a while, gives up on it, with a warning. */
void iommus_off(const struct machine *machine, struct report *report);

#endif
