/* SPDX-License-Identifier: MIT */
/*
 * read.c - turns the bytes of an ELF64 file into a struct kernel, or into the reason why not.
 *
 * Everything is checked here, once, so that nobody behind has to. Knows nothing of memory or
 * paging: whether there is room for the kernel is for others to say.
 */
#include "core/elf/read.h"

#include "core/elf/format.h"
#include "core/elf/relr.h"

#define RELA_SIZE sizeof(struct elf_rela)
#define RELR_SIZE sizeof(uint64_t)

/* What is needed while reading: the kernel as far as it is known, and the tables that point at each
 * other. */
struct reading {
	struct kernel *kernel;
	struct report *report;
	struct elf_header header;
	unsigned address_bits;
	bool physical; /* addresses are p_paddr, and ELF32 will do */
	struct span dynamic;
};

/* What the dynamic section says, as far as a loader without libraries cares. */
struct dynamic_facts {
	uint64_t rela, rela_size, rela_entry, relr, relr_size, relr_entry, strtab, strtab_size;
	uint64_t jmprel_size, rel;
	uint64_t needed; /* offset of the first library's name */
	bool has_needed;
};

const char *rights_name(uint8_t rights)
{
	static const char *const names[] = {
		"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"
	};

	return names[rights & 7];
}

const struct segment *kernel_segment_at(const struct kernel *kernel, uint64_t address)
{
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];

		if (address >= segment->virt.begin && address < segment->virt.end)
			return segment;
	}
	return NULL;
}

/* A machine's name for the message that it is the wrong one; "" if we know none. */
static const char *machine_name(unsigned machine)
{
	switch (machine) {
	case 3:
		return " (32-bit x86)";
	case 40:
		return " (32-bit ARM)";
	case 183:
		return " (AArch64)";
	case 243:
		return " (RISC-V)";
	case 258:
		return " (LoongArch)";
	default:
		return "";
	}
}

/* The first 16 bytes: is it ELF at all, and of our kind? */
static bool read_ident(struct reading *reading)
{
	const uint8_t *ident = reading->header.ident;
	struct report *report = reading->report;

	if (ident[0] != 0x7f || ident[1] != 'E' || ident[2] != 'L' || ident[3] != 'F')
		return refuse(report, DIAG_ELF_NOT_ELF,
		              "it begins with bytes %02x %02x %02x %02x, not 7f 45 4c 46", ident[0],
		              ident[1], ident[2], ident[3]);
	if (ident[ELF_CLASS] != ELF_CLASS_64
	    && !(reading->physical && ident[ELF_CLASS] == ELF_CLASS_32))
		return refuse(report, DIAG_ELF_NOT_64BIT, "byte 4 (EI_CLASS) is %u%s, not 2",
		              ident[ELF_CLASS], ident[ELF_CLASS] == 1 ? " (32-bit)" : "");
	if (ident[ELF_DATA] != ELF_DATA_LITTLE)
		return refuse(report, DIAG_ELF_NOT_LITTLE_ENDIAN, "byte 5 (EI_DATA) is %u%s, not 1",
		              ident[ELF_DATA], ident[ELF_DATA] == 2 ? " (big-endian)" : "");
	if (ident[ELF_IDENT_VERSION] != ELF_VERSION_CURRENT)
		return refuse(report, DIAG_ELF_VERSION, "byte 6 (EI_VERSION) is %u, not 1",
		              ident[ELF_IDENT_VERSION]);
	return true;
}

/* What the number in e_type means, for the message that it is not an executable. */
static const char *type_name(unsigned type)
{
	switch (type) {
	case ELF_TYPE_REL:
		return " (relocatable: an object file)";
	case ELF_TYPE_CORE:
		return " (core dump)";
	default:
		return "";
	}
}

/* True if the file has the 32-bit forms of the structures. */
static bool is_elf32(const struct reading *reading)
{
	return reading->header.ident[ELF_CLASS] == ELF_CLASS_32;
}

