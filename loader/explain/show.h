/* SPDX-License-Identifier: MIT */
/*
 * show.h - lays out an explanation as lines of text: all of it for the serial line, the essential
 * parts for a screen. Knows nothing of devices.
 */
#ifndef EXPLAIN_SHOW_H
#define EXPLAIN_SHOW_H

#include "explain/explain.h"

/* The whole report, except for the line on what happens next. */
void show_report(struct text *text, const struct look *look, const struct explanation *explanation);

/* Registers, error code, tables, code and stack, as in a report. */
void show_state(struct text *text, const struct look *look, const struct explanation *explanation);

/* At most `rows` lines of `columns` characters with colours (core/colour.h), the most important
 * first. */
void show_screen(struct text *text, const struct look *look, const struct explanation *explanation,
                 const char *end, unsigned columns, unsigned rows);

#endif
