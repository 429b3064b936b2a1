/* SPDX-License-Identifier: MIT */
/* allocate.h - finds free physical memory, and takes scratch memory. */
#ifndef CORE_PLAN_ALLOCATE_H
#define CORE_PLAN_ALLOCATE_H

#include "core/plan/plan.h"

#define NOWHERE UINT64_MAX

/* Where to begin searching. */
uint64_t plan_lowest(const struct plan *plan);

/*
 * Finds `size` bytes of free memory below `limit` that begin at `rest` modulo `align`, a power of
 * two. Memory is free if it is usable, at 1 MiB or above and below plan_identity_limit(), and has
 * no reserved range, no file and no placement in it. False, without a report, if there is none.
 */
bool plan_find(const struct plan *plan, uint64_t size, uint64_t align, uint64_t rest,
               uint64_t limit, struct phys_range *found);

/* As plan_find(), from `lowest` up, which may be below 1 MiB. */
bool plan_find_from(const struct plan *plan, uint64_t lowest, uint64_t size, uint64_t align,
                    uint64_t rest, uint64_t limit, struct phys_range *found);

/*
 * Where to try next for memory of the range's size: range.begin if the whole range is free; a
 * higher address if memory there may be free; NOWHERE if no memory follows. With `own_file`, the
 * memory of the kernel's own file counts as free.
 */
uint64_t plan_try(const struct plan *plan, struct phys_range range, bool own_file);

/* The memory that a file takes. */
struct phys_range plan_file_memory(const struct plan *plan, const struct file *file);

/* Takes `size` bytes of scratch memory, whole pages, for `use`, and zeroes them. What is written to
 * *bytes needs no copying. */
bool plan_scratch(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement);

/* The same without zeroing, for memory that is overwritten at once. */
bool plan_reserve(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement);

/* Refuses, with the amounts of memory that `name` needs and that there are. Always false. */
bool plan_refuse_memory(struct plan *plan, enum diag code, const char *name, uint64_t size);

#endif
