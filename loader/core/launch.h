/* SPDX-License-Identifier: MIT */
/*
 * launch.h - the plan in the form in which the 64-bit resident part carries it out. The loader,
 * which may be 32-bit code, writes these structures: fixed widths, no pointers, every offset
 * asserted. All addresses are physical unless the comment says virtual.
 */
#ifndef CORE_LAUNCH_H
#define CORE_LAUNCH_H

#include "x86/registers.h"

#include <stddef.h>
#include <stdint.h>

#define RESIDENT_MAGIC UINT64_C(0x746e656469736572) /* "resident" */

/* The resident part begins with this; loader/resident/resident.ld fills it in. Offsets are from its
 * first byte. */
struct resident_header {
	uint64_t magic;
	uint32_t code_size;      /* bytes of code and constants, whole pages; data follows */
	uint32_t size;           /* bytes in all, with data that is not in the file */
	uint32_t start;          /* where 64-bit code enters with RDI = struct launch */
	uint32_t trampoline;     /* where other CPUs begin, in TRAMPOLINE_SIZE bytes to be copied */
	uint32_t wait, wait_end; /* the loop in which they wait for work */
	uint32_t early;          /* struct resident_early */
	uint32_t vectors;        /* the stubs for exceptions; STUB_SIZE bytes each */
	uint32_t nmi64;          /* ... and for an NMI while it can only be noted */
	uint32_t nmi32;          /* likewise, in 32-bit code */
	uint32_t summed;         /* code and constants from here on have ... */
	uint32_t summed_end;     /* ... up to here ... */
	uint32_t sum;            /* ... this sum (sum.h) */
	uint32_t reserved;
};

enum { STUB_SIZE = 8 };

/* A gate of the IDT (SDM volume 3A, figure 6-8). */
struct gate {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t stack; /* 1 to 7: this IST entry of the TSS; 0: the current stack */
	uint8_t type;
	uint16_t offset_middle;
	uint32_t offset_high;
	uint32_t reserved;
};

/* A gate of the IDT outside of long mode (SDM volume 3A, figure 6-2). */
struct gate32 {
	uint16_t offset_low;
	uint16_t selector;
	uint8_t reserved;
	uint8_t type;
	uint16_t offset_high;
};

/* A 64-bit code selector that is valid in every GDT from the loader's last to the kernel's
 * first. */
enum { SELECTOR_EARLY = 0x58 };

/* The early IDT has gates for the exceptions with lower vectors than this. */
enum { EARLY_GATES = VECTOR_MACHINE + 1 };

/*
 * The IDT from just before the change of the CPU's mode until the resident part has made its own
 * descriptor tables. The CPU reads it in three formats, whose NMI gates (vector 2) do not overlap:
 * 64-bit gates; 32-bit gates, of which number 2 is inside the 64-bit gate of vector 1; and, on
 * other CPUs, real-mode far pointers, of which number 2 is inside the 64-bit gate of vector 0.
 */
struct resident_early {
	uint16_t limit;   /* what `lidt` reads: 6 bytes, or 10 in 64-bit code */
	uint16_t base[4]; /* of gates */
	uint16_t padding[3];
	union {
		struct gate long_mode[EARLY_GATES];
		struct gate32 protected_mode[2 * EARLY_GATES];
		uint32_t real_mode[4 * EARLY_GATES];
	} gates;
	uint64_t fault_info; /* as in struct launch */
	uint64_t resume; /* where to continue after an NMI in code that is neither real mode's nor
	                        64-bit */
	uint32_t nmi;    /* an NMI has come; it is reported as soon as it can be explained */
	uint32_t ready;  /* the resident part has its own tables */
};

/* The trampoline's code, and the offset of its data in its page. */
enum { TRAMPOLINE_SIZE = 256, TRAMPOLINE_DATA = 0x800 };

/* The size in bytes of a CPU's own descriptor tables. */
#define PROCESSOR_CAPACITY 1288

/*
 * A CPU other than the first, to be started. These records lie after the resident part's data, and
 * stay there with it.
 */
struct launch_processor {
	uint32_t apic_id;
	uint32_t arrived;     /* becomes 1 when it waits */
	uint64_t rsp, rdi;    /* virtual */
	uint64_t mailbox;     /* virtual: 64-bit word for the address to go to */
	uint64_t state;       /* physical: a 32-bit word that becomes 1 when it waits; 0: none */
	uint64_t stack_begin; /* virtual; the stack ends at rsp */
	uint32_t lints[2];    /* as in struct launch */
	uint8_t capacity[PROCESSOR_CAPACITY]; /* used by the resident part */
};

/* Memory to be copied; source and target may overlap. */
struct copy {
	uint64_t to, from, size;
};

/* Memory to be zeroed. */
struct fill {
	uint64_t begin, end;
};

/* A 64-bit word to be written after everything else, mostly in the kernel's memory. */
struct patch {
	uint64_t at, value;
};

