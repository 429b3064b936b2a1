/* SPDX-License-Identifier: MIT */
/*
 * line.h - edits the line that the user types at a prompt, and recalls the previous one. Returns
 * what to write to the terminal, which needs no control character but the backspace.
 */
#ifndef STANDALONE_LINE_H
#define STANDALONE_LINE_H

#include "core/text.h"

#define LINE_SIZE 1024

/* Keys that are not characters. */
enum key {
	KEY_ENTER = 256,
	KEY_BACKSPACE,
	KEY_DELETE,
	KEY_LEFT,
	KEY_RIGHT,
	KEY_HOME,
	KEY_END,
	KEY_UP,
	KEY_DOWN,
	KEY_LIST,  /* show what can be typed */
	KEY_LEAVE, /* leave the prompt */
	KEY_NOTHING
};

struct line {
	char text[LINE_SIZE];
	char last[LINE_SIZE]; /* the previous line */
	char kept[LINE_SIZE]; /* what was typed, while the previous line is shown */
	size_t length, cursor;
	bool shows_last;
};

/* Bytes that line_key() and line_show() write at most. */
#define LINE_ECHO (3 * LINE_SIZE)

/* Begins a new line; keeps the current one as the previous one, unless it is empty. */
void line_begin(struct line *line);

/* Handles a key: one of enum key, or a character. Appends to `echo` what to write. */
void line_key(struct line *line, unsigned key, struct text *echo);

/* Appends the whole line to `echo`, for a new prompt. */
void line_show(const struct line *line, struct text *echo);

/*
 * Converts what a serial terminal sends, control characters and the sequences of a VT100
 * ("\33[A"), to keys. *state begins with 0. KEY_NOTHING within a sequence.
 */
unsigned line_decode(unsigned *state, uint8_t byte);

#endif
