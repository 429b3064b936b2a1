/* SPDX-License-Identifier: MIT */
/* table.h - checks that there is a firmware table at an address. */
#ifndef CORE_TABLE_H
#define CORE_TABLE_H

#include "core/base.h"

/* How to recognise a table: the signature that it begins with; its size, or, if `size_at` is not 0,
 * its minimum size and the offset of its size byte. All its bytes must add up to 0. */
struct table_kind {
	const char *sign;
	uint8_t sign_size, size, size_at;
};

/* ACPI 6.5, 5.2.5.3 (of which older tables have the first 20 bytes); DMTF DSP0134 3.6.0, 5.2.1 and
 * 5.2.2. The 32-bit entry point of SMBIOS has 1Fh bytes, but 1Eh where the firmware follows a
 * misprint in version 2.1. */
extern const struct table_kind table_rsdp, table_smbios, table_smbios3;

/* True if the bytes begin with a whole table of this kind. */
bool table_is_whole(struct span bytes, const struct table_kind *kind);

#endif
