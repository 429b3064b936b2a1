/* SPDX-License-Identifier: MIT */
/* writer.c - puts things one behind the other. Knows no protocol. */
#include "protocols/writer.h"

uint64_t writer_reserve(struct writer *writer, uint64_t size, void **bytes)
{
	uint64_t at = align_up(writer->used, 8);

	*bytes = writer->bytes + at;
	writer->used = at + size;
	return size != 0 ? writer->window + at : 0;
}

uint64_t writer_copy(struct writer *writer, const void *from, uint64_t size)
{
	void *bytes;
	uint64_t at = writer_reserve(writer, size, &bytes);

	if (size != 0)
		memcpy(bytes, from, (size_t)size);
	return at;
}

uint64_t writer_string(struct writer *writer, const char *string)
{
	return writer_copy(writer, string, text_length(string) + 1);
}
