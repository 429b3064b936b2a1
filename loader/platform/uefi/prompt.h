/* SPDX-License-Identifier: MIT */
/* prompt.h - what ISOLINUX does under a BIOS: reads isolinux.cfg, and asks what to start. */
#ifndef PLATFORM_UEFI_PROMPT_H
#define PLATFORM_UEFI_PROMPT_H

#include "core/report.h"

/* Reads the configuration file, if there is one, and prints its SAY lines. */
void prompt_open(void);

/* Chooses what to start next: at first the file's default, unless a key is held. False if the user
 * wants to leave. */
bool prompt_next(void);

/* True if the user has been asked for a line, so that time has passed. */
bool prompt_has_asked(void);

/* Prints what can be typed, after a kernel was not started. */
void prompt_explain(void);

/* The words for what prompt_next() has chosen. On false, the reason is in the report. */
bool prompt_words(unsigned *count, const char *const **words, struct report *report);

#endif
