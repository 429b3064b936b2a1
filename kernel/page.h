/* SPDX-License-Identifier: MIT */
/*
 * page.h - headings, facts and bars, each written both to its place on the screen and to COM1.
 */
#ifndef KERNEL_PAGE_H
#define KERNEL_PAGE_H

#include <stdint.h>

#include "console.h"

/* A part of the screen, filled from top to bottom. */
struct panel {
	unsigned column, row, width;
	unsigned rows; /* still empty; with none left, text goes to COM1 only */
};

/* A heading with a remark after it. */
void page_heading(struct panel *panel, const char *heading, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A label and its value. */
void page_fact(struct panel *panel, const char *label, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

/* A label, a bar of which `amount` of `whole` is filled, and the amount in words, for which there
 * are `words_width` columns. */
void page_gauge(struct panel *panel, const char *label, enum colour colour, uint64_t amount,
                uint64_t whole, const char *words, unsigned words_width);

/* A coloured square, none if COLOUR_NIGHT, and a text: for the screen only. */
void page_item(struct panel *panel, enum colour colour, const char *format, ...)
	__attribute__((format(printf, 3, 4)));

#endif
