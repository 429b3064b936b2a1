/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the plan: one array of placements, from which the copying, the page tables, the kernel's
 * memory map and the printout are all made. So they cannot disagree.
 *
 * Here are the steps that every handoff protocol is planned with; loader/protocols/ puts them
 * together, a file per protocol.
 */
#ifndef CORE_PLAN_H
#define CORE_PLAN_H

#include "core/elf/read.h"
#include "core/fault_info.h"
#include "core/launch.h"
#include "core/memory.h"
#include "core/copies.h"
#include "core/config.h"
#include "core/paging.h"
#include "core/elf/symbols.h"

#define PLAN_MAX_PLACEMENTS 900

enum use {
	USE_KERNEL,
	USE_MODULE,
	USE_STACK,
	USE_BOOT_INFO,
	USE_PAGE_TABLES,
	USE_RESIDENT,
	USE_KERNEL_FILE,
	USE_FRAMEBUFFER,
	USE_BOUNCE_BUFFER, /* free memory that bytes wait in until they can go to their place */
	USE_DIRECT_MAP,    /* this and what follows is only mapped; the memory is somebody else's */
	USE_IDENTITY,
	USE_VGA,
	USES
};

struct placement {
	enum use use;
	struct phys_range phys; /* memory it occupies */
	struct virt virt; /* where phys.begin is mapped, if rights != 0; the same within its page as
	                     phys */
	uint8_t rights;   /* of enum rights; 0: not mapped */
	enum cache cache;
	struct span from; /* bytes to be at phys.begin + from_at */
	uint64_t from_at;
	bool zero; /* all other bytes of phys become zero */
};

/*
 * The state of the machine at the kernel's first instruction, as far as protocols differ in it.
 * What plan_begin() sets is the native protocol's: see docs/protocol.md.
 */
struct entry_state {
	uint64_t rip, rsp; /* the address to return to is pushed below rsp */
	uint64_t rdi;      /* in long mode */
	uint64_t rax, rbx; /* in protected mode */
	uint64_t tsc_slot; /* physical address where the time of the jump is to be stored, or 0 */
	uint32_t cr0, cr4; /* CR4.LA57 is added with 5-level paging */
	uint16_t cs, ss, data, fs;
	enum descriptors descriptors;
	uint32_t flags;    /* enum launch_flags */
	bool keep_pics;    /* leave the interrupt controllers' masks as the BIOS had them */
	uint8_t bios_mode; /* screen mode of the BIOS to be set, which clears it; 0: as it is */
};

struct plan {
	const struct machine *machine;
	const struct config *config;
	const struct kernel *kernel;
	const struct memory *memory; /* what the firmware left */
	struct scratch *scratch;
	struct phys_range workspace; /* all of the scratch memory */
	struct report *report;
	const char *protocol; /* its name */

	unsigned count; /* of placements */

	uint64_t pie_lowest;      /* a position-independent kernel linked below this is slid */
	uint64_t slide;           /* what is added to the kernel's addresses */
	uint64_t kernel_physical; /* of the kernel's first page, if all of it lies together, or 0 */
	uint64_t window;          /* next free virtual address for windows; 0: none chosen yet */

	struct symbols symbols; /* the kernel's, if they are known and fit into memory */

	uint64_t resident;        /* physical address of the resident part */
	uint64_t resident_window; /* virtual address of the same */
	struct entry_state entry; /* how the kernel is entered */
	uint64_t lowest;          /* where memory is looked for first; if in vain, from 1 MiB on */
	bool small_pages;         /* the kernel's tables: 4 KiB, in the direct map 2 MiB at most */
	unsigned recursive_slot;  /* entry of the top page table that maps the table itself; 0: none
	                           */
	void *handoff;            /* what the protocol keeps from plan() to seal() */

	struct page_tables tables; /* the kernel's */
	struct page_tables
		launch; /* the loader's own while it carries the plan out: identity, and RESIDENT */

	struct fault_info
		fault_info; /* the protocol fills in what it knows, plan_fault_info() the rest */
	uint64_t fault_info_at; /* physical address of what is left to the explainer */

	struct copy *copies; /* in an order in which no copy destroys a later one's source */
	unsigned copy_count;
	struct fill *fills; /* after all moves */
	unsigned fill_count;
	struct patch *patches; /* in scratch memory, after all else */
	unsigned patch_count;

	unsigned processor_count;            /* other CPUs that will be started */
	struct launch_processor *processors; /* in the resident part's memory */
	uint64_t trampoline;                 /* the page in which they begin */

	/* Large; beyond the count, whatever was in memory. */
	struct placement placements[PLAN_MAX_PLACEMENTS];
};

/* An empty plan. */
void plan_begin(struct plan *plan, const struct machine *machine, const struct config *config,
                const struct kernel *kernel, const struct memory *memory, struct scratch *scratch,
                struct report *report);

