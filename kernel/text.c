/* SPDX-License-Identifier: MIT */
/*
 * text.c - formats numbers as text. Knows nothing of screens and lines.
 */
#include "text.h"

#include <stdbool.h>

/* The output buffer, and the current conversion of a format. */
struct output {
	char *to, *end; /* end: of the space, less the zero byte */
};

struct conversion {
	bool is_left, is_long;
	char fill;
	size_t width;
};

size_t text_length(const char *text)
{
	size_t length = 0;

	while (text[length])
		length++;
	return length;
}

/* Appends one character while there is space. */
static void put(struct output *output, char character)
{
	if (output->to < output->end)
		*output->to++ = character;
}

/* Appends a text, padded to the requested width. */
static void put_text(struct output *output, const struct conversion *how, const char *text)
{
	const size_t length = text_length(text);

	if (!how->is_left)
		for (size_t i = length; i < how->width; i++)
			put(output, how->fill);
	for (size_t i = 0; i < length; i++)
		put(output, text[i]);
	if (how->is_left)
		for (size_t i = length; i < how->width; i++)
			put(output, ' ');
}

/* Appends a number in base 10 or 16. */
static void put_number(struct output *output, const struct conversion *how, uint64_t number,
                       unsigned base)
{
	char digits[21];
	char *first = digits + sizeof(digits) - 1;

	*first = '\0';
	do
		*--first = "0123456789abcdef"[number % base];
	while (number /= base);
	put_text(output, how, first);
}

/* Reads flags, width and length of a conversion. Returns its letter. */
static const char *read_conversion(struct conversion *how, const char *at)
{
	*how = (struct conversion){ .fill = ' ' };
	for (; *at == '-' || *at == '0'; at++)
		if (*at == '-')
			how->is_left = true;
		else
			how->fill = '0';
	for (; *at >= '0' && *at <= '9'; at++)
		how->width = how->width * 10 + (size_t)(*at - '0');
	for (; *at == 'l'; at++)
		how->is_long = true;
	return at;
}

void text_format_list(char *to, size_t size, const char *format, va_list values)
{
	struct output output = { to, to + size - 1 };
	struct conversion how;

	for (const char *at = format; *at; at++) {
		if (*at != '%') {
			put(&output, *at);
			continue;
		}
		at = read_conversion(&how, at + 1);
		if (*at == 's')
			put_text(&output, &how, va_arg(values, const char *));
		else if (*at == 'u' || *at == 'x')
			put_number(&output, &how,
			           how.is_long ? va_arg(values, uint64_t)
			                       : va_arg(values, unsigned),
			           *at == 'x' ? 16 : 10);
		else if (*at)
			put(&output, *at);
		else
			break;
	}
	*output.to = '\0';
}

void text_format(char *to, size_t size, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	text_format_list(to, size, format, values);
	va_end(values);
}

/* Thousandths of a unit as "1.2 unit", or as "12 unit" if it is large or whole. */
static struct words decimal_words(uint64_t thousandths, const char *unit)
{
	struct words words;
	uint64_t tenths = thousandths / 100;

	if (tenths % 10 == 0 || tenths >= 10000)
		text_format(words.text, sizeof(words.text), "%lu %s", tenths / 10, unit);
	else
		text_format(words.text, sizeof(words.text), "%lu.%lu %s", tenths / 10, tenths % 10,
		            unit);
	return words;
}

struct words size_words(uint64_t bytes)
{
	static const char *const units[] = { "bytes", "KiB", "MiB", "GiB", "TiB", "PiB", "EiB" };
	unsigned unit = 0;

	while (bytes >> (10 * unit) >= 1024)
		unit++;
	if (unit == 0)
		return decimal_words(bytes * 1000, units[0]);
	return decimal_words((bytes >> (10 * unit - 10)) * 1000 / 1024, units[unit]);
}

struct words time_words(uint64_t ticks, uint64_t frequency)
{
	if (frequency == 0)
		return decimal_words(ticks / 1000, "Mcycles");
	if (ticks / 10 >= frequency)
		return decimal_words(ticks / (frequency / 1000 + 1), "s");
	return decimal_words(ticks * 1000 / (frequency / 1000 + 1), "ms");
}
