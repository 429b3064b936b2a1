/* SPDX-License-Identifier: MIT */
/* file.c - reads whole files into memory, and decompresses them. Knows gzip's first bytes; knows
 * nothing of ELF. */
#include "platform/console/clock.h"
#include "platform/console/progress.h"
#include "platform/files/unpack.h"
#include "platform/platform.h"
#include "platform/uefi/bundled.h"
#include "platform/uefi/signed_config.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/volume.h"

#define CHUNK (4 * MIB) /* some drivers read no more than 4 GiB at once; progress is shown */

/* Seconds of the firmware's clock, as clock.h has them. If that clock does not run, no progress is
 * shown. */
uint32_t clock_ticks(void)
{
	struct efi_time time = { 0 };

	firmware.runtime->get_time(&time, NULL);
	return ((time.hour * 60u + time.minute) * 60u + time.second) * CLOCK_SECOND;
}

/* Reads all bytes of the open file. */
static bool read_all(struct file *file, struct efi_file *from, struct report *report)
{
	uint8_t *to = (uint8_t *)(uintptr_t)file->bytes.bytes;
	uint64_t size = file->bytes.size;
	uint64_t done = 0, got = 1;
	bool is_long = size > CHUNK;

	if (is_long)
		progress_begin("reading", file->name, size);
	for (; done < size && got != 0; done += got) {
		got = volume_read(from, to + done, min_u64(CHUNK, size - done));
		if (is_long)
			progress_at(done + got);
	}
	if (is_long)
		progress_end();
	return done == size
	    || refuse(report, DIAG_FILE_CUT, "%s: %llu of %llu bytes could be read",
	              file_called(file), ULL(done), ULL(size));
}

/* Checks a file that was read, and unpacks it if it is compressed; then the compressed bytes are
 * freed. */
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
		return refuse(report, DIAG_FILE_MISSING, "%s: its size is unknown",
		              file_called(file));
	return file_take(file, size, platform_take, report) && read_all(file, from, report)
	    && use(file, report);
}

/* As platform_load(), from the volume that we came from. */
static bool load_from_volume(struct file *file, struct report *report)
{
	struct efi_file *from;
	efi_status status;
	bool loaded;

	if (!signed_config_allows(file, report))
		return false;
	from = volume_find(file->name, &status);
	if (from == NULL && status == EFI_NOT_FOUND && !volume_lost_folder(file->name))
		return file->optional || refuse(report, DIAG_FILE_MISSING, "%s", file_called(file));
	if (from == NULL)
		return volume_refuse(file_called(file), status, report);
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
