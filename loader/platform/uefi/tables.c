/* SPDX-License-Identifier: MIT */
/* tables.c - the configuration tables (UEFI 2.10, 4.6), the clock, the generator of random numbers
 * (37.5), and the device path of the volume (10.3). */
#include "platform/uefi/tables.h"

#include "core/table.h"
#include "platform/pc/tsc.h"
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
static const struct efi_guid random_guid = {
	0x3152bca5, 0xeade, 0x433d, { 0x86, 0x2e, 0xc0, 0x1c, 0xdc, 0x29, 0x1f, 0x44 }
};
static const struct efi_guid device_path = EFI_DEVICE_PATH;

/* The bytes at an address, as far as the firmware's map has memory there: the address may be
 * wrong. */
static struct span bytes_at(const struct machine *machine, uint64_t at)
{
	for (unsigned i = 0; i < machine->firmware_count; i++) {
		struct phys_range range = machine->firmware[i].phys;

		if (range.begin <= at && at < range.end)
			return (struct span){ (const uint8_t *)at, range.end - at };
	}
	return (struct span){ NULL, 0 };
}

/* The address of a configuration table; 0 if there is none with this GUID, or if something else is
 * there. */
static uint64_t find_table(const struct machine *machine, const struct efi_guid *name,
                           const struct table_kind *kind)
{
	const struct efi_system_table *system = firmware.system;

	for (uint64_t i = 0; i < system->table_count; i++) {
		uint64_t at = (uintptr_t)system->tables[i].table;

		if (guid_equal(&system->tables[i].vendor, name)
		    && table_is_whole(bytes_at(machine, at), kind))
			return at;
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

	for (; node != NULL && node[0] != EFI_NODE_END; node += node[2] | (size_t)node[3] << 8) {
		if ((node[2] | node[3] << 8) < 4)
			return;
		if (node[0] == EFI_NODE_MESSAGING && node[1] == EFI_NODE_MAC)
			machine->source.medium = MEDIUM_NETWORK;
		if (node[0] == EFI_NODE_MEDIA && node[1] == EFI_NODE_PARTITION)
			memcpy(&machine->source.partition, node + 8,
			       sizeof(machine->source.partition));
	}
}

void tables_read(struct machine *machine)
{
	machine->firmware_kind = FIRMWARE_EFI;
	machine->rsdp = find_table(machine, &acpi_2, &table_rsdp);
	if (machine->rsdp == 0)
		machine->rsdp = find_table(machine, &acpi_1, &table_rsdp);
	machine->smbios = find_table(machine, &smbios_2, &table_smbios);
	machine->smbios3 = find_table(machine, &smbios_3, &table_smbios3);
	read_time(&machine->clock);
	read_device(machine);
}

void random_ask(struct machine *machine)
{
	struct efi_random *generator;
	uint64_t random;

	if (firmware.boot->locate_protocol(&random_guid, NULL, &generator) == EFI_SUCCESS
	    && generator->get(generator, NULL, sizeof(random), (uint8_t *)&random) == EFI_SUCCESS)
		random_from_firmware(machine, random);
}
