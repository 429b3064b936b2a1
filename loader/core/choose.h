/* SPDX-License-Identifier: MIT */
/* choose.h - chooses the protocol by which a kernel is started. */
#ifndef CORE_CHOOSE_H
#define CORE_CHOOSE_H

#include "core/boot.h"

/* All protocols, in the order in which they are tried on a kernel, then NULL. The last one accepts
 * what no other does. Defined in loader/protocols/protocols.c. */
extern const struct protocol *const protocols[];

/*
 * The protocol that -protocol= names; without that option, the first in the list that recognises
 * the kernel's file. NULL, with the reason in the report, if no protocol has that name.
 */
const struct protocol *protocol_choose(const struct config *config, struct report *report);

#endif
