/* SPDX-License-Identifier: MIT */
/*
 * limine_requests.h - what a kernel asks for through the Limine protocol: finds the requests in its
 * file. Answers nothing.
 */
#ifndef PROTOCOLS_LIMINE_REQUESTS_H
#define PROTOCOLS_LIMINE_REQUESTS_H

#include "core/elf/read.h"
#include "protocols/limine/abi.h"

#define LIMINE_MAX_REVISION 6                            /* base revision */
#define LIMINE_LOWEST       UINT64_C(0xffffffff80000000) /* kernels are linked from here on */

/* A request, or the tag that names the base revision. */
struct limine_request {
	uint64_t at;       /* address, as linked; 0: not in the kernel */
	struct span bytes; /* from there to the end of what the file has of its segment */
};

struct limine_requests {
	struct limine_request of[LIMINE_FEATURES];
	struct limine_request tag;
	uint64_t revision; /* base revision that the kernel asks for; 0 without a tag */
	unsigned unknown;  /* requests that we have not heard of */
};

/* True if an ELF64 file has a request or a base revision in what is loaded of it, whatever the
 * rights of its segment. A file that no loader of this protocol would take is not searched, unless
 * it names its sections as such kernels do. */
bool limine_is_asked(struct span file);

/* True if no loader of this protocol would take the kernel: it can only run below the top 2 GiB. */
bool limine_is_out_of_place(const struct elf *elf);

/*
 * Finds all requests of the kernel. Refuses those that cannot be answered as the protocol wants it:
 * two of a kind, or one that is cut off. On false, the reason is in the report.
 */
bool limine_find_requests(struct limine_requests *requests, const struct kernel *kernel,
                          struct report *report);

/* What the request asks for whose bytes begin at `offset`; LIMINE_FEATURES if it is none that we
 * know. */
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

/* How many modules the kernel names itself, by its request for modules. */
uint64_t limine_module_count(const struct limine_request *request);

/* The module that stands at place `number` of that request's list. */
struct limine_module limine_module(const struct kernel *kernel,
                                   const struct limine_request *request, uint64_t number);

/* What a request is called: "memory map". The string is static. */
const char *limine_feature_name(enum limine_feature feature);

#endif
