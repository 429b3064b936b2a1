/* SPDX-License-Identifier: MIT */
/* choose.h - the choice among all the ways of handing the machine to a kernel. */
#ifndef CORE_CHOOSE_H
#define CORE_CHOOSE_H

#include "core/boot.h"

/* All protocols, in the order in which a kernel is recognised, then NULL. The last of them takes
 * what no other does. loader/protocols/protocols.c lists them, and the linker binds it. */
extern const struct protocol *const protocols[];

/*
 * The protocol that -protocol= names, or else the first of the list that recognises the kernel's
 * file. NULL, with the reason in the report, if there is none of that name.
 */
const struct protocol *protocol_choose(const struct config *config, struct report *report);

#endif
