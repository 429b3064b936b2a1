/* SPDX-License-Identifier: MIT */
/* functions.c - finds code by symbols, or by sections and segments. Follows no jumps. */
#include "platform/host/functions.h"

#include <stdlib.h>

static void add_function(struct functions *functions, struct function function)
{
	if (functions->count == functions->capacity) {
		size_t capacity = functions->capacity * 2 + 64;
		void *list = realloc(functions->list, capacity * sizeof(*functions->list));

		if (list == NULL)
			return;
		functions->list = list;
		functions->capacity = capacity;
	}
	functions->list[functions->count++] = function;
}

/* For qsort(): by address; at the same address, the longest first. */
static int compare_functions(const void *a, const void *b)
{
	const struct function *one = a, *other = b;

	if (one->begin != other->begin)
		return one->begin < other->begin ? -1 : 1;
	return one->code.size > other->code.size ? -1 : one->code.size < other->code.size;
}

/* Sorts the functions, and removes those that begin inside another: no byte is decoded twice. */
static void drop_overlaps(struct functions *functions)
{
	size_t kept = 0;

	if (functions->count == 0)
		return;
	qsort(functions->list, functions->count, sizeof(*functions->list), compare_functions);
	for (size_t i = 0; i < functions->count; i++) {
		struct function *last = kept > 0 ? &functions->list[kept - 1] : NULL;

		if (last == NULL || functions->list[i].begin >= last->begin + last->code.size)
			functions->list[kept++] = functions->list[i];
	}
	functions->count = kept;
}

/* The functions in the symbol table. */
static void list_symbols(struct functions *functions, const struct kernel *kernel,
                         const struct symbols *symbols)
{
	struct elf_symbol symbol;

	for (uint32_t i = 0; symbol_read(symbols, i, &symbol); i++) {
		const struct segment *segment = kernel_segment_at(kernel, symbol.value);
		struct function function = { symbol.value,
			                     { NULL, 0 },
			                     symbol_name(symbols, &symbol) };

		if (elf_symbol_type(&symbol) == ELF_STT_FUNC && symbol.shndx != ELF_SHN_UNDEF
		    && segment != NULL && (segment->rights & RIGHT_EXECUTE) != 0
		    && span_part(segment->file, symbol.value - segment->virt.begin, symbol.size,
		                 &function.code)
		    && function.code.size > 0)
			add_function(functions, function);
	}
}

/* Without symbols: all executable sections, or segments. */
static void list_pieces(struct functions *functions, const struct kernel *kernel,
                        const struct sections *sections)
{
	struct elf_section_header section;

	for (uint32_t i = 0; section_read(sections, i, &section); i++) {
		if ((section.flags & ELF_SHF_EXECINSTR) != 0)
			add_function(functions,
			             (struct function){ section.addr,
			                                section_bytes(sections, &section), NULL });
	}
	for (unsigned i = 0; i < kernel->segment_count && functions->count == 0; i++) {
		const struct segment *segment = &kernel->segments[i];

		if ((segment->rights & RIGHT_EXECUTE) != 0)
			add_function(functions,
			             (struct function){ segment->virt.begin, segment->file, NULL });
	}
}

void functions_list(struct functions *functions, const struct kernel *kernel,
                    const struct sections *sections, const struct symbols *symbols)
{
	*functions = (struct functions){ 0 };
	list_symbols(functions, kernel, symbols);
	if (functions->count == 0)
		list_pieces(functions, kernel, sections);
	drop_overlaps(functions);
}

/* The code from a symbol to the end of its segment. False if it is not a label in code. */
static bool label_read(const struct kernel *kernel, const struct symbols *symbols, uint32_t number,
                       struct function *label, bool *ends)
{
	struct elf_symbol symbol;
	const struct segment *segment;
	uint64_t at;

	*ends = !symbol_read(symbols, number, &symbol);
	if (*ends || symbol.shndx == ELF_SHN_UNDEF || symbol.shndx == ELF_SHN_ABS
	    || (elf_symbol_type(&symbol) != ELF_STT_NOTYPE
	        && elf_symbol_type(&symbol) != ELF_STT_FUNC))
		return false;
	segment = kernel_segment_at(kernel, symbol.value);
	if (segment == NULL || (segment->rights & RIGHT_EXECUTE) == 0)
		return false;
	at = symbol.value - segment->virt.begin;
	*label = (struct function){ symbol.value, { NULL, 0 }, symbol_name(symbols, &symbol) };
	return at < segment->file.size
	    && span_part(segment->file, at, segment->file.size - at, &label->code);
}

/* Ends a label's code where the next function of a sorted list begins; false if it begins inside
 * one. */
static bool cut_label(struct function *label, const struct function *list, size_t count)
{
	size_t before = 0; /* how many begin at the label or before it */

	for (size_t step = count; step > 0; step /= 2) {
		while (before + step <= count && list[before + step - 1].begin <= label->begin)
			before += step;
	}
	if (before > 0 && label->begin - list[before - 1].begin < list[before - 1].code.size)
		return false;
	if (before < count)
		label->code.size = min_u64(label->code.size, list[before].begin - label->begin);
	return true;
}

void functions_add_labels(struct functions *functions, const struct kernel *kernel,
                          const struct symbols *symbols)
{
	struct functions labels = { 0 };
	size_t count = functions->count;
	struct function label;
	bool ends = false;

	for (uint32_t i = 0; !ends; i++) {
		if (label_read(kernel, symbols, i, &label, &ends))
			add_function(&labels, label);
	}
	if (labels.count > 0)
		qsort(labels.list, labels.count, sizeof(label), compare_functions);
	for (size_t i = 0; i < labels.count; i++) {
		const struct function *next = &labels.list[i + 1];

		label = labels.list[i];
		if (i + 1 < labels.count)
			label.code.size = min_u64(label.code.size, next->begin - label.begin);
		if (label.code.size > 0 && cut_label(&label, functions->list, count))
			add_function(functions, label);
	}
	functions_free(&labels);
}

void functions_free(struct functions *functions)
{
	free(functions->list);
}

void tally_add(struct tally *tally, const struct function *function, uint64_t offset)
{
	if (tally->instructions++ == 0) {
		tally->first = function;
		tally->offset = offset;
	}
	if (tally->last != function)
		tally->functions++;
	tally->last = function;
}

const char *tally_words(const struct tally *tally, char *buffer, size_t size)
{
	struct text text = text_in(buffer, size);

	text_add(&text, "%u instruction%s", tally->instructions,
	         tally->instructions == 1 ? "" : "s");
	if (tally->first->name != NULL)
		text_add(&text, " in %u function%s", tally->functions,
		         tally->functions == 1 ? "" : "s");
	text_add(&text, ", the first at %#llx", ULL(tally->first->begin + tally->offset));
	if (tally->first->name != NULL)
		text_add(&text, " (%.80s+%#llx)", tally->first->name, ULL(tally->offset));
	return buffer;
}
