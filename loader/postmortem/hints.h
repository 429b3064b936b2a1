/* SPDX-License-Identifier: MIT */
/* hints.h - adds to the explanation of an exception which earlier mistake the CPU's state shows. */
#ifndef POSTMORTEM_HINTS_H
#define POSTMORTEM_HINTS_H

#include "explain/explain.h"
#include "postmortem/deliver.h"

/* Adds to the explanation of an exception by explain(). */
void hints_add(const struct cpu_state *cpu, const struct event *event,
               struct explanation *explanation);

#endif
