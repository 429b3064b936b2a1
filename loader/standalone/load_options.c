/* SPDX-License-Identifier: MIT */
/* load_options.c - see load_options.h. UEFI 2.10, 3.1.3 and 9.1.1; UEFI Shell 2.2, 2.3. */
#include "standalone/load_options.h"

#include "core/text.h"

static bool is_visible(unsigned c)
{
	return c >= ' ' && c <= '~';
}

bool load_options_of_shell(const uint16_t *const *words, uint64_t count, char *text, size_t size)
{
	size_t used = 0;

	for (uint64_t i = 1; i < count; i++) {
		if (used > 0 && used + 1 < size)
			text[used++] = ' ';
		for (const uint16_t *at = words[i]; *at != 0; at++) {
			if (!is_visible(*at) || used + 1 == size) {
				text[used] = 0;
				return false;
			}
			text[used++] = (char)*at;
		}
	}
	text[used] = 0;
	return true;
}

/* The length of a first word that ends in .efi, and of the blanks after it; 0 if there is none. */
static size_t program_length(const char *text)
{
	static const char ending[] = ".efi";
	size_t length = 0, same = sizeof(ending) - 1;

	while (text[length] != 0 && text[length] != ' ')
		length++;
	if (length < same)
		return 0;
	for (size_t i = 0; i < same; i++) {
		if (text_lower(text[length - same + i]) != ending[i])
			return 0;
	}
	while (text[length] == ' ')
		length++;
	return length;
}

bool load_options_read(const void *options, uint64_t bytes, char *text, size_t size)
{
	const uint8_t *from = options;
	size_t used = 0, name;
	bool fits = true;

	text[0] = 0;
	for (uint64_t at = 0; at + 1 < bytes; at += 2) {
		unsigned c = from[at] | (unsigned)from[at + 1] << 8;

		if (c == 0)
			break;
		if (!is_visible(c)) {
			text[0] = 0;
			return true;
		}
		fits = used + 1 < size;
		if (fits)
			text[used++] = (char)c;
	}
	text[used] = 0;
	name = program_length(text);
	for (size_t i = 0; i + name <= used; i++)
		text[i] = text[i + name];
	return fits;
}
