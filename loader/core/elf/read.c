/* SPDX-License-Identifier: MIT */
/*
 * read.c - turns the bytes of an ELF64 file into a struct kernel, or into the reason why not.
 *
 * Everything is checked here, once, so that no later code has to. Knows nothing of memory or
 * paging: others decide whether there is room for the kernel.
 */
#include "core/elf/read.h"

#include "core/elf/relocate.h"

/* The state of reading: the kernel as far as it has been read. */
struct reading {
	struct kernel *kernel;
	struct report *report;
	unsigned address_bits;
	bool physical; /* addresses are p_paddr, and ELF32 is accepted */
	bool merging;  /* segments in one page need not agree on its rights */
};

/* The rights that program header flags ask for. On x86, memory that can be written or executed can
 * also be read. */
static uint8_t segment_rights(uint32_t flags)
{
	return (uint8_t)(RIGHT_READ | ((flags & ELF_PF_W) != 0 ? RIGHT_WRITE : 0)
	                 | ((flags & ELF_PF_X) != 0 ? RIGHT_EXECUTE : 0));
}

/* The sizes and the place in the file of a PT_LOAD segment. Without bytes in the file, its place
 * means nothing: tools that shorten the file leave one that is past its end. */
static bool check_file_side(const struct reading *reading, const struct elf_program_header *program,
                            unsigned number)
{
	struct report *report = reading->report;
	uint64_t align = max_u64(program->align, 1);

	if (program->filesz != 0
	    && !in_bounds(program->offset, program->filesz, reading->kernel->elf.file.size))
		return refuse(report, DIAG_ELF_SEGMENT_OUTSIDE,
		              "segment %u takes %llu bytes from byte %llu on, the file has %llu",
		              number, ULL(program->filesz), ULL(program->offset),
		              ULL(reading->kernel->elf.file.size));
	if (program->memsz < program->filesz)
		return refuse(report, DIAG_ELF_MEMSZ_LESS,
		              "segment %u: p_filesz is %#llx, p_memsz only %#llx", number,
		              ULL(program->filesz), ULL(program->memsz));
	if (!is_power_of_two(align))
		return refuse(report, DIAG_ELF_BAD_ALIGN, "segment %u: p_align is %#llx", number,
		              ULL(program->align));
	if (program->filesz != 0 && ((program->offset - program->vaddr) & (align - 1)) != 0)
		return refuse(
			report, DIAG_ELF_MISALIGNED,
			"segment %u: p_offset %#llx and p_vaddr %#llx differ modulo p_align %#llx",
			number, ULL(program->offset), ULL(program->vaddr), ULL(program->align));
	return true;
}

/* The addresses of a PT_LOAD segment that is not empty. */
static bool check_address_side(const struct reading *reading,
                               const struct elf_program_header *program, unsigned number)
{
	bool fixed = reading->kernel->elf.header.type == ELF_TYPE_EXEC && !reading->physical;

	if (!is_canonical(program->vaddr, program->memsz, reading->address_bits))
		return refuse(reading->report, DIAG_ELF_NOT_CANONICAL,
		              "segment %u lies at %#llx and takes %#llx bytes", number,
		              ULL(program->vaddr), ULL(program->memsz));
	if (fixed && program->vaddr < PAGE_SIZE)
		return refuse(reading->report, DIAG_ELF_NULL_PAGE, "segment %u lies at %#llx",
		              number, ULL(program->vaddr));
	return true;
}

/* Puts the segment in its place among those already read, which are sorted by address. */
static void insert_segment(struct kernel *kernel, struct segment segment)
{
	unsigned at = kernel->segment_count++;

	for (; at > 0 && kernel->segments[at - 1].virt.begin > segment.virt.begin; at--)
		kernel->segments[at] = kernel->segments[at - 1];
	kernel->segments[at] = segment;
}

/* One PT_LOAD program header. */
static bool read_segment(struct reading *reading, const struct elf_program_header *program,
                         unsigned number)
{
	struct segment segment = {
		.virt = { program->vaddr, program->vaddr + program->memsz },
		.offset = program->filesz != 0 ? program->offset : 0,
		.align = max_u64(program->align, 1),
		.rights = segment_rights(program->flags),
		.header = (uint16_t)number,
	};

	if (!check_file_side(reading, program, number))
		return false;
	if (program->memsz == 0)
		return true;
	if (!check_address_side(reading, program, number))
		return false;
	span_part(reading->kernel->elf.file, program->offset, program->filesz, &segment.file);
	insert_segment(reading->kernel, segment);
	return true;
}

