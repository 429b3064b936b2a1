/* SPDX-License-Identifier: MIT */
/* dac.h - VGA's table of 256 colours, from 6 bits per component to a voltage (IBM VGA, 2-104). */
#ifndef X86_DAC_H
#define X86_DAC_H

#include "x86/x86.h"

/* Begins to load all colours, from the first on. */
static inline void dac_begin(void)
{
	outb(PORT_DAC_MASK, 0xff);
	outb(PORT_DAC_INDEX, 0);
}

/* Loads the next colour, of which each component's highest 6 bits count. */
static inline void dac_load(uint8_t red, uint8_t green, uint8_t blue)
{
	outb(PORT_DAC_DATA, red >> 2);
	outb(PORT_DAC_DATA, green >> 2);
	outb(PORT_DAC_DATA, blue >> 2);
}

#endif
