/* SPDX-License-Identifier: MIT */
/*
 * diag_lines.h - the catalogue's texts as constants, line_NAME and fix_NAME, for code that cannot
 * rely on report.c. The texts are compiled into the file that includes this, and lie in its
 * sections.
 */
#ifndef CORE_DIAG_LINES_H
#define CORE_DIAG_LINES_H

#define DIAG(number, name, summary, fix)                                                          \
	static const char line_##name[] __attribute__((unused)) = "\nK" #number " " summary "\n"; \
	static const char fix_##name[] __attribute__((unused)) =                                  \
		"     fix: " fix " (docs/errors.md#K" #number ")\n";
#include "core/diag.def"
#undef DIAG

#endif
