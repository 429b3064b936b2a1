/* SPDX-License-Identifier: MIT */
/*
 * format.h - the ELF file format: the structures and constants that the loader uses.
 *
 * Sources: System V ABI (gABI) 4.1, chapters 4 and 5, with the ELF-64 Object File Format 1.5; AMD64
 * psABI 1.0, table 4.9 (relocations) and section 5 (program loading); gABI draft of 2018 for
 * DT_RELR.
 */
#ifndef CORE_ELF_FORMAT_H
#define CORE_ELF_FORMAT_H

#include <stddef.h>
#include <stdint.h>

struct elf_header {
	uint8_t ident[16];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint64_t entry;
	uint64_t phoff;
	uint64_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};

struct elf_program_header {
	uint32_t type;
	uint32_t flags;
	uint64_t offset;
	uint64_t vaddr;
	uint64_t paddr;
	uint64_t filesz;
	uint64_t memsz;
	uint64_t align;
};

struct elf_section_header {
	uint32_t name;
	uint32_t type;
	uint64_t flags;
	uint64_t addr;
	uint64_t offset;
	uint64_t size;
	uint32_t link;
	uint32_t info;
	uint64_t addralign;
	uint64_t entsize;
};

struct elf_symbol {
	uint32_t name;
	uint8_t info; /* type and binding */
	uint8_t other;
	uint16_t shndx;
	uint64_t value;
	uint64_t size;
};

struct elf_dynamic {
	uint64_t tag;
	uint64_t value;
};

struct elf_rela {
	uint64_t offset;
	uint64_t info; /* low 32 bits: the type */
	uint64_t addend;
};

/* The 32-bit forms. Readers bring them into the 64-bit form at once. */
struct elf32_header {
	uint8_t ident[16];
	uint16_t type;
	uint16_t machine;
	uint32_t version;
	uint32_t entry;
	uint32_t phoff;
	uint32_t shoff;
	uint32_t flags;
	uint16_t ehsize;
	uint16_t phentsize;
	uint16_t phnum;
	uint16_t shentsize;
	uint16_t shnum;
	uint16_t shstrndx;
};

struct elf32_program_header {
	uint32_t type;
	uint32_t offset;
	uint32_t vaddr;
	uint32_t paddr;
	uint32_t filesz;
	uint32_t memsz;
	uint32_t flags;
	uint32_t align;
};

struct elf32_section_header {
	uint32_t name;
	uint32_t type;
	uint32_t flags;
	uint32_t addr;
	uint32_t offset;
	uint32_t size;
	uint32_t link;
	uint32_t info;
	uint32_t addralign;
	uint32_t entsize;
};

struct elf32_symbol {
	uint32_t name;
	uint32_t value;
	uint32_t size;
	uint8_t info;
	uint8_t other;
	uint16_t shndx;
};

/* What a symbol names: one of ELF_STT_...; and who sees it: one of ELF_STB_... */
static inline unsigned elf_symbol_type(const struct elf_symbol *symbol)
{
	return symbol->info & 15;
}

static inline unsigned elf_symbol_binding(const struct elf_symbol *symbol)
{
	return symbol->info >> 4;
}

static inline unsigned elf_symbol_visibility(const struct elf_symbol *symbol)
{
	return symbol->other & 3;
}

_Static_assert(sizeof(struct elf32_section_header) == 40, "Elf32_Shdr");
_Static_assert(sizeof(struct elf32_symbol) == 16, "Elf32_Sym");
_Static_assert(sizeof(struct elf32_header) == 52, "Elf32_Ehdr");
_Static_assert(sizeof(struct elf32_program_header) == 32, "Elf32_Phdr");
_Static_assert(sizeof(struct elf_header) == 64, "Elf64_Ehdr");
_Static_assert(offsetof(struct elf_header, phoff) == 32, "e_phoff");
_Static_assert(offsetof(struct elf_header, phentsize) == 54, "e_phentsize");
_Static_assert(sizeof(struct elf_program_header) == 56, "Elf64_Phdr");
_Static_assert(offsetof(struct elf_program_header, align) == 48, "p_align");
_Static_assert(sizeof(struct elf_section_header) == 64, "Elf64_Shdr");
_Static_assert(offsetof(struct elf_section_header, entsize) == 56, "sh_entsize");
_Static_assert(sizeof(struct elf_symbol) == 24, "Elf64_Sym");
_Static_assert(sizeof(struct elf_dynamic) == 16, "Elf64_Dyn");
_Static_assert(sizeof(struct elf_rela) == 24, "Elf64_Rela");

