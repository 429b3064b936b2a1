/* SPDX-License-Identifier: MIT */
/*
 * page.c - lays headings, facts and bars out in panels of the screen and repeats them on COM1.
 */
#include "page.h"

#include "serial.h"
#include "text.h"

enum { LABEL_WIDTH = 10 };

/* Takes the panel's next row; one outside the screen if none is left. */
static unsigned next_row(struct panel *panel)
{
	if (panel->rows == 0)
		return console_rows();
	panel->rows--;
	return panel->row++;
}

void page_heading(struct panel *panel, const char *heading, const char *format, ...)
{
	const unsigned row = next_row(panel);
	char remark[128];
	unsigned used;
	va_list values;

	va_start(values, format);
	text_format_list(remark, sizeof(remark), format, values);
	va_end(values);
	used = 2
	     + console_write(panel->column, row, panel->width, COLOUR_YELLOW, COLOUR_NIGHT,
	                     heading);
	console_write(panel->column + used, row, panel->width - used, COLOUR_GREY, COLOUR_NIGHT,
	              remark);
	serial_line("\n%s: %s", heading, remark);
}

void page_fact(struct panel *panel, const char *label, const char *format, ...)
{
	const unsigned row = next_row(panel);
	char fact[256];
	va_list values;

	va_start(values, format);
	text_format_list(fact, sizeof(fact), format, values);
	va_end(values);
	console_write(panel->column, row, LABEL_WIDTH, COLOUR_SKY, COLOUR_NIGHT, label);
	console_write(panel->column + LABEL_WIDTH, row, panel->width - LABEL_WIDTH, COLOUR_WHITE,
	              COLOUR_NIGHT, fact);
	serial_line("  %-12s %s", label, fact);
}

void page_gauge(struct panel *panel, const char *label, enum colour colour, uint64_t amount,
                uint64_t whole, const char *words, unsigned words_width)
{
	const unsigned row = next_row(panel), length = (unsigned)text_length(words);
	const unsigned width = panel->width - LABEL_WIDTH - words_width - 1;
	const struct part parts[] = { { amount, colour }, { whole - amount, COLOUR_DIM } };

	console_write(panel->column, row, LABEL_WIDTH, COLOUR_SKY, COLOUR_NIGHT, label);
	console_bar(panel->column + LABEL_WIDTH, row, width, 1, parts, 2);
	console_write(panel->column + panel->width - length, row, length, COLOUR_WHITE,
	              COLOUR_NIGHT, words);
	serial_line("  %-12s %s", label, words);
}

void page_item(struct panel *panel, enum colour colour, const char *format, ...)
{
	static const char square[] = { CHARACTER_SQUARE, '\0' };
	const unsigned row = next_row(panel);
	char text[128];
	va_list values;

	va_start(values, format);
	text_format_list(text, sizeof(text), format, values);
	va_end(values);
	if (colour != COLOUR_NIGHT)
		console_write(panel->column, row, 1, colour, COLOUR_NIGHT, square);
	console_write(panel->column + 2, row, panel->width - 2, COLOUR_WHITE, COLOUR_NIGHT, text);
}