/* Brings the header of an ELF32 file into the 64-bit form. */
static bool widen_header(struct reading *reading)
{
	struct elf32_header narrow;
	struct elf_header *wide = &reading->header;

	if (!span_read(reading->kernel->file, 0, &narrow, sizeof(narrow)))
		return false;
	wide->type = narrow.type;
	wide->machine = narrow.machine;
	wide->version = narrow.version;
	wide->entry = narrow.entry;
	wide->phoff = narrow.phoff;
	wide->shoff = narrow.shoff;
	wide->phentsize = narrow.phentsize;
	wide->phnum = narrow.phnum;
	wide->shentsize = narrow.shentsize;
	wide->shnum = narrow.shnum;
	wide->shstrndx = narrow.shstrndx;
	return true;
}

/* Takes the header in, whatever its form. */
static bool take_header(struct reading *reading)
{
	struct span file = reading->kernel->file;
	bool whole;

	if (file.size == 0)
		return refuse(reading->report, DIAG_ELF_EMPTY, "it has 0 bytes");
	span_read(file, 0, reading->header.ident, sizeof(reading->header.ident));
	whole = reading->physical && is_elf32(reading)
	              ? widen_header(reading)
	              : span_read(file, 0, &reading->header, sizeof(reading->header));
	if (!whole)
		return refuse(reading->report, DIAG_ELF_TOO_SHORT,
		              "it has %llu bytes; the ELF header alone takes 64", ULL(file.size));
	return read_ident(reading);
}

/* Bytes of a program header in this file. */
static unsigned program_header_size(const struct reading *reading)
{
	return is_elf32(reading) ? sizeof(struct elf32_program_header)
	                         : sizeof(struct elf_program_header);
}

/* The program headers lie in the file, and are of the right size and number. */
static bool check_program_headers(const struct reading *reading)
{
	const struct elf_header *header = &reading->header;
	uint64_t size = reading->kernel->file.size;
	struct report *report = reading->report;

	if (header->phnum == 0)
		return refuse(report, DIAG_ELF_NOTHING_TO_LOAD,
		              "e_phnum is 0: there are no program headers");
	if (header->phentsize != program_header_size(reading))
		return refuse(report, DIAG_ELF_PHDR_SIZE, "e_phentsize is %u, not %u",
		              header->phentsize, program_header_size(reading));
	if (header->phnum > KERNEL_MAX_PHDRS)
		return refuse(report, DIAG_ELF_TOO_MANY_PHDRS,
		              "e_phnum is %u, at most %u can be used", header->phnum,
		              KERNEL_MAX_PHDRS);
	if (!in_bounds(header->phoff, (uint64_t)header->phnum * header->phentsize, size))
		return refuse(report, DIAG_ELF_PHDRS_OUTSIDE,
		              "%u program headers begin at byte %llu, the file has %llu",
		              header->phnum, ULL(header->phoff), ULL(size));
	return true;
}

/* The ELF header: for this machine, executable, and with program headers that lie in the file. */
static bool read_header(struct reading *reading)
{
	struct elf_header *header = &reading->header;
	struct report *report = reading->report;

	if (!take_header(reading))
		return false;
	if (header->machine != ELF_MACHINE_X86_64
	    && !(reading->physical && header->machine == ELF_MACHINE_386))
		return refuse(report, DIAG_ELF_NOT_X86_64, "e_machine is %u%s, not 62",
		              header->machine, machine_name(header->machine));
	if (header->type != ELF_TYPE_EXEC && header->type != ELF_TYPE_DYN)
		return refuse(report, DIAG_ELF_NOT_EXECUTABLE,
		              "e_type is %u%s, not 2 (ET_EXEC) or 3 (ET_DYN)", header->type,
		              type_name(header->type));
	if (header->version != ELF_VERSION_CURRENT)
		return refuse(report, DIAG_ELF_VERSION, "e_version is %u, not 1", header->version);
	return check_program_headers(reading);
}

