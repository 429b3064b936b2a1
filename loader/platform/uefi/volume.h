/* SPDX-License-Identifier: MIT */
/* volume.h - the file system that our own image was loaded from. */
#ifndef PLATFORM_UEFI_VOLUME_H
#define PLATFORM_UEFI_VOLUME_H

#include "core/machine.h"
#include "core/report.h"
#include "platform/uefi/efi.h"

#define PATH_MAX 512

/* Opens the volume. On false, the reason is in the report. */
bool volume_open(struct report *report);

/* The folder of our own image, without a slash at its end: "/EFI/BOOT"; "" at the root. */
void volume_own_folder(char *folder, size_t size);

/* Sets the folder for names without a leading slash. */
void volume_set_folder(const char *folder);
const char *volume_folder(void);

/* Opens a file. NULL if that fails: *status is EFI_NOT_FOUND if there is no such file, else the
 * firmware's error. */
struct efi_file *volume_find(const char *name, efi_status *status);

/* True if the file's folder exists but has no entries, not even for itself: it could not be read,
 * and the firmware did not report that. */
bool volume_lost_folder(const char *name);

/* Refuses a file that may exist but could not be opened. Always returns false. */
bool volume_refuse(const char *name, efi_status status, struct report *report);

/* The size of a file. False if it is unknown, or if the file is a folder. */
bool volume_size(struct efi_file *file, uint64_t *size);

/* Reads `size` bytes from the current position; returns how many there were. */
uint64_t volume_read(struct efi_file *file, void *to, uint64_t size);

#endif
