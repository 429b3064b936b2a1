/* SPDX-License-Identifier: MIT */
/* reads.c - stands in the place of the function by which file systems read blocks (UEFI 2.10,
 * 13.9). A read of which a block has not come is one that has failed. */
#include "platform/uefi/reads.h"

#include "core/base.h"
#include "platform/platform.h"
#include "platform/uefi/firmware.h"

/* UEFI 2.10, 13.9 */
static const struct efi_guid block_io = {
	0x964e5b21, 0x6459, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

static struct efi_block_io *device; /* NULL: none is watched */
static efi_read_blocks *read;       /* the firmware's */

/* What a block begins with until it has come: nothing that could be on the medium. */
static uint64_t mark_of(const uint8_t *block, uint64_t salt)
{
	return (salt ^ (uintptr_t)block) * UINT64_C(0x9e3779b97f4a7c15);
}

static void mark(uint8_t *blocks, uint64_t size, uint32_t block_size, uint64_t salt)
{
	for (uint64_t at = 0; at < size; at += block_size) {
		uint64_t value = mark_of(blocks + at, salt);

		memcpy(blocks + at, &value, sizeof(value));
	}
}

/* True if no block has its mark any more. */
static bool all_came(const uint8_t *blocks, uint64_t size, uint32_t block_size, uint64_t salt)
{
	for (uint64_t at = 0; at < size; at += block_size) {
		uint64_t value = mark_of(blocks + at, salt);

		if (memcmp(blocks + at, &value, sizeof(value)) == 0)
			return false;
	}
	return true;
}

static efi_status EFIAPI read_watched(struct efi_block_io *self, uint32_t medium, uint64_t block,
                                      uint64_t size, uint8_t *buffer)
{
	uint32_t block_size = self->media->block_size;
	uint64_t salt = platform_time();
	efi_status status;

	if (block_size < sizeof(salt) || size % block_size != 0)
		return read(self, medium, block, size, buffer);
	mark(buffer, size, block_size, salt);
	status = read(self, medium, block, size, buffer);
	if (status == EFI_SUCCESS && !all_came(buffer, size, block_size, salt))
		return EFI_DEVICE_ERROR;
	return status;
}

void reads_watch(efi_handle handle)
{
	device = firmware_protocol(handle, &block_io);
	if (device == NULL)
		return;
	read = device->read_blocks;
	device->read_blocks = read_watched;
}

void reads_leave(void)
{
	if (device != NULL)
		device->read_blocks = read;
	device = NULL;
}
