/* SPDX-License-Identifier: MIT */
/* fault_simd.c - divides by zero with SSE, with the exception unmasked. */
#include "kit.h"

void _start(const struct longjump_boot_info *info)
{
	uint32_t mxcsr = 0x1d80, one = 0x3f800000;

	(void)info;
	__asm__ volatile("ldmxcsr %0\n\t"
	                 "movss %1, %%xmm0\n\t"
	                 "xorps %%xmm1, %%xmm1\n\t"
	                 "divss %%xmm1, %%xmm0"
	                 :
	                 : "m"(mxcsr), "m"(one));
	finish();
}
