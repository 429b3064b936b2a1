/* SPDX-License-Identifier: MIT */
/* file.c - reads whole files, each into its own memory, and unpacks them. Recognises gzip by its
 * first bytes; knows nothing of ELF. */
#include "platform/com32/file.h"

#include "core/file.h"
#include "core/config.h"
#include "platform/console/progress.h"
#include "platform/com32/reads.h"
#include "platform/com32/syslinux.h"
#include "platform/files/hold.h"

#define CHUNK      ((uint32_t)MIB)
#define FIRST_ROOM (4 * MIB)  /* for a file of unknown size */
#define DIRECT_MIN (32 * KIB) /* Syslinux buffers reads of less than half of this */

/* Blocks from malloc(). A compressed file has two while it is unpacked. */
static void *blocks[CONFIG_MAX_MODULES + 2];
static unsigned block_count;

void files_release(void)
{
	while (block_count > 0)
		free(blocks[--block_count]);
}

/* Memory for files: `size` bytes, at least DIRECT_MIN, at a multiple of `align`, in whole pages;
 * NULL if there is none. */
static void *take(uint64_t size, uint64_t align)
{
	uint64_t capacity = page_up(max_u64(size, DIRECT_MIN)) + align;
	void *block = capacity < UINT32_MAX && block_count < COUNT(blocks)
	                    ? malloc((size_t)capacity)
	                    : NULL;

	if (block == NULL)
		return NULL;
	blocks[block_count++] = block;
	return (void *)(uintptr_t)align_up((uintptr_t)block, align);
}

/* Frees the block that the file had before its present one. */
static void drop_former(void)
{
	free(blocks[block_count - 2]);
	blocks[block_count - 2] = blocks[block_count - 1];
	block_count--;
}

/* Moves the file to twice as much memory. */
static bool grow(struct file *file, uint64_t done, struct report *report)
{
	const uint8_t *before = file->bytes.bytes;

	if (!file_take(file, 2 * file->capacity, take, report))
		return false;
	memcpy((uint8_t *)(uintptr_t)file->bytes.bytes, before, (size_t)done);
	drop_former();
	return true;
}

/* Refuses a file that the drive could not read completely. Always false. */
static bool refuse_lost(const struct file *file, struct report *report)
{
	const struct lost_read *lost = reads_lost();
	uint64_t at = (uintptr_t)lost->begin - (uintptr_t)file->bytes.bytes;

	if (file->bytes.bytes == NULL || at >= file->bytes.size)
		return refuse(report, DIAG_FILE_CUT,
		              "%s: drive %#x cannot read the table that locates it (sector %llu)",
		              file_called(file), lost->drive, ULL(lost->sector));
	return refuse(report, DIAG_FILE_CUT,
	              "%s: drive %#x cannot read all of its bytes %llu to %llu, of %llu "
	              "(from sector %llu on)",
	              file_called(file), lost->drive, ULL(at),
	              ULL(min_u64(at + (uint64_t)(lost->end - lost->begin), file->bytes.size)),
	              ULL(file->bytes.size), ULL(lost->sector));
}

/*
 * Reads the next part of a file of which `left` bytes are left. Returns how many bytes were read.
 * Asks for large reads of whole sectors, so that Syslinux reads directly to their destination, not
 * to its own buffer; a drive's sectors are no larger than a page.
 */
static uint32_t read_part(uint8_t *to, uint64_t left, FILE *from)
{
	uint32_t part = (uint32_t)min_u64(CHUNK, left);
	size_t got = _fread(to, (size_t)max_u64(page_up(part), DIRECT_MIN), from);

	return (uint32_t)min_u64(part, got);
}

/* Reads all bytes of the open file. */
static bool read_all(struct file *file, FILE *from, struct report *report)
{
	uint8_t *to = (uint8_t *)(uintptr_t)file->bytes.bytes;
	uint64_t size = file->bytes.size;
	uint64_t done = 0;

	progress_begin("reading", file_called(file), size);
	while (done < size) {
		uint32_t got = read_part(to + done, size - done, from);

		if (reads_lost() != NULL)
			return refuse_lost(file, report);
		done += got;
		if (done == size)
			break;
		if (got < CHUNK)
			return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
			              file_called(file), ULL(done), ULL(size));
		progress_at(done);
	}
	progress_end();
	return true;
}

