/* SPDX-License-Identifier: MIT */
/*
 * limine_requests.c - finds Limine requests in a kernel's file: magic numbers at multiples of 8 in
 * what is loaded. Knows the form of requests, and nothing of their answers.
 */
#include "protocols/limine/limine_requests.h"

#include "core/elf/objects.h"
#include "core/elf/relocate.h"
#include "core/elf/sections.h"
#include "core/text.h"

/* The last two numbers of a request, what it is called, and how large it is in revision 0 and
 * later. */
struct known {
	uint64_t id[2];
	char name[24];
	uint8_t sizes[2];
};

#define SIZE(structure) sizeof(struct limine_##structure##_request)

static const struct known known[LIMINE_FEATURES] = {
#define REQUEST(name, first, second, words, old, new, ...) \
	{ { UINT64_C(first), UINT64_C(second) }, words, { SIZE(old), SIZE(new) } },
#include "protocols/limine/requests.def"
#undef REQUEST
};

/* The maximum length of a list of requests: each entry has to be looked up among relocations. */
#define LISTED_MAX 128

/* The state of the search. */
struct search {
	struct limine_requests *requests;
	const struct segment *segment;
	struct report *report;
	bool only_tag;       /* pass over requests */
	bool started, ended; /* by markers */
};

const char *limine_feature_name(enum limine_feature feature)
{
	return known[feature].name;
}

uint64_t limine_revision(const struct limine_request *request)
{
	return limine_word(request, offsetof(struct limine_plain_request, revision));
}

uint64_t limine_word(const struct limine_request *request, size_t offset)
{
	uint64_t word;

	span_read(request->bytes, offset, &word, sizeof(word));
	return word;
}

/*
 * All marks, that is requests, tags and delimiters, begin with two of these words, at a multiple of
 * 8. The product of their lower halves and MARK_FACTOR, modulo 2^32, is at least MARK_LIMIT. Of
 * other words, only one in 16 reaches that, and zero does not. So one multiplication rejects most
 * words, and only every second word has to be looked at.
 */
#define MARK_FACTOR UINT32_C(0xc67214de)
#define MARK_LIMIT  UINT32_C(0xefde4170)

#define LOWER(word) ((uint32_t)((word)&0xffffffff))
#define HELD_AS_MARK(word) \
	_Static_assert(LOWER(LOWER(word) * MARK_FACTOR) >= MARK_LIMIT, "MARK_FACTOR")

HELD_AS_MARK(LIMINE_MAGIC_0);
HELD_AS_MARK(LIMINE_MAGIC_1);
HELD_AS_MARK(LIMINE_TAG_0);
HELD_AS_MARK(LIMINE_TAG_1);
HELD_AS_MARK(LIMINE_START_0);
HELD_AS_MARK(LIMINE_START_1);
HELD_AS_MARK(LIMINE_END_0);
HELD_AS_MARK(LIMINE_END_1);

