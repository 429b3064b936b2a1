/* SPDX-License-Identifier: MIT */
/*
 * plan.c - decides where everything goes, in physical and in virtual memory. Writes nothing but the
 * plan: placements are carried out later, by code that cannot fail.
 */
#include "core/plan.h"

#define LOWEST_PLACE MIB /* below lie the BIOS's data, its video memory, and whoever started us */
#define SLOT         (512 * GIB)
#define HIGHER_HALF  UINT64_C(0xffff800000000000)
#define LAST_SLOT    UINT64_C(0xffffff8000000000)
#define LOWER_END    UINT64_C(0x0000800000000000)
#define PIE_BASE     UINT64_C(0xffffffff80000000) /* the top 2 GiB: -mcmodel=kernel reaches it */
#define WINDOW_BASE  UINT64_C(0xffffa00000000000)
#define NO_BASE      UINT64_MAX
#define IN_PLACE_MIN \
	(64 * KIB) /* smaller kernels are copied: it is quicker than to think about it */

const char *use_name(enum use use)
{
	static const char *const names[USES] = {
		"kernel",      "module",        "stack",        "boot information",
		"page tables", "resident part", "kernel file",  "framebuffer",
		"shelter",     "direct map",    "identity map", "VGA window",
	};

	return names[use];
}

void plan_begin(struct plan *plan, const struct machine *machine, const struct config *config,
                const struct kernel *kernel, const struct memory *memory, struct scratch *scratch,
                struct report *report)
{
	memset(plan, 0, offsetof(struct plan, placements));
	plan->machine = machine;
	plan->config = config;
	plan->kernel = kernel;
	plan->memory = memory;
	plan->scratch = scratch;
	plan->workspace.begin = physical(machine, scratch->at);
	plan->workspace.end = physical(machine, scratch->end);
	plan->report = report;
	plan->pie_lowest = PAGE_SIZE;
	plan->lowest = LOWEST_PLACE;
	plan->entry.cr0 = CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG;
	plan->entry.cr4 = CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT;
	plan->entry.cs = 0x08;
	plan->entry.ss = plan->entry.data = plan->entry.fs = 0x10;
}

bool plan_add(struct plan *plan, struct placement placement)
{
	if (plan->count == PLAN_MAX_PLACEMENTS)
		return refuse(plan->report, DIAG_TOO_MANY_PIECES, "at most %u can be placed",
		              PLAN_MAX_PLACEMENTS);
	plan->placements[plan->count++] = placement;
	return true;
}

struct virt_range placement_virtual(const struct placement *placement)
{
	uint64_t size = placement->phys.end - placement->phys.begin;

	return (struct virt_range){ placement->virt.at, placement->virt.at + size };
}

/* If `range` touches `obstacle`, notes where that ends, if it is further than what *past holds. */
static void pass(struct phys_range range, struct phys_range obstacle, uint64_t *past)
{
	if (phys_overlap(range, obstacle))
		*past = max_u64(*past, obstacle.end);
}

/* The memory that a file takes. */
static struct phys_range file_memory(const struct plan *plan, const struct file *file)
{
	uint64_t begin = physical(plan->machine, file->bytes.bytes);

	return (struct phys_range){ begin, begin + file->capacity };
}

/*
 * Where the furthest thing ends that is in the way of `range`; 0 if all of it is free. The kernel's
 * own file is in the way only if `own_file` is false.
 */
static uint64_t obstacle_end(const struct plan *plan, struct phys_range range, bool own_file)
{
	const struct config *config = plan->config;
	uint64_t past = 0;

	for (unsigned i = 0; i < plan->machine->reserved_count; i++)
		pass(range, plan->machine->reserved[i], &past);
	if (!own_file)
		pass(range, file_memory(plan, &config->kernel), &past);
	for (unsigned i = 0; i < config->module_count; i++)
		pass(range, file_memory(plan, &config->modules[i]), &past);
	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->placements[i].use < USE_DIRECT_MAP)
			pass(range, plan->placements[i].phys, &past);
	}
	return past;
}

