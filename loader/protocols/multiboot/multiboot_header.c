/* SPDX-License-Identifier: MIT */
/* multiboot_header.c - see multiboot_header.h. */
#include "protocols/multiboot/multiboot_header.h"

#include "core/elf/read.h"
#include "protocols/multiboot/abi.h"

#define MAX_WORDS 4

const struct multiboot_version multiboot_version_1 = { 1, MB1_MAGIC, 3, MB1_ALIGN, MB1_SEARCH };
const struct multiboot_version multiboot_version_2 = { 2, MB2_MAGIC, 4, MB2_ALIGN, MB2_SEARCH };

/* The sum of the words at `at`; false if the file ends before. */
static bool add_up(struct span file, const struct multiboot_version *version, uint64_t at,
                   uint32_t *sum, uint32_t *checksum)
{
	uint32_t words[MAX_WORDS];

	if (!span_read(file, at, words, version->words * sizeof(*words)))
		return false;
	*sum = 0;
	for (unsigned i = 0; i < version->words; i++)
		*sum += words[i];
	*checksum = words[version->words - 1];
	return true;
}

bool multiboot_find(struct span file, const struct multiboot_version *version, uint64_t *at)
{
	uint32_t sum, checksum;
	struct span part;

	span_part(file, 0, min_u64(file.size, version->before), &part);
	*at = span_find_word(part, 0, version->align, version->magic);
	while (*at < part.size) {
		if (add_up(part, version, *at, &sum, &checksum) && sum == 0)
			return true;
		*at = span_find_word(part, *at + version->align, version->align, version->magic);
	}
	return false;
}

/* How many bytes `at` is past the last place where a header may be. */
static unsigned misalignment(const struct multiboot_version *version, uint64_t at)
{
	return (unsigned)at & (version->align - 1);
}

/* True if a header may be at `at`. */
static bool is_in_place(const struct multiboot_version *version, uint64_t at)
{
	return misalignment(version, at) == 0
	    && in_bounds(at, version->words * sizeof(uint32_t), version->before);
}

/* The offset of the magic number that most likely was meant as a header: one with a right checksum,
 * else the first at a valid offset, else the first. The file's size if there is none. */
static uint64_t find_nearest(struct span file, const struct multiboot_version *version)
{
	uint64_t best = file.size;
	uint32_t sum, checksum;

	for (uint64_t at = span_find_word(file, 0, 1, version->magic); at < file.size;
	     at = span_find_word(file, at + 1, 1, version->magic)) {
		if (!add_up(file, version, at, &sum, &checksum))
			break;
		if (sum == 0)
			return at;
		if (best == file.size || (is_in_place(version, at) && !is_in_place(version, best)))
			best = at;
	}
	return best;
}

bool multiboot_mistake(struct span file, const struct multiboot_version *version, enum diag *code,
                       struct text *words)
{
	uint64_t at = find_nearest(file, version);
	uint32_t sum, checksum;

	if (!add_up(file, version, at, &sum, &checksum))
		return false;
	text_add(words, "the header of Multiboot %u at byte %#llx of the file ", version->number,
	         ULL(at));
	if (sum != 0) {
		*code = DIAG_MULTIBOOT_SUM;
		text_add(words, "has the checksum %#x; with %#x its %u words would add up to 0",
		         checksum, checksum - sum, version->words);
	} else if (misalignment(version, at) != 0) {
		*code = DIAG_MULTIBOOT_MISALIGNED;
		text_add(words, "is misaligned by %u; it must stand at a multiple of %u",
		         misalignment(version, at), version->align);
	} else {
		*code = DIAG_MULTIBOOT_LATE;
		text_add(words, "comes too late; it must end before byte %#x", version->before);
	}
	return true;
}

bool multiboot_resembles(struct span file, const struct multiboot_version *version)
{
	struct elf elf;

	elf_open(&elf, file);
	return !elf_is_class_64(&elf) && find_nearest(file, version) < file.size;
}

bool multiboot_refuse(struct span file, const struct multiboot_version *version,
                      struct report *report)
{
	enum diag code = DIAG_MULTIBOOT_NO_HEADER;
	char detail[160];
	struct text words = text_in(detail, sizeof(detail));

	if (!multiboot_mistake(file, version, &code, &words))
		text_add(&words, "nothing in it looks like a header of Multiboot %u",
		         version->number);
	return refuse(report, code, "%s", detail);
}

/* The kernel that the header's addresses describe, instead of ELF headers: one segment. */
static bool read_addresses(struct kernel *kernel, struct span file,
                           const struct multiboot_image *image, struct report *report)
{
	struct multiboot_addresses addresses = image->addresses;
	struct segment *segment = &kernel->segments[0];
	uint64_t before, size, end;

	if (addresses.load_address == MB2_WHOLE_FILE)
		addresses.load_address = addresses.header_address - (uint32_t)image->header;
	before = (uint64_t)addresses.header_address - addresses.load_address;
	size = addresses.load_end != 0 ? (uint64_t)addresses.load_end - addresses.load_address
	                               : file.size - (image->header - before);
	end = max_u64(addresses.bss_end, addresses.load_address + size);
	memset(kernel, 0, sizeof(*kernel));
	elf_open(&kernel->elf, file);
	if (before > image->header || !span_part(file, image->header - before, size, &segment->file)
	    || size == 0 || end > 4 * GIB)
		return refuse(report, DIAG_MULTIBOOT_ADDRESSES,
		              "header at byte %#llx and at %#x, load %#x-%#x, bss to %#x; the file "
		              "has %#llx bytes",
		              ULL(image->header), addresses.header_address, addresses.load_address,
		              addresses.load_end, addresses.bss_end, ULL(file.size));
	segment->virt = (struct virt_range){ addresses.load_address, end };
	segment->offset = image->header - before;
	segment->align = 1;
	segment->rights = RIGHT_READ | RIGHT_WRITE | RIGHT_EXECUTE;
	kernel->segment_count = 1;
	kernel->virt = (struct virt_range){ page_down(segment->virt.begin), page_up(end) };
	return true;
}

bool multiboot_read(struct kernel *kernel, struct span file, const struct multiboot_image *image,
                    struct report *report)
{
	if (image->has_addresses && !image->has_entry)
		return refuse(report, DIAG_MULTIBOOT_ADDRESSES,
		              "it has an address tag, and no entry address tag");
	if (image->has_addresses ? !read_addresses(kernel, file, image, report)
	                         : !kernel_read_physical(kernel, file, report))
		return false;
	kernel->physical = true;
	kernel->header = image->header;
	if (image->has_entry)
		kernel->entry.at = image->entry;
	if (kernel_segment_at(kernel, kernel->entry.at) == NULL)
		return refuse(report, DIAG_ELF_ENTRY_OUTSIDE,
		              "it is entered at %#llx, where nothing is loaded",
		              ULL(kernel->entry.at));
	return true;
}

void multiboot_describe_screen(struct text *text, uint32_t width, uint32_t height, uint32_t depth)
{
	text_add(text, "\na screen");
	if (width != 0 && height != 0)
		text_add(text, " of %ux%u", width, height);
	if (depth != 0)
		text_add(text, ", %u bits per pixel", depth);
}
