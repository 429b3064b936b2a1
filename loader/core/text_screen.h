/* SPDX-License-Identifier: MIT */
/* text_screen.h - distinguishes kernels that write to VGA text memory from those that draw. Does
 * not decode instructions. */
#ifndef CORE_TEXT_SCREEN_H
#define CORE_TEXT_SCREEN_H

#include "core/protocol.h"

/*
 * True if the kernel's code contains the address of VGA text memory, physical or in the higher
 * half, and no sign of a framebuffer: none was requested, and the code does not use the field of
 * the boot information that describes one. *at becomes the linked address of those bytes. At most
 * `most` bytes of each segment are searched.
 */
bool text_screen_is_expected(const struct boot *boot, uint64_t most, uint64_t *at);

/* Warns of such a kernel if this machine has no text screen. */
void text_screen_check(const struct boot *boot);

#endif
