/* SPDX-License-Identifier: MIT */
/*
 * limine_requests.h - finds a kernel's Limine requests in its file. Answers nothing.
 */
#ifndef PROTOCOLS_LIMINE_REQUESTS_H
#define PROTOCOLS_LIMINE_REQUESTS_H

#include "core/elf/segments.h"
#include "protocols/limine/abi.h"

#define LIMINE_MAX_REVISION 6                            /* base revision */
#define LIMINE_LOWEST       UINT64_C(0xffffffff80000000) /* the lowest address of kernels */

/* A request, or the tag that names the base revision. */
struct limine_request {
	uint64_t at;       /* address, as linked; 0: not in the kernel */
	struct span bytes; /* from there to the end of its segment's bytes in the file */
};

struct limine_requests {
	struct limine_request of[LIMINE_FEATURES];
	struct limine_request tag;
	uint64_t revision; /* base revision that the kernel asks for; 0 without a tag */
	unsigned unknown;  /* how many requests are unknown */
};

/* True if an ELF64 file has a request or a base revision in what is loaded of it, whatever the
 * rights of its segment. A file that no Limine loader would accept is not searched, unless it has
 * sections with the usual names. */
bool limine_is_asked(struct span file);

/* True if no Limine loader would accept the kernel: it can only run below the top 2 GiB. */
bool limine_is_out_of_place(const struct elf *elf);

/*
 * Finds all requests of the kernel. Refuses what the protocol does not allow: two requests of a
 * kind, or one that is cut off. On false, the reason is in the report.
 */
bool limine_find_requests(struct limine_requests *requests, const struct kernel *kernel,
                          struct report *report);

/* Which request has its bytes at `offset`; LIMINE_FEATURES if it is unknown. */
enum limine_feature limine_feature_at(struct span bytes, uint64_t offset);

/* The 64-bit word at offset `offset` of a request; 0 if the file ends before. */
uint64_t limine_word(const struct limine_request *request, size_t offset);

/* The revision of a request; 0 if the kernel makes none. */
uint64_t limine_revision(const struct limine_request *request);

/* A module that the kernel names itself. */
struct limine_module {
	uint64_t at;      /* address, as linked, of its structure */
	const char *path; /* these two are NULL if they are not in the kernel's file */
	const char *command_line;
	bool required, compressed;
};

/* How many modules the kernel's module request names. */
uint64_t limine_module_count(const struct limine_request *request);

/* Module number `number` of that request's list. */
struct limine_module limine_module(const struct kernel *kernel,
                                   const struct limine_request *request, uint64_t number);

/* A request's name in words: "memory map". The string is static. */
const char *limine_feature_name(enum limine_feature feature);

#endif
