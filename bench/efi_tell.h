/* SPDX-License-Identifier: MIT */
/* efi_tell.h - how the bench's own programs for UEFI speak: as kernel.c does. Knows nothing of what
 * they tell. */
#ifndef EFI_TELL_H
#define EFI_TELL_H

#include "x86/x86.h"

enum bench_port {
	LISTENER = 0xe9, /* QEMU's debug console */
	EXIT = 0xf4,     /* QEMU's isa-debug-exit */
};

/* Sends one number to the listener, lowest byte first. */
static inline void tell(uint64_t number)
{
	for (unsigned byte = 0; byte < 8; byte++)
		outb(LISTENER, (uint8_t)(number >> (8 * byte)));
}

#endif
