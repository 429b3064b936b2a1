/* SPDX-License-Identifier: MIT */
/*
 * look.h - reads the kernel's memory without faulting: every virtual address is looked up in the
 * kernel's page tables first, and every physical one in the explainer's own.
 */
#ifndef EXPLAIN_LOOK_H
#define EXPLAIN_LOOK_H

#include "core/base.h"
#include "core/fault_info.h"
#include "explain/fault.h"

struct look {
	const uint8_t *memory; /* the pointer for physical address 0 */
	const struct fault_info *marks;
	const struct fault *fault;

	/* Reads physical memory that is not mapped here; NULL: use `memory`. */
	bool (*read)(uint64_t address, void *to, unsigned size);
};

enum { LOOK_LEVELS = 5 };

/* What an address of the kernel's loses if it is kept in 32 bits. */
#define UPPER_HALF (UINT64_MAX << 32)

/* The kernel's page table entries for an address. */
struct page {
	bool mapped;
	bool write, execute, user;  /* allowed at all levels */
	unsigned level;             /* of the last entry that was read: 1 is the page's own */
	uint64_t entry;             /* that entry */
	uint64_t path[LOOK_LEVELS]; /* the entries from the top one to that one, by level - 1 */
	uint64_t physical;          /* of the address, if it is mapped */
};

/* Bytes of a word on the stack: 8, or 4 for 32-bit code. */
unsigned look_word_size(const struct look *look);

/* Word number `number` of the stack, counted from RSP; false if it cannot be read. */
bool look_stack(const struct look *look, unsigned number, uint64_t *word);

/* True if bits 63 to 47, or to 56 with 5-level paging, are all the same. */
bool look_canonical(const struct look *look, uint64_t address);

/* Levels of the kernel's page tables; 0: paging is off. */
unsigned look_levels(const struct look *look);

/* Walks the kernel's page tables. */
struct page look_up(const struct look *look, uint64_t address);

/* True if the address is in the kernel's recursively mapped page tables, that is, below an entry of
 * the top table that maps the top table itself. *mapped is the first address that the entry there
 * maps. */
bool look_recursive(const struct look *look, uint64_t address, uint64_t *mapped);

/* Copies bytes at a virtual address of the kernel. Returns how many of them could be read. */
unsigned look_read(const struct look *look, uint64_t address, void *to, unsigned size);

/* Copies bytes of physical memory, if they are below the end of RAM and the explainer's own page
 * tables map all of them; with `read`, if that can read them. False if not. */
bool look_read_physical(const struct look *look, uint64_t address, void *to, unsigned size);

/* The kernel's segment that the address lies in; false if there is none. */
bool look_segment(const struct look *look, uint64_t address, struct fault_info_segment *segment);

/* True if the address is the kernel's once it has its upper half back. */
static inline bool look_is_cut(const struct look *look, uint64_t address)
{
	struct fault_info_segment segment;

	return address <= UINT32_MAX && look_segment(look, address | UPPER_HALF, &segment);
}

/* True if the fault is not the first CPU's, which runs _start. */
bool look_other_cpu(const struct look *look);

/* True if `address` lies in the fault info. */
bool fault_range_has(struct fault_range fault_range, uint64_t address);

#endif
