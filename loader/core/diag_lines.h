/* SPDX-License-Identifier: MIT */
/*
 * diag_lines.h - the catalogue's texts as constants, line_NAME and fix_NAME, for code that cannot
 * rely on report.c. Part of the file that includes it, so what it uses of them lies with it.
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
