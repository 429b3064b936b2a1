/* SPDX-License-Identifier: MIT */
/* signed_config.c - see signed_config.h. */
#include "platform/uefi/signed_config.h"

/* Our image's first byte, and where the configuration lies in it (uefi.ld). */
extern const uint8_t image_begin[];
extern const uint32_t config_place[2];

bool signed_config_is_there(void)
{
	return config_place[0] != config_place[1];
}

struct span signed_config_text(void)
{
	return (struct span){ image_begin + config_place[0], config_place[1] - config_place[0] };
}

bool signed_config_allows(const struct file *file, struct report *report)
{
	return !signed_config_is_there() || file->hashed
	    || refuse(report, DIAG_FILE_NOT_SIGNED, "%.200s has no -sha256= there",
	              file_called(file));
}
