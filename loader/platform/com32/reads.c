/* SPDX-License-Identifier: MIT */
/* reads.c - stands between Syslinux and its own function that reads sectors. */
#include "platform/com32/reads.h"

#include "platform/com32/syslinux.h"

static struct disk *watched;
static int (*syslinux_read)(struct disk *disk, void *to, uint64_t sector, size_t count,
                            bool is_write);
static struct lost_read lost;

/*
 * Syslinux caches a metadata block even if it could not be read. So that it is not used when the
 * user tries again, such a block gets a number that no block has.
 */
static void forget_block(const struct device *device, const void *data)
{
	struct cached_block *block = device->head;
	const uint8_t *end = device->data + (size_t)device->block_count * device->block_size;

	if (block == NULL || (const uint8_t *)block != end)
		return; /* older than 6.03: the fields lie elsewhere */
	for (unsigned i = 0; i < device->block_count; i++)
		if ((++block)->data == data)
			block->number = UINT64_MAX;
}

/* Replaces Syslinux's own function: calls it, and notes what it could not read. */
static int read_watched(struct disk *disk, void *to, uint64_t sector, size_t count, bool is_write)
{
	int done = syslinux_read(disk, to, sector, count, is_write);

	if (disk->read != read_watched) { /* Syslinux has determined how to read the drive */
		syslinux_read = disk->read;
		disk->read = read_watched;
	}
	if (is_write || done == (int)count)
		return done;
	if (lost.begin == NULL)
		lost = (struct lost_read){ to, (uint8_t *)to + (count << disk->sector_shift),
			                   disk->partition + sector, disk->drive };
	forget_block(this_fs->device, to);
	return done;
}

bool reads_watch(void)
{
	struct device *device = this_fs->device;
	struct derivative_info info = { 0 };
	struct disk *disk = device != NULL ? device->disk : NULL;

	lost = (struct lost_read){ 0 };
	if (device == NULL)
		return true;
	get_derivative_info(&info);
	if (disk->drive != info.drive || disk->sector_shift > 12
	    || disk->sector_size != 1u << disk->sector_shift)
		return false;
	watched = disk;
	syslinux_read = disk->read;
	disk->read = read_watched;
	return true;
}

void reads_end(void)
{
	if (watched != NULL)
		watched->read = syslinux_read;
	watched = NULL;
}

const struct lost_read *reads_lost(void)
{
	return lost.begin != NULL ? &lost : NULL;
}
