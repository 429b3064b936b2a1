/* SPDX-License-Identifier: MIT */
/* show_json.h - prints the findings for programs: one JSON object. */
#ifndef HOST_SHOW_JSON_H
#define HOST_SHOW_JSON_H

#include "platform/host/check.h"

/* Prints all of it. */
void show_json(const struct check *check);

#endif
