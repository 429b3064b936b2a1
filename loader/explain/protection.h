/* SPDX-License-Identifier: MIT */
/* protection.h - explains segment and selector violations. */
#ifndef EXPLAIN_PROTECTION_H
#define EXPLAIN_PROTECTION_H

#include "explain/words.h"

/* Says what happened and what usually causes it: #GP, #SS, #NP, #TS. */
void words_protection(struct words *words);

#endif
