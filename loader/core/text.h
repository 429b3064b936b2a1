/* SPDX-License-Identifier: MIT */
/*
 * text.h - a small formatter into a fixed buffer.
 *
 * Supports %s %c %% %d %u %x with the lengths l, ll and z, the flags - 0 #, a width and, for %s, a
 * precision. Text that does not fit is cut off; the buffer always ends with a zero.
 */
#ifndef CORE_TEXT_H
#define CORE_TEXT_H

#include "core/base.h"

#include <stdarg.h>

struct text {
	char *at;    /* where the next character goes */
	char *limit; /* the last byte of the buffer, kept for the zero */
};

/* An empty text in `buffer` of `size` > 0 bytes. */
struct text text_in(char *buffer, size_t size);

/* Appends to the text, and ends it with a zero. */
void text_add(struct text *text, const char *format, ...) __attribute__((format(printf, 2, 3)));
void text_add_list(struct text *text, const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

/* Ends a string, so that the next one begins after its end, if there is room for another. */
void text_end_string(struct text *text);

/* The same for a plain string, without the formatter. */
void text_add_string(struct text *text, const char *string);

/* Appends foreign text, such as a kernel's, in a form that is safe for a terminal: newlines and
 * visible characters unchanged, every other byte, which might be a control sequence, as "\x1b". */
void text_add_shown(struct text *text, const char *string);

/* Writes such text, in pieces. */
void text_show(const char *string, void (*write)(const char *text));

/* The same for formatted text, up to 1000 characters. */
void text_show_list(void (*write)(const char *text), const char *format, va_list values)
	__attribute__((format(printf, 2, 0)));

/* Appends a number of bytes in readable units: "4096 bytes", "64 KiB", "1.5 GiB". */
void text_add_size(struct text *text, uint64_t bytes);

/* The value of a hexadecimal digit, or 255. */
unsigned text_digit(char c);

/* Reads an integer, decimal or hexadecimal with 0x, with an optional suffix K, M, G or T for powers
 * of 1024. False if the text is anything else, or if the number does not fit into 64 bits. */
bool text_read_number(const char *string, uint64_t *number);

/* True if two zero-terminated strings are the same. */
bool text_equal(const char *a, const char *b);

/* What follows `with` at the beginning of the string; NULL if it does not begin with that. */
static inline const char *text_after(const char *string, const char *with)
{
	for (; *with != 0; with++, string++) {
		if (*string != *with)
			return NULL;
	}
	return string;
}

/* True for what separates words, in a line or in lines. */
static inline bool text_is_blank(char c)
{
	return c == ' ' || c == '\t' || c == '\n' || c == '\r';
}

/* A letter of ASCII as a small one; anything else as it is. */
static inline char text_lower(char c)
{
	return c >= 'A' && c <= 'Z' ? (char)(c - 'A' + 'a') : c;
}

/* Length of a zero-terminated string. */
size_t text_length(const char *string);

#endif
