/* SPDX-License-Identifier: MIT */
/*
 * machine.h - what the core knows about the machine: facts, not callbacks. The platform fills these
 * in; the core does not know which platform that is. What only one kind of firmware knows is behind
 * a pointer, which only the protocols that pass it on dereference.
 */
#ifndef CORE_MACHINE_H
#define CORE_MACHINE_H

#include "core/base.h"
#include "core/display.h"
#include "core/memory_types.h"
#include "core/sha256.h"

/* A range of the firmware's memory map, to the byte. Ranges need not be sorted, and may overlap. */
struct firmware_range {
	struct phys_range phys; /* not empty */
	enum memory_type type;
	uint32_t raw; /* the firmware's own number for the type */
};

/* What the CPU can do (SDM volume 2A, CPUID; the leaf is named with each). */
struct cpu {
	bool long_mode;        /* 80000001h EDX bit 29 */
	bool nx;               /* 80000001h EDX bit 20 */
	bool sse;              /* 1 EDX bits 24 to 26: FXSR, SSE and SSE2 */
	bool gib_pages;        /* 80000001h EDX bit 26 */
	bool la57;             /* 7 ECX bit 16: 5-level paging */
	bool pat;              /* 1 EDX bit 16 */
	bool x2apic;           /* 1 ECX bit 21 */
	bool x2apic_on;        /* its local APIC is in that mode: bit 10 of IA32_APIC_BASE */
	uint8_t physical_bits; /* MAXPHYADDR: 80000008h EAX bits 7:0; 0: not known */
};

/* A CPU as the firmware lists it. */
struct processor {
	uint32_t number; /* ACPI's */
	uint32_t apic_id;
};

struct clock {
	uint64_t tsc_start, tsc_read; /* see longjump.h */
	uint64_t tsc_frequency;
	uint16_t year;
	uint8_t month, day, hour, minute, second;
};

/* The VGA BIOS's blocks about itself and about the mode that the screen gets, unchanged (VBE Core
 * Functions Standard 3.0, functions 00h, 01h and 0Ah). */
struct vbe {
	struct span control, mode; /* 512 and 256 bytes; empty: no such mode is set */
	uint16_t number;           /* of the mode */
	uint16_t interface_segment, interface_offset, interface_size; /* 0: there is none */
};

/* The BIOS's 32-bit interface to power management (APM 1.2, functions 00h and 03h). */
struct apm {
	uint16_t version; /* 0x102 is 1.2; 0: there is none, or it was not asked for */
	uint16_t flags;
	uint16_t code_32, code_32_size; /* real-mode segments */
	uint16_t code_16, code_16_size;
	uint16_t data, data_size;
	uint32_t entry; /* offset in code_32 */
};

/* What only a BIOS provides. */
struct bios {
	uint32_t drive; /* the boot drive's number, if machine->source is a drive */
	struct vbe vbe;
	struct apm apm;
	uint64_t configuration; /* int 15h, AH=C0h: physical address of the table, or 0 */
};

/* Types of memory (UEFI 2.10, 7.2). */
enum efi_memory_type {
	EFI_RESERVED,
	EFI_LOADER_CODE,
	EFI_LOADER_DATA,
	EFI_BOOT_CODE,
	EFI_BOOT_DATA,
	EFI_RUNTIME_CODE,
	EFI_RUNTIME_DATA,
	EFI_CONVENTIONAL,
	EFI_UNUSABLE,
	EFI_ACPI_RECLAIM,
	EFI_ACPI_NVS,
	EFI_MAPPED_IO,
	EFI_MAPPED_IO_PORTS,
	EFI_PAL_CODE,
	EFI_PERSISTENT,
	EFI_UNACCEPTED
};

/* An entry of UEFI's memory map (7.2.3). Entries may be further apart than its size. */
struct efi_memory_descriptor {
	uint32_t type, padding;
	uint64_t physical, virtual, pages, attributes;
};

/* What only UEFI provides; addresses are physical. */
struct efi {
	uint64_t system_table, image_handle;
	struct span memory_map; /* from the last GetMemoryMap() */
	uint32_t descriptor_size, descriptor_version;
};

enum firmware_kind { FIRMWARE_NONE, FIRMWARE_BIOS, FIRMWARE_EFI };

/* The origin of files. */
enum medium { MEDIUM_UNKNOWN, MEDIUM_DISK, MEDIUM_OPTICAL, MEDIUM_NETWORK };

