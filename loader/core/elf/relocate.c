/* SPDX-License-Identifier: MIT */
/* relocate.c - decides what each relocation entry does, and refuses those that a kernel cannot
 * have. */
#include "core/elf/relocate.h"

#include "core/elf/dynamic.h"
#include "core/elf/relative.h"

#define RELA_SIZE sizeof(struct elf_rela)

/* What is needed while a table is checked. */
struct reading {
	struct kernel *kernel;
	struct report *report;
	const char *name;           /* of the table */
	uint32_t entry;             /* number of the current entry */
	const struct segment *last; /* the last one that an entry changed: tables are sorted */
};

/* The result of resolving a symbol. */
enum outcome { RESOLVED, SYMBOL_OUTSIDE, SYMBOL_UNDEFINED, SYMBOL_WITHOUT_ADDRESS };

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

/* True if an entry is resolved here: any that is not RELATIVE, and all those of a `late` table. */
static bool rela_is_late(uint64_t info, bool late)
{
	return rela_type(info) != ELF_R_X86_64_NONE && (late || !rela_is_relative(info));
}

/* The symbol that an entry names. False, and zeros, if the kernel does not have it. */
static bool read_symbol(const struct relocations *tables, const struct elf_rela *rela,
                        struct elf_symbol *symbol)
{
	uint64_t number = rela->info >> 32;

	return span_read(tables->symbols, number * sizeof(*symbol), symbol, sizeof(*symbol));
}

/* Resolves the symbol that an entry names to word->value and word->slides. Symbol 0 means none; its
 * value is 0 without the slide, like that of an undefined weak symbol. */
static enum outcome resolve(const struct relocations *tables, const struct elf_rela *rela,
                            struct relocated_word *word)
{
	struct elf_symbol symbol;

	if (rela->info >> 32 == 0)
		return RESOLVED;
	if (!read_symbol(tables, rela, &symbol))
		return SYMBOL_OUTSIDE;
	if (symbol.shndx == ELF_SHN_UNDEF)
		return elf_symbol_binding(&symbol) == ELF_STB_WEAK ? RESOLVED : SYMBOL_UNDEFINED;
	if (elf_symbol_type(&symbol) == ELF_STT_TLS || elf_symbol_type(&symbol) == ELF_STT_GNU_IFUNC
	    || symbol.shndx == ELF_SHN_COMMON)
		return SYMBOL_WITHOUT_ADDRESS;
	word->value = symbol.value;
	word->slides = symbol.shndx != ELF_SHN_ABS;
	return RESOLVED;
}

/* The word that an entry of a known type writes (psABI table 4.9). */
static enum outcome read_word(const struct relocations *tables, const struct elf_rela *rela,
                              struct relocated_word *word)
{
	enum outcome outcome = RESOLVED;

	*word = (struct relocated_word){ .at = rela->offset };
	if (rela_is_relative(rela->info))
		word->slides = true;
	else
		outcome = resolve(tables, rela, word);
	if (rela_is_relative(rela->info) || rela_type(rela->info) == ELF_R_X86_64_64)
		word->value += rela->addend;
	return outcome;
}

/* Refuses an entry because of the symbol that it names. */
static bool refuse_symbol(const struct reading *reading, const struct elf_rela *rela,
                          enum outcome outcome)
{
	const struct relocations *tables = &reading->kernel->relocations;
	const char *type = relocation_name(rela_type(rela->info));
	unsigned number = (unsigned)(rela->info >> 32);
	struct elf_symbol symbol;
	char name[101];
	struct text text = text_in(name, sizeof(name));

