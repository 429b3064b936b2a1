/* SPDX-License-Identifier: MIT */
/*
 * first.c - the first C code of the image: checks that the image is as it was linked. The AHCI
 * driver of EDK2 (edk2-stable202211) returns success for a block that it could not read, so
 * firmware may start a program with pieces missing. Runs before the image is relocated, so it uses
 * no pointers that are stored in data.
 */
#include "platform/uefi/first.h"

#include "core/sum.h"
#include "x86/last_words.h"

/* The message, from the catalogue, in UCS-2. */
#define DIAG(number, name, summary, fix)                                                       \
	static const efi_char line_##name[] __attribute__((unused)) =                          \
		u"\r\nK" #number " " summary "\r\n     fix: " fix " (docs/errors.md#K" #number \
		")\r\n";
#include "core/diag.def"
#undef DIAG

/* The image's beginning, the part of it that the sum covers, and the sum (uefi.ld,
 * write_sum.py). */
extern const uint8_t image_begin[];
extern const volatile struct {
	uint32_t begin, end; /* offsets in the image */
	uint32_t sum;
} image_sum;

/* The firmware's console may or may not be on COM1, so the message goes to both. */
static void say_on_com1(const efi_char *text)
{
	for (unsigned patience = LAST_PATIENCE; *text != 0; text++)
		last_send(PORT_COM1, &patience, (uint8_t)*text);
}

efi_status first_check(struct efi_system_table *system)
{
	const uint8_t *base = image_begin;
	uint32_t sum = sum_of_words((const size_t *)(const void *)(base + image_sum.begin),
	                            (const size_t *)(const void *)(base + image_sum.end));

	if (sum == image_sum.sum)
		return EFI_SUCCESS;
	if (system->output != NULL)
		system->output->output(system->output, line_FILE_LOADER);
	say_on_com1(line_FILE_LOADER);
	return EFI_CRC_ERROR;
}
