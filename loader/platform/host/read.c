/* SPDX-License-Identifier: MIT */
/* read.c - files, whole. Knows gzip by its first bytes, and leaves the unpacking to the program of
 * that name; knows nothing of ELF. */
#define _DEFAULT_SOURCE
#include "platform/host/read.h"

#include "core/file.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#define NO_PROGRAM 127 /* how a child ends that could not become another program */

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

/* Memory of the model for a file of `size` bytes; refuses if there is none. */
static uint8_t *take(struct file *file, struct model *model, uint64_t size, struct report *report)
{
	uint8_t *bytes = model_take_file(model, size);

	if (bytes == NULL)
		refuse(report, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", file->name,
		       ULL(size / KIB));
	file->bytes = (struct span){ bytes, size };
	file->capacity = page_up(size);
	return bytes;
}

/* Starts `gzip -dc` on the file that `from` is open on; *out is then what it writes to. */
static pid_t start_gzip(int from, int *out)
{
	int ends[2];
	pid_t child;

	if (lseek(from, 0, SEEK_SET) != 0 || pipe(ends) != 0)
		return -1;
	child = fork();
	if (child == 0) {
		dup2(from, STDIN_FILENO);
		dup2(ends[1], STDOUT_FILENO);
		close(ends[0]);
		close(ends[1]);
		dup2(open("/dev/null", O_WRONLY), STDERR_FILENO);
		execlp("gzip", "gzip", "-dc", (char *)NULL);
		_exit(NO_PROGRAM);
	}
	close(ends[1]);
	*out = ends[0];
	return child;
}

/* Unpacks the open file to `to`; false if it is damaged or has another size. */
static bool unpack(int from, uint8_t *to, uint64_t size)
{
	int out = -1, status = -1;
	pid_t child = start_gzip(from, &out);
	uint8_t more;
	bool whole;

	if (child < 0)
		return false;
	whole = read_bytes(out, to, size) == size && read_bytes(out, &more, 1) == 0;
	close(out);
	if (waitpid(child, &status, 0) == child && WIFEXITED(status)
	    && WEXITSTATUS(status) == NO_PROGRAM) {
		fputs("check: a compressed kernel needs the program gzip\n", stderr);
		exit(2);
	}
	return status == 0 && whole;
}

/* As read_file(), from a file that is open. */
static bool read_open(struct file *file, int from, struct model *model, struct report *report)
{
	struct stat stat;
	uint64_t size, got;
	uint32_t unpacked;
	uint8_t *bytes;

	if (fstat(from, &stat) != 0 || !S_ISREG(stat.st_mode))
		return refuse(report, DIAG_FILE_MISSING, "%s", file->name);
	size = (uint64_t)stat.st_size;
	bytes = take(file, model, size, report);
	if (bytes == NULL)
		return false;
	got = read_bytes(from, bytes, size);
	if (got != size)
		return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
		              file->name, ULL(got), ULL(size));
	if (!file_check_digest(file, report))
		return false;
	if (file->raw || !file_is_gzip(file->bytes, &unpacked))
		return true;
	if (!file_check_size(file, unpacked, report))
		return false;
	model_untake_file(model, bytes);
	bytes = take(file, model, unpacked, report);
	if (bytes == NULL)
		return false;
	if (!unpack(from, bytes, unpacked))
		return file_refuse_gzip(file, size, unpacked, report);
	return true;
}

bool read_file(struct file *file, struct model *model, struct report *report)
{
	int from = open(file->name, O_RDONLY | O_NONBLOCK | O_CLOEXEC);
	bool done;

	if (from < 0)
		return refuse(report, DIAG_FILE_MISSING, "%s", file->name);
	done = read_open(file, from, model, report);
	close(from);
	return done;
}
