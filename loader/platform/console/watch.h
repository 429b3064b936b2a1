/* SPDX-License-Identifier: MIT */
/* watch.h - reports the steps of the boot to a tool that watches this machine (x86/watcher.h). */
#ifndef PLATFORM_CONSOLE_WATCH_H
#define PLATFORM_CONSOLE_WATCH_H

#include "core/boot.h"

/* Finds out whether a tool watches this machine, and reports that the loader runs. */
void watch_open(struct machine *machine);

/* The following output says why the kernel is not started. */
void watch_refusal(void);

/* That output has ended; what comes next: "prompt", "halt" or "reboot". */
void watch_end(const char *what);

/* The kernel starts: reports the addresses of kernel and resident part, and the text screen. */
void watch_start(const struct boot *boot);

#endif
