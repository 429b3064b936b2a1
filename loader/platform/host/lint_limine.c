/* SPDX-License-Identifier: MIT */
/* lint_limine.c - Limine requests that stay unanswered because they lie where no loader looks. */
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

/* The requests in the bytes of one segment that are not among those that are found. */
static void lint_segment(const struct plan *plan, const struct segment *segment,
                         const struct limine_requests *requests)
{
	static const uint64_t magic[] = { LIMINE_MAGIC_0, LIMINE_MAGIC_1 };
	struct span bytes = segment->file;

	for (uint64_t i = 0; in_bounds(i, LIMINE_ID_SIZE, bytes.size); i++) {
		enum limine_feature feature;
		uint64_t at = segment->virt.begin + i;

		if (memcmp(bytes.bytes + i, magic, sizeof(magic)) != 0
		    || (feature = limine_feature_at(bytes, i)) == LIMINE_FEATURES
		    || requests->of[feature].at == at)
			continue;
		warn(plan->report, DIAG_LINT_LIMINE, "the %s at %#llx, in segment %u, lies %s",
		     limine_feature_name(feature), ULL(at), segment->header, reason(plan, at));
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
