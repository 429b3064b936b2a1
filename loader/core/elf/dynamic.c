/* SPDX-License-Identifier: MIT */
/* dynamic.c - reads what a loader without shared libraries needs of the dynamic section. */
#include "core/elf/dynamic.h"

/* The section's values by tag; 0 for tags that it does not have. */
struct dynamic {
	uint64_t value[ELF_DT_RELRENT + 1];
	uint64_t present; /* a bit for each tag */
	uint64_t foreign; /* the last tag of a table in a form of Android's; 0 if there is none */
};

/* How the section describes a table: the tags of its address, its size and its entry size, and the
 * names of these tags. */
struct table {
	uint8_t at, size, entry;
	const char *name, *size_name, *entry_name;
	uint32_t entry_size; /* as it must be */
};

static const struct table rela = { ELF_DT_RELA, ELF_DT_RELASZ, ELF_DT_RELAENT,         "DT_RELA",
	                           "DT_RELASZ", "DT_RELAENT",  sizeof(struct elf_rela) };

static const struct table plt = { ELF_DT_JMPREL,          ELF_DT_PLTRELSZ,
	                          ELF_DT_RELAENT,         "DT_JMPREL",
	                          "DT_PLTRELSZ",          "DT_RELAENT",
	                          sizeof(struct elf_rela) };

static const struct table relr = { ELF_DT_RELR, ELF_DT_RELRSZ, ELF_DT_RELRENT,  "DT_RELR",
	                           "DT_RELRSZ", "DT_RELRENT",  sizeof(uint64_t) };

static bool has(const struct dynamic *dynamic, unsigned tag)
{
	return (dynamic->present >> tag & 1) != 0;
}

/* Collects the section's entries. False if it does not end with DT_NULL. */
static bool collect(struct span section, struct dynamic *dynamic)
{
	struct elf_dynamic entry;

	*dynamic = (struct dynamic){ .present = 0 };
	for (uint64_t at = 0; span_read(section, at, &entry, sizeof(entry)); at += sizeof(entry)) {
		if (entry.tag == ELF_DT_NULL)
			return true;
		if (entry.tag < COUNT(dynamic->value)) {
			dynamic->value[entry.tag] = entry.value;
			dynamic->present |= UINT64_C(1) << entry.tag;
		} else if (entry.tag == ELF_DT_ANDROID_REL || entry.tag == ELF_DT_ANDROID_RELA
		           || entry.tag == ELF_DT_ANDROID_RELR) {
			dynamic->foreign = entry.tag;
		}
	}
	return false;
}

/* Refuses a kernel that wants a shared library, naming it if its name can be found. */
static bool refuse_library(const struct kernel *kernel, const struct dynamic *dynamic,
                           struct report *report)
{
	const char *name = span_text(kernel->relocations.names, dynamic->value[ELF_DT_NEEDED]);

	if (*name == 0)
		return refuse(report, DIAG_ELF_NEEDS_LIBRARY, "DT_NEEDED is present");
	return refuse(report, DIAG_ELF_NEEDS_LIBRARY, "it asks for %.80s", name);
}

/* The bytes of a table. */
static bool read_table(const struct kernel *kernel, const struct dynamic *dynamic,
                       const struct table *table, struct span *bytes, struct report *report)
{
	uint64_t at = dynamic->value[table->at], size = dynamic->value[table->size];

	if (has(dynamic, table->at) && !has(dynamic, table->size))
		return refuse(report, DIAG_ELF_DYNAMIC_BAD, "%s is present without %s", table->name,
		              table->size_name);
	if (size == 0)
		return true;
	if (has(dynamic, table->entry) && dynamic->value[table->entry] != table->entry_size)
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "%s is %llu, but the entries of %s have %u bytes", table->entry_name,
		              ULL(dynamic->value[table->entry]), table->name, table->entry_size);
	if (size > UINT32_MAX || (uint32_t)size % table->entry_size != 0)
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "%s is %#llx, which is not a possible size for entries of %u bytes",
		              table->size_name, ULL(size), table->entry_size);
	if (!kernel_bytes(kernel, at, size, bytes))
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "%s names %#llx bytes at %#llx, which no segment has in the file",
		              table->name, ULL(size), ULL(at));
	return true;
}

/*
 * The symbols, up to the end of their segment's bytes in the file, since nothing in the section
 * says how many there are; and their names. If they are missing, that is not an error here: only
 * relocations that need them check that.
 */
