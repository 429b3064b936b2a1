/* SPDX-License-Identifier: MIT */
/*
 * config.h - what the user asked for: the words after APPEND, read and checked.
 *
 *     [-option=value ...] kernel.elf [command line] [--- [-raw] module [its command line]] ...
 *
 * -sha256=HEX is one of the options for the kernel's file; for a module's, it comes before the
 * module's name.
 */
#ifndef CORE_CONFIG_H
#define CORE_CONFIG_H

#include "core/fault_info.h"
#include "core/machine.h"
#include "core/options.h"
#include "core/report.h"

#define CONFIG_MAX_MODULES 400
#define CONFIG_TEXT        8192

/* Names and command lines are read by config_read(); the platform then reads the files and fills in
 * their bytes. */
struct config {
	struct options options;
	struct file kernel;
	unsigned module_count;
	size_t text_used;

	/* Large: not for the stack. Elements that are not in use are not initialised. */
	struct file modules[CONFIG_MAX_MODULES];
	char text[CONFIG_TEXT]; /* where the strings lie */
};

/* Reads the words and copies what it needs of them. On false, the reason is in the report, and the
 * options read so far are set. */
bool config_read(struct config *config, unsigned count, const char *const *words,
                 struct report *report);

/*
 * Adds a module that the kernel itself asks for, before module number `at`. The path is relative to
 * the kernel's folder, or to the volume's root if it begins with a slash. The command line is not
 * copied and must stay valid. On false, the reason is in the report.
 */
bool config_add_module(struct config *config, unsigned at, const char *path,
                       const char *command_line, struct report *report);

#endif
