/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - places the kernel: chooses its slide, cuts its segments into pieces with the same
 * rights, and finds memory for them, together if it can be.
 */
#include "core/plan/kernel.h"

#include "core/plan/address_space.h"
#include "core/plan/allocate.h"
#include "core/plan/copies.h"

#define PIE_BASE UINT64_C(0xffffffff80000000) /* the top 2 GiB: -mcmodel=kernel reaches it */
#define IN_PLACE_MIN \
	(64 * KIB) /* bytes: copying a smaller kernel is quicker than looking for such a place */

/* The virtual bytes that belong to segment number `i`: whole pages, except that a shared page is
 * split where the next segment begins. */
static struct virt_range segment_share(const struct kernel *kernel, unsigned i)
{
	const struct segment *segment = &kernel->segments[i];
	struct virt_range share = { page_down(segment->virt.begin), page_up(segment->virt.end) };

	if (i > 0 && page_up(segment[-1].virt.end) > share.begin)
		share.begin = segment->virt.begin;
	if (i + 1 < kernel->segment_count && page_down(segment[1].virt.begin) < share.end)
		share.end = segment[1].virt.begin;
	return share;
}

/*
 * Adds, after the end of the plan's array, the part of a segment that lies in `virt`, with
 * phys.begin the distance from the kernel's first page. Returns how many were added: 0 if the part
 * is empty or the array is full.
 */
static unsigned add_piece(struct plan *plan, unsigned pieces, const struct segment *segment,
                          struct virt_range virt, uint8_t rights)
{
	struct placement *piece = &plan->placements[plan->count + pieces];
	uint64_t file_begin = max_u64(virt.begin, segment->virt.begin);
	uint64_t file_end = min_u64(virt.end, segment->virt.begin + segment->file.size);

	if (virt.begin >= virt.end || plan->count + pieces == PLAN_MAX_PLACEMENTS)
		return 0;
	*piece = (struct placement){
		.use = USE_KERNEL, .rights = rights, .zero = true, .segment = segment
	};
	piece->phys.begin = virt.begin - plan->kernel->virt.begin;
	piece->phys.end = virt.end - plan->kernel->virt.begin;
	piece->virt.at = virt.begin + plan->slide;
	if (file_begin < file_end) {
		span_part(segment->file, file_begin - segment->virt.begin, file_end - file_begin,
		          &piece->from);
		piece->from_at = file_begin - virt.begin;
	}
	return 1;
}

/* Adds the part of a segment that lies in `virt`, with the same rights, except for pages that
 * become read-only after relocation. */
static unsigned add_part(struct plan *plan, unsigned pieces, const struct segment *segment,
                         struct virt_range virt, uint8_t rights)
{
	struct virt_range relro = plan->kernel->relro;
	struct virt_range fixed = { max_u64(virt.begin, relro.begin),
		                    min_u64(virt.end, relro.end) };
	unsigned first = pieces;

	if (fixed.begin >= fixed.end)
		return add_piece(plan, pieces, segment, virt, rights);
	pieces += add_piece(plan, pieces, segment, (struct virt_range){ virt.begin, fixed.begin },
	                    rights);
	pieces += add_piece(plan, pieces, segment, fixed, rights & (uint8_t)~RIGHT_WRITE);
	pieces += add_piece(plan, pieces, segment, (struct virt_range){ fixed.end, virt.end },
	                    rights);
	return pieces - first;
}

/* Cuts the segments into pieces with the same rights. A first or last page that is shared with a
 * segment of other rights is a separate piece. */
static unsigned make_pieces(struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	unsigned pieces = 0;

	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];
		struct virt_range share = segment_share(kernel, i), own = share;
		uint8_t head = kernel_page_rights(kernel, page_down(share.begin));
		uint8_t tail = kernel_page_rights(kernel, page_down(share.end - 1));

		if (share.begin >= share.end)
			continue;
		if (head != segment->rights)
			own.begin = min_u64(page_down(share.begin) + PAGE_SIZE, share.end);
		if (tail != segment->rights)
			own.end = max_u64(page_down(share.end - 1), own.begin);
		pieces += add_piece(plan, pieces, segment,
		                    (struct virt_range){ share.begin, own.begin }, head);
		pieces += add_part(plan, pieces, segment, own, segment->rights);
		pieces += add_piece(plan, pieces, segment,
		                    (struct virt_range){ own.end, share.end }, tail);
	}
	return pieces;
}

/*
 * True if pieces [first, end) of the kernel fit at `base` + their distance. If not, *next is a
 * higher base at which to try again, or NOWHERE if there is no more memory.
 */
static bool try_base(const struct plan *plan, unsigned first, unsigned end, uint64_t base,
                     bool own_file, uint64_t *next)
{
	for (unsigned i = first; i < end; i++) {
		struct phys_range piece = plan->placements[i].phys;
		struct phys_range want = { base + piece.begin, base + piece.end };
		uint64_t at = plan_try(plan, want, own_file);

		if (at == want.begin)
			continue;
		*next = at != NOWHERE ? page_up(at - piece.begin) : NOWHERE;
		return false;
	}
	return true;
}

