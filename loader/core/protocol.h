/* SPDX-License-Identifier: MIT */
/*
 * protocol.h - the interface of a protocol: a way of handing the machine to a kernel. What stands
 * here is all that the loader knows of one; loader/protocols/ has a folder for each.
 */
#ifndef CORE_PROTOCOL_H
#define CORE_PROTOCOL_H

#include "core/plan/plan.h"
#include "core/terms.h"

/* Bytes of memory that a protocol may use for what it knows of one boot. */
#define PROTOCOL_STATE 2048

/* A boot under way. Large: not for the stack. */
struct boot {
	const struct protocol *protocol;
	const struct machine *machine;
	struct config *config;
	struct report *report;
	bool readable; /* `kernel` is whole */
	struct kernel kernel;
	struct memory memory;
	struct plan plan;
	struct launch *launch; /* in scratch memory */

	/* The protocol's own: zero at first, and then what it leaves there from step to step. */
	_Alignas(8) uint8_t state[PROTOCOL_STATE];
};

/* The steps are asked in this order, each at most once in a boot. */
struct protocol {
	const char *name;
	const struct terms *terms;
	size_t state_size; /* bytes of boot->state that it uses */
	unsigned options;  /* of enum option: those that do something for its kernels */

	/* Offset in the boot information of the field from which kernels learn of a framebuffer
	 * that they have not asked for; 0: there is none. */
	uint32_t pixels_field;

	/* True if these bytes are a kernel of this protocol, as far as can be seen without reading
	 * on. */
	bool (*recognise)(struct span file);

	/* True if these bytes, which no protocol recognises, were most likely meant for this one:
	 * its read() can then say what is wrong. NULL: that cannot be seen. */
	bool (*resembles)(struct span file);

	/* From the bytes of the kernel's file to the checked boot->kernel: boot_read_elf(), unless
	 * it is another kind of file. The only step that parses the file's headers. */
	bool (*read)(struct boot *boot);

	/* Adds to the configuration what the kernel itself asks for: facts, a screen, files, levels
	 * of page tables. What the user ordered stays. NULL: such kernels have no requests. */
	bool (*requests)(struct boot *boot);

	/* Places the kernel's segments: plan_kernel() with a policy, unless the protocol has its
	 * own mind about where. */
	bool (*place)(struct boot *boot);

	/* Places and maps what this protocol promises beside the kernel and the modules, and sets
	 * boot->plan.entry. Page tables come after. */
	bool (*plan)(struct boot *boot);

	/* Writes the memory map, which is known when everything is placed. Adds no placement. NULL:
	 * kernels get the firmware's. */
	void (*write_memory_map)(struct boot *boot, const struct memory *map);

	/* Words what the kernel asks for by itself, a line each, the last without an end, once it
	 * is readable. NULL: such kernels ask for nothing. */
	void (*describe)(const struct boot *boot, struct text *text);
};

/*
 * What the definition of every protocol begins with: its name, and the type of its state. Its terms
 * must stand before it, as `id`_terms: without them it does not compile.
 */
#define PROTOCOL(id, title, type)                                                           \
	.name = (title), .terms = &id##_terms,                                              \
	.state_size = sizeof(type) + 0 * sizeof(struct {                                    \
					     _Static_assert(sizeof(type) <= PROTOCOL_STATE, \
		                                            "boot->state has it");          \
					     char none;                                     \
				     })

#endif
