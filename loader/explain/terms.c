/* SPDX-License-Identifier: MIT */
/*
 * terms.c - what kernels of each protocol call the things that all of them are given, and where
 * they ask for more. The strings lie in the structures: nothing here can hold an absolute address.
 */
#include "explain/terms.h"

#include "core/text.h"

#define SSE_WAS_ON                                                                  \
	"The kernel changed CR0 or CR4: set OSFXSR and clear EM again, or compile " \
	"with -mgeneral-regs-only so that the compiler uses no SSE."

static const struct terms all[] = {
	{
		.protocol = "bootloader-0.9",
		.boot_info = "the BootInfo",
		.direct_map = "the mapping of physical memory",
		.physical = "Add boot_info.physical_memory_offset to physical addresses.",
		.stack = "give it more pages by kernel-stack-size in Cargo.toml",
		.sse = "Ask for it by the crate's feature sse, or compile for a target without "
		       "SSE.",
	},
	{
		.protocol = "limine",
		.boot_info = "the answers to the requests",
		.direct_map = "the HHDM",
		.physical = "Add the offset of the HHDM's response to physical addresses.",
		.stack = "ask for a larger one by the stack size request",
		.sse = SSE_WAS_ON,
	},
	{
		/* native, and the default */
		.boot_info = "the boot information",
		.direct_map = "the direct map",
		.physical = "Add info->direct_map to physical addresses.",
		.stack = "give the loader a larger -stack=SIZE",
		.sse = SSE_WAS_ON,
	},
};

const struct terms *terms_of(const struct fault_info *marks)
{
	const struct terms *terms = all;

	while (terms->protocol[0] != 0 && !text_equal(terms->protocol, marks->protocol))
		terms++;
	return terms;
}
