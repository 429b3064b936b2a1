/* SPDX-License-Identifier: MIT */
/* console.h - the resident part's outputs other than the screen: the user's UART and port E9h. */
#ifndef RESIDENT_CONSOLE_H
#define RESIDENT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Chooses the UART by its base port; 0: none. Until then it is COM1. */
void console_open(uint32_t port);

/* Sends a text; '\n' begins a new line. Also appends it to an open message to the watcher. */
void console_write(const char *text);

/* The same for text that only programs read: to port E9h and the watcher, and to the UART if
 * requested. */
void console_write_quietly(const char *text, bool to_serial);

#endif
