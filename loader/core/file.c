/* SPDX-License-Identifier: MIT */
/* file.c - checks a file's digest, and whether it is compressed. */
#include "core/file.h"

#include "core/sha256.h"

/* Bytes of the gzip format (RFC 1952, 2.3): magic and method at the front, the unpacked size at the
 * end. */
enum { GZIP_ID1 = 0x1f, GZIP_ID2 = 0x8b, GZIP_SMALLEST = 18 };

/* Deflate's best case: two bits for 258 bytes (RFC 1951, 3.2.5). */
#define GZIP_BEST 1032

/* Writes a digest as sha256sum does. */
static void write_digest(char hex[2 * SHA256_SIZE + 1], const uint8_t digest[SHA256_SIZE])
{
	struct text text = text_in(hex, 2 * SHA256_SIZE + 1);

	for (unsigned i = 0; i < SHA256_SIZE; i++)
		text_add(&text, "%02x", digest[i]);
}

bool file_check_digest(const struct file *file, struct report *report)
{
	char wanted[2 * SHA256_SIZE + 1], found[2 * SHA256_SIZE + 1];
	uint8_t digest[SHA256_SIZE];

	if (!file->hashed)
		return true;
	sha256(file->bytes, digest);
	if (memcmp(digest, file->digest, SHA256_SIZE) == 0)
		return true;
	write_digest(wanted, file->digest);
	write_digest(found, digest);
	return refuse(report, DIAG_FILE_HASH, "%.40s\n      wanted %s\n      found  %s",
	              file_called(file), wanted, found);
}

bool file_is_gzip(struct span bytes, uint32_t *size)
{
	uint8_t magic[2];

	return span_read(bytes, 0, magic, sizeof(magic)) && magic[0] == GZIP_ID1
	    && magic[1] == GZIP_ID2 && bytes.size >= GZIP_SMALLEST
	    && span_read(bytes, bytes.size - 4, size, sizeof(*size));
}

bool file_check_size(const struct file *file, uint32_t size, struct report *report)
{
	return size <= file->bytes.size * GZIP_BEST
	    || file_refuse_gzip(file, file->bytes.size, size, report);
}

bool file_refuse_gzip(const struct file *file, uint64_t packed, uint32_t size,
                      struct report *report)
{
	return refuse(report, DIAG_FILE_GZIP, "%s: %llu bytes that should decompress to %u",
	              file_called(file), ULL(packed), size);
}