/* The TLS template: at most one, in a segment, its initial bytes in the segment's file part. */
static bool read_tls(struct reading *reading, const struct elf_program_header *program,
                     unsigned number)
{
	struct kernel *kernel = reading->kernel;

	if (kernel->tls.begin != kernel->tls.end)
		return refuse(reading->report, DIAG_ELF_TLS_BAD,
		              "program header %u is the second PT_TLS", number);
	if (program->memsz < program->filesz || program->memsz > INT64_MAX
	    || (program->align > 1 && !is_power_of_two(program->align)))
		return refuse(reading->report, DIAG_ELF_TLS_BAD,
		              "PT_TLS: p_filesz %#llx, p_memsz %#llx, p_align %#llx",
		              ULL(program->filesz), ULL(program->memsz), ULL(program->align));
	kernel->tls = (struct virt_range){ program->vaddr, program->vaddr + program->memsz };
	kernel->tls_file_size = program->filesz;
	kernel->tls_align = program->align > 1 ? program->align : 1;
	return true;
}

/* Passes each program header to the function for its type; ignores other types, such as notes. */
static bool read_program_headers(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;
	struct elf_program_header program;

	for (unsigned i = 0; elf_program(&kernel->elf, i, &program); i++) {
		bool good = true;

		if (program.type == ELF_PT_LOAD)
			good = read_segment(reading, &program, i);
		else if (program.type == ELF_PT_TLS)
			good = read_tls(reading, &program, i);
		else if (program.type == ELF_PT_GNU_RELRO)
			kernel->relro =
				(struct virt_range){ program.vaddr, program.vaddr + program.memsz };
		if (!good)
			return false;
	}
	if (kernel->segment_count == 0)
		return refuse(reading->report, DIAG_ELF_NOTHING_TO_LOAD,
		              "none of its %u program headers is a PT_LOAD with bytes",
		              kernel->elf.header.phnum);
	return true;
}

/* Neighbours must not overlap, and may share a page only if they agree on its rights. */
static bool check_neighbours(const struct reading *reading)
{
	const struct kernel *kernel = reading->kernel;

	for (unsigned i = 1; i < kernel->segment_count; i++) {
		const struct segment *low = &kernel->segments[i - 1];
		const struct segment *high = &kernel->segments[i];

		if (low->virt.end > high->virt.begin)
			return refuse(reading->report, DIAG_ELF_OVERLAP,
			              "segment %u takes %#llx-%#llx, segment %u takes %#llx-%#llx",
			              low->header, ULL(low->virt.begin), ULL(low->virt.end),
			              high->header, ULL(high->virt.begin), ULL(high->virt.end));
		if (!reading->physical && !reading->merging
		    && page_up(low->virt.end) > page_down(high->virt.begin)
		    && low->rights != high->rights)
			return refuse(reading->report, DIAG_ELF_PAGE_RIGHTS,
			              "the page at %#llx: segment %u ends there at %#llx with %s, "
			              "segment %u begins with %s",
			              ULL(page_down(high->virt.begin)), low->header,
			              ULL(low->virt.end), rights_name(low->rights), high->header,
			              rights_name(high->rights));
	}
	return true;
}

/* The entry point must be code. */
static bool read_entry(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;
	uint64_t entry = kernel->elf.header.entry;
	const struct segment *segment = kernel_segment_at(kernel, entry);

	if (segment == NULL)
		return refuse(reading->report, DIAG_ELF_ENTRY_OUTSIDE,
		              "e_entry is %#llx, the segments lie in %#llx-%#llx", ULL(entry),
		              ULL(kernel->virt.begin), ULL(kernel->virt.end));
	if ((segment->rights & RIGHT_EXECUTE) == 0)
		return refuse(reading->report, DIAG_ELF_ENTRY_NOT_EXECUTABLE,
		              "e_entry %#llx lies in segment %u: %s", ULL(entry), segment->header,
		              rights_name(segment->rights));
	kernel->entry.at = entry;
	return true;
}

/* The TLS template must lie in a segment, with its file bytes in the segment's. */
static bool check_tls(const struct reading *reading)
{
	const struct kernel *kernel = reading->kernel;
	const struct segment *segment;

	if (kernel->tls_file_size == 0)
		return true;
	segment = kernel_segment_at(kernel, kernel->tls.begin);
	if (segment == NULL
	    || !in_bounds(kernel->tls.begin - segment->virt.begin, kernel->tls_file_size,
	                  segment->file.size))
		return refuse(reading->report, DIAG_ELF_TLS_BAD,
		              "PT_TLS has %#llx bytes at %#llx, which no segment has in the file",
		              ULL(kernel->tls_file_size), ULL(kernel->tls.begin));
	return true;
}

