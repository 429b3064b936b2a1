/* SPDX-License-Identifier: MIT */
/* hint.h - what all hints look at, and how they say what they have found. */
#ifndef POSTMORTEM_HINT_H
#define POSTMORTEM_HINT_H

#include "explain/explain.h"
#include "postmortem/deliver.h"

struct hint {
	const struct cpu_state *cpu;
	const struct fault *fault;
	const struct event *event;
	struct explanation *explanation;
};

/* What happened, to be continued. */
static inline struct text hint_happened(const struct hint *hint)
{
	char *words = hint->explanation->happened;

	return (struct text){ .at = words + text_length(words),
		              .limit = words + sizeof(hint->explanation->happened) - 1 };
}

/* Replaces the cause. */
static inline void hint_set_cause(const struct hint *hint, const char *cause)
{
	struct text text = text_in(hint->explanation->cause, sizeof(hint->explanation->cause));

	text_add(&text, "%s", cause);
}

/* It is a page fault by which an instruction could not be fetched. */
static inline bool hint_is_fetch(const struct hint *hint)
{
	return hint->event->vector == VECTOR_PAGE && hint->event->cr2 == hint->fault->rip;
}

#endif