/* Moves `range` upward, to `rest` modulo `align`, so that it lies in usable memory as the map has
 * it. False at the end. */
static bool into_memory(const struct plan *plan, struct phys_range *range, uint64_t align,
                        uint64_t rest, uint64_t limit)
{
	uint64_t size = range->end - range->begin;

	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *memory = &plan->memory->ranges[i];
		uint64_t end = min_u64(memory->phys.end, limit);
		uint64_t at = align_up_to(max_u64(range->begin, memory->phys.begin), align, rest);

		if (memory->type == MEMORY_USABLE && at >= range->begin
		    && in_bounds(at, size, end)) {
			*range = (struct phys_range){ at, at + size };
			return true;
		}
	}
	return false;
}

bool plan_find_from(const struct plan *plan, uint64_t lowest, uint64_t size, uint64_t align,
                    uint64_t rest, uint64_t limit, struct phys_range *found)
{
	struct phys_range range = { lowest, lowest + size };

	while (into_memory(plan, &range, align, rest, limit)) {
		uint64_t past = obstacle_end(plan, range, false);

		if (past == 0) {
			*found = range;
			return true;
		}
		range = (struct phys_range){ past, past + size };
	}
	return false;
}

bool plan_find(const struct plan *plan, uint64_t size, uint64_t align, uint64_t rest,
               uint64_t limit, struct phys_range *found)
{
	return plan_find_from(plan, plan->lowest, size, align, rest, limit, found)
	    || plan_find_from(plan, LOWEST_PLACE, size, align, rest, limit, found);
}

/* The virtual bytes that segment number `i` answers for: whole pages, but that a shared page is
 * split where the next begins. */
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
 * Adds, behind the end of the plan's array, the part of a segment that lies in `virt`, with
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
	*piece = (struct placement){ .use = USE_KERNEL, .rights = rights, .zero = true };
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

/* Cuts the segments into pieces with the same rights: all of one, but that relocation leaves a part
 * read-only. */
static unsigned make_pieces(struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	struct virt_range relro = kernel->relro;
	unsigned pieces = 0;

	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];
		struct virt_range share = segment_share(kernel, i);
		struct virt_range fixed = { max_u64(share.begin, relro.begin),
			                    min_u64(share.end, relro.end) };

		if (fixed.begin >= fixed.end) {
			pieces += add_piece(plan, pieces, segment, share, segment->rights);
			continue;
		}
		pieces +=
			add_piece(plan, pieces, segment,
		                  (struct virt_range){ share.begin, fixed.begin }, segment->rights);
		pieces += add_piece(plan, pieces, segment, fixed,
		                    segment->rights & (uint8_t)~RIGHT_WRITE);
		pieces += add_piece(plan, pieces, segment,
		                    (struct virt_range){ fixed.end, share.end }, segment->rights);
	}
	return pieces;
}

/*
 * True if pieces [first, end) of the kernel fit at `base` + their distance. If not, *next is a
 * higher base at which to try again, or NO_BASE if there is no more memory.
 */
static bool try_base(const struct plan *plan, unsigned first, unsigned end, uint64_t base,
                     bool own_file, uint64_t *next)
{
	*next = NO_BASE;
	for (unsigned i = first; i < end; i++) {
		struct phys_range piece = plan->placements[i].phys;
		struct phys_range want = { base + piece.begin, base + piece.end };
		struct phys_range have = want;
		uint64_t past;

		if (want.end < want.begin || !into_memory(plan, &have, 1, 0, UINT64_MAX))
			return false;
		past = have.begin != want.begin ? have.begin : obstacle_end(plan, want, own_file);
		if (past != 0) {
			*next = page_up(past - piece.begin);
			return false;
		}
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
	} while (next != NO_BASE);
	return false;
}

/* The physical base for pieces [first, end), lowest first, the same as their virtual address modulo
 * `align`. */
static bool find_base(const struct plan *plan, unsigned first, unsigned end, uint64_t align,
                      uint64_t *base)
{
	return find_base_above(plan, plan->lowest, first, end, align, base)
	    || find_base_above(plan, LOWEST_PLACE, first, end, align, base);
}

