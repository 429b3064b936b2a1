/* SPDX-License-Identifier: MIT */
/* reasons.h - why a handler did not run, in words. */
#ifndef POSTMORTEM_REASONS_H
#define POSTMORTEM_REASONS_H

#include "core/text.h"
#include "postmortem/chain.h"

/* The kind of finding: the name of a section of docs/errors.md. */
const char *reason_kind(const struct delivery *delivery);

/* Appends the reason: a clause that can follow "its handler could not run: ", without a stop. */
void reason_write(struct text *text, const struct cpu_state *cpu, const struct step_of_chain *step);

/* Appends what usually causes it, as sentences. */
void reason_cause(struct text *text, const struct cpu_state *cpu, const struct step_of_chain *step);

/* Appends the event: "#PF page fault (error 0x2, CR2 0x10)", "int 0x80". */
void event_write(struct text *text, const struct event *event);

/* Appends what the page tables have for an address, level by level: one line. */
void walk_write(struct text *text, const struct cpu_state *cpu, uint64_t address);

#endif
