/* SPDX-License-Identifier: MIT */
/* early_refusal.h - reports to a watching tool a refusal that is made before the loader itself
 * runs. */
#ifndef PLATFORM_CONSOLE_EARLY_REFUSAL_H
#define PLATFORM_CONSOLE_EARLY_REFUSAL_H

/* Reports to the tool, if there is one, what watch_open(), watch_refusal() and watch_end() would:
 * that the loader runs and starts no kernel, and what comes next. `line` is the message and `fix`
 * the advice, each ended by a line feed. Runs on a 386 and needs no relocation. */
void watch_early_refusal(const char *line, const char *fix, const char *next);

#endif
