/* SPDX-License-Identifier: MIT */
/*
 * text.h - formats numbers as text.
 */
#ifndef KERNEL_TEXT_H
#define KERNEL_TEXT_H

#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>

/* A short text that a function can return: use it as `size_words(n).text` within one expression. */
struct words {
	char text[32];
};

/*
 * Formats text like C's snprintf: at most `size` bytes, always ended by a zero. Supports %s, %u,
 * %x, %% and, for uint64_t, %lu and %lx, with a width as in %8u, %-8s or %08x.
 */
void text_format(char *to, size_t size, const char *format, ...)
	__attribute__((format(printf, 3, 4)));
void text_format_list(char *to, size_t size, const char *format, va_list values);

/* The length of a text. */
size_t text_length(const char *text);

/* A number of bytes: "636 KiB", "126.9 MiB". */
struct words size_words(uint64_t bytes);

/* A span of time: "12.3 ms"; if the frequency of the counter is not known (0), "30.1 Mcycles". */
struct words time_words(uint64_t ticks, uint64_t frequency);

#endif
