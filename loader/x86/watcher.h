/* SPDX-License-Identifier: MIT */
/*
 * watcher.h - sends messages to the tool that runs this machine in QEMU, on a separate port,
 * independent of the serial lines. A message carries a token that is different in each run, so that
 * nothing that a kernel writes is mistaken for one (docs/design.md, The watcher).
 */
#ifndef X86_WATCHER_H
#define X86_WATCHER_H

#include <stdbool.h>

enum { WATCHER_TOKEN_SIZE = 16 };

#define WATCHER_FILE  "opt/longjump/token" /* of QEMU's fw_cfg: the token */
#define WATCHER_NAMES "opt/longjump/names" /* lines "NAME=WORDS": the user's names for files */

/* True if a tool watches this machine. Reads one port, which is unused otherwise. */
bool watcher_is_there(void);

/* Begins a message, if a tool watches; `kind` may be followed by further words. */
void watcher_begin(const char token[WATCHER_TOKEN_SIZE], const char *kind);

/* Appends to the message, if one has begun. */
void watcher_put(char c);
void watcher_write(const char *text);

/* Ends the message, if one has begun. */
void watcher_end(void);

#endif
