/* SPDX-License-Identifier: MIT */
/* read.h - files of this machine, whole, in the memory of the model, unpacked. */
#ifndef HOST_READ_H
#define HOST_READ_H

#include "core/report.h"
#include "platform/host/model.h"

/* Reads the file that file->name names, as the module's file_load() does, and refuses in the same
 * words. */
bool read_file(struct file *file, struct model *model, struct report *report);

#endif
