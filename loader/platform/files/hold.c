/* SPDX-License-Identifier: MIT */
/* hold.c - see hold.h. */
#include "platform/files/hold.h"

bool file_hold(struct file *file, const uint8_t *bytes, uint64_t size, struct report *report)
{
	if (bytes == NULL)
		return refuse(report, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", file_called(file),
		              ULL(size / KIB));
	file->bytes = (struct span){ bytes, size };
	file->capacity = page_up(size);
	return true;
}

bool file_take(struct file *file, uint64_t size, file_memory *take, struct report *report)
{
	uint64_t whole = page_up(max_u64(size, 1));
	const uint8_t *bytes = size >= LARGE_PAGE ? take(whole, LARGE_PAGE) : NULL;

	return file_hold(file, bytes != NULL ? bytes : take(whole, PAGE_SIZE), size, report);
}
