/* SPDX-License-Identifier: MIT */
/* watch.h - tells a tool that watches this machine (x86/watcher.h) of the way to the kernel. */
#ifndef PLATFORM_CONSOLE_WATCH_H
#define PLATFORM_CONSOLE_WATCH_H

#include "core/boot.h"

/* Asks whether somebody watches this machine, and lets them know that the loader runs. */
void watch_open(struct machine *machine);

/* What is written from now on says why the kernel is not started. */
void watch_refusal(void);

/* All of that is said; and what comes now: "prompt", "halt" or "reboot". */
void watch_end(const char *what);

/* The kernel begins: tells where it and the resident part lie, and what is on the text screen. */
void watch_start(const struct boot *boot);

#endif
