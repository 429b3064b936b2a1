/* SPDX-License-Identifier: MIT */
/*
 * first.c - the first C code of the image to run: is all of the image there, as it was linked? The
 * AHCI driver of EDK2 (edk2-stable202211) calls a block read that it could not read, so firmware
 * may start a program with pieces missing. Runs before the image is relocated: uses no pointers
 * that stand in its data.
 */
#include "platform/uefi/first.h"

#include "core/sum.h"
#include "x86/last_words.h"

/* What must be said: words of the catalogue, in UCS-2. */
#define DIAG(number, name, summary, fix)                                                       \
	static const efi_char line_##name[] __attribute__((unused)) =                          \
		u"\r\nK" #number " " summary "\r\n     fix: " fix " (docs/errors.md#K" #number \
		")\r\n";
#include "core/diag.def"
#undef DIAG

/* Where the image begins, what of it has a sum, and the sum (uefi.ld, write_sum.py). */
extern const uint8_t image_begin[];
extern const volatile struct {
	uint32_t begin, end; /* from where the image begins */
	uint32_t sum;
} image_sum;

/* Firmware's own console may be on COM1 or not: both are told. */
static void say_on_com1(const efi_char *text)
{
	for (unsigned patience = LAST_PATIENCE; *text != 0; text++)
		last_send(PORT_COM1, &patience, (uint8_t)*text);
}

efi_status first_check(struct efi_system_table *system)
{
	const uint8_t *base = image_begin;
	uint32_t sum = sum_of_words((const uint32_t *)(const void *)(base + image_sum.begin),
	                            (const uint32_t *)(const void *)(base + image_sum.end));

	if (sum == image_sum.sum)
		return EFI_SUCCESS;
	if (system->output != NULL)
		system->output->output(system->output, line_FILE_LOADER);
	say_on_com1(line_FILE_LOADER);
	return EFI_CRC_ERROR;
}