/* As find_base(), for a first piece from `lowest` on. */
static bool find_base_above(const struct plan *plan, uint64_t lowest, unsigned first, unsigned end,
                            uint64_t align, uint64_t *base)
{
	uint64_t rest = plan->kernel->virt.begin + plan->slide;
	uint64_t next = lowest - page_down(plan->placements[first].phys.begin);

	do {
		*base = align_up_to(next, align, rest);
		if (try_base(plan, first, end, *base, false, &next))
			return true;
	} while (next != NOWHERE);
	return false;
}

/* The physical base for pieces [first, end), lowest first, the same as their virtual address modulo
 * `align`. */
static bool find_base(const struct plan *plan, unsigned first, unsigned end, uint64_t align,
                      uint64_t *base)
{
	return find_base_above(plan, plan_lowest(plan), first, end, align, base)
	    || find_base_above(plan, LOWEST_PLACE, first, end, align, base);
}

/* As find_base(), trying the largest useful page size first. */
static bool find_best_base(const struct plan *plan, unsigned first, unsigned end, uint64_t *base)
{
	uint64_t size = plan->placements[end - 1].phys.end - plan->placements[first].phys.begin;

	return (size >= GIB && plan->machine->cpu.gib_pages && !plan->policy.small_pages
	        && find_base(plan, first, end, GIB, base))
	    || (size >= 2 * MIB && !plan->policy.small_pages
	        && find_base(plan, first, end, 2 * MIB, base))
	    || find_base(plan, first, end, PAGE_SIZE, base);
}

/* Gives pieces [first, end) their physical addresses. */
static void set_base(struct plan *plan, unsigned first, unsigned end, uint64_t base)
{
	for (unsigned i = first; i < end; i++) {
		plan->placements[i].phys.begin += base;
		plan->placements[i].phys.end += base;
	}
}

/* True if the kernel's pieces can be copied to `base` from where they were read without overwriting
 * each other. */
static bool can_copy(const struct plan *plan, unsigned first, unsigned end, uint64_t base)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken from it is free again */
	struct copy *copies = scratch_take(&scratch, (end - first) * sizeof(*copies), 8);
	unsigned count = 0;

	for (unsigned i = first; copies != NULL && i < end; i++) {
		const struct placement *piece = &plan->placements[i];

		if (piece->from.size != 0)
			copies[count++] = (struct copy){ base + piece->phys.begin + piece->from_at,
				                         physical(plan->machine, piece->from.bytes),
				                         piece->from.size };
	}
	return copies != NULL && copies_sort(copies, count);
}

/*
 * The base at which the largest piece is already in place, where the file was read: this makes the
 * start of large kernels quick. False for a small kernel, or if there is no such base.
 */
static bool find_in_place(const struct plan *plan, unsigned first, unsigned end, uint64_t *base)
{
	const struct placement *largest = &plan->placements[first];
	uint64_t at, next;

	if (plan->config->kernel.bytes.size < IN_PLACE_MIN)
		return false;
	for (unsigned i = first; i < end; i++) {
		if (plan->placements[i].from.size > largest->from.size)
			largest = &plan->placements[i];
	}
	at = physical(plan->machine, largest->from.bytes) - largest->from_at - largest->phys.begin;
	if (largest->from.size < IN_PLACE_MIN
	    || at + plan->placements[first].phys.begin < plan_lowest(plan)
	    || (at & (PAGE_SIZE - 1)) != 0 || at > plan->machine->identity_limit)
		return false;
	*base = at;
	return try_base(plan, first, end, at, true, &next) && can_copy(plan, first, end, at);
}

/* Places each run of adjacent pieces separately: for kernels that fit into no one free range. */
static bool place_apart(struct plan *plan, unsigned first, unsigned end)
{
	while (first < end) {
		unsigned run = first + 1;
		uint64_t base;

		while (run < end
		       && page_up(plan->placements[run - 1].phys.end)
		                  >= page_down(plan->placements[run].phys.begin))
			run++;
		if (!find_best_base(plan, first, run, &base))
			return false;
		set_base(plan, first, run, base);
		plan->count = run;
		first = run;
	}
	return true;
}

/* Refuses a kernel whose pieces [first, end) fit nowhere. */
static bool refuse_kernel(struct plan *plan, unsigned first, unsigned end)
{
	uint64_t need = 0;

	for (unsigned i = first; i < end; i++)
		need += plan->placements[i].phys.end - plan->placements[i].phys.begin;
	return plan_refuse_memory(plan, DIAG_MEMORY_KERNEL, "it", need);
}

/* The largest alignment of any segment, at least a page. */
static uint64_t segment_align(const struct kernel *kernel)
{
	uint64_t align = PAGE_SIZE;

	for (unsigned i = 0; i < kernel->segment_count; i++)
		align = max_u64(align, kernel->segments[i].align);
	return align;
}

