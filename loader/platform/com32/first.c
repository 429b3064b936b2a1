/* SPDX-License-Identifier: MIT */
/*
 * first.c - the first code of the module to run, in its first block on the disc (module.ld): checks
 * that the whole module is there, as it was linked, and until then uses nothing outside that block.
 * Then relocates the rest, for which Syslinux would take five times as long, and starts it.
 */
#include "core/base.h"
#include "core/diag_lines.h"
#include "core/sum.h"
#include "platform/com32/main.h"
#include "platform/com32/syslinux.h"
#include "platform/console/early_refusal.h"
#include "x86/last_words.h"

#define GREY 0x0700

/* The module's beginning, its first block, and the sums of its parts (module.ld, write_sum.py). */
extern const uint8_t module_begin[], first_begin[], first_end[];
extern const volatile struct {
	uint32_t begin, end; /* offsets from the module's beginning */
	uint32_t sum;
	uint32_t balance; /* with it, the words of the first block add up to 0 */
} module_sum;

/* Where the module has addresses in its data, in the packed form of ELF's DT_RELR. */
extern const uint32_t relocations_begin[], relocations_end[];

__attribute__((visibility("default"))) int main(int argc, char **argv);

/* The BIOS's data area, 0040h:0000h; the text screen's last row. */
enum { BIOS_COM1 = 0x400, LAST_OF_25 = VGA_TEXT + 24 * LAST_ROW };

/* Writes what is wrong to COM1, if the BIOS knows that port, and to the screen, without Syslinux's
 * functions: their addresses may be what is damaged. */
static void say_alone(void)
{
	volatile uint16_t *cell = (volatile uint16_t *)LAST_OF_25;
	uint16_t port = *(const volatile uint16_t *)BIOS_COM1;
	unsigned patience = LAST_PATIENCE;

	for (const char *c = line_FILE_LOADER; *c != 0; c++) {
		if (*c != '\n')
			*cell++ = (uint16_t)(GREY | (uint8_t)*c);
		if (port != 0)
			last_send(port, &patience, (uint8_t)*c);
	}
}

/* True if all words of the first block but its headers are as they were linked. */
static bool is_first_whole(void)
{
	uint32_t sum = 0;

	for (const uint8_t *at = first_begin; at < first_end; at += sizeof(sum))
		sum += *(const uint32_t *)(const void *)at;
	return sum == 0;
}

/* Adds the module's address to each address in its data: an even word of the table is the offset of
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
		for (uint32_t bits = *entry >> 1, *at = next; bits != 0; bits >>= 1)
			*at++ += base & -(bits & 1);
		next += 31;
	}
}

int main(int argc, char **argv)
{
	const uint8_t *base = module_begin;
	uint32_t sum;

	if (!is_first_whole()) {
		say_alone();
		return 1;
	}
	sum = sum_of_words((const size_t *)(const void *)(base + module_sum.begin),
	                   (const size_t *)(const void *)(base + module_sum.end));
	if (sum != module_sum.sum) {
		printf("%s      the sum of its bytes is %x, not %x\n%s", line_FILE_LOADER, sum,
		       module_sum.sum, fix_FILE_LOADER);
		return 1;
	}
	if (!cpu_has_cmov()) { /* which the rest uses */
		printf("%s%s", line_CPU_NO_LONG_MODE, fix_CPU_NO_LONG_MODE);
		watch_early_refusal(line_CPU_NO_LONG_MODE, fix_CPU_NO_LONG_MODE, "prompt");
		return 1;
	}
	relocate();
	return module_main(argc, argv);
}