	if (outcome == SYMBOL_OUTSIDE)
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "entry %u of %s names symbol %u, which DT_SYMTAB does not have",
		              reading->entry, reading->name, number);
	read_symbol(tables, rela, &symbol);
	text_add(&text, "%.100s", span_text(tables->names, symbol.name));
	if (name[0] == 0)
		text_add(&text, "symbol %u", number);
	if (outcome == SYMBOL_UNDEFINED)
		return refuse(reading->report, DIAG_ELF_SYMBOL_UNDEFINED,
		              "%s, for entry %u of %s, at %#llx: R_X86_64_%s", name, reading->entry,
		              reading->name, ULL(rela->offset), type);
	return refuse(reading->report, DIAG_ELF_RELOCATION_TYPE,
	              "entry %u of %s, at %#llx: R_X86_64_%s for %s, which is %s", reading->entry,
	              reading->name, ULL(rela->offset), type, name,
	              elf_symbol_type(&symbol) == ELF_STT_TLS ? "thread-local"
	              : symbol.shndx == ELF_SHN_COMMON        ? "common and has no address yet"
	                                                      : "an indirect function (ifunc)");
}

/* True if the 8 bytes at the address, as linked, are the kernel's own. */
static bool is_target(struct reading *reading, uint64_t address)
{
	const struct segment *segment = reading->last;

	if (segment == NULL || address < segment->virt.begin || address >= segment->virt.end)
		segment = reading->last = kernel_segment_at(reading->kernel, address);
	return segment != NULL
	    && in_bounds(address - segment->virt.begin, 8, segment->virt.end - segment->virt.begin);
}

/* True if any of the 8 bytes at the address, in a segment, belongs to the table that is linked at
 * `at`. */
static bool hits_table(struct span table, struct virt at, uint64_t address)
{
	return table.size != 0 && address + 7 - at.at < table.size + 7;
}

/* An entry must change 8 bytes of the kernel, but not the relocation tables, which are read again
 * when they are carried out. */
static bool check_target(struct reading *reading, uint64_t address)
{
	const struct relocations *tables = &reading->kernel->relocations;

	if (!is_target(reading, address))
		return refuse(reading->report, DIAG_ELF_RELOCATION_OUTSIDE,
		              "entry %u of %s changes 8 bytes at %#llx, which no segment has",
		              reading->entry, reading->name, ULL(address));
	if (hits_table(tables->rela, tables->rela_at, address)
	    || hits_table(tables->relr, tables->relr_at, address))
		return refuse(reading->report, DIAG_ELF_DYNAMIC_BAD,
		              "entry %u of %s changes 8 bytes at %#llx, in a table of relocations",
		              reading->entry, reading->name, ULL(address));
	return true;
}

/* An entry must be of a known type that writes a word, with a symbol that can be resolved, if any,
 * and with an allowed target. */
static bool check_entry(struct reading *reading, const struct elf_rela *rela)
{
	struct relocated_word word;
	enum outcome outcome;

	switch (rela_type(rela->info)) {
	case ELF_R_X86_64_NONE:
		return true;
	case ELF_R_X86_64_RELATIVE:
	case ELF_R_X86_64_64:
	case ELF_R_X86_64_GLOB_DAT:
	case ELF_R_X86_64_JUMP_SLOT:
		break;
	default:
		return refuse(reading->report, DIAG_ELF_RELOCATION_TYPE,
		              "entry %u of %s, at %#llx: R_X86_64_%s (%u)", reading->entry,
		              reading->name, ULL(rela->offset),
		              relocation_name(rela_type(rela->info)), rela_type(rela->info));
	}
	outcome = read_word(&reading->kernel->relocations, rela, &word);
	if (outcome != RESOLVED)
		return refuse_symbol(reading, rela, outcome);
	return check_target(reading, rela->offset);
}

/* Checks a table of RELA entries; `late` says that even RELATIVE ones are resolved here. Adds those
 * that are to word_count, and says how many entries at the beginning are sorted. */
static bool check_rela(struct reading reading, const char *name, struct span table, bool late,
                       uint32_t *sorted)
{
	struct relocations *tables = &reading.kernel->relocations;
	struct elf_rela rela;
	uint64_t before = 0;

	reading.name = name;
	*sorted = 0;
	for (uint64_t at = 0; span_read(table, at, &rela, sizeof(rela)); at += sizeof(rela)) {
		if (!check_entry(&reading, &rela))
			return false;
		tables->word_count += rela_is_late(rela.info, late);
		if (*sorted == reading.entry && (before < rela.offset || reading.entry == 0))
			++*sorted;
		before = rela.offset;
		reading.entry++;
	}
	return true;
}