/* The slide is a multiple of this, so that large pages can be used. */
static uint64_t slide_step(const struct kernel *kernel)
{
	return max_u64(2 * MIB, segment_align(kernel));
}

/* Refuses a kernel that is too large for where it has to run. */
static bool refuse_size(struct plan *plan, uint64_t size, uint64_t step)
{
	return refuse(plan->report, DIAG_ELF_PIE_TOO_LARGE,
	              "it takes %#llx bytes with an alignment of %#llx", ULL(size), ULL(step));
}

/* BASE_LINKED: where it is linked, or to the top 2 GiB if that is too low, or at random. */
static bool slide_to_top(struct plan *plan)
{
	const struct placement_policy *policy = &plan->policy;
	const struct kernel *kernel = plan->kernel;
	uint64_t step = slide_step(kernel);
	uint64_t begin = align_down(kernel->virt.begin, step);
	uint64_t size = kernel->virt.end - begin;
	uint64_t choice = policy->random ? GIB : 0;

	if (kernel->virt.begin >= max_u64(policy->lowest_linked, PAGE_SIZE) && !policy->random)
		return true;
	if (step > GIB || size > -PIE_BASE - step - choice)
		return refuse_size(plan, size, step);
	plan->slide = PIE_BASE - begin;
	if (policy->random)
		plan->slide += align_down(plan->machine->random & (GIB - 1), step);
	return true;
}

/* BASE_ENTRY: to the beginning of level 4 entries, or at random anywhere in them. */
static bool slide_to_entry(struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	struct entries *entries = plan->policy.entries;
	uint64_t random = plan->machine->random, step = slide_step(kernel), at;
	uint64_t begin = align_down(kernel->virt.begin, segment_align(kernel));
	uint64_t size = kernel->virt.end - begin;
	unsigned count = entries_for(size);
	uint64_t spare = count * ENTRY_SIZE - size; /* less than 512 GiB */

	if (step > ENTRY_SIZE)
		return refuse_size(plan, size, step);
	if (plan->policy.random ? !entries_find_random(entries, count, random >> 32, &at)
	                        : !entries_find(entries, count, &at))
		return refuse(plan->report, DIAG_MAP_NO_ROOM,
		              "%llu GiB for the kernel, at a multiple of 512 GiB",
		              ULL(count * (ENTRY_SIZE / GIB)));
	plan->slide = at - begin;
	if (plan->policy.random) {
		uint64_t pages = (random & UINT32_MAX) * (spare / PAGE_SIZE) >> 32;

		plan->slide += align_down(pages * PAGE_SIZE, step);
	}
	return true;
}

/* BASE_FIXED: the policy's slide, if the CPU has these addresses. */
static bool slide_by_address(struct plan *plan)
{
	const struct virt_range *linked = &plan->kernel->virt;

	plan->slide = plan->policy.address;
	return plan_virtual_is_free(
		plan, (struct virt_range){ linked->begin + plan->slide, linked->end + plan->slide },
		"the kernel");
}

/* Chooses where a position-independent kernel runs; others run where they are linked. */
static bool choose_slide(struct plan *plan)
{
	const struct placement_policy *policy = &plan->policy;

	if (policy->base == BASE_LINKED && policy->random && !plan->kernel->position_independent)
		return refuse(plan->report, DIAG_KASLR_NOT_PIE, "it is linked at %#llx",
		              ULL(plan->kernel->virt.begin));
	if (!plan->kernel->position_independent)
		return true;
	switch (policy->base) {
	case BASE_LINKED:
		return slide_to_top(plan);
	case BASE_FIXED:
		return slide_by_address(plan);
	case BASE_ENTRY:
		return slide_to_entry(plan);
	}
	return false;
}

bool plan_kernel(struct plan *plan, const struct placement_policy *policy)
{
	unsigned first = plan->count;
	unsigned end;
	uint64_t base;

	plan->policy = *policy;
	if (!choose_slide(plan))
		return false;
	end = first + make_pieces(plan);
	if (end == PLAN_MAX_PLACEMENTS)
		return refuse(plan->report, DIAG_TOO_MANY_PIECES, "at most %u can be placed",
		              PLAN_MAX_PLACEMENTS);
	if ((!plan->config->options.kernel_file && find_in_place(plan, first, end, &base))
	    || find_best_base(plan, first, end, &base)) {
		set_base(plan, first, end, base);
		plan->kernel_physical = base;
		plan->count = end;
		return true;
	}
	return place_apart(plan, first, end) || refuse_kernel(plan, first, end);
}

uint64_t plan_kernel_physical(const struct plan *plan, uint64_t address)
{
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		uint64_t distance = address + plan->slide - placement->virt.at;

		if (placement->use == USE_KERNEL
		    && distance < placement->phys.end - placement->phys.begin)
			return placement->phys.begin + distance;
	}
	return 0;
}