/* As find_base(), with the largest page size first from which the pieces can gain anything. */
static bool find_best_base(const struct plan *plan, unsigned first, unsigned end, uint64_t *base)
{
	uint64_t size = plan->placements[end - 1].phys.end - plan->placements[first].phys.begin;

	return (size >= GIB && plan->machine->cpu.gib_pages && !plan->small_pages
	        && find_base(plan, first, end, GIB, base))
	    || (size >= 2 * MIB && !plan->small_pages && find_base(plan, first, end, 2 * MIB, base))
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

/* True if the kernel's pieces, put at `base`, can be copied there from where they lie without
 * destroying each other. */
static bool can_copy(const struct plan *plan, unsigned first, unsigned end, uint64_t base)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken of it is given back */
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
 * The base at which the largest piece need not be moved, because the file was read to just there:
 * what makes the start of large kernels quick. False for a small kernel, or if the file is not
 * where it would help.
 */
static bool find_in_place(const struct plan *plan, unsigned first, unsigned end, uint64_t *base)
{
	const struct placement *largest = &plan->placements[first];
	uint64_t at, next;

	for (unsigned i = first; i < end; i++) {
		if (plan->placements[i].from.size > largest->from.size)
			largest = &plan->placements[i];
	}
	at = physical(plan->machine, largest->from.bytes) - largest->from_at - largest->phys.begin;
	if (largest->from.size < IN_PLACE_MIN || at + largest->phys.begin < plan->lowest
	    || (at & (PAGE_SIZE - 1)) != 0 || at > plan->machine->identity_limit)
		return false;
	*base = at;
	return try_base(plan, first, end, at, true, &next) && can_copy(plan, first, end, at);
}

/* Places each run of pieces that touch by itself: for kernels with gaps that no memory spans. */
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

bool plan_refuse_memory(struct plan *plan, enum diag code, const char *name, uint64_t size)
{
	char detail[200];
	struct text text = text_in(detail, sizeof(detail));

	text_add(&text, "%.100s takes ", name);
	text_add_size(&text, size);
	text_add(&text, "; the machine has ");
	text_add_size(&text, memory_total(plan->memory, MEMORY_USABLE));
	text_add(&text, " in all, some of it taken by the loader and the files");
	return refuse(plan->report, code, "%s", detail);
}

/* Refuses a kernel whose pieces [first, end) fit nowhere. */
static bool refuse_kernel(struct plan *plan, unsigned first, unsigned end)
{
	uint64_t need = 0;

	for (unsigned i = first; i < end; i++)
		need += plan->placements[i].phys.end - plan->placements[i].phys.begin;
	return plan_refuse_memory(plan, DIAG_MEMORY_KERNEL, "it", need);
}

/* The largest alignment that any segment asks for, at least 2 MiB: a slide is a multiple of it. */
static uint64_t slide_step(const struct kernel *kernel)
{
	uint64_t step = 2 * MIB;

	for (unsigned i = 0; i < kernel->segment_count; i++)
		step = max_u64(step, kernel->segments[i].align);
	return step;
}

/* Where a position-independent kernel goes: where it is linked, or to the top 2 GiB if that is too
 * low or with -kaslr. */
static bool choose_slide(struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	bool kaslr = plan->config->options.kaslr;
	uint64_t step = slide_step(kernel);
	uint64_t begin = align_down(kernel->virt.begin, step);
	uint64_t size = kernel->virt.end - begin;
	uint64_t choice = kaslr ? GIB : 0;

	if (kaslr && !kernel->position_independent)
		return refuse(plan->report, DIAG_KASLR_NOT_PIE, "it is linked at %#llx",
		              ULL(kernel->virt.begin));
	if (!kernel->position_independent || (kernel->virt.begin >= plan->pie_lowest && !kaslr))
		return true;
	if (step > GIB || size > -PIE_BASE - step - choice)
		return refuse(plan->report, DIAG_ELF_PIE_TOO_LARGE,
		              "it takes %#llx bytes with an alignment of %#llx", ULL(size),
		              ULL(step));
	plan->slide = PIE_BASE - begin;
	if (kaslr)
		plan->slide += align_down(plan->machine->random & (GIB - 1), step);
	return true;
}

bool plan_kernel(struct plan *plan)
{
	unsigned first = plan->count;
	unsigned end;
	uint64_t base;

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

bool plan_kernel_file(struct plan *plan)
{
	const struct file *file = &plan->config->kernel;
	uint64_t begin = physical(plan->machine, file->bytes.bytes);

	if (!plan->config->options.kernel_file)
		return true;
	return plan_add(plan, (struct placement){ .use = USE_KERNEL_FILE,
	                                          .phys = { begin, begin + file->capacity } });
}

/* True if a file's memory can be the module's: whole pages, that no kernel wants for itself. */
static bool may_stay(const struct plan *plan, const struct file *file, struct phys_range phys)
{
	if (((phys.begin | file->capacity) & (PAGE_SIZE - 1)) != 0)
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		if (phys_overlap(plan->placements[i].phys, phys))
			return false;
	}
	return true;
}

bool plan_modules(struct plan *plan)
{
	for (unsigned i = 0; i < plan->config->module_count; i++) {
		const struct file *file = &plan->config->modules[i];
		struct placement module = { .use = USE_MODULE, .from = file->bytes, .zero = true };
		uint64_t size = page_up(file->bytes.size);

		module.phys = file_memory(plan, file);
		module.phys.end = module.phys.begin + size;
		if (!may_stay(plan, file, module.phys)
		    && !plan_find(plan, size, PAGE_SIZE, 0, plan->machine->identity_limit,
		                  &module.phys))
			return plan_refuse_memory(plan, DIAG_MEMORY_MODULE, file->name, size);
		if (!plan_add(plan, module))
			return false;
	}
	return true;
}

bool plan_scratch(struct plan *plan, enum use use, uint64_t size, uint8_t **bytes,
                  struct placement **placement)
{
	uint64_t begin;

	*bytes = scratch_take(plan->scratch, size, PAGE_SIZE);
	if (*bytes == NULL)
		return refuse(plan->report, DIAG_MEMORY_LOADER,
		              "the %s takes %llu KiB, the loader has %llu KiB left", use_name(use),
		              ULL(size / KIB),
		              ULL((uint64_t)(plan->scratch->end - plan->scratch->at) / KIB));
	begin = physical(plan->machine, *bytes);
	if (!plan_add(plan, (struct placement){ .use = use, .phys = { begin, begin + size } }))
		return false;
	*placement = &plan->placements[plan->count - 1];
	return true;
}

/* Copies the resident part into scratch memory, as one placement. */
static bool take_resident(struct plan *plan, struct resident_header *header,
                          struct placement **placement)
{
	uint8_t *bytes;
	uint64_t size;

	span_read(plan->machine->resident, 0, header, sizeof(*header));
	size = page_up(header->size);
	if (!plan_scratch(plan, USE_RESIDENT,
	                  page_up(size + plan->processor_count * sizeof(*plan->processors)), &bytes,
	                  placement))
		return false;
	span_read(plan->machine->resident, 0, bytes, (size_t)plan->machine->resident.size);
	plan->resident = physical(plan->machine, bytes);
	plan->resident_window = plan->resident;
	plan->processors = (struct launch_processor *)(void *)(bytes + size);
	return true;
}

bool plan_resident_in_place(struct plan *plan)
{
	struct resident_header header;
	struct placement *placement;

	if (!take_resident(plan, &header, &placement))
		return false;
	plan->fault_info.resident =
		(struct fault_range){ placement->phys.begin, placement->phys.end };
	return true;
}

bool plan_resident(struct plan *plan)
{
	struct resident_header header;
	struct placement *placement;
	uint64_t at, size;

	if (!take_resident(plan, &header, &placement))
		return false;
	size = placement->phys.end - placement->phys.begin;
	if (!plan_window(plan, size, PAGE_SIZE, 0, &at))
		return false;
	plan->resident_window = at;
	plan->fault_info.resident = (struct fault_range){ at, at + size };
	placement->phys.end = placement->phys.begin + header.code_size;
	placement->virt.at = at;
	placement->rights = RIGHT_READ | RIGHT_EXECUTE;
	return plan_add(plan, (struct placement){ .use = USE_RESIDENT,
	                                          .phys = { plan->resident + header.code_size,
	                                                    plan->resident + size },
	                                          .virt = { at + header.code_size },
	                                          .rights = RIGHT_READ | RIGHT_WRITE });
}

/* The first placement that is mapped in a page of `virt`, or NULL. */
static const struct placement *mapped_at(const struct plan *plan, struct virt_range virt)
{
	for (unsigned i = 0; i < plan->count; i++) {
		struct virt_range taken = placement_virtual(&plan->placements[i]);

		taken = (struct virt_range){ page_down(taken.begin), page_up(taken.end) };
		if (plan->placements[i].rights != 0 && virt_overlap(taken, virt))
			return &plan->placements[i];
	}
	return NULL;
}

bool plan_virtual_is_free(const struct plan *plan, struct virt_range virt, const char *name)
{
	unsigned levels = plan->config->options.paging_levels;
	const struct placement *other = mapped_at(plan, virt);
	struct virt_range taken;

	if (!is_canonical(virt.begin, virt.end - virt.begin, virtual_bits(levels)))
		return refuse(plan->report, DIAG_ORDER_BAD_VALUE,
		              "%s: %#llx-%#llx goes beyond the addresses that the CPU has", name,
		              ULL(virt.begin), ULL(virt.end));
	if (other == NULL)
		return true;
	taken = placement_virtual(other);
	return refuse(plan->report, DIAG_MAP_COLLIDES, "%s: %#llx-%#llx, and the %s: %#llx-%#llx",
	              name, ULL(virt.begin), ULL(virt.end), use_name(other->use), ULL(taken.begin),
	              ULL(taken.end));
}

/* As plan_find_virtual(), in [begin, end) only. */
static bool find_slots(const struct plan *plan, uint64_t size, uint64_t begin, uint64_t end,
                       uint64_t *at)
{
	for (*at = begin; *at < end && in_bounds(*at, size, end); *at += SLOT) {
		if (mapped_at(plan, (struct virt_range){ *at, *at + size }) == NULL)
			return true;
	}
	return false;
}

bool plan_find_virtual(const struct plan *plan, uint64_t size, uint64_t first, uint64_t *at)
{
	if (find_slots(plan, size, first, LAST_SLOT, at)
	    || find_slots(plan, size, HIGHER_HALF, LAST_SLOT, at)
	    || find_slots(plan, size, SLOT, LOWER_END, at))
		return true;
	return refuse(plan->report, DIAG_MAP_NO_ROOM,
	              "%llu GiB in one piece, at a multiple of 512 GiB", ULL(size / GIB));
}

bool plan_window(struct plan *plan, uint64_t size, uint64_t align, uint64_t rest, uint64_t *at)
{
	if (plan->window == 0 && !plan_find_virtual(plan, SLOT, WINDOW_BASE, &plan->window))
		return false;
	*at = align_up_to(plan->window + PAGE_SIZE, align, rest);
	plan->window = page_up(*at + size);
	return true;
}

uint64_t plan_direct_map_size(const struct plan *plan)
{
	uint64_t size = 4 * GIB;

	for (unsigned i = 0; i < plan->memory->count; i++) {
		if (memory_is_ram(plan->memory->ranges[i].type))
			size = max_u64(size, plan->memory->ranges[i].phys.end);
	}
	return size;
}

/* One piece of the direct map. */
static bool add_direct_map(struct plan *plan, uint64_t base, uint8_t rights, struct phys_range phys)
{
	return plan_add(plan, (struct placement){ .use = USE_DIRECT_MAP,
	                                          .phys = phys,
	                                          .virt = { base + phys.begin },
	                                          .rights = rights });
}

bool plan_direct_map(struct plan *plan, uint64_t base, uint8_t rights)
{
	if (!add_direct_map(plan, base, rights, (struct phys_range){ 0, 4 * GIB }))
		return false;
	for (unsigned i = 0; i < plan->memory->count; i++) {
		const struct memory_range *range = &plan->memory->ranges[i];
		struct phys_range high = { max_u64(range->phys.begin, 4 * GIB), range->phys.end };

		if (memory_is_ram(range->type) && high.begin < high.end
		    && !add_direct_map(plan, base, rights, high))
			return false;
	}
	return true;
}

/* Maps a placement where it belongs, in whole pages. */
static bool map_placement(struct page_tables *tables, const struct placement *placement)
{
	struct virt_range virt = placement_virtual(placement);

	virt = (struct virt_range){ page_down(virt.begin), page_up(virt.end) };
	return placement->rights == 0
	    || page_tables_map(tables, virt, (struct phys){ page_down(placement->phys.begin) },
	                       placement->rights, placement->cache);
}

/* Maps physical memory where it is, for the loader's own use. */
static bool map_identity(struct page_tables *tables, uint64_t begin, uint64_t end)
{
	struct virt_range virt = { page_down(begin), page_up(end) };

	return page_tables_map(tables, virt, (struct phys){ virt.begin },
	                       RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE, CACHE_WRITE_BACK);
}

/* The tables for carrying out, and for explaining faults: all that the loader can point at, all RAM
 * beyond it, and the resident part. */
static bool map_launch(struct plan *plan)
{
	struct page_tables *tables = &plan->launch;

	if (!page_tables_begin(tables, plan->scratch, plan->machine,
	                       plan->config->options.paging_levels)
	    || !map_identity(tables, 0, plan->machine->identity_limit))
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];

		if (placement->use == USE_RESIDENT && !map_placement(tables, placement))
			return false;
		if (placement->use <= USE_DIRECT_MAP
		    && placement->phys.end > plan->machine->identity_limit
		    && !map_identity(tables, placement->phys.begin, placement->phys.end))
			return false;
	}
	return true;
}

