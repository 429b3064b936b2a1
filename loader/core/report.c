/* SPDX-License-Identifier: MIT */
/* report.c - keeps findings and words them. Knows the catalogue; knows nothing of where the words
 * are shown. */
#include "core/report.h"

const struct diag_entry diag_catalogue[] = {
#define DIAG(number, name, summary, fix) { DIAG_##name, summary, fix },
#include "core/diag.def"
#undef DIAG
};

const unsigned diag_count = COUNT(diag_catalogue);

/* Adds a finding, or counts it as lost when the report is full. */
static void add(struct report *report, enum diag code, bool refusal, const char *format,
                va_list values)
{
	struct finding *finding;
	struct text detail;

	if (report->count == COUNT(report->findings)) {
		report->lost++;
		return;
	}
	finding = &report->findings[report->count++];
	finding->code = code;
	finding->refusal = refusal;
	detail = text_in(finding->detail, sizeof(finding->detail));
	text_add_list(&detail, format, values);
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

const struct diag_entry *diag_find(enum diag code)
{
	for (unsigned i = 0; i < diag_count; i++) {
		if (diag_catalogue[i].code == code)
			return &diag_catalogue[i];
	}
	return NULL;
}

void finding_write(struct text *text, const struct finding *finding)
{
	const struct diag_entry *entry = diag_find(finding->code);

	text_add(text, "K%03u %s\n", (unsigned)finding->code, entry->summary);
	if (finding->detail[0] != 0)
		text_add(text, "      %s\n", finding->detail);
	text_add(text, "      %s: %s (docs/errors.md#K%03u)\n", finding->refusal ? "fix" : "note",
	         entry->fix, (unsigned)finding->code);
}
