/* SPDX-License-Identifier: MIT */
/*
 * reads.c - replaces the function with which file systems read blocks (UEFI 2.10, 13.9). If a block
 * does not arrive, the read has failed. A small read also brings the blocks after it, for the next
 * reads: firmware queries a CD twice before each read, and checks only now and then whether a drive
 * is ready.
 */
#include "platform/uefi/reads.h"

#include "core/base.h"
#include "platform/platform.h"
#include "platform/uefi/firmware.h"

#define BLOCK_LEAST 512        /* bytes; that of every medium is a multiple of it */
#define AHEAD       (32 * KIB) /* what one read brings at least */

/* UEFI 2.10, 13.9 */
static const struct efi_guid block_io = {
	0x964e5b21, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

static struct efi_block_io *device; /* NULL: none is watched */
static efi_read_blocks *read;       /* the firmware's */
static uint64_t mark[2];            /* what a block begins with until it has arrived */
static bool has_failed;             /* a block has kept its mark */

/* What was read ahead: whole blocks, all of which have arrived. */
static _Alignas(PAGE_SIZE) uint8_t ahead[AHEAD];
static uint64_t ahead_begin, ahead_end; /* blocks */
static uint32_t ahead_medium;
static bool is_ahead_bad; /* reading ahead has failed: read only what is asked for */

/* A block's first words, which may lie anywhere. */
struct __attribute__((packed, may_alias)) first_words {
	uint64_t word[2];
};

/* Quick, as is has_mark(): both are done for every block of a file. */
static inline void put_mark(uint8_t *block)
{
	struct first_words *first = (struct first_words *)(void *)block;

	first->word[0] = mark[0];
	first->word[1] = mark[1];
}

static inline bool has_mark(const uint8_t *block)
{
	const struct first_words *first = (const struct first_words *)(const void *)block;

	return first->word[0] == mark[0] && first->word[1] == mark[1];
}

/* Reads blocks; true if the firmware reports success, and no block has its mark any more. */
static bool read_and_look(uint32_t medium, uint64_t block, uint64_t size, uint8_t *buffer)
{
	uint32_t block_size = device->media->block_size;

	for (uint64_t at = 0; at < size; at += block_size)
		put_mark(buffer + at);
	if (read(device, medium, block, size, buffer) != EFI_SUCCESS)
		return false;
	for (uint64_t at = 0; at < size; at += block_size)
		if (has_mark(buffer + at))
			return false;
	return true;
}

/* Copies blocks out of what was read ahead. False if they are not all there. */
static bool take_ahead(uint32_t medium, uint64_t block, uint64_t size, uint8_t *buffer)
{
	uint32_t block_size = device->media->block_size;

	if (medium != ahead_medium || block < ahead_begin || block >= ahead_end
	    || size > (ahead_end - block) * block_size)
		return false;
	memcpy(buffer, ahead + (block - ahead_begin) * block_size, (size_t)size);
	return true;
}

/* Reads ahead from a block on, as far as the medium goes. */
static void read_ahead(uint32_t medium, uint64_t block)
{
	const struct efi_block_media *media = device->media;
	uint64_t count;

	ahead_begin = ahead_end = 0;
	if (is_ahead_bad || block > media->last_block)
		return;
	count = min_u64(AHEAD / media->block_size - 1, media->last_block - block) + 1;
	is_ahead_bad = !read_and_look(medium, block, count * media->block_size, ahead);
	if (is_ahead_bad)
		return;
	ahead_begin = block;
	ahead_end = block + count;
	ahead_medium = medium;
}

/* Copies blocks out of what was read ahead, now or before. False if they are not all there. */
static bool read_small(uint32_t medium, uint64_t block, uint64_t size, uint8_t *buffer)
{
	if (size > AHEAD / 2)
		return false;
	if (take_ahead(medium, block, size, buffer))
		return true;
	read_ahead(medium, block);
	return take_ahead(medium, block, size, buffer);
}

/* What could not be read at once is read block by block: those that do not arrive keep their mark,
 * since a file system may cache them anyway, and return them later. */
static efi_status EFIAPI read_watched(struct efi_block_io *self, uint32_t medium, uint64_t block,
                                      uint64_t size, uint8_t *buffer)
{
	uint32_t block_size = self->media->block_size;
	bool is_whole = true;

	if (self != device || block_size < sizeof(mark) || block_size > AHEAD
	    || size % block_size != 0)
		return read(self, medium, block, size, buffer);
	if (read_small(medium, block, size, buffer) || read_and_look(medium, block, size, buffer))
		return EFI_SUCCESS;
	for (uint64_t at = 0; at < size; at += block_size) {
		if (read_and_look(medium, block + at / block_size, block_size, buffer + at))
			continue;
		put_mark(buffer + at);
		is_whole = false;
	}
	has_failed = has_failed || !is_whole;
	return is_whole ? EFI_SUCCESS : EFI_DEVICE_ERROR;
}

bool reads_came(const uint8_t *bytes, uint64_t size)
{
	for (uint64_t at = 0; has_failed && at + sizeof(mark) <= size; at += BLOCK_LEAST)
		if (has_mark(bytes + at))
			return false;
	return true;
}

void reads_watch(efi_handle handle)
{
	device = firmware_protocol(handle, &block_io);
	if (device == NULL)
		return;
	mark[0] = platform_time() * UINT64_C(0x9e3779b97f4a7c15); /* on no medium */
	mark[1] = ~mark[0] * UINT64_C(0x9e3779b97f4a7c15);
	read = device->read_blocks;
	device->read_blocks = read_watched;
}

void reads_leave(void)
{
	if (device != NULL)
		device->read_blocks = read;
	device = NULL;
}
