/* SPDX-License-Identifier: MIT */
/*
 * signed_config.h - the boot configuration that is signed together with our image, if there is one:
 * it is one of the image's sections (`./build.sh image --sign`).
 */
#ifndef PLATFORM_UEFI_SIGNED_CONFIG_H
#define PLATFORM_UEFI_SIGNED_CONFIG_H

#include "core/file.h"
#include "core/report.h"

/* True if there is one. Then no other configuration is used, and no file without a SHA-256 in
 * it. */
bool signed_config_is_there(void);

/* The text of it; empty if there is none. */
struct span signed_config_text(void);

/* True if the file may be read. On false, the reason is in the report. */
bool signed_config_allows(const struct file *file, struct report *report);

#endif