/* Adds a placement. False, with the reason in the report, if there are too many. */
bool plan_add(struct plan *plan, struct placement placement);

/*
 * Finds free memory below `limit`: `size` bytes that begin at `rest` modulo `align`, a power of
 * two. Free is usable memory from 1 MiB up that is not busy, holds no file and no placement. False,
 * without a report, if there is none.
 */
bool plan_find(const struct plan *plan, uint64_t size, uint64_t align, uint64_t rest,
               uint64_t limit, struct phys_range *found);

/* As plan_find(), from `lowest` up, which may be below 1 MiB. */
bool plan_find_from(const struct plan *plan, uint64_t lowest, uint64_t size, uint64_t align,
                    uint64_t rest, uint64_t limit, struct phys_range *found);

/*
 * Places the kernel's segments, chooses the slide of a position-independent one, and splits off
 * what becomes read-only after relocation. The kernel lies as one piece, at one distance from its
 * addresses, wherever memory allows.
 */
bool plan_kernel(struct plan *plan);

/* Refuses, saying how much memory `name` takes and how much there is. Always false. */
bool plan_refuse_memory(struct plan *plan, enum diag code, const char *name, uint64_t size);

/* Where the byte that is linked at `address`, in one of the kernel's segments, will lie when all is
 * carried out. */
uint64_t plan_kernel_physical(const struct plan *plan, uint64_t address);

/* Keeps the kernel's file where it was read to, if -kernelfile asks for it. */
bool plan_kernel_file(struct plan *plan);

/* Places the modules, where they lie already if that is a page boundary; maps none of them. */
bool plan_modules(struct plan *plan);

/* Takes `size` bytes of scratch memory, whole pages, for `use`. What is written at *bytes is in
 * place already. */
bool plan_scratch(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement);

/*
 * Plans to start the other CPUs, before plan_resident(): counts them, and takes a page in which
 * they wake. The count stays 0, with a warning if there are any, where they cannot be started. The
 * protocol gives them stacks and work, with plan_processor().
 */
bool plan_processors(struct plan *plan);

/* The record of the next CPU that will be started, in the order of the firmware's list; NULL for
 * one that is not: the first, or any without plan_processors(). *next begins with 0. */
struct launch_processor *plan_processor(struct plan *plan, const struct processor *processor,
                                        unsigned *next);

/* Puts the resident part into scratch memory, with the records of other CPUs behind it, and gives
 * it a window: code that may be executed, data that may be written. */
bool plan_resident(struct plan *plan);

/* As plan_resident(), for protocols without page tables: it stays at its physical address. */
bool plan_resident_in_place(struct plan *plan);

/*
 * A virtual address for a window of `size` bytes: the page before and the page behind stay
 * unmapped, and it is the same as `rest` modulo `align`, a power of two of at least a page. False,
 * with the reason in the report, if no room is left.
 */
bool plan_window(struct plan *plan, uint64_t size, uint64_t align, uint64_t rest, uint64_t *at);

/* A run of `size` bytes of virtual addresses, a multiple of 512 GiB, in which nothing is mapped,
 * from `first` on. */
bool plan_find_virtual(const struct plan *plan, uint64_t size, uint64_t first, uint64_t *at);

/* Maps all RAM and everything below 4 GiB at `base`, with `rights`. */
bool plan_direct_map(struct plan *plan, uint64_t base, uint8_t rights);

/* First physical address that the direct map need not reach: 4 GiB or the end of RAM. */
uint64_t plan_direct_map_size(const struct plan *plan);

/* True if the CPU has these addresses and nothing is mapped there; else refuses, naming `name` and
 * who has them. */
bool plan_virtual_is_free(const struct plan *plan, struct virt_range virt, const char *name);

/* The virtual addresses of a placement. */
struct virt_range placement_virtual(const struct placement *placement);

/* Makes the page tables, the kernel's and the loader's, leaves the fault info, and puts the copying
 * in order. */
bool plan_map(struct plan *plan);

/* Finds the kernel's symbols, and warns if memory is too short for them. */
void plan_symbols(struct plan *plan);

/* Bytes that plan_write_symbols() writes at most; 0 without symbols. */
uint64_t plan_symbols_size(const struct plan *plan);

/* Writes the symbols, sorted, and their names, to `bytes`, which the reader sees at `window`; they
 * stand in plan->fault info from then on. */
void plan_write_symbols(struct plan *plan, uint8_t *bytes, uint64_t window);

/* Leaves the explainer its fault info, in scratch memory; all is planned by now. False if that is
 * used up. */
bool plan_fault_info(struct plan *plan);

/*
 * The memory map with everything that is placed in it; NULL, with the reason in the report, if
 * there is no room for it. It lies in scratch memory that is only borrowed: use it before anything
 * is taken.
 */
const struct memory *plan_memory_map(const struct plan *plan);

/* What a placement is for, in words: "kernel", "stack" ... The string is static. */
const char *use_name(enum use use);

#endif
