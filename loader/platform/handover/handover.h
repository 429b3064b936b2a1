/* SPDX-License-Identifier: MIT */
/*
 * handover.h - what a boot loader that starts us as its kernel passes on, in any format: words,
 * files and memory map. Multiboot (multiboot_info.h) and PVH (pvh_info.h) fill it in. What it
 * points at stays where it is; that memory is listed in `own`, and must not be overwritten.
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
	const char *words; /* its name, and what follows it; "" if unknown */
	struct phys_range bytes;
	bool is_summed; /* it comes from a bundle, with this checksum */
	uint32_t sum[CHECKSUM_WORDS];
};

struct handover {
	bool bios;                /* the BIOS can still be called */
	const char *words;        /* never NULL */
	const char *bundle_words; /* the words of the bundle; NULL without one */
	struct handed_file files[HANDOVER_FILES];
	unsigned file_count;
	struct firmware_range ranges[HANDOVER_RANGES]; /* the memory map */
	unsigned range_count;
	struct phys_range own[HANDOVER_OWN]; /* the memory of all this, including the files */
	unsigned own_count;
	uint64_t rsdp; /* 0: unknown */
};

/* Records memory that must not be overwritten. */
void handover_own(struct handover *handover, struct phys_range range);

/* A zero-terminated string at a physical address, whose memory is recorded in `own`; "" if it does
 * not end within accessible memory. */
const char *handover_string(struct handover *handover, const struct machine *machine, uint64_t at);

/* Records a file; refuses one too many, and one that ends before it begins. */
bool handover_add_file(struct handover *handover, const struct machine *machine, uint64_t begin,
                       uint64_t end, uint64_t words, struct report *report);

/* Refuses a range that is not entirely RAM in the memory map. */
bool handover_in_memory(const struct handover *handover, struct phys_range range,
                        struct report *report);

/* Refuses files that are not in RAM. */
bool handover_check_files(const struct handover *handover, struct report *report);

/* Records a range of the memory map, with an E820 type. Ranges that do not fit are dropped, which
 * only loses free memory. */
void handover_add_range(struct handover *handover, uint64_t begin, uint64_t size, uint32_t type);

#endif
