/* SPDX-License-Identifier: MIT */
/* hints.h - what the state of the CPU adds to the explanation of an exception: which mistake made
 * before has led to it. */
#ifndef POSTMORTEM_HINTS_H
#define POSTMORTEM_HINTS_H

#include "explain/explain.h"
#include "postmortem/deliver.h"

/* Adds to what explain() has said of an exception. */
void hints_add(const struct cpu_state *cpu, const struct event *event,
               struct explanation *explanation);

#endif
