/* SPDX-License-Identifier: MIT */
/*
 * show.h - an explanation laid out as lines of text: everything for the serial line, the essential
 * for a screen. Knows nothing of devices.
 */
#ifndef EXPLAIN_SHOW_H
#define EXPLAIN_SHOW_H

#include "explain/explain.h"

/* The whole report, but for what happens now. */
void show_report(struct text *text, const struct look *look, const struct explanation *explanation);

/* Registers, error code, tables, code and stack, as they stand in a report. */
void show_state(struct text *text, const struct look *look, const struct explanation *explanation);

/* At most `rows` lines of `columns` characters with colours (core/colour.h), the most important
 * first. */
void show_screen(struct text *text, const struct look *look, const struct explanation *explanation,
                 const char *end, unsigned columns, unsigned rows);

#endif
