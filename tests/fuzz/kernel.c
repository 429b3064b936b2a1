/* SPDX-License-Identifier: MIT */
/* kernel.c - any bytes as a kernel's file: it is refused with one reason, or sound. */
#include "fuzz.h"

#include "core/elf/symbols.h"
#include "unit/sound.h"

/* The symbols of any file: sorted, in the kernel, with names that end. */
static void read_symbols(struct span file, struct virt_range virt)
{
	static struct report report;
	struct symbols symbols;
	struct symbol *list, *spare;
	uint64_t count;

	memset(&report, 0, sizeof(report));
	symbols = symbols_find(file, &report);
	list = malloc((size_t)symbols_list_size(&symbols) + 1);
	spare = malloc((size_t)symbols_list_size(&symbols) + 1);
	count = symbols_write(&symbols, virt, 0, 0, list, spare);
	EXPECT(count * sizeof(*list) <= symbols_list_size(&symbols));
	for (uint64_t i = 0; i < count; i++) {
		EXPECT(list[i].address >= virt.begin && list[i].address < virt.end);
		EXPECT(i == 0 || list[i - 1].address <= list[i].address);
		EXPECT(list[i].name < symbols.names.size);
	}
	free(list);
	free(spare);
}

int LLVMFuzzerTestOneInput(const uint8_t *bytes, size_t size)
{
	static struct kernel kernel;
	static struct report report;
	struct span file = { bytes, size };

	for (unsigned bits = 48; bits <= 57; bits += 9) {
		memset(&report, 0, sizeof(report));
		if (kernel_read(&kernel, file, bits, &report)) {
			EXPECT_EQUAL(report.count, 0);
			expect_no_fault(kernel_fault(&kernel, bits));
			read_symbols(file, kernel.virt);
		} else {
			struct diag_entry entry;

			EXPECT_EQUAL(report.count, 1);
			EXPECT(diag_find(report.findings[0].code, &entry));
		}
	}
	read_symbols(file, (struct virt_range){ 0, UINT64_MAX });
	return 0;
}
