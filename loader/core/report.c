/* SPDX-License-Identifier: MIT */
/* report.c - keeps findings and formats them. Knows the catalogue, and nothing of where the text is
 * shown. */
#include "core/report.h"

#include "core/colour.h"

#define MARGIN  "     " /* a code and a space */
#define INDENT  (sizeof(MARGIN) - 1)
#define COLUMNS 79 /* a character in the last column would wrap the line as well */

/* The catalogue: its numbers, and in the same order its texts, one after the other. A table of
 * pointers would have to be relocated at every start. */
static const uint16_t codes[] = {
#define DIAG(number, name, summary, fix) DIAG_##name,
#include "core/diag.def"
#undef DIAG
};

static const char texts[] =
#define DIAG(number, name, summary, fix) summary "\0" fix "\0"
#include "core/diag.def"
#undef DIAG
	;

/* Adds a finding, or counts it as lost when the report is full. The last place is kept for a
 * refusal: the reason why the kernel is not started must not be lost. */
static void add(struct report *report, enum diag code, bool refusal, const char *format,
                va_list values)
{
	unsigned capacity = COUNT(report->findings) - (refusal ? 0 : 1);
	struct finding *finding;
	char buffer[sizeof(finding->detail)];
	struct text words = text_in(buffer, sizeof(buffer)), detail;

	if (report->count >= capacity) {
		report->lost++;
		return;
	}
	finding = &report->findings[report->count++];
	finding->code = code;
	finding->refusal = refusal;
	text_add_list(&words, format, values);
	detail = text_in(finding->detail, sizeof(finding->detail));
	text_add_shown(&detail, buffer);
}

bool refuse(struct report *report, enum diag code, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	add(report, code, true, format, values);
	va_end(values);
	return false;
}

void warn(struct report *report, enum diag code, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	add(report, code, false, format, values);
	va_end(values);
}

bool diag_find(enum diag code, struct diag_entry *entry)
{
	entry->summary = texts;
	for (unsigned i = 0; i < COUNT(codes); i++) {
		entry->fix = entry->summary + text_length(entry->summary) + 1;
		if (codes[i] == code)
			return true;
		entry->summary = entry->fix + text_length(entry->fix) + 1;
	}
	return false;
}

/* Columns that a word takes: changes of colour take none. */
static size_t width(const char *word, size_t length)
{
	size_t columns = 0;

	for (size_t i = 0; i < length; i++)
		columns += !is_colour(word[i]);
	return columns;
}

/* Appends the next word of a paragraph, on a new line if it does not fit into this one. Returns
 * the column after it. */
static size_t add_word(struct text *text, const char *word, size_t length, size_t column)
{
	const size_t columns = width(word, length);

	if (column > INDENT && column + 1 + columns > COLUMNS) {
		text_add(text, "\n" MARGIN);
		column = INDENT;
	}
	text_add(text, "%s%.*s", column > INDENT ? " " : "", (int)length, word);
	return column + (column > INDENT) + columns;
}

/* Appends an indented paragraph. A newline in it begins a new line. */
static void add_paragraph(struct text *text, const char *words)
{
	size_t column = INDENT;

	text_add(text, MARGIN);
	while (*words != 0) {
		size_t length = 0;

		while (words[length] != 0 && words[length] != ' ' && words[length] != '\n')
			length++;
		if (length > 0)
			column = add_word(text, words, length, column);
		words += length;
		if (*words == '\n') {
			text_add(text, "\n" MARGIN);
			column = INDENT;
		}
		words += *words != 0;
	}
	text_add(text, "\n");
}

/* What changes the colour, where there is colour. */
static const char *colour(bool coloured, const char *change)
{
	return coloured ? change : "";
}

void finding_write(struct text *text, const struct finding *finding, bool coloured)
{
	const char *plain = colour(coloured, IN_PLAIN), *label = colour(coloured, IN_LABEL);
	const unsigned code = (unsigned)finding->code;
	struct diag_entry entry;
	char buffer[400];
	struct text fix = text_in(buffer, sizeof(buffer));

	diag_find(finding->code, &entry);
	text_add(text, "%sK%03u%s %s%s\n", colour(coloured, IN_VALUE), code,
	         colour(coloured, IN_STRONG), entry.summary, plain);
	if (finding->detail[0] != 0)
		add_paragraph(text, finding->detail);
	text_add(&fix, "%s%s: %s%s %s(docs/errors.md#K%03u)%s", label,
	         finding->refusal ? "fix" : "note", colour(coloured, IN_FIX), entry.fix, label,
	         code, plain);
	add_paragraph(text, buffer);
}
