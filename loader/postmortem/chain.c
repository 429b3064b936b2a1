/* SPDX-License-Identifier: MIT */
/* chain.c - which exception follows one that could not be delivered (SDM volume 3A, table 6-5). */
#include "postmortem/chain.h"

/* Contributory exceptions: a second one during delivery makes a double fault. */
static bool is_contributory(const struct event *event)
{
	if (event->external || event->software)
		return false;
	switch (event->vector) {
	case VECTOR_DIVIDE:
	case VECTOR_TSS:
	case VECTOR_NOT_PRESENT:
	case VECTOR_STACK:
	case VECTOR_PROTECTION:
	case VECTOR_CONTROL:
		return true;
	default:
		return false;
	}
}

static bool is_exception(const struct event *event, unsigned vector)
{
	return event->vector == vector && !event->external && !event->software;
}

/* What the CPU delivers when the second one came while it delivered the first. */
static struct event combine(const struct event *first, const struct event *second)
{
	bool page = is_exception(first, VECTOR_PAGE) || is_exception(first, VECTOR_VIRTUAL);
	bool again = is_contributory(second) || (page && second->vector == VECTOR_PAGE);

	if ((is_contributory(first) || page) && again)
		return (struct event){ .vector = VECTOR_DOUBLE, .has_error = true };
	return *second;
}

/* True if the obstacle is met by the handler's first instruction, when the event is delivered. */
static bool is_in_handler(enum obstacle obstacle)
{
	return obstacle == OBSTACLE_HANDLER_CANONICAL || obstacle == OBSTACLE_HANDLER_MEMORY;
}

/* True if a step before the last one met the same obstacle with the same vector. */
static bool is_repeated(const struct chain *chain)
{
	const struct step_of_chain *last = &chain->steps[chain->count - 1];

	for (unsigned i = 0; i + 1 < chain->count; i++) {
		if (chain->steps[i].event.vector == last->event.vector
		    && chain->steps[i].delivery.obstacle == last->delivery.obstacle)
			return true;
	}
	return false;
}

/* True if the last step ends the chain; says how. */
static bool has_ended(struct chain *chain)
{
	const struct step_of_chain *last = &chain->steps[chain->count - 1];

	if (last->delivery.obstacle == OBSTACLE_NONE)
		chain->end = CHAIN_HANDLED;
	else if (last->delivery.obstacle == OBSTACLE_NOT_MODELLED)
		chain->end = CHAIN_UNKNOWN;
	else if (is_in_handler(last->delivery.obstacle))
		chain->end = is_repeated(chain) ? CHAIN_REPEATS : CHAIN_UNKNOWN;
	else if (is_exception(&last->event, VECTOR_DOUBLE))
		chain->end = CHAIN_SHUTDOWN;
	else
		return false;
	return !is_in_handler(last->delivery.obstacle) || chain->end == CHAIN_REPEATS;
}

void chain_follow(const struct cpu_state *cpu, const struct event *first, struct chain *chain)
{
	struct event event = *first;

	*chain = (struct chain){ .end = CHAIN_UNKNOWN };
	while (chain->count < CHAIN_MAX) {
		struct step_of_chain *step = &chain->steps[chain->count++];

		step->event = event;
		deliver(cpu, &event, &step->delivery);
		if (has_ended(chain))
			return;
		event = is_in_handler(step->delivery.obstacle)
		              ? step->delivery.raises
		              : combine(&event, &step->delivery.raises);
	}
}
