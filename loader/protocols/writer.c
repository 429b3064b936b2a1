/* SPDX-License-Identifier: MIT */
/* writer.c - writes things one after the other, or only counts their bytes. Knows no protocol. */
#include "protocols/writer.h"

#include "core/text.h"

struct writer writer_counting(void)
{
	return writer_to(NULL, PAGE_SIZE);
}

struct writer writer_to(uint8_t *bytes, uint64_t window)
{
	return (struct writer){ bytes, window, 0 };
}

/* Takes the bytes right after what was written last; returns as writer_reserve() does. */
static uint64_t extend(struct writer *writer, uint64_t size)
{
	uint64_t at = writer->window + writer->used;

	writer->used += size;
	return size != 0 ? at : 0;
}

uint64_t writer_reserve(struct writer *writer, uint64_t size)
{
	writer->used = align_up(writer->used, 8);
	return extend(writer, size);
}

uint8_t *writer_at(const struct writer *writer, uint64_t at)
{
	return at != 0 && writer->bytes != NULL ? writer->bytes + (at - writer->window) : NULL;
}

uint64_t writer_physical(const struct writer *writer, const struct machine *machine, uint64_t at)
{
	return writer->bytes != NULL ? physical(machine, writer_at(writer, at)) : 0;
}

void writer_put(struct writer *writer, uint64_t at, const void *from, uint64_t size)
{
	if (writer->bytes != NULL && size != 0)
		memcpy(writer_at(writer, at), from, (size_t)size);
}

uint64_t writer_copy(struct writer *writer, const void *from, uint64_t size)
{
	uint64_t at = writer_reserve(writer, size);

	writer_put(writer, at, from, size);
	return at;
}

uint64_t writer_append(struct writer *writer, const void *from, uint64_t size)
{
	uint64_t at = extend(writer, size);

	writer_put(writer, at, from, size);
	return at;
}

uint64_t writer_string(struct writer *writer, const char *string)
{
	return writer_copy(writer, string, text_length(string) + 1);
}

uint64_t writer_join(struct writer *writer, const char *const *parts, unsigned count)
{
	uint64_t at = writer->window + writer->used;

	for (unsigned i = 0; i < count; i++)
		writer_append(writer, parts[i], text_length(parts[i]));
	writer_append(writer, "", 1);
	return at;
}
