/* SPDX-License-Identifier: MIT */
/* acpi.c - any memory as firmware tables, with the RSDP at byte 16: no list has a CPU twice or more
 * entries than it has room for, and nothing outside the memory is read. */
#include "fuzz.h"

#include "core/acpi.h"

#define RSDP     16
#define CAPACITY 8

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *memory = malloc(size + 1);
	struct machine machine = { .memory = memory, .identity_limit = size, .rsdp = RSDP };
	struct processor processors[CAPACITY] = { { 0 } };
	uint32_t io_apics[CAPACITY];
	unsigned count;

	memcpy(memory, data, size);
	count = acpi_processors(&machine, processors, CAPACITY);
	for (unsigned i = 0; i < min_u64(count, CAPACITY); i++) {
		EXPECT(processors[i].apic_id != UINT32_MAX);
		for (unsigned j = 0; j < i; j++)
			EXPECT(processors[i].apic_id != processors[j].apic_id);
	}
	count = acpi_io_apics(&machine, io_apics, CAPACITY);
	EXPECT(count <= CAPACITY);
	for (unsigned i = 0; i < count; i++)
		EXPECT(io_apics[i] % KIB == 0 && io_apics[i] >= MIB && io_apics[i] < 0xfee00000);
	acpi_list_processors(&machine, processors, CAPACITY);
	EXPECT(machine.cpu_count >= 1 && machine.processor_count <= CAPACITY);
	free(memory);
	return 0;
}
