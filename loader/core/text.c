/* SPDX-License-Identifier: MIT */
/* text.c - the formatter. Knows nothing of screens; avoids 64-bit division, for which 32-bit code
 * would need a library. */
#include "core/text.h"

/* One conversion of a format, as it is read. */
struct conversion {
	bool left, zero, alternate;
	size_t width;
	size_t precision; /* SIZE_MAX: none */
	int longs;        /* 0: int, 1: long, 2: long long, 3: size_t */
};

struct text text_in(char *buffer, size_t size)
{
	buffer[0] = 0;
	return (struct text){ buffer, buffer + size - 1 };
}

static void add_char(struct text *text, char c)
{
	if (text->at < text->limit) {
		*text->at++ = c;
		*text->at = 0;
	}
}

/* Appends `length` characters, padded to the conversion's width. Zeroes are put after the first
 * `sign` of them. */
static void add_padded(struct text *text, const struct conversion *how, const char *from,
                       size_t length, size_t sign)
{
	size_t pad = how->width > length ? how->width - length : 0;

	for (; pad > 0 && !how->left && !how->zero; pad--)
		add_char(text, ' ');
	for (size_t i = 0; i < sign; i++)
		add_char(text, from[i]);
	for (; pad > 0 && !how->left; pad--)
		add_char(text, '0');
	for (size_t i = sign; i < length; i++)
		add_char(text, from[i]);
	for (; pad > 0; pad--)
		add_char(text, ' ');
}

/* Writes `value` in decimal, not zero-terminated; returns how many digits. Subtracts, so that
 * no library divides. */
static size_t write_decimal(char *to, uint64_t value)
{
	static const uint64_t units[] = {
		UINT64_C(10000000000000000000),
		UINT64_C(1000000000000000000),
		UINT64_C(100000000000000000),
		UINT64_C(10000000000000000),
		UINT64_C(1000000000000000),
		UINT64_C(100000000000000),
		UINT64_C(10000000000000),
		UINT64_C(1000000000000),
		UINT64_C(100000000000),
		UINT64_C(10000000000),
		1000000000,
		100000000,
		10000000,
		1000000,
		100000,
		10000,
		1000,
		100,
		10,
		1,
	};
	size_t length = 0;

	for (size_t i = 0; i < COUNT(units); i++) {
		char digit = '0';

		for (; value >= units[i]; digit++)
			value -= units[i];
		if (digit != '0' || length > 0 || units[i] == 1)
			to[length++] = digit;
	}
	return length;
}

/* Writes `value` in hexadecimal; returns how many digits. */
static size_t write_hex(char *to, uint64_t value)
{
	size_t length = 0;

	for (int shift = 60; shift >= 0; shift -= 4) {
		unsigned digit = (unsigned)(value >> shift) & 15;

		if (digit != 0 || length > 0 || shift == 0)
			to[length++] = "0123456789abcdef"[digit];
	}
	return length;
}

/* The next argument of the size that %u, %x or %d has. */
static uint64_t next_number(const struct conversion *how, char kind, va_list *values)
{
	switch (how->longs) {
	case 0:
		return kind == 'd' ? (uint64_t)va_arg(*values, int) : va_arg(*values, unsigned);
	case 1:
		return kind == 'd' ? (uint64_t)va_arg(*values, long)
		                   : va_arg(*values, unsigned long);
	case 2:
		return va_arg(*values, unsigned long long);
	default:
		return va_arg(*values, size_t);
	}
}

static void add_number(struct text *text, const struct conversion *how, char kind, uint64_t value)
{
	char digits[24];
	size_t length = 0;
	size_t sign;

	if (kind == 'd' && (int64_t)value < 0) {
		digits[length++] = '-';
		value = -value;
	}
	if (kind == 'x' && how->alternate) {
		digits[length++] = '0';
		digits[length++] = 'x';
	}
	sign = length;
	length += kind == 'x' ? write_hex(digits + length, value)
	                      : write_decimal(digits + length, value);
	add_padded(text, how, digits, length, sign);
}

static void add_string(struct text *text, const struct conversion *how, const char *string)
{
	size_t length = 0;

	while (length < how->precision && string[length] != 0)
		length++;
	add_padded(text, how, string, length, 0);
}

/* Reads a decimal number in the format. */
static size_t read_width(const char **format)
{
	size_t width = 0;

	for (; **format >= '0' && **format <= '9'; ++*format)
		width = width * 10 + (size_t)(**format - '0');
	return width;
}

/* Reads flags, width, precision and length of a conversion. */
static struct conversion read_conversion(const char **format, va_list *values)
{
	struct conversion how = { .precision = SIZE_MAX };

	for (;; ++*format) {
		if (**format == '-')
			how.left = true;
		else if (**format == '0')
			how.zero = true;
		else if (**format == '#')
			how.alternate = true;
		else
			break;
	}
	how.width = read_width(format);
	if (**format == '.') {
		++*format;
		if (**format == '*') {
			how.precision = (size_t)va_arg(*values, int);
			++*format;
		} else {
			how.precision = read_width(format);
		}
	}
	for (; **format == 'l'; ++*format)
		how.longs++;
	if (**format == 'z') {
		how.longs = 3;
		++*format;
	}
	return how;
}

void text_add_list(struct text *text, const char *format, va_list given)
{
	va_list values;

	va_copy(values, given);
	for (; *format != 0; format++) {
		struct conversion how;

		if (*format != '%') {
			add_char(text, *format);
			continue;
		}
		format++;
		how = read_conversion(&format, &values);
		if (*format == 's')
			add_string(text, &how, va_arg(values, const char *));
		else if (*format == 'u' || *format == 'x' || *format == 'd')
			add_number(text, &how, *format, next_number(&how, *format, &values));
		else if (*format == 'c')
			add_char(text, (char)va_arg(values, int));
		else
			add_char(text, *format);
	}
	va_end(values);
}

