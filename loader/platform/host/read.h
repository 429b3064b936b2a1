/* SPDX-License-Identifier: MIT */
/* read.h - reads whole files of the host into the model's memory, decompressed. */
#ifndef HOST_READ_H
#define HOST_READ_H

#include "core/report.h"
#include "platform/host/model.h"

/* Reads the file that file->name names, as the module's file_load() does, and refuses with the same
 * messages. */
bool read_file(struct file *file, struct model *model, struct report *report);

#endif
