/* SPDX-License-Identifier: MIT */
/* segments.c - looks up addresses in a kernel's segments. Checks nothing. */
#include "core/elf/segments.h"

const char *rights_name(uint8_t rights)
{
	static const char *const names[] = {
		"---", "r--", "-w-", "rw-", "--x", "r-x", "-wx", "rwx"
	};

	return names[rights & 7];
}

uint8_t kernel_page_rights(const struct kernel *kernel, uint64_t page)
{
	const struct virt_range all = { page, page + PAGE_SIZE };
	uint8_t rights = 0;

	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];

		rights |= (uint8_t)value_if(virt_overlap(segment->virt, all), segment->rights);
	}
	return rights;
}

const struct segment *kernel_segment_at(const struct kernel *kernel, uint64_t address)
{
	unsigned low = 0, high = kernel->segment_count;

	while (low < high) {
		unsigned middle = (low + high) / 2;
		const struct segment *segment = &kernel->segments[middle];

		if (address < segment->virt.begin)
			high = middle;
		else if (address >= segment->virt.end)
			low = middle + 1;
		else
			return segment;
	}
	return NULL;
}

bool kernel_bytes(const struct kernel *kernel, uint64_t at, uint64_t size, struct span *bytes)
{
	const struct segment *segment = kernel_segment_at(kernel, at);

	*bytes = (struct span){ NULL, 0 };
	return segment != NULL && span_part(segment->file, at - segment->virt.begin, size, bytes);
}

const char *kernel_string(const struct kernel *kernel, uint64_t at)
{
	const struct segment *segment = kernel_segment_at(kernel, at);
	struct span string;
	uint64_t length;

	if (segment == NULL || !span_string(segment->file, at - segment->virt.begin, &length))
		return NULL;
	span_part(segment->file, at - segment->virt.begin, length + 1, &string);
	return span_text(string, 0);
}
