/* SPDX-License-Identifier: MIT */
/*
 * handover.h - what a boot loader that starts us as its kernel hands over, whatever the format: the
 * words, the files, the memory. Multiboot (multiboot_info.h) and PVH (pvh_info.h) fill it in. What
 * they point at stays where it is; it lies in `own`, and nothing may be put there.
 */
#ifndef PLATFORM_HANDOVER_HANDOVER_H
#define PLATFORM_HANDOVER_HANDOVER_H

#include "core/machine.h"
#include "core/report.h"
#include "platform/handover/checksum.h"

#define HANDOVER_FILES  128
#define HANDOVER_RANGES 128
#define HANDOVER_OWN    (2 * HANDOVER_FILES + 8)

/* A file that was loaded for us. */
struct handed_file {
	const char *words; /* its name, and what stands after it; "": nobody said */
	struct phys_range bytes;
	bool is_summed; /* it comes from a bundle, and has had this checksum */
	uint32_t sum[CHECKSUM_WORDS];
};

struct handover {
	bool bios;         /* the machine is as its BIOS left it, and that can still be called */
	const char *words; /* never NULL */
	const char *bundle_words; /* those that come with the loader; NULL: none do */
	struct handed_file files[HANDOVER_FILES];
	unsigned file_count;
	struct firmware_range ranges[HANDOVER_RANGES]; /* the memory map */
	unsigned range_count;
	struct phys_range own[HANDOVER_OWN]; /* where all this lies, files included */
	unsigned own_count;
	uint64_t rsdp; /* 0: not told */
};

/* Notes memory that must stay as it is. */
void handover_own(struct handover *handover, struct phys_range range);

/* A string at a physical address, with its end, which becomes memory of ours; "" if it has none
 * within the memory that can be pointed at. */
const char *handover_string(struct handover *handover, const struct machine *machine, uint64_t at);

/* Notes a file; refuses one more than there is room for, and one that ends before it begins. */
bool handover_add_file(struct handover *handover, const struct machine *machine, uint64_t begin,
                       uint64_t end, uint64_t words, struct report *report);

/* Refuses a range that is not all RAM by the memory map. */
bool handover_in_memory(const struct handover *handover, struct phys_range range,
                        struct report *report);

/* Refuses files that do not lie in RAM. */
bool handover_check_files(const struct handover *handover, struct report *report);

/* Notes a range of the memory map, of a type as E820 has them; what exceeds the table is left out,
 * which loses free memory and no more. */
void handover_add_range(struct handover *handover, uint64_t begin, uint64_t size, uint32_t type);

#endif