/* The kernel's tables. What was mapped first stays, so the kernel's own pages win over identity
 * maps. */
static bool map_kernel(struct plan *plan)
{
	if (!page_tables_begin(&plan->tables, plan->scratch, plan->machine,
	                       plan->config->options.paging_levels))
		return false;
	for (unsigned i = 0; i < plan->count; i++) {
		if (plan->small_pages)
			plan->tables.largest = plan->placements[i].use == USE_DIRECT_MAP ? 2 : 1;
		if (!map_placement(&plan->tables, &plan->placements[i]))
			return false;
	}
	if (plan->recursive_slot != 0)
		page_tables_map_self(&plan->tables, plan->recursive_slot);
	return true;
}

/* Adds what has to be copied and zeroed for one placement. */
static void add_copying(struct plan *plan, const struct placement *placement)
{
	uint64_t to = placement->phys.begin + placement->from_at;
	uint64_t end = to + placement->from.size;
	uint64_t from = physical(plan->machine, placement->from.bytes);

	if (placement->from.size != 0 && from != to)
		plan->copies[plan->copy_count++] = (struct copy){ to, from, placement->from.size };
	if (placement->zero && placement->from_at != 0)
		plan->fills[plan->fill_count++] = (struct fill){ placement->phys.begin, to };
	if (placement->zero && end != placement->phys.end)
		plan->fills[plan->fill_count++] = (struct fill){ end, placement->phys.end };
}