void text_add(struct text *text, const char *format, ...)
{
	va_list values;

	va_start(values, format);
	text_add_list(text, format, values);
	va_end(values);
}

void text_add_string(struct text *text, const char *string)
{
	while (*string != 0)
		add_char(text, *string++);
}

/* True for invisible characters that affect the order or the position of others (Unicode categories
 * Zl, Zp and Cf). */
static bool is_invisible(uint32_t point)
{
	return (point >= 0x200b && point <= 0x200f) || (point >= 0x2028 && point <= 0x202e)
	    || (point >= 0x2060 && point <= 0x206f) || point == 0xfeff || point == 0x061c;
}

/* The length in bytes of a visible UTF-8 character (RFC 3629); otherwise 0. */
static size_t visible_length(const unsigned char *at)
{
	static const uint32_t least[] = { 0, 0xa0, 0x800, 0x10000 };
	size_t more = at[0] < 0xe0 ? 1 : at[0] < 0xf0 ? 2 : 3;
	uint32_t point = at[0] & (0x3fu >> more);

	if (at[0] >= ' ' && at[0] <= '~')
		return 1;
	if (at[0] < 0xc0 || at[0] > 0xf4)
		return 0;
	for (size_t i = 1; i <= more; i++) {
		if ((at[i] & 0xc0) != 0x80)
			return 0;
		point = point << 6 | (at[i] & 0x3fu);
	}
	if (point < least[more] || point > 0x10ffff || (point >= 0xd800 && point <= 0xdfff)
	    || is_invisible(point))
		return 0;
	return more + 1;
}

#define SHOWN_MAX 4 /* bytes of a character that is shown, at most */

/* Appends the character at `at`, which is not 0, escaped if necessary; returns where the next
 * begins. */
static const char *add_shown_character(struct text *text, const char *at)
{
	size_t length = *at == '\n' ? 1 : visible_length((const unsigned char *)at);

	if (length == 0) {
		text_add(text, "\\x%02x", (unsigned char)*at);
		return at + 1;
	}
	for (; length > 0; length--)
		add_char(text, *at++);
	return at;
}

void text_add_shown(struct text *text, const char *string)
{
	while (*string != 0)
		string = add_shown_character(text, string);
}

void text_show(const char *string, void (*write)(const char *text))
{
	while (*string != 0) {
		char shown[100];
		struct text text = text_in(shown, sizeof(shown));

		do
			string = add_shown_character(&text, string);
		while (*string != 0 && text.limit - text.at >= SHOWN_MAX);
		write(shown);
	}
}

void text_show_list(void (*write)(const char *text), const char *format, va_list values)
{
	char buffer[1000];
	struct text text = text_in(buffer, sizeof(buffer));

	text_add_list(&text, format, values);
	text_show(buffer, write);
}

void text_end_string(struct text *text)
{
	if (text->at < text->limit)
		*++text->at = 0;
}

void text_add_size(struct text *text, uint64_t bytes)
{
	static const char units[][6] = { "bytes", "KiB", "MiB", "GiB", "TiB" };
	unsigned unit = 0;

	while (unit + 1 < COUNT(units) && (bytes >> (10 * (unit + 1))) != 0)
		unit++;
	text_add(text, "%llu", ULL(bytes >> (10 * unit)));
	if (unit > 0) {
		uint64_t rest = bytes & ((UINT64_C(1) << (10 * unit)) - 1);
		unsigned tenth = (unsigned)((rest >> (10 * (unit - 1))) * 10 >> 10);

		if (tenth != 0)
			text_add(text, ".%u", tenth);
	}
	text_add(text, " %s", units[unit]);
}

bool text_equal(const char *a, const char *b)
{
	for (; *a == *b; a++, b++) {
		if (*a == 0)
			return true;
	}
	return false;
}

size_t text_length(const char *string)
{
	size_t length = 0;

	while (string[length] != 0)
		length++;
	return length;
}

unsigned text_digit(char c)
{
	if (c >= '0' && c <= '9')
		return (unsigned)(c - '0');
	if ((c | 0x20) >= 'a' && (c | 0x20) <= 'f')
		return (unsigned)((c | 0x20) - 'a') + 10;
	return 255;
}

/* How many bits the letter after a number shifts it by: K 10, M 20, G 30, T 40; 0 for anything
 * else. */
static unsigned unit_shift(char c)
{
	static const char letters[] = "kmgt";

	for (unsigned i = 0; i < 4; i++) {
		if ((c | 0x20) == letters[i])
			return 10 * (i + 1);
	}
	return 0;
}

bool text_read_number(const char *string, uint64_t *number)
{
	unsigned base = string[0] == '0' && (string[1] | 0x20) == 'x' ? 16 : 10;
	const char *at = base == 16 ? string + 2 : string;
	const char *first = at;
	unsigned shift;

	for (*number = 0; text_digit(*at) < base; at++) {
		if (*number > (base == 16 ? UINT64_MAX / 16 : UINT64_MAX / 10)
		    || *number * base > UINT64_MAX - text_digit(*at))
			return false;
		*number = *number * base + text_digit(*at);
	}
	if (at == first)
		return false;
	if (*at == 0)
		return true;
	shift = unit_shift(*at);
	if (shift == 0 || at[1] != 0 || *number > UINT64_MAX >> shift)
		return false;
	*number <<= shift;
	return true;
}
