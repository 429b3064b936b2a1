/* SPDX-License-Identifier: MIT */
/* console.h - where the resident part speaks beside the screen: the user's UART and port E9h. */
#ifndef RESIDENT_CONSOLE_H
#define RESIDENT_CONSOLE_H

#include <stdbool.h>
#include <stdint.h>

/* Chooses the UART by its base port; 0: none. Until then it is COM1. */
void console_open(uint32_t port);

/* Sends a text; '\n' begins a new line. It is added to the message to a watcher, if one is open. */
void console_write(const char *text);

/* The same for what only programs read: to port E9h and the watcher, to the UART if that is asked
 * for. */
void console_write_quietly(const char *text, bool to_serial);

#endif
