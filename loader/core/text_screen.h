/* SPDX-License-Identifier: MIT */
/* text_screen.h - tells kernels that write to VGA's text memory from those that draw. Reads code as
 * mere bytes. */
#ifndef CORE_TEXT_SCREEN_H
#define CORE_TEXT_SCREEN_H

#include "core/boot.h"

/*
 * True if the kernel's code holds the address of VGA's text memory, physical or in the higher half,
 * and nothing that tells of pixels: neither was a framebuffer asked for, nor does the code name the
 * field from which kernels of its protocol learn of one. *at becomes the address, as linked. At
 * most `most` bytes of each segment are looked at.
 */
bool text_screen_is_expected(const struct boot *boot, uint64_t most, uint64_t *at);

/* Warns of such a kernel if this machine has no text screen. */
void text_screen_check(const struct boot *boot);

#endif
