/* SPDX-License-Identifier: MIT */
/* headers.c - reads and judges the headers of ELF32 and ELF64 files. */
#include "core/elf/headers.h"

/* Reads the header of an ELF32 file into the 64-bit form. */
static bool read_elf32(struct span file, struct elf_header *wide)
{
	struct elf32_header small;

	if (!span_read(file, 0, &small, sizeof(small)))
		return false;
	memcpy(wide->ident, small.ident, sizeof(wide->ident));
	wide->type = small.type;
	wide->machine = small.machine;
	wide->version = small.version;
	wide->entry = small.entry;
	wide->phoff = small.phoff;
	wide->shoff = small.shoff;
	wide->phentsize = small.phentsize;
	wide->phnum = small.phnum;
	wide->shentsize = small.shentsize;
	wide->shnum = small.shnum;
	wide->shstrndx = small.shstrndx;
	return true;
}

/* True if `ident` begins as ELF does. */
static bool has_magic(const uint8_t *ident)
{
	static const uint8_t magic[] = { 0x7f, 'E', 'L', 'F' };

	return memcmp(ident, magic, sizeof(magic)) == 0;
}

/* True if `ident` is that of a file whose other headers can be read. */
static bool is_known(const uint8_t *ident)
{
	return has_magic(ident)
	    && (ident[ELF_CLASS] == ELF_CLASS_32 || ident[ELF_CLASS] == ELF_CLASS_64)
	    && ident[ELF_DATA] == ELF_DATA_LITTLE;
}

bool elf_open(struct elf *elf, struct span file)
{
	uint8_t *ident = elf->header.ident;
	struct elf_header header = { .type = 0 };

	*elf = (struct elf){ .file = file };
	span_read(file, 0, ident, (size_t)min_u64(file.size, sizeof(header.ident)));
	elf->is_elf32 = ident[ELF_CLASS] == ELF_CLASS_32;
	elf->known = is_known(ident)
	          && (elf->is_elf32 ? read_elf32(file, &header)
	                            : span_read(file, 0, &header, sizeof(header)));
	if (!elf->known)
		return false;
	elf->header = header;
	if (header.phentsize == elf_program_size(elf))
		span_part(file, header.phoff, (uint64_t)header.phnum * header.phentsize,
		          &elf->programs);
	return true;
}

bool elf_is_class_64(const struct elf *elf)
{
	const uint8_t *ident = elf->header.ident;

	return ident[0] == 0x7f && ident[ELF_CLASS] == ELF_CLASS_64;
}

unsigned elf_program_size(const struct elf *elf)
{
	return elf->is_elf32 ? sizeof(struct elf32_program_header)
	                     : sizeof(struct elf_program_header);
}

unsigned elf_section_size(const struct elf *elf)
{
	return elf->is_elf32 ? sizeof(struct elf32_section_header)
	                     : sizeof(struct elf_section_header);
}

bool elf_program(const struct elf *elf, unsigned number, struct elf_program_header *program)
{
	uint64_t at = (uint64_t)number * elf_program_size(elf);
	struct elf32_program_header small;

	if (!elf->is_elf32)
		return span_read(elf->programs, at, program, sizeof(*program));
	if (!span_read(elf->programs, at, &small, sizeof(small)))
		return false;
	*program = (struct elf_program_header){ .type = small.type,
		                                .flags = small.flags,
		                                .offset = small.offset,
		                                .vaddr = small.vaddr,
		                                .paddr = small.paddr,
		                                .filesz = small.filesz,
		                                .memsz = small.memsz,
		                                .align = small.align };
	return true;
}

