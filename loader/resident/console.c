/* SPDX-License-Identifier: MIT */
/* console.c - the resident part's voice. Uses nothing of the kernel's and nothing of the BIOS. */
#include "resident/console.h"

#include "x86/x86.h"

#define VGA_TEXT        ((volatile uint16_t *)0xb8000)
#define VGA_COLUMNS     80
#define VGA_ROWS        25
#define VGA_COLOUR      0x4f00 /* white on red */
#define SERIAL_PATIENCE 100000

static unsigned row, column;

/* Sends a byte to COM1 once it is ready; a port that is not there or does not move is not waited
 * for long. */
static void serial_put(char c)
{
	for (unsigned i = 0; i < SERIAL_PATIENCE && (inb(PORT_COM1 + 5) & 0x20) == 0; i++)
		;
	outb(PORT_COM1, (uint8_t)c);
}

/* Begins a new line on the text screen and clears it; the last line is written over. */
static void screen_new_line(void)
{
	column = 0;
	row = row + 1 < VGA_ROWS ? row + 1 : row;
	for (unsigned i = 0; i < VGA_COLUMNS; i++)
		VGA_TEXT[row * VGA_COLUMNS + i] = VGA_COLOUR | ' ';
}

static void screen_put(char c)
{
	if (c == '\n' || column == VGA_COLUMNS)
		screen_new_line();
	if (c != '\n')
		VGA_TEXT[row * VGA_COLUMNS + column++] = (uint16_t)(VGA_COLOUR | (uint8_t)c);
}

void console_write(const char *text)
{
	for (; *text != 0; text++) {
		if (*text == '\n')
			serial_put('\r');
		serial_put(*text);
		outb(PORT_DEBUG, (uint8_t)*text);
		screen_put(*text);
	}
}

void console_write_hex(uint64_t value)
{
	char digits[19] = "0x";

	for (int i = 0; i < 16; i++) {
		unsigned digit = (unsigned)(value >> (60 - 4 * i)) & 15;

		digits[2 + i] = (char)(digit < 10 ? '0' + digit : 'a' + digit - 10);
	}
	digits[18] = 0;
	console_write(digits);
}
