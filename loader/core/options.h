/* SPDX-License-Identifier: MIT */
/* options.h - the loader's options: what each of them sets. options.def is the table of them. */
#ifndef CORE_OPTIONS_H
#define CORE_OPTIONS_H

#include "core/fault_info.h"
#include "core/machine.h"
#include "core/report.h"
#include "core/text.h"
#include "core/video.h"

/* What the loader does when it cannot start the kernel. */
enum on_error { ON_ERROR_PROMPT, ON_ERROR_HALT, ON_ERROR_REBOOT };

/* What the loader does. */
enum action { ACTION_START, ACTION_POWER_OFF, ACTION_REBOOT };

/* Where messages go: bits. */
enum log { LOG_SCREEN = 1, LOG_COM1 = 2, LOG_COM2 = 4, LOG_E9 = 8 };

/* Options that not every protocol supports: bits. */
enum option_number {
#define OPTION(name, kind, scope, ...) scope
#define OF_ANY
#define OF_PROTOCOL(id) OPTION_NUMBER_##id,
#include "core/options.def"
	OPTION_NUMBERS
};
enum option {
#define OPTION(name, kind, scope, ...) scope
#define OF_ANY
#define OF_PROTOCOL(id) OPTION_##id = 1 << OPTION_NUMBER_##id,
#include "core/options.def"
	OPTIONS_ALL = (1 << OPTION_NUMBERS) - 1
};

struct options {
	uint64_t stack_size;    /* bytes, whole pages; 0: the protocol's default */
	uint64_t stack_at;      /* virtual address of the lowest byte, whole pages; 0: anywhere */
	uint64_t direct_map;    /* virtual address, a multiple of 1 GiB; 0: anywhere */
	uint64_t identity;      /* bytes to map at their physical addresses, whole pages; 0: none */
	unsigned paging_levels; /* 4 or 5 */
	enum on_error on_error;
	enum on_fault on_fault;
	/* "name" or "name,feature,..."; NULL: the one the kernel looks like */
	const char *protocol;
	enum action action; /* only ACTION_START names a kernel */
	unsigned log;       /* of enum log; 0: the screen and the serial console */
	struct video_request video;
	bool paging_given; /* the user set paging_levels */
	bool explain;      /* explain the kernel's faults */
	bool old_bios;     /* ask the BIOS for struct apm, and for its configuration */
	bool kaslr;
	bool random;      /* machine->random is wanted: for -kaslr, or by the kernel */
	bool kernel_file; /* hand the ELF file to the kernel */
	bool tsc;         /* measure the time stamp counter's frequency */
	bool smp;         /* start the other CPUs */
	bool x2apic;      /* ... and put every CPU's local APIC into x2APIC mode */
	bool verbose;
	bool quiet;
};

/* What reading an option may change: options, the kernel file's digest, the copied text. */
struct option_target {
	struct options *options;
	struct file *kernel;
	struct text *text;
	struct report *report;
};

/* The defaults. */
void options_begin(struct options *options);

/* Reads one option: a word that begins with '-'. On false, the reason is in the report. */
bool options_read(const struct option_target *target, const char *word);

/* Reads one option before a module's name. On false, the reason is in the report. */
bool options_read_module(struct file *file, const char *word, struct report *report);

/* Whether what was read fits together: addresses are those of the CPU. On false, the reason is in
 * the report. */
bool options_check(const struct options *options, struct report *report);

/* Resets the options that are not in `honoured`, bits of enum option, with a warning for each that
 * was given; `protocol` is the name of the protocol that does not support them. */
void options_drop(struct options *options, unsigned honoured, const char *protocol,
                  struct report *report);

#endif
