/* SPDX-License-Identifier: MIT */
/*
 * bundle.h - words and files in one block, which `./build.sh wrap` appends to the loader. The
 * format is described in docs/bundle.md; commands/lib/bundle.py writes it.
 */
#ifndef PLATFORM_HANDOVER_BUNDLE_H
#define PLATFORM_HANDOVER_BUNDLE_H

#include "platform/handover/handover.h"

/*
 * Adds the words and files of a bundle to what was handed over. Refuses one that is cut short, of
 * another version, or changed in anything but the bytes of files.
 */
bool bundle_read(struct handover *handover, const struct machine *machine, struct phys_range range,
                 struct report *report);

/* Refuses a file of a bundle whose bytes have changed. Accepts every other file. */
bool bundle_check(const struct handed_file *handed, const struct file *file, struct report *report);

#endif
