/* SPDX-License-Identifier: MIT */
/*
 * watcher.c - messages to the tool that runs this machine. In the module and in the resident part.
 *
 * A message: STX, token, space, kind, line feed, text, ETX. It contains no other byte below a line
 * feed, whatever the text holds.
 */
#include "x86/watcher.h"

#include "x86/x86.h"

enum {
	PORT_WATCHER = 0xe3, /* unused by PCs and by QEMU's machines */
	WATCHER_ANSWER = 0x4c,
	STX = 2,
	ETX = 3
};

static bool is_open; /* a message is being written */

bool watcher_is_there(void)
{
	return inb(PORT_WATCHER) == WATCHER_ANSWER;
}

void watcher_begin(const char token[WATCHER_TOKEN_SIZE], const char *kind)
{
	is_open = token[0] != 0;
	if (!is_open)
		return;
	outb(PORT_WATCHER, STX);
	for (unsigned i = 0; i < WATCHER_TOKEN_SIZE; i++)
		watcher_put(token[i]);
	watcher_put(' ');
	watcher_write(kind);
	watcher_put('\n');
}

void watcher_put(char c)
{
	if (is_open)
		outb(PORT_WATCHER, (uint8_t)c < '\n' ? (uint8_t)' ' : (uint8_t)c);
}

void watcher_write(const char *text)
{
	for (; *text != 0; text++)
		watcher_put(*text);
}

void watcher_end(void)
{
	if (is_open)
		outb(PORT_WATCHER, ETX);
	is_open = false;
}
