/* SPDX-License-Identifier: MIT */
/* allocate.h - finds free physical memory, and takes scratch memory. */
#ifndef CORE_PLAN_ALLOCATE_H
#define CORE_PLAN_ALLOCATE_H

#include "core/plan/plan.h"

#define NOWHERE UINT64_MAX

/* Where memory is looked for first. */
uint64_t plan_lowest(const struct plan *plan);

/*
 * Finds free memory below `limit`: `size` bytes that begin at `rest` modulo `align`, a power of
 * two. Free is usable memory from 1 MiB up to plan_identity_limit() that is not reserved, and
 * holds no file and no placement. False, without a report, if there is none.
 */
bool plan_find(const struct plan *plan, uint64_t size, uint64_t align, uint64_t rest,
               uint64_t limit, struct phys_range *found);

/* As plan_find(), from `lowest` up, which may be below 1 MiB. */
bool plan_find_from(const struct plan *plan, uint64_t lowest, uint64_t size, uint64_t align,
                    uint64_t rest, uint64_t limit, struct phys_range *found);

/*
 * Where to look next for memory of the range's size: range.begin if all of the range is free; a
 * higher address if that may be free; NOWHERE if no memory follows. The kernel's own file is in the
 * way only if `own_file` is false.
 */
uint64_t plan_try(const struct plan *plan, struct phys_range range, bool own_file);

/* The memory that a file takes. */
struct phys_range plan_file_memory(const struct plan *plan, const struct file *file);

/* Takes `size` bytes of scratch memory, whole pages, for `use`. What is written at *bytes is in
 * place already. */
bool plan_scratch(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement);

/* The same, with the bytes as they are: for what is written over at once. */
bool plan_reserve(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement);

/* Refuses, saying how much memory `name` takes and how much there is. Always false. */
bool plan_refuse_memory(struct plan *plan, enum diag code, const char *name, uint64_t size);

#endif
