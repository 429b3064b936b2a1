/* SPDX-License-Identifier: MIT */
/*
 * plan.h - the plan: one array of placements, from which the copying, the page tables, the kernel's
 * memory map and the printout are all made. So they cannot disagree.
 *
 * The steps that every protocol is planned with are in the files beside this one; loader/protocols/
 * puts them together.
 */
#ifndef CORE_PLAN_PLAN_H
#define CORE_PLAN_PLAN_H

#include "core/config.h"
#include "core/elf/segments.h"
#include "core/fault_info.h"
#include "core/launch.h"
#include "core/memory.h"
#include "core/paging.h"
#include "core/plan/entries.h"
#include "core/elf/symbols.h"

#define PLAN_MAX_PLACEMENTS 900
#define LOWEST_PLACE        MIB /* below are the BIOS's data, video memory, and who started us */

enum use {
	USE_KERNEL,
	USE_MODULE,
	USE_STACK,
	USE_BOOT_INFO,
	USE_PAGE_TABLES,
	USE_RESIDENT,
	USE_KERNEL_FILE,
	USE_FRAMEBUFFER,
	USE_BOUNCE_BUFFER, /* free memory that holds bytes until their destination is free */
	USE_DIRECT_MAP,    /* this and the following only map or name memory that is not theirs */
	USE_IDENTITY,
	USE_VGA,
	USE_FIRMWARE_TABLES,
	USE_BOOT_SERVICES, /* UEFI's, which are gone */
	USE_TABLES_WINDOW, /* the page tables, mapped by an entry of the top one */
	USES
};

struct placement {
	enum use use;
	struct phys_range phys; /* memory it occupies */
	struct virt virt;       /* where phys.begin is mapped, if rights != 0; equal to it modulo
	                     a page */
	uint8_t rights;         /* of enum rights; 0: not mapped */
	enum cache cache;
	struct span from; /* bytes to be at phys.begin + from_at */
	uint64_t from_at;
	bool zero;                     /* all other bytes of phys become zero */
	const struct segment *segment; /* USE_KERNEL: of which it is a piece */
};

/* What is to be done with the screen before the kernel starts. Modes of VGA's are cleared. */
enum entry_screen { ENTRY_SCREEN_AS_IS, ENTRY_SCREEN_VGA_TEXT, ENTRY_SCREEN_VGA_320X200 };

/*
 * The state of the machine at the kernel's first instruction, as far as protocols differ in it.
 * What plan_begin() sets is the native protocol's: see docs/protocol.md.
 */
struct entry_state {
	uint64_t rip, rsp; /* the address to return to is pushed below rsp */
	uint64_t rdi;      /* in long mode */
	uint64_t rax, rbx; /* in protected mode */
	uint64_t tsc_at;   /* physical address where the time of the jump is to be stored, or 0 */
	uint32_t cr0, cr4; /* CR4.LA57 is added with 5-level paging */
	uint16_t cs, ss, data, fs;
	enum descriptors descriptors;
	uint32_t flags;    /* enum launch_flags */
	uint32_t lints[2]; /* as in struct launch */
	struct quiet quiet;
	enum entry_screen screen;
};

/* Where a position-independent kernel runs; others run where they are linked. */
enum base {
	BASE_LINKED, /* where it is linked, or in the top 2 GiB if that is below `lowest_linked` */
	BASE_FIXED,  /* `address` is added to all its addresses */
	BASE_ENTRY,  /* its first page at the beginning of a free level 4 entry, of `entries` */
};

/* Where a protocol's kernels are placed, and how they are mapped. All zero is a valid policy. */
struct placement_policy {
	enum base base;
	bool random; /* anywhere: BASE_LINKED in the last GiB, BASE_ENTRY in any entry, and in it */
	bool small_pages; /* 4 KiB; in the direct map 2 MiB at most */
	uint64_t lowest_linked;
	uint64_t address;        /* a multiple of a page and of all segments' alignments */
	struct entries *entries; /* the kernel's are taken from these */
	uint64_t
		lowest_memory; /* where searches for memory begin; the second time, from 1 MiB on */
};

struct plan {
	const struct machine *machine;
	const struct config *config;
	const struct kernel *kernel;
	const struct memory *memory; /* the firmware's map */
	struct scratch *scratch;
	struct phys_range workspace; /* all of the scratch memory */
	struct report *report;
	const char *protocol;           /* its name */
	const struct terms *terms;      /* its names for what a kernel is given */
	struct placement_policy policy; /* as given to plan_kernel() */

	unsigned count; /* of placements */

	uint64_t slide;           /* what is added to the kernel's addresses */
	uint64_t kernel_physical; /* of the kernel's first page, if all of it lies together, or 0 */
	uint64_t window;          /* next free virtual address for windows; 0: none chosen yet */

	struct symbols symbols; /* the kernel's, if there are any and they fit into memory */

	uint64_t resident;        /* physical address of the resident part */
	uint64_t resident_window; /* virtual address of the same */
	struct entry_state entry; /* how the kernel is entered */

	struct page_tables tables; /* the kernel's */
	struct page_tables
		launch; /* the loader's own while it carries the plan out: identity, and RESIDENT */

	struct fault_info
		fault_info; /* the protocol fills in what it knows, plan_fault_info() the rest */
	uint64_t fault_info_at; /* physical address of the fault info */

	struct copy *copies; /* in an order in which no copy destroys a later one's source */
	unsigned copy_count;
	struct fill *fills; /* after all copies */
	unsigned fill_count;
	struct patch *patches; /* in scratch memory, after all else */
	unsigned patch_count;

	unsigned processor_count;            /* other CPUs that will be started */
	struct launch_processor *processors; /* in the resident part's memory */
	uint64_t trampoline;                 /* the page in which they begin */

	/* Large; the entries from `count` on are not initialised. */
	struct placement placements[PLAN_MAX_PLACEMENTS];
};

/* An empty plan. */
void plan_begin(struct plan *plan, const struct machine *machine, const struct config *config,
                const struct kernel *kernel, const struct memory *memory, struct scratch *scratch,
                struct report *report);

/* Adds a placement. False, with the reason in the report, if there are too many. */
bool plan_add(struct plan *plan, struct placement placement);

/* The virtual addresses of a placement. */
static inline struct virt_range placement_virtual(const struct placement *placement)
{
	uint64_t size = placement->phys.end - placement->phys.begin;

	return (struct virt_range){ placement->virt.at, placement->virt.at + size };
}

/* What a placement is for, in words: "kernel", "stack" ... The string is static. */
const char *use_name(enum use use);

#endif
