/* SPDX-License-Identifier: MIT */
/* lint_limine.c - Limine requests and tags without effect, because they lie where no loader looks.
 */
#include "platform/host/lint_limine.h"

#include "protocols/limine/limine_requests.h"

#include <string.h>

/* True if the kernel was not searched, because no Limine loader accepts it. */
static bool is_foreign(const struct plan *plan)
{
	return strcmp(plan->protocol, "limine") != 0 && limine_is_out_of_place(&plan->kernel->elf);
}

/* Why the request at address `at` is not found. */
static const char *reason(const struct plan *plan, uint64_t at)
{
	if (at % 8 != 0)
		return "at no multiple of 8";
	if (is_foreign(plan))
		return "in a kernel that is linked below the top 2 GiB";
	return "outside of the markers, or of the list in .limine_reqs";
}

/* Warns about a request, a tag or a marker at address `at` of a segment. */
static void warn_mark(const struct plan *plan, const struct segment *segment, const char *name,
                      uint64_t at)
{
	warn(plan->report, DIAG_LINT_LIMINE, "the %s at %#llx, in segment %u, lies %s", name,
	     ULL(at), segment->header, reason(plan, at));
}

/* What the two words at an offset begin. */
enum mark { NO_MARK, REQUEST, TAG, MARKER };

static enum mark mark_at(struct span bytes, uint64_t offset)
{
	static const struct {
		uint64_t words[2];
		enum mark mark;
	} marks[] = {
		{ { LIMINE_MAGIC_0, LIMINE_MAGIC_1 }, REQUEST },
		{ { LIMINE_TAG_0, LIMINE_TAG_1 }, TAG },
		{ { LIMINE_START_0, LIMINE_START_1 }, MARKER },
		{ { LIMINE_END_0, LIMINE_END_1 }, MARKER },
	};

	for (unsigned i = 0; i < COUNT(marks); i++) {
		if (memcmp(bytes.bytes + offset, marks[i].words, sizeof(marks[i].words)) == 0)
			return marks[i].mark;
	}
	return NO_MARK;
}

/* The requests and the tags in the bytes of one segment that are not among those that are found,
 * and misaligned markers. */
static void lint_segment(const struct plan *plan, const struct segment *segment,
                         const struct limine_requests *found)
{
	struct span bytes = segment->file;

	for (uint64_t i = 0; in_bounds(i, 16, bytes.size); i++) {
		uint64_t at = segment->virt.begin + i;
		enum limine_feature feature;

		switch (mark_at(bytes, i)) {
		case NO_MARK:
			break;
		case REQUEST:
			feature = limine_feature_at(bytes, i);
			if (feature != LIMINE_FEATURES && found->of[feature].at != at)
				warn_mark(plan, segment, limine_feature_name(feature), at);
			break;
		case TAG:
			if (found->tag.at != at)
				warn_mark(plan, segment, "base revision", at);
			break;
		case MARKER:
			if (at % 8 != 0)
				warn_mark(plan, segment, "marker", at);
			break;
		}
	}
}

void lint_limine(const struct plan *plan)
{
	const struct kernel *kernel = plan->kernel;
	struct limine_requests found;
	struct report unused = { 0 };

	if (is_foreign(plan) || !limine_find_requests(&found, kernel, &unused))
		found = (struct limine_requests){ 0 }; /* so it is not a Limine kernel */
	for (unsigned i = 0; i < kernel->segment_count; i++)
		lint_segment(plan, &kernel->segments[i], &found);
}
