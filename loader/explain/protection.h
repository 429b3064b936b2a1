/* SPDX-License-Identifier: MIT */
/* protection.h - violations of segments and selectors in words. */
#ifndef EXPLAIN_PROTECTION_H
#define EXPLAIN_PROTECTION_H

#include "explain/words.h"

/* Says what happened and what usually causes it: #GP, #SS, #NP, #TS. */
void words_protection(struct words *words);

#endif
