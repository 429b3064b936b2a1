/* SPDX-License-Identifier: MIT */
/* boot.h - the whole way from a kernel's bytes to all that is needed to start it. */
#ifndef CORE_BOOT_H
#define CORE_BOOT_H

#include "core/plan/plan.h"

/* A way of handing the machine to a kernel. loader/protocols/ has a file for each. */
struct protocol {
	const char *name;
	unsigned options; /* of enum option: those that do something for its kernels */

	/* True if these bytes are a kernel of this protocol, as far as can be seen without reading
	 * on. */
	bool (*recognise)(struct span file);

	/* True if these bytes, which no protocol recognises, were most likely meant for this one:
	 * its read() can then say what is wrong. NULL: that cannot be seen. */
	bool (*resembles)(struct span file);

	/* From the kernel's bytes to the checked kernel: kernel_read(), unless it is another kind
	 * of file. */
	bool (*read)(struct kernel *kernel, struct span file, unsigned address_bits,
	             struct report *report);

	/* Adds to the configuration what the kernel itself asks for: a screen, paging levels,
	 * files. What the user ordered stays. NULL: kernels of this protocol have no requests. */
	bool (*request)(const struct kernel *kernel, const struct machine *machine,
	                struct config *config, struct report *report);

	/* Places the kernel's segments: plan_kernel(), unless the protocol has its own mind about
	 * where. */
	bool (*place)(struct plan *plan);

	/* Places and maps what this protocol promises beside the kernel and the modules, and sets
	 * plan->entry. Page tables come after. */
	bool (*plan)(struct plan *plan);

	/* Writes what can only be known when everything is placed: the memory map. Adds no
	 * placement. NULL: all is written already. */
	bool (*write_memory_map)(struct plan *plan);

	/* Words what the kernel asks for by itself, a line each, the last without an end. NULL:
	 * kernels of this protocol ask for nothing. */
	void (*describe)(const struct kernel *kernel, struct text *text);
};

/* What boot() works on. Large: not for the stack. */
struct boot {
	struct kernel kernel;
	struct memory memory;
	struct plan plan;
	struct launch *launch; /* in scratch memory */
};

/*
 * Takes from the configuration what the protocol does not have, with a warning, and adds to it what
 * the kernel itself asks for, before anything of it but the kernel's file is looked at. On false,
 * the reason is in the report.
 */
bool boot_request(struct boot *boot, const struct machine *machine, struct config *config,
                  const struct protocol *protocol, struct report *report);

/*
 * Where in `block` scratch memory of `size` bytes goes: as high as can be, but clear of the places
 * that the kernel, which boot_request() has seen, must have for itself. At the end of the block if
 * nothing in it is clear.
 */
uint64_t boot_scratch(const struct boot *boot, struct phys_range block, uint64_t size);

/*
 * Reads the kernel and plans everything; what remains to be done stands in boot->launch, for the
 * resident part, and cannot fail. Nothing outside of scratch memory has been written to. On false,
 * the reason is in the report.
 */
bool boot_prepare(struct boot *boot, const struct machine *machine, const struct config *config,
                  const struct protocol *protocol, struct scratch *scratch, struct report *report);

#endif