struct source {
	enum medium medium;
	uint64_t partition; /* its first sector on the drive, or 0 */
	const char *folder; /* base of names without a leading slash, or NULL */
};

/* What is switched off before a kernel begins, besides the interrupt flag. */
struct quiet {
	bool lines;   /* the PICs' lines, and those of the I/O APICs for ordinary interrupts */
	bool special; /* also those for NMIs and for a PIC */
	bool iommus;  /* VT-d's and AMD's: neither DMA nor interrupts are translated */
};

/* The maximum number of reserved ranges. */
#define MACHINE_MAX_RESERVED 8

/* Bytes of the token by which a watching tool recognises our messages. */
#define TOKEN_SIZE 16
#define KNOWN_SIZE 512

struct machine {
	uint8_t *memory; /* where the code that runs now sees physical address 0: NULL without
	                    paging */
	uint64_t identity_limit; /* the running code can access physical addresses below this */

	/* Memory that must stay as it is until the kernel runs: our code, our stack. */
	struct phys_range reserved[MACHINE_MAX_RESERVED];
	unsigned reserved_count;

	struct span resident; /* the 64-bit part that stays with the kernel (core/launch.h) */

	struct cpu cpu;
	struct clock clock;
	uint64_t random;        /* if options.random asks for it */
	uint32_t random_source; /* enum longjump_entropy */

	enum firmware_kind firmware_kind;
	const struct firmware_range *firmware; /* its memory map */
	unsigned firmware_count;
	uint64_t rsdp, smbios, smbios3; /* physical; 0: none */
	struct bios *bios;              /* NULL: no BIOS can be called */
	struct efi *efi;                /* NULL: there is none */

	uint32_t cpu_count;
	const struct processor *processors; /* as the firmware lists them; NULL: not known */
	unsigned processor_count;
	uint32_t apic_id; /* of the CPU that runs the loader */

	struct source source;
	uint32_t serial; /* base port of the UART of the console, or 0 */
	struct display display;

	char token[TOKEN_SIZE];    /* zeros: no tool watches */
	char known_as[KNOWN_SIZE]; /* "NAME=WORDS", ...: what the user calls files; then "" */
};

/* A file that the platform has read into memory. */
struct file {
	const char *name;
	const char *called;       /* the user's name for it; NULL if that is `name` */
	const char *command_line; /* "" if there is none */
	struct span bytes;
	uint64_t capacity; /* bytes at `bytes` that belong to the file alone; a multiple of the page
	                  size if it begins at one */
	bool optional;     /* may be missing */
	bool by_kernel;    /* requested by the kernel, not by the user */
	bool raw;          /* pass it on without unpacking it */
	bool hashed;       /* its SHA-256, as on the disc, must be `digest` */
	uint8_t digest[SHA256_SIZE];
};

/* A file's name in messages. */
static inline const char *file_called(const struct file *file)
{
	return file->called != NULL ? file->called : file->name;
}

/* Reserves a range until the kernel runs. There must be fewer than MACHINE_MAX_RESERVED. */
static inline void machine_reserve(struct machine *machine, uint64_t begin, uint64_t end)
{
	machine->reserved[machine->reserved_count++] = (struct phys_range){ begin, end };
}

/* The physical address of an object in the running code's memory. */
/*@ requires \valid_read(machine);
  @ assigns \nothing; */
static inline uint64_t physical(const struct machine *machine, const void *pointer)
{
	return (uint64_t)((uintptr_t)pointer - (uintptr_t)machine->memory);
}

/* The running code's pointer to a physical address below machine->identity_limit. */
/*@ requires \valid_read(machine);
  @ assigns \result \from machine->memory, at; */
static inline void *visible(const struct machine *machine, uint64_t at)
{
	return (void *)((uintptr_t)machine->memory + (uintptr_t)at);
}

/* Bytes of physical memory that somebody else wrote; empty if the running code cannot access all of
 * them, or if `at` is 0. */
/*@ requires \valid_read(machine);
  @ assigns \nothing; */
static inline struct span memory_at(const struct machine *machine, uint64_t at, uint64_t size)
{
	bool there = at != 0 && in_bounds(at, size, machine->identity_limit);

	return (struct span){ there ? (const uint8_t *)visible(machine, at) : NULL,
		              value_if(there, size) };
}

#endif
