/* SPDX-License-Identifier: MIT */
/*
 * build_elf.h - builds ELF64 files for tests: right at first, with every field open to be set
 * wrong.
 *
 *     begin_elf(ELF_TYPE_EXEC);
 *     add_segment(ELF_PF_R | ELF_PF_X, 0x100000, 100, 100)->align = 3;
 *     kernel_read(&kernel, elf_file(), 48, &report);
 *
 * There is one file at a time.
 */
#ifndef BUILD_ELF_H
#define BUILD_ELF_H

#include "check.h"

#include "core/elf/read.h"
#include "core/elf/format.h"

#define ELF_ROOM (8 * MIB)
#define ELF_FIRST \
	0x2000 /* where the segments' bytes begin: after as many headers as there may be */

enum { RX = ELF_PF_R | ELF_PF_X, RW = ELF_PF_R | ELF_PF_W, RO = ELF_PF_R };

static _Alignas(8) uint8_t elf_bytes[ELF_ROOM];
static uint64_t elf_size;
static struct elf_header *const elf_head = (struct elf_header *)(void *)elf_bytes;
static struct elf_program_header *const elf_programs =
	(struct elf_program_header *)(void *)(elf_bytes + 64);

/* A file without program headers. */
static inline void begin_elf(unsigned type)
{
	memset(elf_bytes, 0, (size_t)elf_size);
	elf_size = ELF_FIRST;
	*elf_head = (struct elf_header){
		.ident = { 0x7f, 'E', 'L', 'F', ELF_CLASS_64, ELF_DATA_LITTLE,
		           ELF_VERSION_CURRENT },
		.type = (uint16_t)type,
		.machine = ELF_MACHINE_X86_64,
		.version = ELF_VERSION_CURRENT,
		.phoff = 64,
		.ehsize = 64,
		.phentsize = 56,
	};
}

/* A program header of any type. */
static inline struct elf_program_header *add_program(uint32_t type, uint32_t flags, uint64_t offset,
                                                     uint64_t vaddr, uint64_t filesz,
                                                     uint64_t memsz)
{
	struct elf_program_header *program = &elf_programs[elf_head->phnum++];

	EXPECT(elf_head->phnum <= (ELF_FIRST - 64) / sizeof(*program));
	*program = (struct elf_program_header){ .type = type,
		                                .flags = flags,
		                                .offset = offset,
		                                .vaddr = vaddr,
		                                .paddr = vaddr,
		                                .filesz = filesz,
		                                .memsz = memsz,
		                                .align = 1 };
	return program;
}

/* A segment whose bytes are appended to the file, at the offset in a page that its address has. No
 * byte is zero. */
static inline struct elf_program_header *add_segment(uint32_t flags, uint64_t vaddr,
                                                     uint64_t filesz, uint64_t memsz)
{
	uint64_t offset = align_up_to(elf_size, PAGE_SIZE, vaddr);
	struct elf_program_header *program;

	EXPECT(in_bounds(offset, filesz, ELF_ROOM));
	for (uint64_t i = 0; i < filesz; i++)
		elf_bytes[offset + i] = (uint8_t)(1 + (vaddr + i * 7 + (i >> 8)) % 255);
	elf_size = offset + filesz;
	program = add_program(ELF_PT_LOAD, flags, offset, vaddr, filesz, memsz);
	program->align = PAGE_SIZE;
	return program;
}

/* Where the file has the byte that is linked at an address. */
static inline void *elf_at(uint64_t address)
{
	for (unsigned i = 0; i < elf_head->phnum; i++) {
		const struct elf_program_header *program = &elf_programs[i];

		if (program->type == ELF_PT_LOAD && address >= program->vaddr
		    && address - program->vaddr < program->filesz)
			return elf_bytes + program->offset + (address - program->vaddr);
	}
	FAIL("the file has no byte for the address %#" PRIx64, address);
}

/* A dynamic section at an address whose bytes are in the file: pairs of tag and value, with DT_NULL
 * after them. */
static inline void put_dynamic(uint64_t address, const struct elf_dynamic *entries, unsigned count)
{
	size_t size = (count + 1) * sizeof(*entries);
	uint8_t *at = elf_at(address);

	memset(at, 0, size);
	memcpy(at, entries, count * sizeof(*entries));
	add_program(ELF_PT_DYNAMIC, RW, (uint64_t)(at - elf_bytes), address, size, size)->align = 8;
}

/* A copy of the file's first `size` bytes, with its end watched by the checker. Lasts until the
 * next one is made. */
static inline struct span elf_start(uint64_t size)
{
	static uint8_t *copy;

	free(copy);
	copy = malloc((size_t)size);
	memcpy(copy, elf_bytes, (size_t)size);
	return (struct span){ copy, size };
}

/* A copy of the whole file. */
static inline struct span elf_file(void)
{
	return elf_start(elf_size);
}

/* The smallest kernel: one segment at 1 MiB, with its entry at the beginning. */
static inline void begin_small_elf(void)
{
	begin_elf(ELF_TYPE_EXEC);
	add_segment(RX, MIB, 64, 64);
	elf_head->entry = MIB;
}

#endif