/* Each RELR entry must have allowed targets. */
static bool check_relr(struct reading reading, struct span table)
{
	struct relr_walk walk = { 0 };
	uint64_t word, address;

	reading.name = "DT_RELR";
	for (uint64_t at = 0; span_read(table, at, &word, sizeof(word)); at += sizeof(word)) {
		relr_feed(&walk, word);
		while (relr_next(&walk, &address)) {
			if (!check_target(&reading, address))
				return false;
		}
		reading.entry++;
	}
	return true;
}

bool relocations_read(struct kernel *kernel, struct report *report)
{
	struct relocations *tables = &kernel->relocations;
	struct reading reading = { .kernel = kernel, .report = report };
	uint32_t unused;

	if (!dynamic_read(kernel, report))
		return false;
	if ((tables->rela.size | tables->plt.size | tables->relr.size) == 0)
		return true;
	return check_rela(reading, "DT_RELA", tables->rela, false, &tables->sorted)
	    && check_rela(reading, "DT_JMPREL", tables->plt, true, &unused)
	    && check_relr(reading, tables->relr);
}

bool relocations_next_word(const struct relocations *relocations, uint64_t *cursor,
                           struct relocated_word *word)
{
	struct elf_rela rela;
	bool late;

	do {
		late = *cursor >= relocations->rela.size;
		if (!span_read(late ? relocations->plt : relocations->rela,
		               late ? *cursor - relocations->rela.size : *cursor, &rela,
		               sizeof(rela)))
			return false;
		*cursor += sizeof(rela);
	} while (!rela_is_late(rela.info, late));
	read_word(relocations, &rela, word);
	return true;
}

/* A search for what relocation writes at an address. */
struct search {
	const struct relocations *tables;
	uint64_t at;
	struct relocated_word word;
	bool found, late;
};

/* Notes what an entry writes if it writes to the address; the last such entry wins. */
static void consider(struct search *search, const struct elf_rela *rela, bool late)
{
	late = rela_is_late(rela->info, late);
	if (rela->offset != search->at || rela_type(rela->info) == ELF_R_X86_64_NONE
	    || (search->late && !late))
		return;
	read_word(search->tables, rela, &search->word);
	search->found = true;
	search->late = late;
}

/* Considers the entries of a table from number `first` on. */
static void consider_all(struct search *search, struct span table, uint32_t first, bool late)
{
	struct elf_rela rela;

	for (uint64_t at = first * (uint64_t)RELA_SIZE; span_read(table, at, &rela, sizeof(rela));
	     at += sizeof(rela))
		consider(search, &rela, late);
}

/* Considers those entries at the beginning of DT_RELA that are sorted. */
static void consider_sorted(struct search *search)
{
	uint32_t low = 0, high = search->tables->sorted;
	struct elf_rela rela;

	while (low < high) {
		uint32_t middle = low + (high - low) / 2;

		span_read(search->tables->rela, middle * (uint64_t)RELA_SIZE, &rela, sizeof(rela));
		consider(search, &rela, false);
		if (rela.offset < search->at)
			low = middle + 1;
		else
			high = middle;
	}
}

uint64_t kernel_word(const struct kernel *kernel, uint64_t at)
{
	const struct relocations *tables = &kernel->relocations;
	struct search search = { .tables = tables, .at = at };
	struct span bytes;
	uint64_t word;

	consider_sorted(&search);
	consider_all(&search, tables->rela, tables->sorted, false);
	consider_all(&search, tables->plt, 0, true);
	if (search.found)
		return search.word.value;
	kernel_bytes(kernel, at, sizeof(word), &bytes);
	span_read(bytes, 0, &word, sizeof(word));
	return word;
}
