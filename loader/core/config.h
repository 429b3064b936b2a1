/* SPDX-License-Identifier: MIT */
/*
 * config.h - what the user asked for: the words after APPEND, read and checked.
 *
 *     [-option=value ...] kernel.elf [kernel command line] [--- [-raw] module [its command line]]
 * ...
 *
 * -sha256=HEX stands among the options for the kernel, and before a module's name for the module.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core/fault_info.h"
#include "core/machine.h"
#include "core/report.h"
#include "core/video.h"

#define CONFIG_MAX_MODULES 400
#define CONFIG_TEXT        8192

/* What the loader does when it cannot start the kernel. */
enum on_error { ON_ERROR_PROMPT, ON_ERROR_HALT, ON_ERROR_REBOOT };

/* What the loader is to do. */
enum action { ACTION_START, ACTION_POWER_OFF, ACTION_REBOOT };

/* Where the loader speaks: bits. */
enum log { LOG_SCREEN = 1, LOG_COM1 = 2, LOG_COM2 = 4, LOG_E9 = 8 };

/* Options that not every protocol can honour: bits. */
enum option {
	OPTION_STACK = 1 << 0,
	OPTION_STACK_AT = 1 << 1,
	OPTION_DIRECT_MAP = 1 << 2,
	OPTION_IDENTITY = 1 << 3,
	OPTION_PAGING = 1 << 4,
	OPTION_KERNEL_FILE = 1 << 5,
	OPTION_KASLR = 1 << 6,
	OPTION_TSC = 1 << 7,
	OPTION_SMP = 1 << 8,
	OPTION_VIDEO = 1 << 9,
	OPTIONS_ALL = (1 << 10) - 1
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
	enum action action; /* but for ACTION_START, no kernel is named */
	unsigned log;       /* of enum log; 0: the screen and the serial console */
	struct video_request video;
	bool paging_given; /* by the user */
	bool explain;      /* the kernel's first faults */
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

/* Names and command lines are read by config_read(); the platform then reads the files and fills in
 * their bytes. */
struct config {
	struct options options;
	struct file kernel;
	unsigned module_count;
	size_t text_used;

	/* Large; beyond what is in use, whatever was in memory. */
	struct file modules[CONFIG_MAX_MODULES];
	char text[CONFIG_TEXT]; /* where the strings lie */
};

/* Reads the words. They are copied, not kept. On false, the reason is in the report; options read
 * so far hold. */
bool config_read(struct config *config, unsigned count, const char *const *words,
                 struct report *report);

/*
 * Adds a module that the kernel itself asks for, before module number `at`: a path from the
 * kernel's folder on, or from the volume's root if it begins with a slash. The command line is
 * kept, not copied. On false, the reason is in the report.
 */
bool config_add_module(struct config *config, unsigned at, const char *path,
                       const char *command_line, struct report *report);

/* Takes back the options that are not among `honoured`, of enum option, with a warning for each
 * that was given; `protocol` is the name of the one that does not have them. */
void config_drop_options(struct config *config, unsigned honoured, const char *protocol,
                         struct report *report);

#endif
