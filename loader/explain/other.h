/* SPDX-License-Identifier: MIT */
/* other.h - explains the exceptions that have no separate file. */
#ifndef EXPLAIN_OTHER_H
#define EXPLAIN_OTHER_H

#include "explain/words.h"

/* True if the instruction uses the XMM registers, as far as opcodes tell. */
bool other_is_sse(const struct instruction *in);

/* Each says what happened and what usually causes it. */
void words_opcode(struct words *words);    /* #UD, #NM */
void words_interrupt(struct words *words); /* an interrupt that came as if it were an exception */
void words_double(struct words *words);    /* #DF */
void words_other(struct words *words);     /* all others */

#endif
