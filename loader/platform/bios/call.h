/* SPDX-License-Identifier: MIT */
/*
 * call.h - how this folder calls the BIOS. A platform on a machine with a BIOS provides these
 * functions: com32/ those of Syslinux, kernel/ its own.
 */
#ifndef BIOS_CALL_H
#define BIOS_CALL_H

#include <stddef.h>
#include <stdint.h>

/* The CPU's registers before and after a BIOS call; laid out as Syslinux has them. */
struct bios_registers {
	uint16_t gs, fs, es, ds;
	uint32_t edi, esi, ebp, unused, ebx, edx, ecx, eax;
	uint32_t eflags;
};
_Static_assert(sizeof(struct bios_registers) == 44, "com32sys_t");

#define BIOS_CARRY 1u /* in EFLAGS: the call has failed */

/* Calls a BIOS interrupt. Segments must be those of memory below 1 MiB. `in` and `out` may be the
 * same. */
void bios_call(uint8_t number, const struct bios_registers *in, struct bios_registers *out);

/* Memory below 1 MiB for a buffer, at a multiple of 16; NULL if there is none. It is released
 * together with platform_take()'s. */
void *bios_low_memory(size_t size);

/* Real-mode segment of memory below 1 MiB, and the offset in it. */
static inline uint16_t segment_of(const void *low)
{
	return (uint16_t)((uintptr_t)low >> 4);
}

static inline uint16_t offset_of(const void *low)
{
	return (uint16_t)((uintptr_t)low & 15);
}

/* Memory at a real-mode address. */
static inline const void *at_far(uint32_t segment, uint32_t offset)
{
	return (const void *)(uintptr_t)((segment & 0xffff) * 16 + (offset & 0xffff));
}

#endif
