/* SPDX-License-Identifier: MIT */
/*
 * report.h - findings: what is wrong, where, and what to do.
 *
 * A finding has a code with a number that never changes meaning (diag.def; docs/errors.md has a
 * section on each) and a detail with the numbers of this case. Functions of the core return bool
 * and leave the reason here. Nothing prints.
 */
#ifndef CORE_REPORT_H
#define CORE_REPORT_H

#include "core/text.h"

enum diag {
#define DIAG(number, name, summary, fix) DIAG_##name = (number),
#include "core/diag.def"
#undef DIAG
};

/* The unchanging part of a finding. */
struct diag_entry {
	const char *summary;
	const char *fix;
};

struct finding {
	enum diag code;
	bool refusal;     /* the kernel is not started; otherwise a warning */
	char detail[400]; /* may have several lines */
};

/* Findings in the order in which they were made; those that do not fit are only counted. One place
 * is kept for a refusal. */
struct report {
	struct finding findings[16];
	unsigned count;
	unsigned lost;
};

/* Notes the reason why the kernel is not started. Always returns false, so that `return
 * refuse(...)` reads well. */
bool refuse(struct report *report, enum diag code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* Notes something that the user should know, although the kernel is started. */
void warn(struct report *report, enum diag code, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* The catalogue's entry for `code`. True for every code of diag.def. */
bool diag_find(enum diag code, struct diag_entry *entry);

/* Appends the finding as the user reads it: code and summary, detail, and fix with a reference to
 * docs/errors.md, each on its own lines of at most 79 columns; with colours (core/colour.h) if
 * requested. */
void finding_write(struct text *text, const struct finding *finding, bool coloured);

#endif