/*
 * Puts the moves in order. Where some wait for each other in a circle, the source of one is brought
 * to free memory before all else: then it waits for nobody. The array has room for one more for
 * each.
 */
static bool order_copies(struct plan *plan)
{
	unsigned bounced = 0; /* the first moves, which only write to free memory */
	struct phys_range bounce;

	while (!copies_sort(plan->copies + bounced, plan->copy_count - bounced)) {
		struct copy *rest = plan->copies + bounced;
		unsigned left = plan->copy_count - bounced;
		struct copy *waiting = rest + copies_in_order(rest, left);
		uint64_t from = waiting->from;
		uint64_t size = waiting->size;

		if (!plan_find(plan, size, PAGE_SIZE, 0, plan->machine->identity_limit, &bounce)
		    || !plan_add(plan,
		                 (struct placement){ .use = USE_BOUNCE_BUFFER, .phys = bounce }))
			return false;
		waiting->from = bounce.begin;
		memmove(rest + 1, rest, left * sizeof(*rest));
		*rest = (struct copy){ bounce.begin, from, size };
		plan->copy_count++;
		bounced++;
	}
	return true;
}

/* Lists what has to be copied and zeroed, in an order that harms nothing. */
static bool order_copying(struct plan *plan)
{
	plan->copies = scratch_take(plan->scratch, 2 * plan->count * sizeof(*plan->copies), 8);
	plan->fills = scratch_take(plan->scratch, 2 * plan->count * sizeof(*plan->fills), 8);
	if (plan->copies == NULL || plan->fills == NULL)
		return false;
	for (unsigned i = 0; i < plan->count; i++)
		add_copying(plan, &plan->placements[i]);
	return order_copies(plan);
}

