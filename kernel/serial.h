/* SPDX-License-Identifier: MIT */
/*
 * serial.h - the first serial port, COM1: what the kernel says in words goes here line by line.
 */
#ifndef KERNEL_SERIAL_H
#define KERNEL_SERIAL_H

/* Sets COM1 to 115200 baud, 8 bits, no parity. If the machine has none, nothing will be written. */
void serial_start(void);

/* Writes a text with values put into it (see text_format), and ends the line. */
void serial_line(const char *format, ...) __attribute__((format(printf, 1, 2)));

#endif
