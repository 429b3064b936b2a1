/* SPDX-License-Identifier: MIT */
/* handover.c - the common parts of all handover formats. All of it was written by somebody else, so
 * everything is checked. */
#include "platform/handover/handover.h"

#include "platform/e820/e820_entry.h"

void handover_own(struct handover *handover, struct phys_range range)
{
	if (range.begin < range.end && handover->own_count < HANDOVER_OWN)
		handover->own[handover->own_count++] = range;
}

const char *handover_string(struct handover *handover, const struct machine *machine, uint64_t at)
{
	uint64_t end = at;

	if (at == 0)
		return "";
	while (end < machine->identity_limit && *(const char *)visible(machine, end) != 0)
		end++;
	if (end >= machine->identity_limit)
		return "";
	handover_own(handover, (struct phys_range){ at, end + 1 });
	return visible(machine, at);
}

bool handover_add_file(struct handover *handover, const struct machine *machine, uint64_t begin,
                       uint64_t end, uint64_t words, struct report *report)
{
	struct handed_file *file = &handover->files[handover->file_count];

	if (handover->file_count == HANDOVER_FILES)
		return refuse(report, DIAG_HANDOVER_FILES, "there are more than %u",
		              HANDOVER_FILES);
	if (begin > end || end > machine->identity_limit)
		return refuse(report, DIAG_HANDOVER_FILES, "number %u lies at [%#llx, %#llx)",
		              handover->file_count + 1, ULL(begin), ULL(end));
	handover->file_count++;
	file->bytes = (struct phys_range){ begin, end };
	file->words = handover_string(handover, machine, words);
	handover_own(handover, file->bytes);
	return true;
}

void handover_add_range(struct handover *handover, uint64_t begin, uint64_t size, uint32_t type)
{
	struct e820_entry entry = { begin, size, type, E820_VALID };

	if (handover->range_count < HANDOVER_RANGES
	    && e820_entry_read(&entry, &handover->ranges[handover->range_count]))
		handover->range_count++;
}

/* The end of the contiguous RAM from an address on; the address itself if there is none. */
static uint64_t memory_end(const struct handover *handover, uint64_t at)
{
	unsigned i = 0;

	while (i < handover->range_count) {
		const struct firmware_range *range = &handover->ranges[i++];

		if (range->type == MEMORY_USABLE && range->phys.begin <= at
		    && at < range->phys.end) {
			at = range->phys.end;
			i = 0;
		}
	}
	return at;
}

bool handover_in_memory(const struct handover *handover, struct phys_range range,
                        struct report *report)
{
	uint64_t end = memory_end(handover, range.begin);

	return range.begin == range.end || range.end <= end
	    || refuse(report, DIAG_HANDOVER_NO_MEMORY,
	              "[%#llx, %#llx), and there is memory up to %#llx", ULL(range.begin),
	              ULL(range.end), ULL(end));
}

bool handover_check_files(const struct handover *handover, struct report *report)
{
	for (unsigned i = 0; i < handover->file_count; i++) {
		if (!handover_in_memory(handover, handover->files[i].bytes, report))
			return false;
	}
	return true;
}
