/* SPDX-License-Identifier: MIT */
/* protocols.h - all the ways of handing the machine to a kernel, and the choice among them. */
#ifndef PROTOCOLS_PROTOCOLS_H
#define PROTOCOLS_PROTOCOLS_H

#include "core/boot.h"

/*
 * The protocol that -protocol= names, or else the first of the list that recognises the kernel's
 * file. NULL, with the reason in the report, if there is none of that name.
 */
const struct protocol *protocol_choose(const struct config *config, struct report *report);

#endif
