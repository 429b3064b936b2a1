/* SPDX-License-Identifier: MIT */
/* file.h - reads files into memory through Syslinux. */
#ifndef PLATFORM_COM32_FILE_H
#define PLATFORM_COM32_FILE_H

#include "core/machine.h"
#include "core/report.h"

/*
 * Reads the file of that name, and unpacks it if it is gzip-compressed. Its bytes begin at a page;
 * those of a large file at a multiple of 2 MiB, where its segments can stay. An optional file that
 * is not there is left without bytes (NULL). On false, the reason is in the report.
 */
bool file_load(struct file *file, struct report *report);

/* Frees the memory of every file loaded so far. */
void files_release(void);

#endif
