/* SPDX-License-Identifier: MIT */
/* progress.c - one line, rewritten twice a second. Does nothing with files itself. */
#include "platform/console/progress.h"

#include "platform/console/clock.h"
#include "platform/console/console.h"

static const char *doing, *name;
static uint64_t size;
static uint32_t begin, shown; /* by the clock; shown == begin: nothing has been shown */

void progress_begin(const char *what, const char *file_name, uint64_t file_size)
{
	doing = what;
	name = file_name;
	size = file_size;
	begin = clock_ticks();
	shown = begin;
}

void progress_at(uint64_t done)
{
	uint32_t at = clock_ticks(), mib = (uint32_t)(done / MIB);

	if (at < begin) /* midnight */
		progress_begin(doing, name, size);
	if (at - begin < CLOCK_SECOND || at - shown < CLOCK_SECOND / 2 || console_is_quiet())
		return;
	platform_write("\r");
	console_print("%s %.36s: %u", doing, name, mib);
	if (size != 0)
		console_print(" of %u", (uint32_t)(size / MIB));
	console_print(" MiB, %u MiB/s  ", mib * CLOCK_SECOND / (at - begin));
	shown = at;
}

void progress_end(void)
{
	if (shown != begin)
		platform_write("\n");
}
