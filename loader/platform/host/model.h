/* SPDX-License-Identifier: MIT */
/*
 * model.h - a simulated machine: memory laid out like QEMU's, of a given size, in which the core
 * plans as it would in a real one.
 */
#ifndef HOST_MODEL_H
#define HOST_MODEL_H

#include "core/machine.h"

struct model {
	uint8_t *memory;
	uint64_t size; /* bytes of memory */

	struct firmware_range ranges[8];
	unsigned range_count;
	uint64_t low_end; /* first byte beyond the memory below 4 GiB that is usable */
	uint64_t next;    /* where the next file is read to */
};

/* A machine with `size` bytes of memory, and nothing in it but the loader. False, with a message on
 * stderr, if this machine has no room for it. */
bool model_open(struct model *model, uint64_t size);

/* Fills in what its firmware reports, and its CPU, which is like QEMU's. */
void model_describe(const struct model *model, struct machine *machine);

/* Memory for a file of `size` bytes, where the loader would put it; NULL if there is none. */
uint8_t *model_take_file(struct model *model, uint64_t size);

/* Gives back what the last model_take_file() gave. */
void model_untake_file(struct model *model, const uint8_t *bytes);

/* All memory that is not taken. */
struct phys_range model_rest(const struct model *model);

#endif