/* Reads all bytes of an open file whose size is not known, as over HTTP: to its end. */
static bool read_to_end(struct file *file, FILE *from, struct report *report)
{
	uint64_t done = 0;
	uint32_t got;

	if (!file_take(file, FIRST_ROOM, take, report))
		return false;
	progress_begin("reading", file_called(file), 0);
	do {
		if (file->capacity - done < CHUNK && !grow(file, done, report))
			return false;
		got = read_part((uint8_t *)(uintptr_t)file->bytes.bytes + done, CHUNK, from);
		done += got;
		progress_at(done);
	} while (got == CHUNK);
	progress_end();
	file->bytes.size = done;
	file->capacity = page_up(done);
	return true;
}

/* Unpacks `packed` into the memory of `file`; false if it is damaged or has another size. */
static bool unpack(const struct file *file, struct span packed)
{
	struct z_stream stream = {
		.next_in = packed.bytes,
		.avail_in = (unsigned)packed.size,
		.next_out = (uint8_t *)(uintptr_t)file->bytes.bytes,
	};
	const uint8_t *end = file->bytes.bytes + file->bytes.size;
	int result = Z_OK;

	if (inflateInit2_(&stream, Z_GZIP_WINDOW, Z_VERSION, sizeof(stream)) != Z_OK)
		return false;
	progress_begin("unpacking", file_called(file), file->bytes.size);
	while (result == Z_OK) {
		stream.avail_out = (unsigned)min_u64(CHUNK, (uint64_t)(end - stream.next_out));
		result = inflate(&stream, Z_NO_FLUSH);
		progress_at((uint64_t)(stream.next_out - file->bytes.bytes));
	}
	progress_end();
	inflateEnd(&stream);
	return result == Z_STREAM_END && stream.next_out == end;
}

/* Replaces compressed bytes by the unpacked ones. */
static bool unpack_file(struct file *file, uint32_t size, struct report *report)
{
	struct span packed = file->bytes;

	if (!file_check_size(file, size, report) || !file_take(file, size, take, report))
		return false;
	if (!unpack(file, packed))
		return file_refuse_gzip(file, packed.size, size, report);
	drop_former();
	return true;
}

/* As file_load(), from a file that is open. */
static bool load_open(struct file *file, FILE *from, struct report *report)
{
	struct stat stat;

	if (fstat(fileno(from), &stat) != 0)
		return refuse(report, DIAG_FILE_MISSING, "%s: its size is unknown",
		              file_called(file));
	if ((stat.mode & STAT_KIND) == STAT_STREAM)
		return read_to_end(file, from, report);
	return file_take(file, stat.size, take, report) && read_all(file, from, report);
}

/* As file_load(), but leaves the bytes as they are. */
static bool read_file(struct file *file, struct report *report)
{
	FILE *from = fopen(file->name, "r");
	bool is_read;

	if (from == NULL && reads_lost() != NULL)
		return refuse_lost(file, report);
	if (from == NULL)
		return file->optional || refuse(report, DIAG_FILE_MISSING, "%s", file_called(file));
	is_read = load_open(file, from, report);
	fclose(from);
	return is_read;
}

bool file_load(struct file *file, struct report *report)
{
	uint32_t unpacked;
	bool is_read;

	file->bytes = (struct span){ NULL, 0 };
	if (!reads_watch())
		return refuse(report, DIAG_FILE_CUT,
		              "%s: this Syslinux does not let its reads be watched",
		              file_called(file));
	is_read = read_file(file, report);
	reads_end();
	if (!is_read || file->bytes.bytes == NULL)
		return is_read;
	if (!file_check_digest(file, report))
		return false;
	return file->raw || !file_is_gzip(file->bytes, &unpacked)
	    || unpack_file(file, unpacked, report);
}
