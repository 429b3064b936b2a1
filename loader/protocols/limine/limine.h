/* SPDX-License-Identifier: MIT */
/* limine.h - the Limine boot protocol, base revisions 0 to 6: docs/protocol.md. */
#ifndef PROTOCOLS_LIMINE_H
#define PROTOCOLS_LIMINE_H

#include "core/boot.h"

extern const struct protocol limine_protocol;

#endif
