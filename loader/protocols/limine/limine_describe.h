/* SPDX-License-Identifier: MIT */
/* limine_describe.h - what a Limine kernel asks for, in words. */
#ifndef PROTOCOLS_LIMINE_DESCRIBE_H
#define PROTOCOLS_LIMINE_DESCRIBE_H

#include "core/elf/read.h"
#include "core/text.h"

/* Words the base revision, and then each request on a line of its own. */
void limine_describe(const struct kernel *kernel, struct text *text);

#endif
