/* SPDX-License-Identifier: MIT */
/*
 * kernel.c - the payload kernel: tells when it was reached and that its payload arrived, then ends
 * the machine. Built twice, for long mode and for Multiboot 1, so that all loaders carry the same
 * bytes. Knows of its loader only what start64.asm or start32.asm hands over.
 */
#include <stdint.h>

#include "longjump.h"

enum port {
	LISTENER = 0xe9, /* QEMU's debug console; reads as its own number if it is there */
	EXIT = 0xf4,     /* QEMU's isa-debug-exit */
};

enum { SUCCESS = 16 };

extern const uint32_t payload[], payload_end[];

void kernel_main(uint64_t entry, const struct longjump_boot_info *info);

/* Returns the byte that a port holds. */
static uint8_t port_read(enum port port)
{
	uint8_t value;

	__asm__ volatile("inb %w1, %0" : "=a"(value) : "Nd"(port));
	return value;
}

/* Writes a byte to a port. */
static void port_write(enum port port, uint8_t value)
{
	__asm__ volatile("outb %0, %w1" : : "a"(value), "Nd"(port));
}

/* Sends one number to the listener, lowest byte first. */
static void tell(uint64_t number)
{
	for (int byte = 0; byte < 8; byte++)
		port_write(LISTENER, (uint8_t)(number >> (8 * byte)));
}

/* Returns the sum of the payload's words (low half) and the sum of all partial sums (high half). */
static uint64_t payload_check(void)
{
	uint32_t sum = 0, sum_of_sums = 0;

	for (const uint32_t *word = payload; word < payload_end; word++) {
		sum += *word;
		sum_of_sums += sum;
	}
	return (uint64_t)sum_of_sums << 32 | sum;
}

/* Tells all that is known if somebody listens, and ends the machine. */
void kernel_main(uint64_t entry, const struct longjump_boot_info *info)
{
	if (port_read(LISTENER) == LISTENER) {
		tell(entry);
		tell(payload_check());
		if (info) {
			tell(info->tsc_start);
			tell(info->tsc_read);
			tell(info->tsc_jump);
		}
	}
	for (;;)
		port_write(EXIT, SUCCESS);
}
