/* SPDX-License-Identifier: MIT */
/* writes.h - which instructions write to the memory that they name. */
#ifndef POSTMORTEM_WRITES_H
#define POSTMORTEM_WRITES_H

#include "explain/instruction.h"

/* True if it surely writes to its operand number `number`. */
bool writes_operand(const struct instruction *in, unsigned number);

#endif
