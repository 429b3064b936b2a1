/* SPDX-License-Identifier: MIT */
/*
 * show.h - an explanation laid out as lines of text: everything for the serial line, the essential
 * for a screen. Knows nothing of devices.
 */
#ifndef EXPLAIN_SHOW_H
#define EXPLAIN_SHOW_H

#include "explain/explain.h"

/* Characters that stand for a change of colour in text for a screen. */
enum colour {
	COLOUR_PLAIN = 1, /* what goes without saying */
	COLOUR_STRONG,    /* what happened */
	COLOUR_LABEL,     /* what a number is */
	COLOUR_VALUE,     /* names and addresses to look at first */
	COLOUR_DIM,       /* leading zeroes */
	COLOUR_BAR,       /* the first and the last line */
	COLOURS
};

/* The whole report, ending with the line for programs; `end` says what happens now. */
void show_report(struct text *text, const struct look *look, const struct explanation *explanation,
                 const char *end);

/* Registers, error code, tables, code and stack, as they stand in a report. */
void show_state(struct text *text, const struct look *look, const struct explanation *explanation);

/* At most `rows` lines of `columns` characters with colours, the most important first. */
void show_screen(struct text *text, const struct look *look, const struct explanation *explanation,
                 const char *end, unsigned columns, unsigned rows);

#endif
