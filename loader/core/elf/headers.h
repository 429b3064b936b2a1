/* SPDX-License-Identifier: MIT */
/*
 * headers.h - an ELF file's header and program headers; those of ELF32 files are converted to the
 * 64-bit form. Knows which files are executables for x86-64, but not what they load.
 */
#ifndef CORE_ELF_HEADERS_H
#define CORE_ELF_HEADERS_H

#include "core/base.h"
#include "core/elf/format.h"
#include "core/report.h"

#define KERNEL_MAX_PHDRS 128

struct elf {
	struct span file;
	struct elf_header header; /* beyond `ident`, zero if it is not known */
	bool known;               /* it is ELF, of a known class, and has the whole header */
	bool is_elf32;
	struct span programs; /* whole program headers; empty if they are not all there */
};

/* Opens any file. False if it is not ELF of a known class: then only `file` and `ident` are set. */
bool elf_open(struct elf *elf, struct span file);

/* True if it claims to be ELF64, even if it is damaged. */
bool elf_is_class_64(const struct elf *elf);

/*
 * Refuses a file that is not an executable for x86-64, or that lacks some of its program headers.
 * With `elf32_too`, ELF32 files for 32-bit x86 are accepted as well. On false, the reason is in the
 * report.
 */
bool elf_check(const struct elf *elf, bool elf32_too, struct report *report);

/* Bytes that a program header and a section header take in a file of this class. */
unsigned elf_program_size(const struct elf *elf);
unsigned elf_section_size(const struct elf *elf);

/* Program header `number`, from 0. False after the last. */
bool elf_program(const struct elf *elf, unsigned number, struct elf_program_header *program);

/* Finds the first program header of a type. False if there is none. */
bool elf_find_program(const struct elf *elf, uint32_t type, struct elf_program_header *program);

#endif