/* Maps the addresses of a kernel segment, as linked, to physical ones. */
struct launch_segment {
	uint64_t begin, end; /* virtual, as linked */
	uint64_t physical;   /* of begin */
};

/* The GDTs that the resident part can make; each ends with a TSS descriptor. */
enum descriptors {
	DESCRIPTORS_64,  /* 0x08 64-bit code, 0x10 data */
	DESCRIPTORS_ALL, /* code and data: 0x08 and 0x10 16-bit, 0x18.. 32-bit, 0x28.. 64-bit */
	DESCRIPTORS_32   /* 0x08 and 0x10 32-bit code, 0x18 data, 0x20 64-bit code */
};

enum launch_flags {
	LAUNCH_NO_RETURN = 1,      /* 0 is pushed as the return address */
	LAUNCH_PROTECTED_MODE = 2, /* entered in 32-bit protected mode, paging off */
	LAUNCH_X2APIC = 4,         /* every CPU's local APIC is put into x2APIC mode */
	LAUNCH_BARE = 8, /* no bit in CR4 but `cr4`; and if faults are not explained, neither TSS,
	                    LDT nor IDT */
	LAUNCH_LOCAL_APIC = 16 /* every CPU's local APIC is brought into a known state */
};

struct launch {
	uint64_t copies, copy_count;      /* struct copy[], in order */
	uint64_t fills, fill_count;       /* struct fill[], after all copies */
	uint64_t segments, segment_count; /* struct launch_segment[], sorted */
	uint64_t rela, rela_size;         /* the RELA table, where it was loaded; bytes */
	uint64_t relr, relr_size;         /* the RELR table, likewise */
	uint64_t slide;                   /* what relocation adds */

	uint64_t resident;        /* where the resident part lies */
	uint64_t resident_window; /* where it is mapped, for the loader and the kernel: virtual */
	uint64_t tables;          /* the kernel's page tables, for CR3 */

	uint64_t rip, rsp, rdi; /* the kernel's first registers: virtual */
	uint64_t tsc_at;        /* where to store the time of the jump, or 0 */

	uint64_t fault_info; /* struct fault_info: for the kernel's faults */

	uint64_t cr0, cr4;         /* control registers at the kernel's first instruction */
	uint64_t rax, rbx;         /* in protected mode; registers that are not named here are 0 */
	uint16_t cs, ss, data, fs; /* selectors: of the code, the stack, DS and ES, FS and GS */
	uint32_t descriptors;      /* enum descriptors: what the GDT holds */
	uint32_t flags;            /* enum launch_flags */

	uint64_t patches, patch_count; /* struct patch[], after relocation */

	uint64_t processors, processor_count; /* struct launch_processor[] */
	uint64_t trampoline;                  /* a page below 1 MiB */

	uint64_t words, word_count; /* struct patch[]: relocations that were resolved by symbols */

	/* With LAUNCH_LOCAL_APIC: what the local APIC's LINT0 and LINT1 are set to if they are for
	 * NMIs, by the firmware's list; 0: they stay as they are, but masked. */
	uint32_t lints[2];
};

_Static_assert(sizeof(struct resident_header) == 64, "written by resident.ld");
_Static_assert(sizeof(struct gate) == 16, "SDM volume 3A, figure 6-8");
_Static_assert(sizeof(struct gate32) == 8, "SDM volume 3A, figure 6-2");
_Static_assert(offsetof(struct resident_early, gates) == 16, "read by launch.inc");
_Static_assert(offsetof(struct resident_early, resume) == 328, "read by launch.inc");
_Static_assert(sizeof(struct resident_early) == 344, "read by launch.inc");
_Static_assert(sizeof(struct launch_segment) == 24, "wire structure");
_Static_assert(offsetof(struct launch, slide) == 80, "wire structure");
_Static_assert(offsetof(struct launch, resident) == 88, "read by launch.inc");
_Static_assert(offsetof(struct launch, tables) == 104, "read by launch.inc");
_Static_assert(offsetof(struct launch, rip) == 112, "read by launch.inc");
_Static_assert(offsetof(struct launch, cr0) == 152, "read by launch.inc");
_Static_assert(offsetof(struct launch, cs) == 184, "read by launch.inc");
_Static_assert(offsetof(struct launch, flags) == 196, "read by launch.inc");
_Static_assert(offsetof(struct launch, patches) == 200, "wire structure");
_Static_assert(offsetof(struct launch, trampoline) == 232, "wire structure");
_Static_assert(offsetof(struct launch, words) == 240, "wire structure");
_Static_assert(offsetof(struct launch, lints) == 256, "wire structure");
_Static_assert(sizeof(struct launch) == 264, "wire structure");
_Static_assert(offsetof(struct launch_processor, mailbox) == 24, "read by launch.inc");
_Static_assert(offsetof(struct launch_processor, lints) == 48, "wire structure");
_Static_assert(offsetof(struct launch_processor, capacity) == 56, "read by launch.inc");
_Static_assert(sizeof(struct launch_processor) % 16 == 0, "wire structure");

#endif