/* Adds what was taken of scratch memory since `begin`, in whole pages, as a placement. */
static bool add_taken(struct plan *plan, enum use use, const uint8_t *begin)
{
	const uint8_t *end = scratch_take(plan->scratch, 0, PAGE_SIZE);
	struct phys_range taken = { physical(plan->machine, begin), physical(plan->machine, end) };

	return end != NULL && plan_add(plan, (struct placement){ .use = use, .phys = taken });
}

bool plan_map(struct plan *plan)
{
	uint8_t *begin = scratch_take(plan->scratch, 0, PAGE_SIZE);
	uint64_t left = (uint64_t)(plan->scratch->end - plan->scratch->at);

	if (begin == NULL || !map_kernel(plan) || !add_taken(plan, USE_PAGE_TABLES, begin))
		return refuse(plan->report, DIAG_MEMORY_LOADER,
		              "the kernel's page tables take more than the %llu KiB that are left",
		              ULL(left / KIB));
	begin = plan->scratch->at;
	if (!map_launch(plan) || !plan_fault_info(plan) || !add_taken(plan, USE_RESIDENT, begin)
	    || !order_copying(plan))
		return refuse(plan->report, DIAG_MEMORY_LOADER,
		              "the loader's own page tables take more than the %llu KiB that are "
		              "left",
		              ULL((uint64_t)(plan->scratch->end - begin) / KIB));
	return true;
}

