/* SPDX-License-Identifier: MIT */
/*
 * fw_cfg.c - QEMU's firmware configuration device: an item is selected at one port, and its bytes
 * are read at another. Knows nothing of what is in the files.
 *
 * Source: QEMU, docs/specs/fw_cfg.rst.
 */
#include "x86/fw_cfg.h"

#include "x86/x86.h"

enum {
	ITEM_SIGNATURE = 0,
	ITEM_DIRECTORY = 0x19,
	NAME_SIZE = 56,
	MOST_FILES = 1024 /* more than any machine has: a limit in case this is not fw_cfg */
};

/* An entry of the directory, whose numbers are big-endian. */
struct entry {
	uint8_t size[4];
	uint8_t item[2];
	uint8_t reserved[2];
	char name[NAME_SIZE];
};

static void select(uint16_t item)
{
	__asm__ volatile("outw %0, %1" ::"a"(item), "Nd"((uint16_t)PORT_FW_CFG_SELECT));
}

static void read(void *bytes, uint32_t count)
{
	for (uint32_t i = 0; i < count; i++)
		((uint8_t *)bytes)[i] = inb(PORT_FW_CFG_DATA);
}

static uint32_t big_endian(const uint8_t *bytes, unsigned count)
{
	uint32_t value = 0;

	for (unsigned i = 0; i < count; i++)
		value = value << 8 | bytes[i];
	return value;
}

static bool is_qemu(void)
{
	char signature[4];

	select(ITEM_SIGNATURE);
	read(signature, sizeof(signature));
	return signature[0] == 'Q' && signature[1] == 'E' && signature[2] == 'M'
	    && signature[3] == 'U';
}

static bool is_named(const struct entry *entry, const char *name)
{
	unsigned i = 0;

	while (i < NAME_SIZE - 1 && name[i] != 0 && entry->name[i] == name[i])
		i++;
	return entry->name[i] == name[i];
}

uint32_t fw_cfg_read(const char *name, void *bytes, uint32_t capacity)
{
	struct entry entry;
	uint8_t count[4];

	if (!is_qemu())
		return 0;
	select(ITEM_DIRECTORY);
	read(count, sizeof(count));
	for (uint32_t i = 0; i < big_endian(count, sizeof(count)) && i < MOST_FILES; i++) {
		read(&entry, sizeof(entry));
		if (is_named(&entry, name)) {
			uint32_t size = big_endian(entry.size, sizeof(entry.size));

			select((uint16_t)big_endian(entry.item, sizeof(entry.item)));
			read(bytes, size < capacity ? size : capacity);
			return size < capacity ? size : capacity;
		}
	}
	return 0;
}
