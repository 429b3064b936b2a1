/* SPDX-License-Identifier: MIT */
/*
 * line.h - a line that the user types at a prompt: editing, and the line before it. Says what is to
 * be written to the terminal, which needs no more than the backspace.
 */
#ifndef STANDALONE_LINE_H
#define STANDALONE_LINE_H

#include "core/text.h"

#define LINE_SIZE 1024

/* Keys that are no characters. */
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
	KEY_LEAVE, /* go away from the prompt */
	KEY_NOTHING
};

struct line {
	char text[LINE_SIZE];
	char last[LINE_SIZE]; /* the line before */
	char kept[LINE_SIZE]; /* what was typed while the line before is shown */
	size_t length, cursor;
	bool shows_last;
};

/* Bytes that line_key() and line_show() write at most. */
#define LINE_ECHO (3 * LINE_SIZE)

/* Begins a new line; the one before is kept, unless it was empty. */
void line_begin(struct line *line);

/* Carries a key out: one of enum key, or a character. What is to be written is added to `echo`. */
void line_key(struct line *line, unsigned key, struct text *echo);

/* Adds all of the line to `echo`, after a new prompt was written. */
void line_show(const struct line *line, struct text *echo);

/*
 * Makes keys of what a serial terminal sends: control characters, and the sequences of a VT100
 * ("\33[A"). *state begins with 0. KEY_NOTHING within a sequence.
 */
unsigned line_decode(unsigned *state, uint8_t byte);

#endif
