/* SPDX-License-Identifier: MIT */
/* limine_describe.h - what a Limine kernel asks for, in words. */
#ifndef PROTOCOLS_LIMINE_DESCRIBE_H
#define PROTOCOLS_LIMINE_DESCRIBE_H

#include "core/protocol.h"

/* Describes the base revision, and then each request on a separate line. */
void limine_describe(const struct boot *boot, struct text *text);

#endif
