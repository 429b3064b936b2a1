/* SPDX-License-Identifier: MIT */
/* unpack.c - see unpack.h. */
#include "platform/files/unpack.h"

#include "core/file.h"
#include "core/inflate.h"

bool file_unpack(struct file *file, file_memory *take, struct report *report)
{
	struct span packed = file->bytes;
	uint32_t size;

	if (!file_check_digest(file, report))
		return false;
	if (file->raw || !file_is_gzip(packed, &size))
		return true;
	return file_check_size(file, size, report) && file_take(file, size, take, report)
	    && (inflate_gzip(packed, (uint8_t *)(uintptr_t)file->bytes.bytes, size)
	        || file_refuse_gzip(file, packed.size, size, report));
}
