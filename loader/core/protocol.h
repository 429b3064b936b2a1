/* SPDX-License-Identifier: MIT */
/*
 * protocol.h - the interface of a boot protocol. This is all that the core knows of one;
 * loader/protocols/ has a folder for each.
 */
#ifndef CORE_PROTOCOL_H
#define CORE_PROTOCOL_H

#include "core/plan/plan.h"
#include "core/terms.h"

/* Bytes that a protocol may use for its state during one boot. */
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

	/* The protocol's state, kept from step to step; zero at first. */
	_Alignas(8) uint8_t state[PROTOCOL_STATE];
};

/* The steps are called in this order, each at most once per boot. */
struct protocol {
	const char *name;
	const struct terms *terms;
	size_t state_size; /* bytes of boot->state that it uses */
	unsigned options;  /* bits of enum option: those that it supports */

	/* Offset in the boot information of the field that tells kernels of a framebuffer they did
	 * not ask for; 0: there is none. */
	uint32_t pixels_field;

	/* True if these bytes look like a kernel of this protocol, without parsing the whole
	 * file. */
	bool (*recognise)(struct span file);

	/* True if these bytes, which no protocol recognises, were most likely meant for this one:
	 * its read() can then say what is wrong. NULL: there is no way to tell. */
	bool (*resembles)(struct span file);

	/* From the bytes of the kernel's file to the checked boot->kernel: boot_read_elf(), unless
	 * it is another kind of file. The only step that parses the file's headers. */
	bool (*read)(struct boot *boot);

	/* Adds to the configuration what the kernel itself asks for: facts, a screen, files, levels
	 * of page tables. What the user chose stays. NULL: such kernels have no requests. */
	bool (*requests)(struct boot *boot);

	/* Places the kernel's segments: by plan_kernel() with a policy, unless the protocol has its
	 * own rules. */
	bool (*place)(struct boot *boot);

	/* Places and maps what this protocol promises beside the kernel and the modules, and sets
	 * boot->plan.entry. Page tables come after. */
	bool (*plan)(struct boot *boot);

	/* Writes the memory map, which is known when everything is placed. Adds no placement. NULL:
	 * kernels get the firmware's. */
	void (*write_memory_map)(struct boot *boot, const struct memory *map);

	/* Describes what the kernel itself asks for, a line each, the last without a line break;
	 * called when it is readable. NULL: such kernels ask for nothing. */
	void (*describe)(const struct boot *boot, struct text *text);
};

/*
 * The common start of every protocol's definition: its name, and the type of its state. Its terms
 * must be defined before it, as `id`_terms.
 */
#define PROTOCOL(id, title, type)                                                           \
	.name = (title), .terms = &id##_terms,                                              \
	.state_size = sizeof(type) + 0 * sizeof(struct {                                    \
					     _Static_assert(sizeof(type) <= PROTOCOL_STATE, \
		                                            "boot->state has it");          \
					     char none;                                     \
				     })

#endif
