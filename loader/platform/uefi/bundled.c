/* SPDX-License-Identifier: MIT */
/* bundled.c - see bundled.h; the format is docs/bundle.md's. */
#include "platform/uefi/bundled.h"

#include "platform/handover/bundle.h"
#include "platform/handover/words.h"
#include "platform/platform.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/given.h"

/* Our image's first byte, and where a bundle lies in it (uefi.ld). */
extern const uint8_t image_begin[];
extern const uint32_t bundle_place[2];

static struct handover handover;
static struct machine machine; /* only the parts that reading a bundle needs */
static struct word_list list;

bool bundled(void)
{
	return bundle_place[0] != bundle_place[1];
}

/* Adds the words that we were started with, unless a signature is to cover all words. */
static void add_given(struct report *report)
{
	const char *given;

	if (!given_words(&given))
		warn(report, DIAG_UEFI_WORDS, "they have more than %u characters, or are not ASCII",
		     GIVEN_SIZE - 1);
	else if (*given != 0 && given_secure_boot())
		warn(report, DIAG_UEFI_WORDS,
		     "with Secure Boot, only what is signed counts, and not: %.200s", given);
	else
		handover.words = given;
}

bool bundled_words(unsigned *count, const char *const **words, struct report *report)
{
	uint64_t size = bundle_place[1] - bundle_place[0];
	uint8_t *bytes = platform_take(size, LARGE_PAGE);
	struct phys_range range = { (uintptr_t)bytes, (uintptr_t)bytes + size };

	/* Firmware may have put the image above 4 GiB, or at any page; large files of a bundle can
	 * stay where they are if it begins at a large one. */
	if (bytes == NULL)
		return refuse(report, DIAG_FILE_NO_MEMORY, "the bundle takes %llu KiB",
		              ULL(size / KIB));
	memcpy(bytes, image_begin + bundle_place[0], (size_t)size);
	machine.identity_limit = 4 * GIB;
	handover = (struct handover){ .words = "" };
	add_given(report);
	*words = list.words;
	if (!bundle_read(&handover, &machine, range, report)
	    || !words_make(&list, &handover, report))
		return false;
	*count = list.count;
	return true;
}

bool bundled_find(struct file *file, struct report *report)
{
	const struct handed_file *found = words_need(&handover, file, report);

	if (found == NULL)
		return file->optional;
	file->bytes = (struct span){ visible(&machine, found->bytes.begin),
		                     found->bytes.end - found->bytes.begin };
	file->capacity = file->bytes.size;
	return bundle_check(found, file, report);
}
