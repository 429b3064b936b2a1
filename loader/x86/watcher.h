/* SPDX-License-Identifier: MIT */
/*
 * watcher.h - what is said to the tool that runs this machine in QEMU, on a port of its own,
 * whatever becomes of the serial lines. A message carries a token that only this run knows, so that
 * nothing that a kernel writes can be taken for one (docs/design.md, The watcher).
 */
#ifndef X86_WATCHER_H
#define X86_WATCHER_H

#include <stdbool.h>

enum { WATCHER_TOKEN_SIZE = 16 };

#define WATCHER_FILE  "opt/longjump/token" /* of QEMU's fw_cfg: the token */
#define WATCHER_NAMES "opt/longjump/names" /* "NAME=WORDS" in lines: what users call files */

/* True if somebody watches this machine. One read of a port, where nothing else is. */
bool watcher_is_there(void);

/* Begins a message, if there is somebody to hear it; `kind` may have further words after it. */
void watcher_begin(const char token[WATCHER_TOKEN_SIZE], const char *kind);

/* Adds to the message, if there is one. */
void watcher_put(char c);
void watcher_write(const char *text);

/* Ends the message, if there is one. */
void watcher_end(void);

#endif
