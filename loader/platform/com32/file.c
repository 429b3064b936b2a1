/* SPDX-License-Identifier: MIT */
/* file.c - files, whole, in memory of their own, unpacked. Knows gzip by its first bytes; knows
 * nothing of ELF. */
#include "platform/com32/file.h"

#include "core/file.h"
#include "core/config.h"
#include "platform/com32/progress.h"
#include "platform/com32/syslinux.h"
#include "x86/x86.h"

#define CHUNK       ((uint32_t)MIB)
#define LARGE_PAGE  (2 * MIB)
#define DIRECT_MIN  ((uint32_t)(32 * KIB)) /* Syslinux buffers what is less than half of this */
#define CD_SECTOR   2048u
#define DISK_SECTOR 512u

/* What malloc() gave, for free(). A compressed file takes two while it is unpacked. */
static void *blocks[CONFIG_MAX_MODULES + 2];
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
	uint64_t capacity = page_up(size) + align;
	void *block = capacity < UINT32_MAX && block_count < COUNT(blocks)
	                    ? malloc((size_t)capacity)
	                    : NULL;

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
	file->capacity = page_up(size);
	return true;
}

/*
 * Syslinux prints that a sector cannot be read, and then goes on as if it had been. So each sector
 * of the memory is marked before it is read, with a number that no file holds there but by a chance
 * of 2^-64: a mark that is still there afterwards is a sector that did not come.
 */
static uint64_t new_mark(void)
{
	return (rdtsc() << 1 | 1) * UINT64_C(0x9e3779b97f4a7c15);
}

/* The mark at one place, in two words: this is done for every sector, and 32-bit code is quicker
 * so. */
static void set_mark(uint8_t *at, uint64_t mark)
{
	volatile uint32_t *words = (volatile uint32_t *)(void *)at;

	words[0] = (uint32_t)mark;
	words[1] = (uint32_t)(mark >> 32);
}

static bool has_mark(const uint8_t *at, uint64_t mark)
{
	const volatile uint32_t *words = (const volatile uint32_t *)(const void *)at;

	return words[0] == (uint32_t)mark && words[1] == (uint32_t)(mark >> 32);
}

/* Where the last block of a disc begins in memory of `size` bytes. A read ends at the first sector
 * that fails, so the sectors of a disk need marks only there. */
static uint32_t last_block(uint32_t size)
{
	return size > CD_SECTOR ? (uint32_t)align_down(size - 1, CD_SECTOR) : 0;
}

static void set_marks(uint8_t *bytes, uint32_t size, uint64_t mark)
{
	uint32_t last = last_block(size);

	for (uint32_t at = 0; at < last; at += CD_SECTOR)
		set_mark(bytes + at, mark);
	for (uint32_t at = last; at < size; at += DISK_SECTOR)
		set_mark(bytes + at, mark);
}

/* Where the first mark is left; `size` if none is. */
static uint32_t find_mark(const uint8_t *bytes, uint32_t size, uint64_t mark)
{
	uint32_t last = last_block(size);
	uint32_t at = 0;

	while (at < last && !has_mark(bytes + at, mark))
		at += CD_SECTOR;
	if (at < last)
		return at;
	while (at < size && !has_mark(bytes + at, mark))
		at += DISK_SECTOR;
	return at;
}

/*
 * Reads the next part of a file of which `left` bytes are left, and checks that all of it came.
 * Returns how many bytes did. Asks for so much at once that Syslinux reads to where it should, and
 * not to a buffer of its own.
 */
static uint32_t read_part(uint8_t *to, uint64_t left, FILE *from)
{
	uint32_t part = (uint32_t)min_u64(CHUNK, left);
	uint32_t whole = (uint32_t)align_up(part, DISK_SECTOR);
	uint64_t mark = new_mark();
	size_t got;

	set_marks(to, whole, mark);
	got = _fread(to, part > DIRECT_MIN ? part : DIRECT_MIN, from);
	return got < part ? (uint32_t)got : (uint32_t)min_u64(part, find_mark(to, whole, mark));
}

/* Reads all bytes of the open file. */
static bool read_all(struct file *file, FILE *from, struct report *report)
{
	uint8_t *to = (uint8_t *)(uintptr_t)file->bytes.bytes;
	uint64_t size = file->bytes.size;
	uint64_t done = 0;

	progress_begin("reading", file->name, size);
	while (done < size) {
		uint32_t got = read_part(to + done, size - done, from);

		done += got;
		if (done < size && got < CHUNK)
			return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
			              file->name, ULL(done), ULL(size));
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
	};
	const uint8_t *end = file->bytes.bytes + file->bytes.size;
	int result = Z_OK;

	if (inflateInit2_(&stream, Z_GZIP_WINDOW, Z_VERSION, sizeof(stream)) != Z_OK)
		return false;
	progress_begin("unpacking", file->name, file->bytes.size);
	while (result == Z_OK) {
		stream.avail_out = (unsigned)min_u64(CHUNK, (uint64_t)(end - stream.next_out));
		result = inflate(&stream, Z_NO_FLUSH);
		progress_at((uint64_t)(stream.next_out - file->bytes.bytes));
	}
	progress_end();
	inflateEnd(&stream);
	return result == Z_STREAM_END && stream.next_out == end;
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
