/* SPDX-License-Identifier: MIT */
/* bundle.c - reads a bundle; see docs/bundle.md. Nothing in it is used before its digest has been
 * checked, and every offset is checked even then. */
#include "platform/handover/bundle.h"

#include "core/sha256.h"

enum { BUNDLE_VERSION = 1 };

struct bundle_header {
	char magic[8]; /* "LJBUNDLE" */
	uint32_t version, file_count;
	uint64_t size;     /* of the whole bundle, in bytes */
	uint64_t words;    /* offset of the words, a string */
	uint64_t text_end; /* where header, files' records and strings end, and the files begin */
	uint8_t digest[SHA256_SIZE]; /* SHA-256 of the first text_end bytes, with zeros here */
};
_Static_assert(sizeof(struct bundle_header) == 72, "docs/bundle.md");

struct bundle_file {
	uint64_t name, at, size; /* offset of the name, a string; where the bytes are */
	uint32_t sum[CHECKSUM_WORDS];
};
_Static_assert(sizeof(struct bundle_file) == 56, "docs/bundle.md");

static bool refuse_bundle(struct report *report, const char *what, uint64_t found, uint64_t wanted)
{
	return refuse(report, DIAG_BUNDLE_DAMAGED, "%s is %llu, not %llu", what, ULL(found),
	              ULL(wanted));
}

/* Checks that everything but the files is as it was written. */
static bool check_digest(struct span text, struct report *report)
{
	struct bundle_header *header = (struct bundle_header *)(uintptr_t)text.bytes;
	uint8_t wanted[SHA256_SIZE], found[SHA256_SIZE];

	memcpy(wanted, header->digest, sizeof(wanted));
	memset(header->digest, 0, sizeof(header->digest));
	sha256(text, found);
	memcpy(header->digest, wanted, sizeof(wanted));
	return memcmp(wanted, found, sizeof(wanted)) == 0
	    || refuse(report, DIAG_BUNDLE_DAMAGED,
	              "the digest of its first %llu bytes does not match", ULL(text.size));
}

/* The string at an offset, which must end before `text` does; NULL if it does not. */
static const char *string_in(struct span text, uint64_t at)
{
	for (uint64_t end = at; end < text.size; end++) {
		if (text.bytes[end] == 0)
			return (const char *)text.bytes + (size_t)at;
	}
	return NULL;
}

/* Adds one file. */
static bool add_file(struct handover *handover, const struct machine *machine, struct span bundle,
                     struct span text, unsigned number, struct report *report)
{
	struct handed_file *file = &handover->files[handover->file_count];
	struct bundle_file record;
	uint64_t begin = physical(machine, bundle.bytes);

	if (!span_read(text, sizeof(struct bundle_header) + number * (uint64_t)sizeof(record),
	               &record, sizeof(record))
	    || string_in(text, record.name) == NULL
	    || !in_bounds(record.at, record.size, bundle.size))
		return refuse(report, DIAG_BUNDLE_DAMAGED, "file %u lies outside it", number + 1);
	if (record.at % PAGE_SIZE != 0)
		return refuse(report, DIAG_BUNDLE_DAMAGED,
		              "file %u begins at %#llx in it, not at a page", number + 1,
		              ULL(record.at));
	if (!handover_add_file(handover, machine, begin + record.at,
	                       begin + record.at + record.size, begin + record.name, report))
		return false;
	file->is_summed = true;
	memcpy(file->sum, record.sum, sizeof(file->sum));
	return true;
}

bool bundle_read(struct handover *handover, const struct machine *machine, struct phys_range range,
                 struct report *report)
{
	struct span whole = memory_at(machine, range.begin, range.end - range.begin);
	struct bundle_header header;
	struct span text;

	if (!span_read(whole, 0, &header, sizeof(header))
	    || memcmp(header.magic, "LJBUNDLE", sizeof(header.magic)) != 0)
		return refuse(report, DIAG_BUNDLE_DAMAGED,
		              "its %llu bytes do not begin with LJBUNDLE", ULL(whole.size));
	if (header.version != BUNDLE_VERSION)
		return refuse_bundle(report, "its version", header.version, BUNDLE_VERSION);
	if (header.size != whole.size)
		return refuse_bundle(report, "its size", whole.size, header.size);
	if (header.text_end < sizeof(header) || header.text_end > whole.size)
		return refuse_bundle(report, "the end of its text", header.text_end, whole.size);
	if (range.begin % CHECKSUM_ALIGN != 0)
		return refuse_bundle(report, "its address", range.begin,
		                     align_up(range.begin, CHECKSUM_ALIGN));
	text = (struct span){ whole.bytes, header.text_end };
	handover_own(handover, range);
	if (!check_digest(text, report))
		return false;
	handover->bundle_words = string_in(text, header.words);
	if (handover->bundle_words == NULL)
		return refuse_bundle(report, "the place of its words", header.words, text.size);
	for (unsigned i = 0; i < header.file_count; i++) {
		if (!add_file(handover, machine, whole, text, i, report))
			return false;
	}
	return true;
}

bool bundle_check(const struct handed_file *handed, const struct file *file, struct report *report)
{
	uint32_t found[CHECKSUM_WORDS];

	if (!handed->is_summed)
		return true;
	checksum(file->bytes, found);
	return memcmp(found, handed->sum, sizeof(found)) == 0
	    || refuse(report, DIAG_BUNDLE_DAMAGED,
	              "%s: the checksum of its %llu bytes does not match", file_called(file),
	              ULL(file->bytes.size));
}