/* Program header `number`, which read_header() has found to lie in the file, in the 64-bit form. */
static struct elf_program_header program_header(const struct reading *reading, unsigned number)
{
	struct span file = reading->kernel->file;
	uint64_t at = reading->header.phoff + number * program_header_size(reading);
	struct elf_program_header program;
	struct elf32_program_header narrow;

	if (!is_elf32(reading)) {
		span_read(file, at, &program, sizeof(program));
		return program;
	}
	span_read(file, at, &narrow, sizeof(narrow));
	return (struct elf_program_header){
		.type = narrow.type,
		.flags = narrow.flags,
		.offset = narrow.offset,
		.vaddr = narrow.vaddr,
		.paddr = narrow.paddr,
		.filesz = narrow.filesz,
		.memsz = narrow.memsz,
		.align = narrow.align,
	};
}

/* The rights that program header flags ask for. A segment that may be written or executed may be
 * read: x86 cannot else. */
static uint8_t segment_rights(uint32_t flags)
{
	return (uint8_t)(RIGHT_READ | ((flags & ELF_PF_W) != 0 ? RIGHT_WRITE : 0)
	                 | ((flags & ELF_PF_X) != 0 ? RIGHT_EXECUTE : 0));
}

/* The sizes and the place in the file of a PT_LOAD segment. */
static bool check_file_side(const struct reading *reading, const struct elf_program_header *program,
                            unsigned number)
{
	struct report *report = reading->report;

	if (!in_bounds(program->offset, program->filesz, reading->kernel->file.size))
		return refuse(report, DIAG_ELF_SEGMENT_OUTSIDE,
		              "segment %u takes %llu bytes from byte %llu on, the file has %llu",
		              number, ULL(program->filesz), ULL(program->offset),
		              ULL(reading->kernel->file.size));
	if (program->memsz < program->filesz)
		return refuse(report, DIAG_ELF_MEMSZ_LESS,
		              "segment %u: p_filesz is %#llx, p_memsz only %#llx", number,
		              ULL(program->filesz), ULL(program->memsz));
	if (program->align > 1 && !is_power_of_two(program->align))
		return refuse(report, DIAG_ELF_BAD_ALIGN, "segment %u: p_align is %#llx", number,
		              ULL(program->align));
	if (program->memsz != 0 && program->align > 1
	    && ((program->offset - program->vaddr) & (program->align - 1)) != 0)
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
	bool fixed = reading->header.type == ELF_TYPE_EXEC && !reading->physical;

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
		.offset = program->offset,
		.align = program->align > 1 ? program->align : 1,
		.rights = segment_rights(program->flags),
		.header = (uint16_t)number,
	};

	if (!check_file_side(reading, program, number))
		return false;
	if (program->memsz == 0)
		return true;
	if (!check_address_side(reading, program, number))
		return false;
	span_part(reading->kernel->file, program->offset, program->filesz, &segment.file);
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

/* Sends each program header to the one who knows its type. Others, such as notes, are none of our
 * business. */
