/* SPDX-License-Identifier: MIT */
/* report.c - keeps findings and words them. Knows the catalogue; knows nothing of where the words
 * are shown. */
#include "core/report.h"

#define MARGIN  "      "
#define INDENT  (sizeof(MARGIN) - 1)
#define COLUMNS 79 /* the last one of a screen stays free, or it would break the line as well */

/* The catalogue: its numbers, and in the same order its words, one text behind the other. A table
 * of pointers would have to be corrected at every start, since the module may lie anywhere. */
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

/* Adds a finding, or counts it as lost when the report is full. The last place is a refusal's: why
 * the kernel is not started must not be lost. */
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

/* Appends the next word of a paragraph, on a new line if it does not fit into this one. Returns
 * the column behind it. */
static size_t add_word(struct text *text, const char *word, size_t length, size_t column)
{
	if (column > INDENT && column + 1 + length > COLUMNS) {
		text_add(text, "\n" MARGIN);
		column = INDENT;
	}
	text_add(text, "%s%.*s", column > INDENT ? " " : "", (int)length, word);
	return column + (column > INDENT) + length;
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

void finding_write(struct text *text, const struct finding *finding)
{
	struct diag_entry entry;
	char buffer[400];
	struct text fix = text_in(buffer, sizeof(buffer));

	diag_find(finding->code, &entry);
	text_add(text, "K%03u %s\n", (unsigned)finding->code, entry.summary);
	if (finding->detail[0] != 0)
		add_paragraph(text, finding->detail);
	text_add(&fix, "%s: %s (docs/errors.md#K%03u)", finding->refusal ? "fix" : "note",
	         entry.fix, (unsigned)finding->code);
	add_paragraph(text, buffer);
}
