/* SPDX-License-Identifier: MIT */
/* returns.h - recognises handlers that have returned wrongly. */
#ifndef POSTMORTEM_RETURNS_H
#define POSTMORTEM_RETURNS_H

#include "explain/explain.h"
#include "postmortem/deliver.h"

/* Replaces the explanation if the instruction is an iret that pops the wrong words, or if the stack
 * has the rest of a frame whose handler ended with ret. False, and nothing is changed,
 * otherwise. */
bool returns_explain(const struct cpu_state *cpu, struct explanation *explanation);

/* True if that was an iret that has begun one word too late. */
bool returns_is_late(const struct explanation *explanation);

/* True if the handler ended with ret. */
bool returns_is_ret(const struct explanation *explanation);

/* Replaces kind, words and cause of an explanation. */
void explanation_replace(struct explanation *explanation, const char *kind, const char *happened,
                         const char *cause);

#endif
