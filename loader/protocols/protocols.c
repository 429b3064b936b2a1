/* SPDX-License-Identifier: MIT */
/* protocols.c - the list of protocols, in the order in which they are tried on a kernel. */
#include "core/choose.h"
#include "protocols/limine/limine.h"
#include "protocols/multiboot/multiboot1.h"
#include "protocols/multiboot/multiboot2.h"
#include "protocols/native/native.h"
#include "protocols/bootloader011/bootloader011.h"
#include "protocols/bootloader09/bootloader09.h"

const struct protocol *const protocols[] = {
	&limine_protocol,
	&bootloader09_protocol,
	&multiboot2_protocol, /* before the older: a kernel with both headers gets the newer */
	&multiboot1_protocol,
	&bootloader011_protocol, /* takes longest to search a kernel */
	&native_protocol,        /* last: it takes every ELF64 file */
	NULL,
};
