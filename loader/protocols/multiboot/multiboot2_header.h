/* SPDX-License-Identifier: MIT */
/* multiboot2_header.h - reads the tags of a Multiboot 2 header, by which a kernel asks for things.
 * Answers nothing. */
#ifndef PROTOCOLS_MULTIBOOT2_HEADER_H
#define PROTOCOLS_MULTIBOOT2_HEADER_H

#include "core/protocol.h"
#include "protocols/multiboot/abi.h"
#include "protocols/multiboot/multiboot_header.h"

/* What a kernel asks for; the protocol's part of a boot. */
struct mb2_requests {
	struct multiboot_image image;
	uint32_t tags;                /* a bit for each type of tag that is present */
	uint32_t screen[3];           /* width, height, bits per pixel; 0: any */
	uint32_t console;             /* MB2_CONSOLE_... */
	struct mb2_relocatable place; /* its align is a power of two */
};

/* True if the header has a tag of this type. */
static inline bool mb2_has(const struct mb2_requests *requests, enum mb2_header_tag_type type)
{
	return (requests->tags >> type & 1) != 0;
}

/*
 * Reads all tags of the header that multiboot_find() has found at byte `header` of the file. Stops
 * with false at the first that is malformed, or that must not be ignored but asks for what this
 * loader cannot provide: then the reason is in the report.
 */
bool mb2_read_requests(struct mb2_requests *requests, struct span file, uint64_t header,
                       struct report *report);

/* Words what the kernel asks for, tag by tag. */
void mb2_describe(const struct boot *boot, struct text *text);

#endif