/* The pages that belong to one segment alone. */
static struct virt_range own_pages(const struct kernel *kernel, const struct segment *segment)
{
	const struct segment *end = kernel->segments + kernel->segment_count;
	struct virt_range own = { page_down(segment->virt.begin), page_up(segment->virt.end) };

	if (segment > kernel->segments && page_up(segment[-1].virt.end) > own.begin)
		own.begin = page_up(segment->virt.begin);
	if (segment + 1 < end && page_down(segment[1].virt.begin) < own.end)
		own.end = page_down(segment->virt.end);
	return own;
}

/*
 * Rounds PT_GNU_RELRO to the pages that can be made read-only without harm: outward where the
 * segment itself begins or ends, inward where other bytes of it, or another segment, share the
 * page.
 */
static bool read_relro(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;
	struct virt_range asked = kernel->relro;
	const struct segment *segment;
	struct virt_range own;

	if (asked.begin == asked.end)
		return true;
	segment = kernel_segment_at(kernel, asked.begin);
	if (segment == NULL || asked.end < asked.begin
	    || page_down(asked.end) > page_up(segment->virt.end))
		return refuse(reading->report, DIAG_ELF_RELRO_BAD, "it takes %#llx-%#llx",
		              ULL(asked.begin), ULL(asked.end));
	own = own_pages(kernel, segment);
	if (asked.begin != segment->virt.begin)
		own.begin = page_up(asked.begin);
	if (asked.end < segment->virt.end)
		own.end = page_down(asked.end);
	kernel->relro = (struct virt_range){ own.begin, max_u64(own.begin, own.end) };
	return true;
}

/* Notes the pages from the first to the last. */
static bool read_extent(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;

	kernel->virt.begin = page_down(kernel->segments[0].virt.begin);
	kernel->virt.end = page_up(kernel->segments[kernel->segment_count - 1].virt.end);
	kernel->position_independent = kernel->elf.header.type == ELF_TYPE_DYN;
	return true;
}

/* As kernel_read(), with all but the file noted in *reading. */
static bool read_kernel(struct reading *reading, struct span file)
{
	struct kernel *kernel = reading->kernel;
	struct report *report = reading->report;

	memset(kernel, 0, sizeof(*kernel));
	elf_open(&kernel->elf, file);
	return elf_check(&kernel->elf, false, report) /* is it ELF, and for this machine? */
	    && read_program_headers(reading)          /* are the segments sound by themselves? */
	    && check_neighbours(reading)              /* and side by side? */
	    && read_extent(reading)                   /* where is it linked? */
	    && read_entry(reading)                    /* where does it begin? */
	    && check_tls(reading) && read_relro(reading)
	    && relocations_read(kernel, report); /* what changes when it is moved? */
}

bool kernel_read(struct kernel *kernel, struct span file, unsigned address_bits,
                 struct report *report)
{
	struct reading reading = { .kernel = kernel,
		                   .report = report,
		                   .address_bits = address_bits };

	return read_kernel(&reading, file);
}

bool kernel_read_merging(struct kernel *kernel, struct span file, unsigned address_bits,
                         struct report *report)
{
	struct reading reading = {
		.kernel = kernel, .report = report, .address_bits = address_bits, .merging = true
	};

	return read_kernel(&reading, file);
}

/* Reads a PT_LOAD with its physical address, and converts the entry point to a physical address if
 * it lies in it. */
static bool read_physical_segment(struct reading *reading, struct elf_program_header program,
                                  unsigned number)
{
	uint64_t distance = reading->kernel->elf.header.entry - program.vaddr;

	if (distance < program.memsz)
		reading->kernel->entry.at = program.paddr + distance;
	program.vaddr = program.paddr;
	program.align = 1;
	return read_segment(reading, &program, number);
}

bool kernel_read_physical(struct kernel *kernel, struct span file, struct report *report)
{
	struct reading reading = {
		.kernel = kernel, .report = report, .address_bits = 57, .physical = true
	};
	struct elf_program_header program;

	memset(kernel, 0, sizeof(*kernel));
	elf_open(&kernel->elf, file);
	if (!elf_check(&kernel->elf, true, report))
		return false;
	kernel->entry.at = kernel->elf.header.entry;
	for (unsigned i = 0; elf_program(&kernel->elf, i, &program); i++) {
		if (program.type == ELF_PT_LOAD && !read_physical_segment(&reading, program, i))
			return false;
	}
	if (kernel->segment_count == 0)
		return refuse(report, DIAG_ELF_NOTHING_TO_LOAD,
		              "none of its %u program headers is a PT_LOAD with bytes",
		              kernel->elf.header.phnum);
	return check_neighbours(&reading) && read_extent(&reading);
}
