/* SPDX-License-Identifier: MIT */
/* prompt.h - what ISOLINUX does under a BIOS: reads isolinux.cfg, and asks what to start. */
#ifndef PLATFORM_UEFI_PROMPT_H
#define PLATFORM_UEFI_PROMPT_H

#include "core/report.h"

/* Reads the configuration file, if there is one, and shows what it has to say. */
void prompt_open(void);

/* The next thing to be started; the first is the file's own choice, unless a key is held. False if
 * the user wants to leave. */
bool prompt_next(void);

/* True if a line has been asked for: then time has passed. */
bool prompt_has_asked(void);

/* Says what can be typed, for those whose kernel was not started. */
void prompt_explain(void);

/* The words for what prompt_next() has got. On false, the reason is in the report. */
bool prompt_words(unsigned *count, const char *const **words, struct report *report);

#endif