/* The lower half of the word at `at`. */
static inline __attribute__((always_inline)) uint32_t lower_half(const uint8_t *at)
{
	return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

/* byte_test, a quick filter: true for all words that marks begin with, and for few others. */
static inline __attribute__((always_inline)) bool may_be_mark(const uint8_t *at, const void *none)
{
	(void)none;
	return lower_half(at) * MARK_FACTOR >= MARK_LIMIT;
}

/* True if the lower half of the word at `at` is that of a word that marks begin with. These differ
 * in four bits, so each has a place of its own. */
static bool is_mark(const uint8_t *at)
{
#define PLACE(lower) ((lower) >> 12 & 15)
#define MARK(word)   [PLACE(LOWER(word))] = LOWER(word)
	static const uint32_t marks[16] = { MARK(LIMINE_MAGIC_0), MARK(LIMINE_MAGIC_1),
		                            MARK(LIMINE_TAG_0),   MARK(LIMINE_TAG_1),
		                            MARK(LIMINE_START_0), MARK(LIMINE_START_1),
		                            MARK(LIMINE_END_0),   MARK(LIMINE_END_1) };
	uint32_t lower = lower_half(at);

	return marks[PLACE(lower)] == lower;
}

/* Where a mark's word may be. */
static __attribute__((noinline)) size_t skip_others(const uint8_t *from, size_t at, size_t end)
{
	return objects_skip(from, at, end, may_be_mark, NULL);
}

/*
 * The next offset, at or after `offset` and a multiple of 8 away from it, at which a mark may
 * begin; the span's size if there is none. For speed, it looks only at every second word of a
 * kernel. That may be a mark's second word, or its first; then the next call finds the mark by its
 * second.
 */
static uint64_t next_mark(struct span bytes, uint64_t offset)
{
	const uint8_t *from = bytes.bytes;
	size_t at = (size_t)offset + 8, end = (size_t)bytes.size - 7;

	if (!in_bounds(offset, 16, bytes.size))
		return bytes.size;
	for (; (at = skip_others(from, at, end)) < end; at += 16) {
		if (is_mark(from + at))
			return at - 8;
	}
	return bytes.size;
}

/* True if the two words at `offset` are these. */
static bool has_words(struct span bytes, uint64_t offset, uint64_t first, uint64_t second)
{
	uint64_t words[2];

	return span_read(bytes, offset, words, sizeof(words)) && words[0] == first
	    && words[1] == second;
}

/* object_test: true if it is a request or a tag. */
static bool is_asked_in(struct span bytes, uint64_t size, uint64_t at, void *context)
{
	uint64_t offset;

	(void)context;
	bytes.size = size;
	offset = next_mark(bytes, -at & 7);
	while (offset < bytes.size) {
		if (has_words(bytes, offset, LIMINE_MAGIC_0, LIMINE_MAGIC_1)
		    || has_words(bytes, offset, LIMINE_TAG_0, LIMINE_TAG_1))
			return true;
		offset = next_mark(bytes, offset + 8);
	}
	return false;
}

/* True if the name is one that kernels give the sections of requests and markers. */
static bool is_our_section(const char *name)
{
	return text_after(name, ".limine") != NULL || text_after(name, ".requests") != NULL;
}

/* From the first to the last byte of the sections that are made for requests, as linked; empty if
 * the file names none. */
static struct virt_range our_sections(const struct elf *elf)
{
	struct virt_range range = { UINT64_MAX, 0 };
	struct elf_section_header section;
	struct sections sections;

	sections_find(elf, &sections);
	for (uint32_t i = 0; section_read(&sections, i, &section); i++) {
		if (section.addr == 0 || !is_our_section(section_name(&sections, &section))
		    || !in_bounds(section.addr, section.size, UINT64_MAX))
			continue;
		range.begin = min_u64(range.begin, section.addr);
		range.end = max_u64(range.end, section.addr + section.size);
	}
	return range.begin < range.end ? range : (struct virt_range){ 0, 0 };
}

bool limine_is_out_of_place(const struct elf *elf)
{
	struct elf_program_header program;

	for (unsigned i = 0; i < KERNEL_MAX_PHDRS && elf_program(elf, i, &program); i++) {
		if (program.type == ELF_PT_LOAD && program.memsz > 0
		    && program.vaddr < LIMINE_LOWEST)
			return elf->header.type == ELF_TYPE_EXEC;
	}
	return false;
}

/* A kernel that Limine would not accept is searched only where its file says that requests are. */
bool limine_is_asked(struct span file)
{
	struct virt_range range = { 0, UINT64_MAX };
	struct elf elf;

	if (!elf_open(&elf, file) || elf.is_elf32)
		return false;
	if (limine_is_out_of_place(&elf))
		range = our_sections(&elf);
	return objects_search(&elf, range, UINT64_MAX, is_asked_in, NULL);
}

/* Notes a request or the tag at `offset` of the segment. A second one of its kind is refused. */
static bool note(struct search *search, struct limine_request *request, uint64_t offset,
                 const char *name)
{
	const struct segment *segment = search->segment;
	uint64_t at = segment->virt.begin + offset;

	if (request->at != 0)
		return refuse(search->report, DIAG_LIMINE_TWICE, "the %s: at %#llx and at %#llx",
		              name, ULL(request->at), ULL(at));
	*request = (struct limine_request){ .at = at };
	return span_part(segment->file, offset, segment->file.size - offset, &request->bytes);
}

enum limine_feature limine_feature_at(struct span bytes, uint64_t offset)
{
	unsigned i = 0;

	while (i < LIMINE_FEATURES
	       && !has_words(bytes, offset + 16, known[i].id[0], known[i].id[1]))
		i++;
	return i;
}

/* Notes the request at `offset`, if it is one that we know. */
static bool note_request(struct search *search, uint64_t offset)
{
	struct span bytes = search->segment->file;
	enum limine_feature feature = limine_feature_at(bytes, offset);

	if (feature != LIMINE_FEATURES)
		return note(search, &search->requests->of[feature], offset, known[feature].name);
	if (!in_bounds(offset, LIMINE_ID_SIZE, bytes.size))
		return refuse(search->report, DIAG_LIMINE_BAD_REQUEST,
		              "a request at %#llx: segment %u ends within its id",
		              ULL(search->segment->virt.begin + offset), search->segment->header);
	search->requests->unknown++;
	return true;
}

/* Looks at the words at `offset`: a start marker discards everything found before it, an end marker
 * ends the search. */
static bool look(struct search *search, uint64_t offset)
{
	struct span bytes = search->segment->file;

	if (has_words(bytes, offset, LIMINE_START_0, LIMINE_START_1)
	    && has_words(bytes, offset + 16, LIMINE_START_2, LIMINE_START_3)) {
		*search->requests = (struct limine_requests){ 0 };
		search->started = true;
	}
	search->ended = has_words(bytes, offset, LIMINE_END_0, LIMINE_END_1);
	if (has_words(bytes, offset, LIMINE_TAG_0, LIMINE_TAG_1))
		return note(search, &search->requests->tag, offset, "base revision");
	return search->only_tag || !has_words(bytes, offset, LIMINE_MAGIC_0, LIMINE_MAGIC_1)
	    || note_request(search, offset);
}

/* Searches a part of the current segment. */
static bool look_through_part(struct search *search, struct virt_range part)
{
	const struct segment *segment = search->segment;
	struct span bytes;
	uint64_t offset;

	span_part(segment->file, 0, part.end - segment->virt.begin, &bytes);
	offset = next_mark(bytes, align_up(part.begin, 8) - segment->virt.begin);
	for (; offset < bytes.size && !search->ended; offset = next_mark(bytes, offset + 8)) {
		if (!look(search, offset))
			return false;
	}
	return true;
}

/* Searches what is loaded of the kernel at some addresses. */
static bool look_through(struct search *search, const struct kernel *kernel,
                         struct virt_range range)
{
	*search->requests = (struct limine_requests){ 0 };
	search->started = search->ended = false;
	for (unsigned i = 0; i < kernel->segment_count && !search->ended; i++) {
		const struct segment *segment = &kernel->segments[i];
		struct virt_range part = { max_u64(segment->virt.begin, range.begin),
			                   min_u64(segment->virt.begin + segment->file.size,
			                           range.end) };
		struct objects objects;

		if (part.begin >= part.end)
			continue;
		search->segment = segment;
		objects_begin(&objects, &kernel->elf, part);
		while (!search->ended && objects_next(&objects, &part)) {
			if (!look_through_part(search, part))
				return false;
		}
	}
	return true;
}

/* Searches the sections for requests, and the whole kernel unless these have both markers, outside
 * of which nothing counts. */
static bool look_where_needed(struct search *search, const struct kernel *kernel)
{
	struct virt_range sections = our_sections(&kernel->elf);

	if (sections.begin != sections.end && !look_through(search, kernel, sections))
		return false;
	return (search->started && search->ended)
	    || look_through(search, kernel, (struct virt_range){ 0, UINT64_MAX });
}

/* The address of the list that an old kernel has in its section .limine_reqs; 0 if there is
 * none. */
static uint64_t find_list(const struct kernel *kernel)
{
	struct elf_section_header list;
	struct sections sections;

	return sections_find(&kernel->elf, &sections)
	                    && section_find(&sections, ".limine_reqs", &list)
	             ? list.addr
	             : 0;
}

/* Notes the requests to which the list loaded at `at` points, up to its zero. */
static bool look_at_list(struct search *search, const struct kernel *kernel, uint64_t at)
{
	unsigned count = 0;
	uint64_t request;

	for (; (request = kernel_word(kernel, at)) != 0; at += 8) {
		search->segment = kernel_segment_at(kernel, request);
		if (count++ == LISTED_MAX)
			return refuse(search->report, DIAG_LIMINE_BAD_REQUEST,
			              "the list in .limine_reqs names more than %u requests",
			              LISTED_MAX);
		if (search->segment == NULL)
			return refuse(
				search->report, DIAG_LIMINE_BAD_REQUEST,
				"the list in .limine_reqs names %#llx, which is in no segment",
				ULL(request));
		if (!note_request(search, request - search->segment->virt.begin))
			return false;
	}
	return true;
}

/* Finds the tag and the requests. If a kernel of base revision 0 lists its requests, no others
 * count. */
static bool look_everywhere(struct search *search, const struct kernel *kernel)
{
	uint64_t list = find_list(kernel);

	search->only_tag = list != 0;
	if (!look_where_needed(search, kernel))
		return false;
	if (list == 0)
		return true;
	if (limine_word(&search->requests->tag, LIMINE_TAG_REVISION) == 0)
		return look_at_list(search, kernel, list);
	search->only_tag = false;
	return look_where_needed(search, kernel);
}

/* A request must lie in one segment. */
static bool check_place(const struct kernel *kernel, const struct limine_request *request,
                        uint64_t size, const char *name, struct report *report)
{
	const struct segment *segment = kernel_segment_at(kernel, request->at);

	if (request->at == 0)
		return true;
	if (!in_bounds(request->at - segment->virt.begin, size,
	               segment->virt.end - segment->virt.begin))
		return refuse(report, DIAG_LIMINE_BAD_REQUEST,
		              "the %s: its %llu bytes at %#llx go beyond their segment", name,
		              ULL(size), ULL(request->at));
	return true;
}

bool limine_find_requests(struct limine_requests *requests, const struct kernel *kernel,
                          struct report *report)
{
	struct search search = { .requests = requests, .report = report };

	if (!look_everywhere(&search, kernel))
		return false;
	requests->revision = limine_word(&requests->tag, LIMINE_TAG_REVISION);
	for (unsigned i = 0; i < LIMINE_FEATURES; i++) {
		const struct limine_request *request = &requests->of[i];

		if (!check_place(kernel, request, known[i].sizes[limine_revision(request) != 0],
		                 known[i].name, report))
			return false;
	}
	return check_place(kernel, &requests->tag, 24, "base revision", report);
}

uint64_t limine_module_count(const struct limine_request *request)
{
	if (limine_revision(request) == 0)
		return 0;
	return limine_word(request, offsetof(struct limine_module_request, internal_count));
}

struct limine_module limine_module(const struct kernel *kernel,
                                   const struct limine_request *request, uint64_t number)
{
	uint64_t list =
		kernel_word(kernel, request->at + offsetof(struct limine_module_request, internal));
	uint64_t at = kernel_word(kernel, list + 8 * number);
	uint64_t path = kernel_word(kernel, at);
	uint64_t line =
		kernel_word(kernel, at + offsetof(struct limine_internal_module, command_line));
	uint64_t flags = kernel_word(kernel, at + offsetof(struct limine_internal_module, flags));

	return (struct limine_module){
		.at = at,
		.path = kernel_string(kernel, path),
		.command_line = line != 0 ? kernel_string(kernel, line) : "",
		.required = (flags & LIMINE_MODULE_REQUIRED) != 0,
		.compressed = (flags & LIMINE_MODULE_COMPRESSED) != 0,
	};
}