static bool read_program_headers(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;

	for (unsigned i = 0; i < reading->header.phnum; i++) {
		struct elf_program_header program = program_header(reading, i);
		bool good = true;

		if (program.type == ELF_PT_LOAD)
			good = read_segment(reading, &program, i);
		else if (program.type == ELF_PT_TLS)
			good = read_tls(reading, &program, i);
		else if (program.type == ELF_PT_GNU_RELRO)
			kernel->relro =
				(struct virt_range){ program.vaddr, program.vaddr + program.memsz };
		else if (program.type == ELF_PT_DYNAMIC
		         && !span_part(kernel->file, program.offset, program.filesz,
		                       &reading->dynamic))
			good = refuse(
				reading->report, DIAG_ELF_DYNAMIC_BAD,
				"PT_DYNAMIC takes %llu bytes from byte %llu on, the file has %llu",
				ULL(program.filesz), ULL(program.offset), ULL(kernel->file.size));
		if (!good)
			return false;
	}
	if (kernel->segment_count == 0)
		return refuse(reading->report, DIAG_ELF_NOTHING_TO_LOAD,
		              "none of its %u program headers is a PT_LOAD with bytes",
		              reading->header.phnum);
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
		if (!reading->physical && page_up(low->virt.end) > page_down(high->virt.begin)
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
	uint64_t entry = reading->header.entry;
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
	const struct segment *segment = kernel_segment_at(kernel, kernel->tls.begin);

	if (kernel->tls_file_size == 0)
		return true;
	if (segment == NULL
	    || !in_bounds(kernel->tls.begin - segment->virt.begin, kernel->tls_file_size,
	                  segment->file.size))
		return refuse(reading->report, DIAG_ELF_TLS_BAD,
		              "PT_TLS has %#llx bytes at %#llx, which no segment has in the file",
		              ULL(kernel->tls_file_size), ULL(kernel->tls.begin));
	return true;
}

/* The whole pages that a segment has for itself. */
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
	const struct segment *segment = kernel_segment_at(kernel, asked.begin);
	struct virt_range own;

	if (asked.begin == asked.end)
		return true;
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

/* The file bytes behind the addresses [at, at + size), as linked. */
static bool bytes_at(const struct kernel *kernel, uint64_t at, uint64_t size, struct span *bytes)
{
	const struct segment *segment = kernel_segment_at(kernel, at);

	return segment != NULL && span_part(segment->file, at - segment->virt.begin, size, bytes);
}

/* Collects what matters of the dynamic section. It ends with DT_NULL or with its last byte. */
static struct dynamic_facts collect_dynamic(struct span dynamic)
{
	struct dynamic_facts facts = { .rela_entry = RELA_SIZE, .relr_entry = RELR_SIZE };
	struct elf_dynamic entry;

	for (uint64_t at = 0;
	     span_read(dynamic, at, &entry, sizeof(entry)) && entry.tag != ELF_DT_NULL;
	     at += sizeof(entry)) {
		switch (entry.tag) {
		case ELF_DT_RELA:
			facts.rela = entry.value;
			break;
		case ELF_DT_RELASZ:
			facts.rela_size = entry.value;
			break;
		case ELF_DT_RELAENT:
			facts.rela_entry = entry.value;
			break;
		case ELF_DT_RELR:
			facts.relr = entry.value;
			break;
		case ELF_DT_RELRSZ:
			facts.relr_size = entry.value;
			break;
		case ELF_DT_RELRENT:
			facts.relr_entry = entry.value;
			break;
		case ELF_DT_REL:
			facts.rel = entry.value;
			break;
		case ELF_DT_PLTRELSZ:
			facts.jmprel_size = entry.value;
			break;
		case ELF_DT_STRTAB:
			facts.strtab = entry.value;
			break;
		case ELF_DT_STRSZ:
			facts.strtab_size = entry.value;
			break;
		case ELF_DT_NEEDED:
			facts.needed = entry.value;
			facts.has_needed = true;
			break;
		default:
			break;
		}
	}
	return facts;
}

/* Refuses a kernel that wants a shared library, naming it if its name can be found. */
static bool refuse_library(const struct reading *reading, const struct dynamic_facts *facts)
{
	char name[80] = "";
	struct span names;
	uint64_t length;

	if (bytes_at(reading->kernel, facts->strtab, facts->strtab_size, &names)
	    && span_string(names, facts->needed, &length)
	    && span_read(names, facts->needed, name, (size_t)min_u64(length, sizeof(name) - 1)))
		return refuse(reading->report, DIAG_ELF_NEEDS_LIBRARY, "it asks for %s", name);
	return refuse(reading->report, DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
}

/* The bytes of a relocation table: `size` at `at`, in entries of `entry` bytes, which should be
 * `usual`. */
static bool read_table(const struct reading *reading, const char *name, struct virt at,
                       uint64_t size, uint64_t entry, uint32_t usual, struct span *table)
{
	if (size == 0)
		return true;
	if (entry != usual)
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "%sENT is %llu, but the entries of %s have %u bytes", name,
		              ULL(entry), name, usual);
	if (size > UINT32_MAX || (uint32_t)size % usual != 0)
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "%sSZ is %#llx, which is no possible size for entries of %u bytes",
		              name, ULL(size), usual);
	if (!bytes_at(reading->kernel, at.at, size, table))
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "%s names %#llx bytes at %#llx, which no segment has in the file",
		              name, ULL(size), ULL(at.at));
	return true;
}

