/* SPDX-License-Identifier: MIT */
/* overwritten.c - finds the first and the last byte that differ, and looks at those between. */
#include "explain/overwritten.h"

#define SHOWN_TEXT  32 /* characters */
#define SHOWN_BYTES 8
#define LEAST_TEXT  4 /* fewer in a row may be chance */

/* How many of the bytes are text from the first on. */
static size_t text_length_of(struct span bytes)
{
	size_t length = 0;

	while (length < bytes.size && length < SHOWN_TEXT && bytes.bytes[length] >= ' '
	       && bytes.bytes[length] <= '~')
		length++;
	return length;
}

static bool all_the_same(struct span bytes)
{
	for (size_t i = 1; i < bytes.size; i++)
		if (bytes.bytes[i] != bytes.bytes[0])
			return false;
	return true;
}

void overwritten_write(struct text *text, uint64_t at, struct span was, struct span now)
{
	size_t begin = 0, end = (size_t)was.size;
	struct span found;

	while (begin < end && was.bytes[begin] == now.bytes[begin])
		begin++;
	while (end > begin && was.bytes[end - 1] == now.bytes[end - 1])
		end--;
	if (begin == end)
		return;
	found = (struct span){ now.bytes + begin, end - begin };
	text_add(text, "Bytes %#llx to %#llx of physical memory", ULL(at + begin),
	         ULL(at + end - 1));
	if (all_the_same(found)) {
		text_add(text, " are all %#x now.", found.bytes[0]);
	} else if (text_length_of(found) >= LEAST_TEXT) {
		text_add(text, " hold text now: \"%.*s\".", (int)text_length_of(found),
		         (const char *)found.bytes);
	} else {
		text_add(text, " hold now:");
		for (size_t i = 0; i < found.size && i < SHOWN_BYTES; i++)
			text_add(text, " %02x", found.bytes[i]);
		text_add(text, found.size > SHOWN_BYTES ? " ..." : ".");
	}
}
