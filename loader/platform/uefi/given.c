/* SPDX-License-Identifier: MIT */
/* given.c - see given.h. */
#include "platform/uefi/given.h"

#include "platform/uefi/firmware.h"
#include "standalone/load_options.h"

/* UEFI Shell 2.2, 2.3: on the handle of a program that the shell has started. */
static const struct efi_guid shell_parameters = {
	0x752f3136, 0x4e16, 0x4fdc, { 0xa2, 0x2a, 0xe5, 0xf4, 0x68, 0x12, 0xf4, 0xca }
};
struct shell_parameters {
	const efi_char *const *words;
	uint64_t count;
};

/* UEFI 2.10, 3.3 */
static const struct efi_guid global_variable = {
	0x8be4df61, 0x93ca, 0x11d2, { 0xaa, 0x0d, 0x00, 0xe0, 0x98, 0x03, 0x2b, 0x8c }
};

bool given_words(const char **words)
{
	static char text[GIVEN_SIZE];
	const struct efi_loaded_image *loaded = firmware.loaded;
	const struct shell_parameters *shell = firmware_protocol(firmware.image, &shell_parameters);

	*words = text;
	if (shell != NULL)
		return load_options_of_shell(shell->words, shell->count, text, sizeof(text));
	return load_options_read(loaded->options,
	                         loaded->options != NULL ? loaded->options_size : 0, text,
	                         sizeof(text));
}

bool given_secure_boot(void)
{
	static const efi_char name[] = u"SecureBoot";
	uint64_t size = 1;
	uint8_t on = 0;

	return firmware.runtime->get_variable(name, &global_variable, NULL, &size, &on)
	            == EFI_SUCCESS
	    && on == 1;
}
