/* SPDX-License-Identifier: MIT */
/* limine_describe.c - describes a Limine kernel's requests in words, with their values. */
#include "protocols/limine/limine_describe.h"

#include "core/elf/relocate.h"
#include "protocols/limine/limine_answers.h"

/* What is being worded. */
struct wording {
	struct text *text;
	const struct kernel *kernel;
	const struct limine_requests *requests;
};

/* The word at an offset of a request. */
static uint64_t value_of(const struct wording *wording, enum limine_feature feature, size_t offset)
{
	return limine_word(&wording->requests->of[feature], offset);
}

static void describe_stack_size(const struct wording *wording)
{
	text_add(wording->text, ": ");
	text_add_size(wording->text,
	              value_of(wording, LIMINE_STACK_SIZE,
	                       offsetof(struct limine_stack_size_request, stack_size)));
}

/* Levels of page tables, from the protocol's number. */
static unsigned long long levels(uint64_t mode)
{
	return ULL(mode + 4);
}

static void describe_paging_mode(const struct wording *wording)
{
	const struct limine_request *request = &wording->requests->of[LIMINE_PAGING_MODE];

	text_add(wording->text, ": %llu levels",
	         levels(limine_word(request, offsetof(struct limine_paging_mode_request, mode))));
	if (limine_revision(request) != 0)
		text_add(wording->text, ", at least %llu, at most %llu",
		         levels(limine_word(request,
		                            offsetof(struct limine_paging_mode_request, min_mode))),
		         levels(limine_word(
				 request, offsetof(struct limine_paging_mode_request, max_mode))));
}

static void describe_processors(const struct wording *wording)
{
	uint64_t flags = value_of(wording, LIMINE_MP, offsetof(struct limine_mp_request, flags));

	text_add(wording->text, (flags & LIMINE_MP_X2APIC) != 0 ? ", in x2APIC mode" : "");
}

static void describe_entry_point(const struct wording *wording)
{
	uint64_t at = wording->requests->of[LIMINE_ENTRY_POINT].at;

	text_add(wording->text, " %#llx",
	         ULL(kernel_word(wording->kernel,
	                         at + offsetof(struct limine_entry_point_request, entry))));
}

/* The modules that the kernel names itself, a line each. */
static void describe_modules(const struct wording *wording)
{
	const struct limine_request *request = &wording->requests->of[LIMINE_MODULES];
	uint64_t count = limine_module_count(request);

	for (uint64_t i = 0; i < count && i < CONFIG_MAX_MODULES; i++) {
		struct limine_module module = limine_module(wording->kernel, request, i);

		text_add(wording->text, "\ninternal module %s%s%s",
		         module.path != NULL ? module.path : "without a path",
		         module.required ? ", required" : "",
		         module.compressed ? ", to be unpacked" : "");
		if (module.command_line != NULL && module.command_line[0] != 0)
			text_add(wording->text, ": %s", module.command_line);
	}
}

static void describe_entropy(const struct wording *wording)
{
	text_add(wording->text, ": %llu words",
	         ULL(value_of(wording, LIMINE_ENTROPY,
	                      offsetof(struct limine_entropy_request, value_count))));
}

static void describe_nothing(const struct wording *wording)
{
	(void)wording;
}

static void describe_unanswered(const struct wording *wording)
{
	text_add(wording->text, " (stays unanswered)");
}

static void describe_efi(const struct wording *wording)
{
	text_add(wording->text, " (answered under UEFI only)");
}

/* Words the values that a request gives, if it gives any. */
static void describe_values(const struct wording *wording, enum limine_feature feature)
{
	switch (feature) {
#define REQUEST(name, first, second, words, old, new, want, answer, values) \
	case LIMINE_##name:                                                 \
		describe_##values(wording);                                 \
		break;
#include "protocols/limine/requests.def"
#undef REQUEST
	case LIMINE_FEATURES:
		break;
	}
}

void limine_describe(const struct boot *boot, struct text *text)
{
	const struct limine *limine = (const void *)boot->state;
	const struct limine_requests *requests = &limine->requests;
	struct wording wording = { text, &boot->kernel, requests };

	if (!limine->found)
		return;
	text_add(text, "base revision %llu", ULL(requests->revision));
	if (requests->revision > LIMINE_MAX_REVISION)
		text_add(text, " (not known here)");
	for (unsigned i = 0; i < LIMINE_FEATURES; i++) {
		if (requests->of[i].at == 0)
			continue;
		text_add(text, "\n%s", limine_feature_name(i));
		describe_values(&wording, i);
	}
	if (requests->unknown != 0)
		text_add(text, "\n%u that Longjump does not know", requests->unknown);
}
