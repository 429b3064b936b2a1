/* SPDX-License-Identifier: MIT */
/* frame.h - what the CPU pushes when an exception comes. */
#ifndef EXPLAIN_FRAME_H
#define EXPLAIN_FRAME_H

#include "explain/look.h"

/* True if the CPU pushes an error code for this exception. */
bool frame_has_error(uint64_t vector);

/* True if an int instruction with this vector stands before RIP. */
bool frame_is_int(const struct look *look);

/* True if a line of the first PIC is in service that has this vector as the BIOS leaves it. */
bool frame_in_service(const struct fault *fault);

/*
 * Fills in what the CPU has pushed for an exception of 32-bit code outside of long mode: until now
 * RSP is where the vector was pushed after it. An interrupt from a PIC looks like an exception,
 * but has no error code.
 */
void frame_read(const struct look *look, struct fault *fault);

/*
 * The IDT of a kernel that was entered in 32-bit mode has few gates that are good in long mode; the
 * selectors of the others, from the first on, are 8 apart for each two vectors: for each one, in
 * long mode. Its limit distinguishes it from others.
 */
enum { FRAME_IDT32_LIMIT = 255, FRAME_FIRST_SELECTOR = 0x0c };

/* Makes the fault the exception that came first, if it came only because that one had no gate. */
void frame_first(const struct look *look, struct fault *fault);

#endif
