/* SPDX-License-Identifier: MIT */
/* read.c - reads whole files, and decompresses them. Knows gzip's first bytes; knows nothing of
 * ELF. */
#define _DEFAULT_SOURCE
#include "platform/host/read.h"

#include "core/file.h"
#include "core/inflate.h"
#include "platform/files/hold.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

/* Reads up to `size` bytes; returns how many there were. */
static uint64_t read_bytes(int from, uint8_t *to, uint64_t size)
{
	uint64_t done = 0;

	while (done < size) {
		ssize_t got = read(from, to + done, (size_t)(size - done));

		if (got == 0 || (got < 0 && errno != EINTR))
			break;
		if (got > 0)
			done += (uint64_t)got;
	}
	return done;
}

/* Replaces compressed bytes by the `size` bytes that they should unpack to. */
static bool unpack(struct file *file, struct model *model, uint32_t size, struct report *report)
{
	struct span packed = file->bytes;
	uint8_t *copy = malloc((size_t)packed.size); /* since the file's own memory is reused */
	bool good;

	if (copy == NULL)
		return refuse(report, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", file_called(file),
		              ULL(packed.size / KIB));
	memcpy(copy, packed.bytes, (size_t)packed.size);
	packed.bytes = copy;
	model_untake_file(model, file->bytes.bytes);
	good = file_hold(file, model_take_file(model, size), size, report);
	if (good && !inflate_gzip(packed, (uint8_t *)(uintptr_t)file->bytes.bytes, size))
		good = file_refuse_gzip(file, packed.size, size, report);
	free(copy);
	return good;
}

/* As read_file(), from a file that is open. */
static bool read_open(struct file *file, int from, struct model *model, struct report *report)
{
	struct stat stat;
	uint64_t size, got;
	uint32_t unpacked;
	uint8_t *bytes;

	if (fstat(from, &stat) != 0 || !S_ISREG(stat.st_mode))
		return refuse(report, DIAG_FILE_MISSING, "%s: %s", file_called(file),
		              S_ISDIR(stat.st_mode) ? "it is a folder"
		                                    : "it is not an ordinary file");
	size = (uint64_t)stat.st_size;
	bytes = model_take_file(model, size);
	if (!file_hold(file, bytes, size, report))
		return false;
	got = read_bytes(from, bytes, size);
	if (got != size)
		return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
		              file_called(file), ULL(got), ULL(size));
	if (!file_check_digest(file, report))
		return false;
	if (file->raw || !file_is_gzip(file->bytes, &unpacked))
		return true;
	if (!file_check_size(file, unpacked, report))
		return false;
	return unpack(file, model, unpacked, report);
}

bool read_file(struct file *file, struct model *model, struct report *report)
{
	int from = open(file->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool done;

	if (from < 0)
		return refuse(report, DIAG_FILE_MISSING, "%s: %s", file_called(file),
		              strerror(errno));
	done = read_open(file, from, model, report);
	close(from);
	return done;
}
