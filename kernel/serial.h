/* SPDX-License-Identifier: MIT */
/*
 * serial.h - the first serial port, COM1, which gets all of the kernel's text, line by line.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

/* Sets COM1 to 115200 baud, 8 bits, no parity. Without a COM1, later writes do nothing. */
void serial_start(void);

/* Writes a formatted text (see text_format) and a line break. */
void serial_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
