/* SPDX-License-Identifier: MIT */
/* text_screen.c - finds VGA's text memory in the code of kernels. */
#include "core/text_screen.h"

#include "x86/registers.h"

#define LOOKED_AT (512 * KIB) /* bytes of a segment, at boot: larger kernels draw */

/* Four bytes at any alignment. */
struct __attribute__((packed, may_alias)) loose_word {
	uint32_t value;
};

/* True if these four bytes are the lower half of an address at which kernels see the text memory:
 * its own, or in a direct map at 0, or at 2 or 3 GiB of the higher half of 32 or 64 bits. */
static bool is_text_memory(const uint8_t *bytes)
{
	uint32_t word = ((const struct loose_word *)(const void *)bytes)->value;

	return word == VGA_TEXT || word == (VGA_TEXT | 2 * GIB) || word == (VGA_TEXT | 3 * GIB);
}

/* True if the segment may hold code: without paging, all of them may. */
static bool may_hold_code(const struct kernel *kernel, const struct segment *segment)
{
	return kernel->physical || (segment->rights & RIGHT_EXECUTE) != 0;
}

/* As many bytes as a register has, at any alignment. */
struct __attribute__((packed, may_alias)) loose_bytes {
	size_t value;
};

/* The first offset from `at` on that may hold this byte: as many bytes as a register has are passed
 * over at once. */
static size_t pass_over(const uint8_t *bytes, size_t at, size_t size, uint8_t byte)
{
	const size_t each = SIZE_MAX / UINT8_MAX; /* 0x01 in each byte */

	for (; at + sizeof(each) <= size; at += sizeof(each)) {
		const struct loose_bytes *some = (const void *)(bytes + at);
		size_t zero = some->value ^ each * byte;

		if (((zero - each) & ~zero & each << 7) != 0)
			break;
	}
	return at;
}

/* Finds the linked address of the code's bytes that are the text memory's address. Of these bytes,
 * the third is the one that is rare in code. */
static bool find_text_memory(const struct segment *segment, uint64_t most, uint64_t *at)
{
	const uint8_t rare = VGA_TEXT >> 16, *bytes = segment->file.bytes;
	const size_t size = (size_t)min_u64(segment->file.size, most);

	for (size_t i = 2; i + 1 < size; i++) {
		i = pass_over(bytes, i, size, rare);
		if (i + 1 < size && is_text_memory(bytes + i - 2)) {
			*at = segment->virt.begin + i - 2;
			return true;
		}
	}
	return false;
}

/* True if the code contains this offset of a field. */
static bool names_field(const struct segment *segment, uint64_t most, uint32_t field)
{
	struct span code = { segment->file.bytes, min_u64(segment->file.size, most) };

	return span_find_word(code, 0, 1, field) < code.size;
}

bool text_screen_is_expected(const struct boot *boot, uint64_t most, uint64_t *at)
{
	const struct kernel *kernel = &boot->kernel;
	const uint32_t field = boot->protocol->pixels_field;
	bool found = false;

	if (boot->config->options.video.want != VIDEO_TEXT)
		return false;
	for (unsigned i = 0; i < kernel->segment_count && !found; i++) {
		const struct segment *segment = &kernel->segments[i];

		found = may_hold_code(kernel, segment) && find_text_memory(segment, most, at);
	}
	for (unsigned i = 0; i < kernel->segment_count && found && field != 0; i++) {
		const struct segment *segment = &kernel->segments[i];

		found = !may_hold_code(kernel, segment) || !names_field(segment, most, field);
	}
	return found;
}

void text_screen_check(const struct boot *boot)
{
	uint64_t at;

	if (boot->machine->display.kind != DISPLAY_VGA_TEXT
	    && text_screen_is_expected(boot, LOOKED_AT, &at))
		warn(boot->report, DIAG_VIDEO_NO_TEXT_SCREEN,
		     "the code at %#llx names 0xb8000, and asks for no framebuffer", ULL(at));
}
