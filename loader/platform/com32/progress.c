/* SPDX-License-Identifier: MIT */
/* progress.c - one line that is written over, twice a second. Knows the BIOS's clock; does nothing
 * with files itself. */
#include "platform/com32/progress.h"

#include "platform/console/console.h"

#define TICKS_SECOND 18 /* 18.2 in truth */
#define TICKS_SHOWN  9

static const char *doing, *name;
static uint64_t size;
static uint32_t begin, shown; /* by the BIOS's clock; shown == begin: nothing has been shown */

/* The BIOS's clock: ticks since midnight, 18.2 a second (BIOS data area, 0040h:006Ch). */
static uint32_t now(void)
{
	return *(const volatile uint32_t *)0x46c;
}

void progress_begin(const char *what, const char *file_name, uint64_t file_size)
{
	doing = what;
	name = file_name;
	size = file_size;
	begin = now();
	shown = begin;
}

void progress_at(uint64_t done)
{
	uint32_t at = now(), mib = (uint32_t)(done / MIB);

	if (at < begin) /* midnight */
		progress_begin(doing, name, size);
	if (at - begin < TICKS_SECOND || at - shown < TICKS_SHOWN || console_is_quiet())
		return;
	platform_write("\r");
	console_print("%s %.36s: %u", doing, name, mib);
	if (size != 0)
		console_print(" of %u", (uint32_t)(size / MIB));
	console_print(" MiB, %u MiB/s  ", mib * TICKS_SECOND / (at - begin));
	shown = at;
}

void progress_end(void)
{
	if (shown != begin)
		platform_write("\n");
}
