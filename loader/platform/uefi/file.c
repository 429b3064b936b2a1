/* SPDX-License-Identifier: MIT */
/* file.c - files, whole, in memory of their own, unpacked. Knows gzip by its first bytes; knows
 * nothing of ELF. */
#include "platform/files/unpack.h"
#include "platform/platform.h"
#include "platform/uefi/bundled.h"
#include "platform/uefi/signed_config.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/volume.h"

#define CHUNK (4 * MIB)

/* Reads all bytes of the open file. */
static bool read_all(struct file *file, struct efi_file *from, struct report *report)
{
	uint8_t *to = (uint8_t *)(uintptr_t)file->bytes.bytes;
	uint64_t size = file->bytes.size;
	uint64_t done = 0;

	while (done < size) {
		uint64_t got = volume_read(from, to + done, min_u64(CHUNK, size - done));

		if (got == 0)
			return refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
			              file_called(file), ULL(done), ULL(size));
		done += got;
	}
	return true;
}

/* What is done with the bytes of every file. Those that were packed are given back. */
static bool use(struct file *file, struct report *report)
{
	const uint8_t *read = file->bytes.bytes;

	if (!file_unpack(file, platform_take, report))
		return false;
	if (file->bytes.bytes != read)
		memory_give_back((void *)(uintptr_t)read);
	return true;
}

/* As platform_load(), from a file that is open. */
static bool load_open(struct file *file, struct efi_file *from, struct report *report)
{
	uint64_t size;

	if (!volume_size(from, &size))
		return refuse(report, DIAG_FILE_MISSING, "%s: its size cannot be told",
		              file_called(file));
	return file_take(file, size, platform_take, report) && read_all(file, from, report)
	    && use(file, report);
}

/* As platform_load(), from the volume that we came from. */
static bool load_from_volume(struct file *file, struct report *report)
{
	bool is_found, loaded;
	struct efi_file *from;

	if (!signed_config_allows(file, report))
		return false;
	from = volume_find(file->name, &is_found);
	if (from == NULL && file->optional && !is_found)
		return true;
	if (from == NULL)
		return refuse(report, DIAG_FILE_MISSING, "%s", file_called(file));
	loaded = load_open(file, from, report);
	from->close(from);
	return loaded;
}

bool platform_load(struct file *file, struct report *report)
{
	if (!bundled())
		return load_from_volume(file, report);
	return bundled_find(file, report) && (file->bytes.bytes == NULL || use(file, report));
}
