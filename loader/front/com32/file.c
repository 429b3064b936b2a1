/* SPDX-License-Identifier: MIT */
/* file.c - files, whole, in memory of their own, unpacked. Knows gzip by its first bytes; knows
 * nothing of ELF. */
#include "front/com32/file.h"

#include "core/file.h"
#include "core/order.h"
#include "front/com32/progress.h"
#include "front/com32/syslinux.h"

#define CHUNK      MIB
#define LARGE_PAGE (2 * MIB)

/* What malloc() gave, for free(). A compressed file takes two while it is unpacked. */
static void *blocks[ORDER_MAX_MODULES + 2];
static unsigned block_count;

void files_release(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

/* Memory for `size` bytes from an address that is a multiple of `align` on, in whole pages; NULL if
 * there is none. */
static uint8_t *take_aligned(uint64_t size, uint64_t align)
{
	uint64_t room = page_up(size) + align;
	void *block =
		room < UINT32_MAX && block_count < COUNT(blocks) ? malloc((size_t)room) : NULL;

	if (block == NULL)
		return NULL;
	blocks[block_count++] = block;
	return (uint8_t *)(uintptr_t)align_up((uintptr_t)block, align);
}

/* Memory for a file of `size` bytes; refuses if there is none. */
static bool take_memory(struct file *file, uint64_t size, struct report *report)
{
	uint8_t *bytes = size >= LARGE_PAGE ? take_aligned(size, LARGE_PAGE) : NULL;

	if (bytes == NULL)
		bytes = take_aligned(size, PAGE_SIZE);
	if (bytes == NULL)
		return refuse(report, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", file->name,
		              ULL(size / KIB));
	file->bytes = (struct span){ bytes, size };
	file->room = page_up(size);
	return true;
}

/* Reads all bytes of the open file. */
static bool read_all(struct file *file, FILE *from, struct report *report)
{
	uint8_t *to = (uint8_t *)(uintptr_t)file->bytes.bytes;
	uint64_t done = 0;

	progress_begin(file->name, file->bytes.size);
	while (done < file->bytes.size) {
		size_t want = (size_t)min_u64(CHUNK, file->bytes.size - done);
		size_t got = _fread(to + done, want, from);

		done += got;
		if (got != want)
			return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
			              file->name, ULL(done), ULL(file->bytes.size));
		progress_at(done);
	}
	progress_end();
	return true;
}

/* Unpacks `packed` into the memory of `file`; false if it is damaged or has another size. */
static bool unpack(const struct file *file, struct span packed)
{
	struct z_stream stream = {
		.next_in = packed.bytes,
		.avail_in = (unsigned)packed.size,
		.next_out = (uint8_t *)(uintptr_t)file->bytes.bytes,
		.avail_out = (unsigned)file->bytes.size,
	};
	int result;

	if (inflateInit2_(&stream, Z_GZIP_WINDOW, zlibVersion(), sizeof(stream)) != Z_OK)
		return false;
	result = inflate(&stream, Z_FINISH);
	inflateEnd(&stream);
	return result == Z_STREAM_END && stream.avail_out == 0;
}

/* Replaces compressed bytes by what they unpack to. */
static bool unpack_file(struct file *file, uint32_t size, struct report *report)
{
	struct span packed = file->bytes;
	void *block = blocks[block_count - 1];

	if (!file_check_size(file, size, report) || !take_memory(file, size, report))
		return false;
	if (!unpack(file, packed))
		return file_refuse_gzip(file, packed.size, size, report);
	blocks[block_count - 2] = blocks[block_count - 1];
	block_count--;
	free(block);
	return true;
}

/* As file_load(), from a file that is open. */
static bool load_open(struct file *file, FILE *from, struct report *report)
{
	struct stat stat;
	uint32_t unpacked;

	if (fstat(fileno(from), &stat) != 0)
		return refuse(report, DIAG_FILE_MISSING, "%s: its size cannot be told", file->name);
	if (!take_memory(file, stat.size, report) || !read_all(file, from, report)
	    || !file_check_digest(file, report))
		return false;
	return file->raw || !file_is_gzip(file->bytes, &unpacked)
	    || unpack_file(file, unpacked, report);
}

bool file_load(struct file *file, struct report *report)
{
	FILE *from = fopen(file->name, "r");
	bool loaded;

	if (from == NULL)
		return refuse(report, DIAG_FILE_MISSING, "%s", file->name);
	loaded = load_open(file, from, report);
	fclose(from);
	return loaded;
}

bool file_is_there(const char *name)
{
	FILE *file = fopen(name, "r");

	if (file != NULL)
		fclose(file);
	return file != NULL;
}
