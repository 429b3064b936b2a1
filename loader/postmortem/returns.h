/* SPDX-License-Identifier: MIT */
/* returns.h - handlers that have not come back the way they have to. */
#ifndef POSTMORTEM_RETURNS_H
#define POSTMORTEM_RETURNS_H

#include "explain/explain.h"
#include "postmortem/deliver.h"

/* Replaces what explain() has said of an instruction: an iret that takes the wrong words, or what
 * is left of a frame whose handler ended with ret. False, and nothing is done, if it is neither. */
bool returns_explain(const struct cpu_state *cpu, struct explanation *explanation);

/* True if that was a ret. */
bool returns_is_ret(const struct explanation *explanation);

/* Replaces what explain() has said. */
void explanation_replace(struct explanation *explanation, const char *kind, const char *happened,
                         const char *cause);

#endif