enum {
	ELF_CLASS = 4, /* index into ident */
	ELF_DATA = 5,
	ELF_IDENT_VERSION = 6,
	ELF_CLASS_32 = 1,
	ELF_CLASS_64 = 2,
	ELF_DATA_LITTLE = 1,
	ELF_VERSION_CURRENT = 1,
	ELF_TYPE_REL = 1,
	ELF_TYPE_EXEC = 2,
	ELF_TYPE_DYN = 3,
	ELF_TYPE_CORE = 4,
	ELF_MACHINE_386 = 3,
	ELF_MACHINE_X86_64 = 62,
	ELF_PHNUM_ELSEWHERE = 0xffff
};

enum {
	ELF_PT_LOAD = 1,
	ELF_PT_DYNAMIC = 2,
	ELF_PT_TLS = 7,
	ELF_PT_GNU_STACK = 0x6474e551,
	ELF_PT_GNU_RELRO = 0x6474e552,
	ELF_PF_X = 1,
	ELF_PF_W = 2,
	ELF_PF_R = 4
};

enum {
	ELF_SHT_NULL = 0,
	ELF_SHT_SYMTAB = 2,
	ELF_SHT_RELA = 4,
	ELF_SHT_NOBITS = 8,
	ELF_SHF_ALLOC = 2,
	ELF_SHF_EXECINSTR = 4,
	ELF_SHN_UNDEF = 0,
	ELF_SHN_ABS = 0xfff1,
	ELF_SHN_COMMON = 0xfff2,
	ELF_SHN_XINDEX = 0xffff
};

enum {
	ELF_STT_NOTYPE = 0,
	ELF_STT_OBJECT = 1,
	ELF_STT_FUNC = 2,
	ELF_STT_FILE = 4, /* the name of a source file */
	ELF_STT_TLS = 6,
	ELF_STT_GNU_IFUNC =
		10, /* its value is the address of a function that returns the real one */
	ELF_STB_LOCAL = 0,
	ELF_STB_WEAK = 2,
	ELF_STV_DEFAULT = 0
};

enum {
	ELF_DT_NULL = 0,
	ELF_DT_NEEDED = 1,
	ELF_DT_PLTRELSZ = 2,
	ELF_DT_STRTAB = 5,
	ELF_DT_SYMTAB = 6,
	ELF_DT_RELA = 7,
	ELF_DT_RELASZ = 8,
	ELF_DT_RELAENT = 9,
	ELF_DT_STRSZ = 10,
	ELF_DT_SYMENT = 11,
	ELF_DT_REL = 17,
	ELF_DT_RELSZ = 18,
	ELF_DT_PLTREL = 20,
	ELF_DT_JMPREL = 23,
	ELF_DT_RELRSZ = 35,
	ELF_DT_RELR = 36,
	ELF_DT_RELRENT = 37,
	ELF_DT_ANDROID_REL = 0x6000000f,
	ELF_DT_ANDROID_RELA = 0x60000011,
	ELF_DT_ANDROID_RELR = 0x6fffe000
};

enum {
	ELF_R_X86_64_NONE = 0,
	ELF_R_X86_64_64 = 1,
	ELF_R_X86_64_GLOB_DAT = 6,
	ELF_R_X86_64_JUMP_SLOT = 7,
	ELF_R_X86_64_RELATIVE = 8,
	ELF_R_X86_64_IRELATIVE = 37
};

#endif
