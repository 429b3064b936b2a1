/* SPDX-License-Identifier: MIT */
/* paging.c - turns mappings into page tables. Does not decide what is mapped where. */
#include "core/paging.h"

#include "x86/registers.h"

#define ENTRIES 512
#define LARGEST 3 /* the level of 1 GiB pages, if the CPU supports them */

/* What is still to be mapped. */
struct job {
	uint64_t virt,
		end; /* end may be 0 past the top of the address space: compare by difference */
	uint64_t phys;
	uint64_t bits;
	enum cache cache;
};

/*@ predicate is_table(uint64_t *table) = \valid(table + (0 .. ENTRIES - 1)); */

/*@ requires 1 <= level <= 5;
  @ assigns \nothing; */
uint64_t page_table_entry_size(unsigned level)
{
	return PAGE_SIZE << (9 * (level - 1));
}

/* The only place where an entry is written. `index` < 512. */
/*@ requires is_table(table) && index < ENTRIES;
  @ assigns table[index]; */
static void write_entry(uint64_t *table, unsigned index, uint64_t value)
{
	table[index] = value;
}

/* Index of the entry for `virt` in a table at `level`. */
/*@ requires 1 <= level <= 5;
  @ assigns \nothing;
  @ ensures \result < ENTRIES; */
static unsigned entry_index(uint64_t virt, unsigned level)
{
	return (unsigned)(virt >> (12 + 9 * (level - 1))) & (ENTRIES - 1);
}

/* A new empty table, or NULL. */
/*@ requires \valid(tables) && \valid(tables->scratch);
  @ assigns *tables->scratch;
  @ ensures \result == \null || is_table(\result); */
static uint64_t *new_table(struct page_tables *tables)
{
	return scratch_take(tables->scratch, PAGE_SIZE, PAGE_SIZE);
}

bool page_tables_begin(struct page_tables *tables, struct scratch *scratch,
                       const struct machine *machine, unsigned levels)
{
	*tables = (struct page_tables){ scratch, machine, NULL, levels, LARGEST };
	tables->root = new_table(tables);
	return tables->root != NULL;
}

/* The bits of a page's entry at `level`, without its address. */
/*@ requires \valid_read(tables) && \valid_read(tables->machine) && \valid_read(job);
  @ assigns \nothing; */
static uint64_t page_bits(const struct page_tables *tables, const struct job *job, unsigned level)
{
	uint64_t bits = job->bits;

	if (level > 1)
		bits |= PTE_PS;
	if (job->cache == CACHE_WRITE_COMBINING && tables->machine->cpu.pat)
		bits |= PTE_PWT | (level > 1 ? PTE_PAT : PTE_PAT_4K);
	else if (job->cache == CACHE_WRITE_COMBINING)
		bits |= PTE_PCD | PTE_PWT;
	return bits;
}

/* True if the job can continue with one page at `level`. */
static bool fits_page(const struct page_tables *tables, const struct job *job, unsigned level)
{
	uint64_t size = page_table_entry_size(level);

	return level <= tables->largest && (level < LARGEST || tables->machine->cpu.gib_pages)
	    && ((job->virt | job->phys) & (size - 1)) == 0 && job->end - job->virt >= size;
}

/* The table that an entry points to, made if the entry is empty; NULL without scratch memory. */
/*@ requires is_table(table) && index < ENTRIES;
  @ requires \valid(tables) && \valid(tables->scratch) && \valid_read(tables->machine);
  @ requires \separated(table + (0 .. ENTRIES - 1), tables, tables->scratch, tables->machine);
  @ assigns table[index], *tables->scratch; */
static uint64_t *next_table(struct page_tables *tables, uint64_t *table, unsigned index)
{
	uint64_t *next;

	if ((table[index] & PTE_P) != 0)
		return visible(tables->machine, table[index] & PTE_ADDRESS);
	next = new_table(tables);
	if (next != NULL)
		write_entry(table, index, physical(tables->machine, next) | PTE_P | PTE_RW);
	return next;
}