/* The relocation tables that the dynamic section names must be whole and lie in the file. */
static bool read_dynamic(struct reading *reading)
{
	struct relocations *relocations = &reading->kernel->relocations;
	struct dynamic_facts facts = collect_dynamic(reading->dynamic);

	if (facts.has_needed)
		return refuse_library(reading, &facts);
	if (facts.rel != 0 || facts.jmprel_size != 0)
		return refuse(reading->report, DIAG_ELF_RELOCATION_TYPE,
		              "%s is present; x86-64 kernels have DT_RELA and DT_RELR",
		              facts.rel != 0 ? "DT_REL" : "DT_JMPREL (a procedure linkage table)");
	relocations->rela_at.at = facts.rela;
	relocations->relr_at.at = facts.relr;
	return read_table(reading, "DT_RELA", relocations->rela_at, facts.rela_size,
	                  facts.rela_entry, RELA_SIZE, &relocations->rela)
	    && read_table(reading, "DT_RELR", relocations->relr_at, facts.relr_size,
	                  facts.relr_entry, RELR_SIZE, &relocations->relr);
}

/* Name of a relocation type (psABI table 4.9), for messages. */
static const char *relocation_name(uint32_t type)
{
	static const char *const names[] = {
		"NONE",         "64",       "PC32",      "GOT32",      "PLT32",
		"COPY",         "GLOB_DAT", "JUMP_SLOT", "RELATIVE",   "GOTPCREL",
		"32",           "32S",      "16",        "PC16",       "8",
		"PC8",          "DTPMOD64", "DTPOFF64",  "TPOFF64",    "TLSGD",
		"TLSLD",        "DTPOFF32", "GOTTPOFF",  "TPOFF32",    "PC64",
		"GOTOFF64",     "GOTPC32",  "GOT64",     "GOTPCREL64", "GOTPC64",
		"GOTPLT64",     "PLTOFF64", "SIZE32",    "SIZE64",     "GOTPC32_TLSDESC",
		"TLSDESC_CALL", "TLSDESC",  "IRELATIVE", "RELATIVE64",
	};

	return type < COUNT(names) ? names[type] : "?";
}

/* True if the 8 bytes at the address, as linked, are the kernel's own. Keeps the last segment
 * found: tables are sorted. */
static bool is_target(const struct kernel *kernel, uint64_t address, const struct segment **last)
{
	if (*last == NULL || address < (*last)->virt.begin || address >= (*last)->virt.end)
		*last = kernel_segment_at(kernel, address);
	return *last != NULL
	    && in_bounds(address - (*last)->virt.begin, 8, (*last)->virt.end - (*last)->virt.begin);
}

/* True if the 8 bytes at the address, in a segment, are partly of the table that is linked at `at`.
 */
static bool hits_table(struct span table, struct virt at, uint64_t address)
{
	return table.size != 0 && address + 7 - at.at < table.size + 7;
}

/* Entry number `entry` of the table `name` must change 8 bytes of the kernel, and none that say
 * what is to be changed: the tables are read again when they are carried out. */
static bool check_target(const struct reading *reading, const char *name, uint32_t entry,
                         uint64_t address, const struct segment **last)
{
	const struct relocations *tables = &reading->kernel->relocations;

	if (!is_target(reading->kernel, address, last))
		return refuse(reading->report, DIAG_ELF_RELOCATION_OUTSIDE,
		              "entry %u of %s changes 8 bytes at %#llx, which no segment has",
		              entry, name, ULL(address));
	if (hits_table(tables->rela, tables->rela_at, address)
	    || hits_table(tables->relr, tables->relr_at, address))
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "entry %u of %s changes 8 bytes at %#llx, in a table of relocations",
		              entry, name, ULL(address));
	return true;
}