/* What a placement makes of the memory under it. */
static enum memory_type placement_type(const struct placement *placement)
{
	static const enum memory_type types[USES] = {
		[USE_KERNEL] = MEMORY_KERNEL,
		[USE_MODULE] = MEMORY_MODULE,
		[USE_STACK] = MEMORY_STACK,
		[USE_BOOT_INFO] = MEMORY_BOOT_INFO,
		[USE_PAGE_TABLES] = MEMORY_PAGE_TABLES,
		[USE_RESIDENT] = MEMORY_RESIDENT,
		[USE_KERNEL_FILE] = MEMORY_KERNEL_FILE,
		[USE_FRAMEBUFFER] = MEMORY_FRAMEBUFFER,
	};

	return types[placement->use];
}

const struct memory *plan_memory_map(const struct plan *plan)
{
	struct scratch scratch = *plan->scratch; /* a copy: what is taken of it is given back */
	unsigned most = plan->memory->count + plan->count;
	struct memory *map = scratch_take(&scratch, sizeof(*map), 8);
	struct memory_range *regions = scratch_take(&scratch, most * sizeof(*regions), 8);
	unsigned count = 0;

	if (map == NULL || regions == NULL) {
		refuse(plan->report, DIAG_MEMORY_LOADER, "the memory map's %u regions", most);
		return NULL;
	}
	for (unsigned i = 0; i < plan->memory->count; i++)
		regions[count++] = plan->memory->ranges[i];
	for (unsigned i = 0; i < plan->count; i++) {
		enum memory_type type = placement_type(&plan->placements[i]);

		if (type != MEMORY_NONE)
			regions[count++] = (struct memory_range){ plan->placements[i].phys, type };
	}
	return memory_from_regions(map, regions, count, scratch, plan->report) ? map : NULL;
}
