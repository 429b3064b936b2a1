/* SPDX-License-Identifier: MIT */
/* fw_cfg.h - reads the files that QEMU provides for firmware. */
#ifndef X86_FW_CFG_H
#define X86_FW_CFG_H

#include <stdint.h>

/* Reads the first bytes of a file, up to `capacity`; returns how many. 0 if there is no such file,
 * or if this is not a QEMU machine. */
uint32_t fw_cfg_read(const char *name, void *bytes, uint32_t capacity);

#endif
