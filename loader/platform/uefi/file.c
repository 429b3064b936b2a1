/* SPDX-License-Identifier: MIT */
/* file.c - files, whole, in memory of their own, unpacked. Knows gzip by its first bytes; knows
 * nothing of ELF. */
#include "core/file.h"

#include "core/inflate.h"
#include "platform/platform.h"
#include "platform/uefi/bundled.h"
#include "platform/uefi/signed_config.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/volume.h"

#define CHUNK      (4 * MIB)
#define LARGE_PAGE (2 * MIB)

/* Memory for a file of `size` bytes; refuses if there is none. */
static bool take_memory(struct file *file, uint64_t size, struct report *report)
{
	uint8_t *bytes = size >= LARGE_PAGE ? memory_take(size, LARGE_PAGE) : NULL;

	if (bytes == NULL)
		bytes = memory_take(max_u64(size, 1), PAGE_SIZE);
	if (bytes == NULL)
		return refuse(report, DIAG_FILE_NO_MEMORY, "%s takes %llu KiB", file->name,
		              ULL(size / KIB));
	file->bytes = (struct span){ bytes, size };
	file->capacity = page_up(size);
	return true;
}

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
			              file->name, ULL(done), ULL(size));
		done += got;
	}
	return true;
}

/* Replaces compressed bytes by what they unpack to. */
static bool unpack(struct file *file, uint32_t size, struct report *report)
{
	struct span packed = file->bytes;

	if (!file_check_size(file, size, report) || !take_memory(file, size, report))
		return false;
	if (!inflate_gzip(packed, (uint8_t *)(uintptr_t)file->bytes.bytes, size))
		return file_refuse_gzip(file, packed.size, size, report);
	memory_give_back((void *)(uintptr_t)packed.bytes);
	return true;
}

/* What is done with the bytes of every file: checked, and unpacked. */
static bool use(struct file *file, struct report *report)
{
	uint32_t unpacked;

	return file_check_digest(file, report)
	    && (file->raw || !file_is_gzip(file->bytes, &unpacked)
	        || unpack(file, unpacked, report));
}

/* As platform_load(), from a file that is open. */
static bool load_open(struct file *file, struct efi_file *from, struct report *report)
{
	uint64_t size;

	if (!volume_size(from, &size))
		return refuse(report, DIAG_FILE_MISSING, "%s: its size cannot be told", file->name);
	return take_memory(file, size, report) && read_all(file, from, report) && use(file, report);
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
		return refuse(report, DIAG_FILE_MISSING, "%s", file->name);
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
