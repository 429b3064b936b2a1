/* SPDX-License-Identifier: MIT */
/*
 * segments.h - a kernel that has been read, and what lies at an address of it, as linked.
 *
 * Everything in a struct kernel has been checked.
 */
#ifndef CORE_ELF_SEGMENTS_H
#define CORE_ELF_SEGMENTS_H

#include "core/elf/headers.h"

/* A segment of the kernel (PT_LOAD). */
struct segment {
	struct virt_range
		virt;     /* as linked, without the slide; not empty; canonical; not in page 0 */
	struct span file; /* its first bytes; the rest of virt is zero; size <= that of virt */
	uint64_t offset;  /* of those bytes in the file */
	uint64_t align;   /* power of two, 1 if the file says none */
	uint8_t rights;
	uint16_t header; /* number of its program header, for messages */
};

/* What relocation does to the kernel's bytes. Each entry is of a type that is known (relocate.c);
 * its symbol, if it names one, can be resolved; its eight bytes lie in a segment, and none of them
 * in `rela` or `relr`. */
struct relocations {
	struct span rela, plt;        /* whole entries of 24 bytes: DT_RELA and DT_JMPREL */
	struct span relr;             /* whole entries of 8 bytes */
	struct virt rela_at, relr_at; /* their addresses, as linked; each lies in one segment */
	struct span symbols, names;   /* what entries name; the names up to their last zero */
	uint32_t sorted;     /* how many entries of `rela`, from its start, are sorted by address */
	uint32_t word_count; /* how many words relocations_next_word() returns */
};

struct kernel {
	struct elf elf; /* the file and its headers; not known to be ELF if the protocol needs none
	                 */
	struct segment segments[KERNEL_MAX_PHDRS]; /* sorted by address, disjoint; neighbours in one
	                                              page have the same rights, unless
	                                              kernel_read_merging() has read them */
	unsigned segment_count;                    /* at least 1 */
	bool position_independent;                 /* ET_DYN: may be slid */
	struct virt entry;                         /* in a segment with RIGHT_EXECUTE */
	struct virt_range virt;                    /* from the first to the last page, as linked */
	struct relocations relocations;
	struct virt_range relro; /* whole pages, read-only after relocation; may be empty */
	struct virt_range tls;   /* the TLS template, within a segment; may be empty */
	uint64_t tls_file_size;
	uint64_t tls_align;
	bool physical;   /* all addresses are physical: memory must be free there */
	uint64_t header; /* offset of the protocol's own header in the file, if it has one */
};

/* The rights of the page at an address, as linked: those of all segments that lie in it. */
uint8_t kernel_page_rights(const struct kernel *kernel, uint64_t page);

/* The `size` bytes of the file that are loaded at the address `at`, as linked. False, with an empty
 * span, unless one segment has all of them in the file. */
bool kernel_bytes(const struct kernel *kernel, uint64_t at, uint64_t size, struct span *bytes);

/* The zero-terminated string that is loaded at `at`, as linked; NULL if there is none. */
const char *kernel_string(const struct kernel *kernel, uint64_t at);

/* The segment in which the address, as linked, lies; NULL if there is none. */
const struct segment *kernel_segment_at(const struct kernel *kernel, uint64_t address);

/* "READ", "READ WRITE" and so on as three letters: "r-x". The string is static. */
const char *rights_name(uint8_t rights);

#endif
