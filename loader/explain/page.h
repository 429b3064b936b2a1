/* SPDX-License-Identifier: MIT */
/* page.h - explains page faults. */
#ifndef EXPLAIN_PAGE_H
#define EXPLAIN_PAGE_H

#include "explain/words.h"

/* Says what happened and what usually causes it. */
void words_page(struct words *words);

#endif