bool elf_find_program(const struct elf *elf, uint32_t type, struct elf_program_header *program)
{
	for (unsigned i = 0; elf_program(elf, i, program); i++) {
		if (program->type == type)
			return true;
	}
	return false;
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

/* The first 16 bytes: is it ELF, and of a class and version that we can read? And is the header
 * whole? A file that is known needs only a part of these checks. */
static bool check_ident(const struct elf *elf, bool elf32_too, struct report *report)
{
	const uint8_t *ident = elf->header.ident;
	uint64_t least = elf->is_elf32 && elf32_too ? sizeof(struct elf32_header)
	                                            : sizeof(struct elf_header);

	if (elf->known && elf->is_elf32 <= elf32_too
	    && ident[ELF_IDENT_VERSION] == ELF_VERSION_CURRENT)
		return true;
	if (elf->file.size == 0)
		return refuse(report, DIAG_ELF_EMPTY, "it has 0 bytes");
	if (elf->file.size < least && (elf->file.size < ELF_CLASS || has_magic(ident)))
		return refuse(report, DIAG_ELF_TOO_SHORT,
		              "it has %llu bytes; the ELF header alone takes %llu",
		              ULL(elf->file.size), ULL(least));
	if (!has_magic(ident))
		return refuse(report, DIAG_ELF_NOT_ELF,
		              "it begins with bytes %02x %02x %02x %02x, not 7f 45 4c 46", ident[0],
		              ident[1], ident[2], ident[3]);
	if (ident[ELF_CLASS] != ELF_CLASS_64 && !(elf32_too && ident[ELF_CLASS] == ELF_CLASS_32))
		return refuse(report, DIAG_ELF_NOT_64BIT, "byte 4 (EI_CLASS) is %u%s, not 2",
		              ident[ELF_CLASS], ident[ELF_CLASS] == 1 ? " (32-bit)" : "");
	if (ident[ELF_DATA] != ELF_DATA_LITTLE)
		return refuse(report, DIAG_ELF_NOT_LITTLE_ENDIAN, "byte 5 (EI_DATA) is %u%s, not 1",
		              ident[ELF_DATA], ident[ELF_DATA] == 2 ? " (big-endian)" : "");
	return refuse(report, DIAG_ELF_VERSION, "byte 6 (EI_VERSION) is %u, not 1",
	              ident[ELF_IDENT_VERSION]);
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

/* The program headers must lie in the file, and be of the right size and number. */
static bool check_program_headers(const struct elf *elf, struct report *report)
{
	const struct elf_header *header = &elf->header;

	if (elf->programs.size != 0 && header->phnum <= KERNEL_MAX_PHDRS)
		return true;
	if (header->phnum == 0)
		return refuse(report, DIAG_ELF_NOTHING_TO_LOAD,
		              "e_phnum is 0: there are no program headers");
	if (header->phentsize != elf_program_size(elf))
		return refuse(report, DIAG_ELF_PHDR_SIZE, "e_phentsize is %u, not %u",
		              header->phentsize, elf_program_size(elf));
	if (header->phnum > KERNEL_MAX_PHDRS)
		return refuse(report, DIAG_ELF_TOO_MANY_PHDRS,
		              "e_phnum is %u, at most %u can be used", header->phnum,
		              KERNEL_MAX_PHDRS);
	return refuse(report, DIAG_ELF_PHDRS_OUTSIDE,
	              "%u program headers begin at byte %llu, the file has %llu", header->phnum,
	              ULL(header->phoff), ULL(elf->file.size));
}

bool elf_check(const struct elf *elf, bool elf32_too, struct report *report)
{
	const struct elf_header *header = &elf->header;

	if (!check_ident(elf, elf32_too, report))
		return false;
	if (header->machine != ELF_MACHINE_X86_64
	    && !(elf32_too && header->machine == ELF_MACHINE_386))
		return refuse(report, DIAG_ELF_NOT_X86_64, "e_machine is %u%s, not 62",
		              header->machine, machine_name(header->machine));
	if (header->type != ELF_TYPE_EXEC && header->type != ELF_TYPE_DYN)
		return refuse(report, DIAG_ELF_NOT_EXECUTABLE,
		              "e_type is %u%s, not 2 (ET_EXEC) or 3 (ET_DYN)", header->type,
		              type_name(header->type));
	if (header->version != ELF_VERSION_CURRENT)
		return refuse(report, DIAG_ELF_VERSION, "e_version is %u, not 1", header->version);
	return check_program_headers(elf, report);
}
