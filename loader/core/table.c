/* SPDX-License-Identifier: MIT */
/* table.c - recognises a firmware table by its signature and its checksum. */
#include "core/table.h"

#define SIGN(text) text, sizeof(text) - 1

const struct table_kind table_rsdp = { SIGN("RSD PTR "), 20, 0 };
const struct table_kind table_smbios = { SIGN("_SM_"), 0x1e, 5 };
const struct table_kind table_smbios3 = { SIGN("_SM3_"), 0x18, 6 };

bool table_is_whole(struct span bytes, const struct table_kind *kind)
{
	uint8_t whole[UINT8_MAX], size = kind->size, sum = 0;

	span_read(bytes, 0, whole, size); /* zeros if they are not there */
	if (memcmp(whole, kind->sign, kind->sign_size) != 0)
		return false;
	if (kind->size_at != 0)
		size = whole[kind->size_at];
	if (size < kind->size || !span_read(bytes, 0, whole, size))
		return false;
	for (unsigned i = 0; i < size; i++)
		sum = (uint8_t)(sum + whole[i]);
	return sum == 0;
}
