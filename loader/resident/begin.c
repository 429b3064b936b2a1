/* SPDX-License-Identifier: MIT */
/*
 * begin.c - a fault's way into the explainer: is its code as it was linked? A kernel may have
 * written over it, and damaged code is silent at best. Calls nothing that lies elsewhere until that
 * is known.
 */
#include "core/sum.h"
#include "explain/fault.h"
#include "x86/x86.h"

#include <stdbool.h>

enum {
	UART_STATUS = 5, /* PC16550D data sheet, table 2 */
	UART_STATUS_EMPTY = 0x20,
	PATIENCE = 100000,
	TEXT_MEMORY = 0xb8000,
	TEXT_ROW = 160, /* bytes */
	WHITE_ON_BLUE = 0x1f00
};

/* The code that is summed, and its sum (resident.ld, write_sum.py). */
extern const uint32_t resident_summed[], resident_summed_end[];
extern const volatile uint32_t resident_sum[3];

void fault_begin(struct fault *fault);
void fault_explain(struct fault *fault);

/* Writes a character on COM1, on the debug port and at the cell of the text screen. */
static void put(char c, volatile uint16_t **cell)
{
	for (unsigned i = 0;
	     i < PATIENCE && (inb(PORT_COM1 + UART_STATUS) & UART_STATUS_EMPTY) == 0; i++)
		;
	outb(PORT_COM1, (uint8_t)c);
	outb(PORT_DEBUG, (uint8_t)c);
	if (c >= ' ')
		*(*cell)++ = (uint16_t)(WHITE_ON_BLUE | (uint8_t)c);
}

static void put_text(const char *text, volatile uint16_t **cell)
{
	for (; *text != 0; text++)
		put(*text, cell);
}

static void put_number(uint64_t number, unsigned digits, volatile uint16_t **cell)
{
	while (digits-- > 0) {
		unsigned digit = (unsigned)(number >> 4 * digits) & 15;

		put((char)(digit < 10 ? '0' + digit : 'a' + digit - 10), cell);
	}
}

/* Called with the saved registers, once. If it returns, the machine is halted. */
void fault_begin(struct fault *fault)
{
	volatile uint16_t *cell = (volatile uint16_t *)(uintptr_t)TEXT_MEMORY;

	if (sum_of_words(resident_summed, resident_summed_end) == resident_sum[2]) {
		fault_explain(fault);
		return;
	}
	put_text("\r\nLongjump: exception 0x", &cell);
	put_number(fault->vector, 2, &cell);
	put_text(" at 0x", &cell);
	put_number(fault->rip, 16, &cell);
	cell = (volatile uint16_t *)(uintptr_t)(TEXT_MEMORY + TEXT_ROW);
	put_text(": the kernel has overwritten the code that explains faults\r\n", &cell);
	cell = (volatile uint16_t *)(uintptr_t)(TEXT_MEMORY + 2 * TEXT_ROW);
	put_text("(RESIDENT in the memory map). The machine is halted.\r\n", &cell);
}
