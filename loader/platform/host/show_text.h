/* SPDX-License-Identifier: MIT */
/* show_text.h - prints the findings for people. */
#ifndef HOST_SHOW_TEXT_H
#define HOST_SHOW_TEXT_H

#include "platform/host/check.h"

/* Prints all of it. */
void show_text(const struct check *check);

#endif
