/* SPDX-License-Identifier: MIT */
/* line.c - edits a line, and keeps track of the terminal's cursor. */
#include "standalone/line.h"

enum {
	CONTROL_A = 1,
	CONTROL_B,
	CONTROL_D = 4,
	CONTROL_E,
	CONTROL_F,
	CONTROL_H = 8,
	CONTROL_I,
	CONTROL_K = 11,
	CONTROL_L,
	CONTROL_N = 14,
	CONTROL_P = 16,
	CONTROL_U = 21,
	ESCAPE = 27,
	RUBOUT = 127
};

/* Moves the terminal's cursor back. */
static void back(struct text *echo, size_t count)
{
	while (count-- > 0)
		text_add(echo, "\b");
}

/* Writes the line from the cursor to its end, then `blanks` spaces, and moves the cursor back. */
static void redraw(const struct line *line, size_t blanks, struct text *echo)
{
	text_add(echo, "%s", line->text + line->cursor);
	for (size_t i = 0; i < blanks; i++)
		text_add(echo, " ");
	back(echo, line->length - line->cursor + blanks);
}

static void move_to(struct line *line, size_t cursor, struct text *echo)
{
	if (cursor < line->cursor)
		back(echo, line->cursor - cursor);
	for (; line->cursor < cursor; line->cursor++)
		text_add(echo, "%c", line->text[line->cursor]);
	line->cursor = cursor;
}

/* Deletes `count` characters, from the cursor on. */
static void take_away(struct line *line, size_t count, struct text *echo)
{
	memmove(line->text + line->cursor, line->text + line->cursor + count,
	        line->length - line->cursor - count + 1);
	line->length -= count;
	redraw(line, count, echo);
}

static void insert(struct line *line, char c, struct text *echo)
{
	if (line->length + 1 >= LINE_SIZE)
		return;
	memmove(line->text + line->cursor + 1, line->text + line->cursor,
	        line->length - line->cursor + 1);
	line->text[line->cursor++] = c;
	line->length++;
	text_add(echo, "%c", c);
	redraw(line, 0, echo);
}

/* Replaces the line with another text. */
static void replace(struct line *line, const char *text, struct text *echo)
{
	size_t before = line->length;

	move_to(line, 0, echo);
	line->length = text_length(text);
	memcpy(line->text, text, line->length + 1);
	redraw(line, before > line->length ? before - line->length : 0, echo);
	move_to(line, line->length, echo);
}

/* Shows the previous line, or what was typed again. */
static void show_last(struct line *line, bool last, struct text *echo)
{
	if (line->shows_last == last || (last && line->last[0] == 0))
		return;
	line->shows_last = last;
	if (last)
		memcpy(line->kept, line->text, line->length + 1);
	replace(line, last ? line->last : line->kept, echo);
}

void line_begin(struct line *line)
{
	if (line->length != 0)
		memcpy(line->last, line->text, line->length + 1);
	line->length = 0;
	line->cursor = 0;
	line->text[0] = 0;
	line->shows_last = false;
}

void line_key(struct line *line, unsigned key, struct text *echo)
{
	if (key == KEY_BACKSPACE && line->cursor > 0) {
		move_to(line, line->cursor - 1, echo);
		take_away(line, 1, echo);
	} else if (key == KEY_DELETE && line->cursor < line->length)
		take_away(line, 1, echo);
	else if (key == KEY_LEFT && line->cursor > 0)
		move_to(line, line->cursor - 1, echo);
	else if (key == KEY_RIGHT && line->cursor < line->length)
		move_to(line, line->cursor + 1, echo);
	else if (key == KEY_HOME)
		move_to(line, 0, echo);
	else if (key == KEY_END)
		move_to(line, line->length, echo);
	else if (key == KEY_UP || key == KEY_DOWN)
		show_last(line, key == KEY_UP, echo);
	else if (key == CONTROL_K)
		take_away(line, line->length - line->cursor, echo);
	else if (key == CONTROL_U)
		replace(line, "", echo);
	else if (key >= ' ' && key < RUBOUT)
		insert(line, (char)key, echo);
}

void line_show(const struct line *line, struct text *echo)
{
	text_add(echo, "%s", line->text);
	back(echo, line->length - line->cursor);
}

/* The key for a control character. */
static unsigned control(uint8_t byte)
{
	static const uint16_t keys[' '] = {
		[CONTROL_A] = KEY_HOME, [CONTROL_B] = KEY_LEFT,  [CONTROL_D] = KEY_DELETE,
		[CONTROL_E] = KEY_END,  [CONTROL_F] = KEY_RIGHT, [CONTROL_H] = KEY_BACKSPACE,
		[CONTROL_I] = KEY_LIST, ['\n'] = KEY_ENTER,      [CONTROL_K] = CONTROL_K,
		[CONTROL_L] = KEY_LIST, ['\r'] = KEY_ENTER,      [CONTROL_N] = KEY_DOWN,
		[CONTROL_P] = KEY_UP,   [CONTROL_U] = CONTROL_U,
	};

	return keys[byte] != 0 ? keys[byte] : (unsigned)KEY_NOTHING;
}

/* The key for a letter or a number at the end of a sequence. */
static unsigned sequence(uint8_t byte)
{
	switch (byte) {
	case 'A':
		return KEY_UP;
	case 'B':
		return KEY_DOWN;
	case 'C':
		return KEY_RIGHT;
	case 'D':
		return KEY_LEFT;
	case 'H':
	case '1':
	case '7':
		return KEY_HOME;
	case 'F':
	case '4':
	case '8':
		return KEY_END;
	case '3':
		return KEY_DELETE;
	default:
		return KEY_NOTHING;
	}
}

/* States: outside a sequence, after ESC, after "ESC [" or "ESC O"; from STATE_NUMBER on, after a
 * digit. */
enum { STATE_NONE, STATE_ESCAPE, STATE_OPEN, STATE_NUMBER };

unsigned line_decode(unsigned *state, uint8_t byte)
{
	unsigned before = *state;

	*state = STATE_NONE;
	if (before == STATE_ESCAPE && (byte == '[' || byte == 'O')) {
		*state = STATE_OPEN;
		return KEY_NOTHING;
	}
	if (before == STATE_OPEN && byte >= '0' && byte <= '9') {
		*state = STATE_NUMBER + byte;
		return KEY_NOTHING;
	}
	if (before == STATE_OPEN)
		return sequence(byte);
	if (before >= STATE_NUMBER && byte != '~') {
		*state = byte >= '0' && byte <= '9' ? (unsigned)STATE_NUMBER : (unsigned)STATE_NONE;
		return KEY_NOTHING;
	}
	if (before >= STATE_NUMBER)
		return sequence((uint8_t)(before - STATE_NUMBER));
	if (before == STATE_ESCAPE && byte == ESCAPE)
		return KEY_LEAVE;
	if (byte == ESCAPE) {
		*state = STATE_ESCAPE;
		return KEY_NOTHING;
	}
	if (byte == RUBOUT)
		return KEY_BACKSPACE;
	return byte < ' ' ? control(byte) : byte < RUBOUT ? byte : (unsigned)KEY_NOTHING;
}