/* Each RELA entry must be one that needs no symbol, with a target that is allowed. */
static bool check_rela(const struct reading *reading)
{
	struct span table = reading->kernel->relocations.rela;
	const struct segment *last = NULL;
	struct elf_rela rela;

	for (uint64_t at = 0; span_read(table, at, &rela, sizeof(rela)); at += sizeof(rela)) {
		uint32_t type = (uint32_t)rela.info;
		uint32_t entry = (uint32_t)at / RELA_SIZE;

		if (type == ELF_R_X86_64_NONE)
			continue;
		if (type != ELF_R_X86_64_RELATIVE)
			return refuse(reading->report, DIAG_ELF_RELOCATION_TYPE,
			              "entry %u of DT_RELA, at %#llx: R_X86_64_%s (%u)", entry,
			              ULL(rela.offset), relocation_name(type), type);
		if (!check_target(reading, "DT_RELA", entry, rela.offset, &last))
			return false;
	}
	return true;
}

/* Each RELR entry must have targets that are allowed. */
static bool check_relr(const struct reading *reading)
{
	struct span table = reading->kernel->relocations.relr;
	const struct segment *last = NULL;
	struct relr_walk walk = { 0 };
	uint64_t word, address;

	for (uint64_t at = 0; span_read(table, at, &word, sizeof(word)); at += sizeof(word)) {
		relr_feed(&walk, word);
		while (relr_next(&walk, &address)) {
			if (!check_target(reading, "DT_RELR", (uint32_t)at / RELR_SIZE, address,
			                  &last))
				return false;
		}
	}
	return true;
}

/* Notes the pages from the first to the last. */
static bool read_extent(struct reading *reading)
{
	struct kernel *kernel = reading->kernel;

	kernel->virt.begin = page_down(kernel->segments[0].virt.begin);
	kernel->virt.end = page_up(kernel->segments[kernel->segment_count - 1].virt.end);
	kernel->position_independent = reading->header.type == ELF_TYPE_DYN;
	return true;
}

bool kernel_read(struct kernel *kernel, struct span file, unsigned address_bits,
                 struct report *report)
{
	struct reading reading = { .kernel = kernel,
		                   .report = report,
		                   .address_bits = address_bits };

	memset(kernel, 0, sizeof(*kernel));
	kernel->file = file;
	return read_header(&reading)          /* is it ELF, and for this machine? */
	    && read_program_headers(&reading) /* are the segments sound by themselves? */
	    && check_neighbours(&reading)     /* and side by side? */
	    && read_extent(&reading)          /* where is it linked? */
	    && read_entry(&reading)           /* where does it begin? */
	    && check_tls(&reading) && read_relro(&reading) && read_dynamic(&reading)
	    && check_rela(&reading) && check_relr(&reading);
}

/* Reads a PT_LOAD for its physical place, and turns an entry point that is linked in it into one
 * that is physical. */
static bool read_physical_segment(struct reading *reading, struct elf_program_header program,
                                  unsigned number)
{
	uint64_t distance = reading->header.entry - program.vaddr;

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

	memset(kernel, 0, sizeof(*kernel));
	kernel->file = file;
	if (!read_header(&reading))
		return false;
	kernel->entry.at = reading.header.entry;
	for (unsigned i = 0; i < reading.header.phnum; i++) {
		struct elf_program_header program = program_header(&reading, i);

		if (program.type == ELF_PT_LOAD && !read_physical_segment(&reading, program, i))
			return false;
	}
	if (kernel->segment_count == 0)
		return refuse(report, DIAG_ELF_NOTHING_TO_LOAD,
		              "none of its %u program headers is a PT_LOAD with bytes",
		              reading.header.phnum);
	return check_neighbours(&reading) && read_extent(&reading);
}
