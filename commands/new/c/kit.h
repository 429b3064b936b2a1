/* kit.h - what the kernel and its tests share: COM1, and ways to end. */
#ifndef KIT_H
#define KIT_H

#include <stdint.h>

/* Writes a text on COM1. */
void say(const char *text);

/* Ends a test: it has passed if `is_passed`. */
_Noreturn void finish(_Bool is_passed);

/* Halts the CPU for good, with interrupts off. */
_Noreturn void halt(void);

#endif
