/* SPDX-License-Identifier: MIT */
/*
 * relocate.c - reads the dynamic section and the tables of relocations that it names. Decides what
 * each entry asks for, and refuses what a kernel cannot have.
 */
#include "core/elf/relocate.h"

#include "core/elf/relative.h"

#define RELA_SIZE sizeof(struct elf_rela)
#define RELR_SIZE sizeof(uint64_t)

/* What is needed while reading. */
struct reading {
	struct kernel *kernel;
	struct report *report;
};

/* What the dynamic section says, as far as a loader without libraries cares. */
struct dynamic_facts {
	uint64_t rela, rela_size, rela_entry, relr, relr_size, relr_entry, strtab, strtab_size;
	uint64_t jmprel_size, rel;
	uint64_t needed; /* offset of the first library's name */
	bool has_needed;
};

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

	if (kernel_bytes(reading->kernel, facts->strtab, facts->strtab_size, &names)
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
	if (!kernel_bytes(reading->kernel, at.at, size, table))
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "%s names %#llx bytes at %#llx, which no segment has in the file",
		              name, ULL(size), ULL(at.at));
	return true;
}

/* The relocation tables that the dynamic section names must be whole and lie in the file. */
static bool read_dynamic(const struct reading *reading, struct span dynamic)
{
	struct relocations *relocations = &reading->kernel->relocations;
	struct dynamic_facts facts = collect_dynamic(dynamic);

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
		if (!rela_is_relative(rela.info))
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

/* The bytes of the dynamic section; none if there is none. */
static bool find_dynamic(const struct reading *reading, struct span *dynamic)
{
	const struct elf *elf = &reading->kernel->elf;
	struct elf_program_header program;

	*dynamic = (struct span){ NULL, 0 };
	return !elf_find_program(elf, ELF_PT_DYNAMIC, &program)
	    || span_part(elf->file, program.offset, program.filesz, dynamic)
	    || refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
	              "PT_DYNAMIC takes %llu bytes from byte %llu on, the file has %llu",
	              ULL(program.filesz), ULL(program.offset), ULL(elf->file.size));
}

bool relocations_read(struct kernel *kernel, struct report *report)
{
	struct reading reading = { kernel, report };
	struct span dynamic;

	return find_dynamic(&reading, &dynamic) && read_dynamic(&reading, dynamic)
	    && check_rela(&reading) && check_relr(&reading);
}

/* The addend of a relocation of the word at `at` that needs no symbol. False if there is none. */
static bool find_addend(const struct relocations *relocations, uint64_t at, uint64_t *addend)
{
	struct elf_rela entry;

	for (uint64_t i = 0; span_read(relocations->rela, i, &entry, sizeof(entry));
	     i += sizeof(entry)) {
		if (entry.offset == at && rela_is_relative(entry.info)) {
			*addend = entry.addend;
			return true;
		}
	}
	return false;
}

uint64_t kernel_word(const struct kernel *kernel, uint64_t at)
{
	struct span bytes;
	uint64_t word;

	if (find_addend(&kernel->relocations, at, &word))
		return word;
	kernel_bytes(kernel, at, sizeof(word), &bytes);
	span_read(bytes, 0, &word, sizeof(word));
	return word;
}