static bool read_symbols(struct kernel *kernel, const struct dynamic *dynamic,
                         struct report *report)
{
	uint64_t at = dynamic->value[ELF_DT_SYMTAB];
	const struct segment *segment = kernel_segment_at(kernel, at);
	struct relocations *relocations = &kernel->relocations;
	uint64_t distance = segment != NULL ? at - segment->virt.begin : 0;
	struct span names;

	kernel_bytes(kernel, dynamic->value[ELF_DT_STRTAB], dynamic->value[ELF_DT_STRSZ], &names);
	relocations->names = span_strings(names);
	if (!has(dynamic, ELF_DT_SYMTAB) || segment == NULL)
		return true;
	if (has(dynamic, ELF_DT_SYMENT)
	    && dynamic->value[ELF_DT_SYMENT] != sizeof(struct elf_symbol))
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "DT_SYMENT is %llu, but symbols have %u bytes",
		              ULL(dynamic->value[ELF_DT_SYMENT]),
		              (unsigned)sizeof(struct elf_symbol));
	if (distance < segment->file.size)
		span_part(segment->file, distance, segment->file.size - distance,
		          &relocations->symbols);
	return true;
}

/* Tables in forms that are not read here are refused: without them, the kernel would run
 * unrelocated. */
static bool check_forms(const struct dynamic *dynamic, struct report *report)
{
	if (dynamic->foreign != 0)
		return refuse(
			report, DIAG_ELF_RELOCATION_TYPE,
			"tag %#llx, %s, is present: link with --pack-dyn-relocs=none or =relr",
			ULL(dynamic->foreign),
			dynamic->foreign == ELF_DT_ANDROID_RELA  ? "DT_ANDROID_RELA"
			: dynamic->foreign == ELF_DT_ANDROID_REL ? "DT_ANDROID_REL"
								 : "DT_ANDROID_RELR");
	if (has(dynamic, ELF_DT_REL)
	    && (!has(dynamic, ELF_DT_RELSZ) || dynamic->value[ELF_DT_RELSZ] != 0))
		return refuse(report, DIAG_ELF_RELOCATION_TYPE,
		              "DT_REL is present; x86-64 kernels have DT_RELA and DT_RELR");
	if (dynamic->value[ELF_DT_PLTRELSZ] != 0 && has(dynamic, ELF_DT_PLTREL)
	    && dynamic->value[ELF_DT_PLTREL] != ELF_DT_RELA)
		return refuse(report, DIAG_ELF_RELOCATION_TYPE,
		              "DT_PLTREL is %llu, not %u (DT_RELA)",
		              ULL(dynamic->value[ELF_DT_PLTREL]), ELF_DT_RELA);
	return true;
}

/* The tables that the section names. */
static bool read_tables(struct kernel *kernel, const struct dynamic *dynamic, struct report *report)
{
	struct relocations *relocations = &kernel->relocations;

	if (!read_symbols(kernel, dynamic, report))
		return false;
	if (has(dynamic, ELF_DT_NEEDED))
		return refuse_library(kernel, dynamic, report);
	if (!check_forms(dynamic, report))
		return false;
	relocations->rela_at.at = dynamic->value[ELF_DT_RELA];
	relocations->relr_at.at = dynamic->value[ELF_DT_RELR];
	return read_table(kernel, dynamic, &rela, &relocations->rela, report)
	    && read_table(kernel, dynamic, &plt, &relocations->plt, report)
	    && read_table(kernel, dynamic, &relr, &relocations->relr, report);
}

bool dynamic_read(struct kernel *kernel, struct report *report)
{
	const struct elf *elf = &kernel->elf;
	struct elf_program_header program;
	struct dynamic dynamic;
	struct span section;

	if (!elf_find_program(elf, ELF_PT_DYNAMIC, &program)
	    || (program.filesz | program.memsz) == 0)
		return true; /* linker scripts ask for the header even if nothing is in it */
	if (!span_part(elf->file, program.offset, program.filesz, &section))
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "PT_DYNAMIC takes %llu bytes from byte %llu on, the file has %llu",
		              ULL(program.filesz), ULL(program.offset), ULL(elf->file.size));
	if (!collect(section, &dynamic))
		return refuse(report, DIAG_ELF_DYNAMIC_BAD,
		              "PT_DYNAMIC has %llu bytes in the file, and no DT_NULL is among them",
		              ULL(program.filesz));
	return read_tables(kernel, &dynamic, report);
}
