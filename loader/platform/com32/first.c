/* SPDX-License-Identifier: MIT */
/*
 * first.c - the first code of the module to run, in its first block on the disc (module.ld): is all
 * of the module there, as it was linked? Calls and reads nothing that lies elsewhere until that is
 * known. Then relocates the rest, which would take Syslinux five times the time, and starts it.
 */
#include "core/report.h"
#include "platform/com32/main.h"
#include "platform/com32/syslinux.h"

/* What must be said if the rest is not there: words of the catalogue that lie here. */
#define DIAG(number, name, summary, fix)                                      \
	static const char summary_##name[] __attribute__((unused)) = summary; \
	static const char fix_##name[] __attribute__((unused)) = fix;
#include "core/diag.def"
#undef DIAG

/* Where the module begins, what of it has a sum, and the sum (module.ld, write_sum.py). */
extern const uint8_t module_begin[];
extern const volatile struct {
	uint32_t begin, end; /* from where the module begins */
	uint32_t sum;
} module_sum;

/* Where the module has addresses in its data, in the packed form of ELF's DT_RELR. */
extern const uint32_t relocations_begin[], relocations_end[];

__attribute__((visibility("default"))) int main(int argc, char **argv);

/* The sum of these words; write_sum.py makes the same. It tells the places of words apart, but not
 * those of the 16 that are added at once. */
static uint32_t sum_of(const uint32_t *at, const uint32_t *end)
{
	uint32_t sum = 0;

	for (; at < end; at += 16) {
		sum = sum << 1 | sum >> 31;
		sum += at[0] + at[1] + at[2] + at[3] + at[4] + at[5] + at[6] + at[7];
		sum += at[8] + at[9] + at[10] + at[11] + at[12] + at[13] + at[14] + at[15];
	}
	return sum;
}

/* Adds the module's place to each address in its data: an even word of the table is the place of
 * one; an odd one has a bit for each of the next 31 words, from bit 1 on. */
static void relocate(void)
{
	uint32_t base = (uint32_t)(uintptr_t)module_begin;
	uint32_t *next = NULL;

	for (const uint32_t *entry = relocations_begin; entry < relocations_end; entry++) {
		if ((*entry & 1) == 0) {
			next = (uint32_t *)(base + *entry);
			*next++ += base;
			continue;
		}
		for (uint32_t bits = *entry >> 1, *at = next; bits != 0; bits >>= 1, at++)
			if ((bits & 1) != 0)
				*at += base;
		next += 31;
	}
}

int main(int argc, char **argv)
{
	const uint8_t *base = module_begin;
	uint32_t sum = sum_of((const uint32_t *)(const void *)(base + module_sum.begin),
	                      (const uint32_t *)(const void *)(base + module_sum.end));

	if (sum != module_sum.sum) {
		printf("\nK%u %s\n      the sum of its bytes is %x, not %x\n"
		       "      fix: %s (docs/errors.md#K%u)\n",
		       DIAG_FILE_LOADER, summary_FILE_LOADER, sum, module_sum.sum, fix_FILE_LOADER,
		       DIAG_FILE_LOADER);
		return 1;
	}
	relocate();
	return module_main(argc, argv);
}