/*
 * Writes `entry`, `entry + step` and so on to the table from index `i` on, up to `end` or to an
 * entry that is in use; returns that index. A large direct map spends its time in this loop, so it
 * is a separate function, whose variables fit into the few registers of 32-bit code.
 */
/*@ requires is_table(table) && i <= end <= ENTRIES;
  @ assigns table[i .. ENTRIES - 1];
  @ ensures i <= \result <= end; */
__attribute__((noinline)) static unsigned fill_entries(uint64_t *table, unsigned i, unsigned end,
                                                       uint64_t entry, uint32_t step)
{
	/*@ loop invariant \at(i, Pre) <= i <= end <= ENTRIES;
	  @ loop assigns i, entry, table[\at(i, Pre) .. ENTRIES - 1];
	  @ loop variant end - i; */
	for (; i < end && ((uint32_t)table[i] & PTE_P) == 0; i++, entry += step)
		write_entry(table, i, entry);
	return i;
}

/* Writes as many pages at `level` as the job has, from entry `i` of the table on, up to an entry
 * that is in use; returns the entry after. */
/*@ requires is_table(table) && i < ENTRIES && 1 <= level <= 3 && \valid(job);
  @ requires \valid_read(tables) && \valid_read(tables->machine);
  @ requires \separated(table + (0 .. ENTRIES - 1), job, tables, tables->machine);
  @ assigns table[i .. ENTRIES - 1], job->virt, job->phys;
  @ ensures i <= \result <= ENTRIES; */
static unsigned map_pages(const struct page_tables *tables, uint64_t *table, unsigned level,
                          unsigned i, struct job *job)
{
	uint64_t size = page_table_entry_size(level);
	uint64_t pages = (job->end - job->virt) >> (12 + 9 * (level - 1));
	unsigned end = i + (unsigned)min_u64(pages, ENTRIES - i);
	unsigned done = fill_entries(table, i, end, job->phys | page_bits(tables, job, level),
	                             (uint32_t)size);

	job->virt += (done - i) * size;
	job->phys += (done - i) * size;
	return done;
}

/* Skips an entry that maps a page already; it stays as it is. */
static void skip_page(struct job *job, unsigned level)
{
	uint64_t size = page_table_entry_size(level);
	uint64_t step = min_u64(size - (job->virt & (size - 1)), job->end - job->virt);

	job->virt += step;
	job->phys += step;
}

/* Maps as much of the job as lies within one table at `level`. */
static bool map_table(struct page_tables *tables, uint64_t *table, unsigned level, struct job *job)
{
	unsigned i = entry_index(job->virt, level);

	while (i < ENTRIES && job->virt != job->end) {
		bool present = (table[i] & PTE_P) != 0;

		if (!present && fits_page(tables, job, level)) {
			i = map_pages(tables, table, level, i, job);
		} else if (present && (level == 1 || (table[i] & PTE_PS) != 0)) {
			skip_page(job, level);
			i++;
		} else {
			uint64_t *next = next_table(tables, table, i++);

			if (next == NULL || !map_table(tables, next, level - 1, job))
				return false;
		}
	}
	return true;
}

/* The bits of an entry for these rights. */
/*@ requires \valid_read(tables) && \valid_read(tables->machine);
  @ assigns \nothing; */
static uint64_t rights_bits(const struct page_tables *tables, uint8_t rights)
{
	const bool may_write = (rights & RIGHT_WRITE) != 0;
	const bool is_data = (rights & RIGHT_EXECUTE) == 0;

	return PTE_P | (may_write ? PTE_RW : 0) | (is_data && tables->machine->cpu.nx ? PTE_XD : 0);
}

bool page_tables_map(struct page_tables *tables, struct virt_range virt, struct phys phys,
                     uint8_t rights, enum cache cache)
{
	struct job job = { .virt = virt.begin,
		           .end = virt.end,
		           .phys = phys.at,
		           .bits = rights_bits(tables, rights),
		           .cache = cache };

	return map_table(tables, tables->root, tables->levels, &job);
}

void page_tables_map_self(struct page_tables *tables, unsigned index, uint8_t rights)
{
	write_entry(tables->root, index,
	            physical(tables->machine, tables->root) | rights_bits(tables, rights));
}
