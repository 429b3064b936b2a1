/* SPDX-License-Identifier: MIT */
/* selectors.h - explains exceptions whose error code names a selector. */
#ifndef EXPLAIN_SELECTORS_H
#define EXPLAIN_SELECTORS_H

#include "explain/words.h"

/* Says for what the selector was loaded, which GDT it refers to, and what stands there. */
void words_selector(struct words *words);

#endif
