/* SPDX-License-Identifier: MIT */
/*
 * multiboot_header.h - finds a Multiboot header in a kernel's file, says what is wrong with an
 * invalid one, and reads the kernel that it describes. Knows both versions' magic numbers and
 * nothing of flags and tags.
 */
#ifndef PROTOCOLS_MULTIBOOT_HEADER_H
#define PROTOCOLS_MULTIBOOT_HEADER_H

#include "core/elf/segments.h"

/* How the header of a version is recognised. */
struct multiboot_version {
	unsigned number;
	uint32_t magic;
	unsigned words;  /* how many words add up to 0; magic number first, checksum last */
	unsigned align;  /* alignment of the header in the file, in bytes */
	unsigned before; /* the header must end before this offset in the file */
};

extern const struct multiboot_version multiboot_version_1, multiboot_version_2;

/* The offset of the kernel's header, and the addresses in it, which are physical. */
struct multiboot_image {
	uint64_t header;               /* offset in the file */
	bool has_addresses, has_entry; /* else the file's ELF headers count */
	struct multiboot_addresses {
		uint32_t header_address, load_address, load_end, bss_end;
	} addresses;
	uint32_t entry;
};

/* The offset of the first valid header in the file; false if there is none. */
bool multiboot_find(struct span file, const struct multiboot_version *version, uint64_t *at);

/*
 * What is wrong with the best candidate for a header, in a file without a valid one: a code, and
 * words. False if nothing looks like a header of this version.
 */
bool multiboot_mistake(struct span file, const struct multiboot_version *version, enum diag *code,
                       struct text *words);

/* True if the file has what looks like a header of this version, and is not an ELF64 kernel, which
 * other protocols may start. */
bool multiboot_resembles(struct span file, const struct multiboot_version *version);

/* Refuses a file without a valid header, and says what is wrong. Always false. */
bool multiboot_refuse(struct span file, const struct multiboot_version *version,
                      struct report *report);

/* Reads the kernel that header and file describe. On false, the reason is in the report. */
bool multiboot_read(struct kernel *kernel, struct span file, const struct multiboot_image *image,
                    struct report *report);

/* Words the request for a screen; 0 means any. */
void multiboot_describe_screen(struct text *text, uint32_t width, uint32_t height, uint32_t depth);

#endif
