/* SPDX-License-Identifier: MIT */
/* tables.c - the configuration tables (UEFI 2.10, 4.6), the clock, and the device path of the
 * volume (10.3). */
#include "platform/uefi/tables.h"

#include "platform/uefi/firmware.h"

static const struct efi_guid acpi_2 = {
	0x8868e871, 0xe4f1, 0x11d3, { 0xbc, 0x22, 0x00, 0x80, 0xc7, 0x3c, 0x88, 0x81 }
};
static const struct efi_guid acpi_1 = {
	0xeb9d2d30, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};
static const struct efi_guid smbios_2 = {
	0xeb9d2d31, 0x2d88, 0x11d3, { 0x9a, 0x16, 0x00, 0x90, 0x27, 0x3f, 0xc1, 0x4d }
};
static const struct efi_guid smbios_3 = {
	0xf2fd1544, 0x9794, 0x4a2c, { 0x99, 0x2e, 0xe5, 0xbb, 0xcf, 0x20, 0xe3, 0x94 }
};
static const struct efi_guid device_path = {
	0x09576e91, 0x6d3f, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};

/* Nodes of a device path: a network card's address, a partition, the end. */
enum { NODE_MESSAGING = 3, NODE_MAC = 11, NODE_MEDIA = 4, NODE_PARTITION = 1, NODE_END = 0x7f };

/* Where a configuration table lies; 0 if there is none of that kind. */
static uint64_t find_table(const struct efi_guid *kind)
{
	const struct efi_system_table *system = firmware.system;

	for (uint64_t i = 0; i < system->table_count; i++) {
		if (guid_equal(&system->tables[i].vendor, kind))
			return (uintptr_t)system->tables[i].table;
	}
	return 0;
}

/* Date and time; left 0 if the clock does not run. */
static void read_time(struct clock *clock)
{
	struct efi_time time;

	if (firmware.runtime->get_time(&time, NULL) != EFI_SUCCESS)
		return;
	clock->year = time.year;
	clock->month = time.month;
	clock->day = time.day;
	clock->hour = time.hour;
	clock->minute = time.minute;
	clock->second = time.second;
}

/* Where the volume lies. */
static void read_device(struct machine *machine)
{
	const uint8_t *node = firmware_protocol(firmware.loaded->device, &device_path);

	for (; node != NULL && node[0] != NODE_END; node += node[2] | (size_t)node[3] << 8) {
		if ((node[2] | node[3] << 8) < 4)
			return;
		if (node[0] == NODE_MESSAGING && node[1] == NODE_MAC)
			machine->source.medium = MEDIUM_NETWORK;
		if (node[0] == NODE_MEDIA && node[1] == NODE_PARTITION)
			memcpy(&machine->source.partition, node + 8,
			       sizeof(machine->source.partition));
	}
}

void tables_read(struct machine *machine)
{
	machine->firmware_kind = FIRMWARE_EFI;
	machine->rsdp = find_table(&acpi_2);
	if (machine->rsdp == 0)
		machine->rsdp = find_table(&acpi_1);
	machine->smbios = find_table(&smbios_2);
	machine->smbios3 = find_table(&smbios_3);
	read_time(&machine->clock);
	read_device(machine);
}
