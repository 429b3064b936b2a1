/* SPDX-License-Identifier: MIT */
/* early_refusal.c - see early_refusal.h. */
#include "platform/console/early_refusal.h"

#include "core/version.h"
#include "x86/fw_cfg.h"
#include "x86/watcher.h"

void watch_early_refusal(const char *line, const char *fix, const char *next)
{
	char token[WATCHER_TOKEN_SIZE] = { 0 };

	if (!watcher_is_there())
		return;
	fw_cfg_read(WATCHER_FILE, token, sizeof(token));
	watcher_begin(token, "up");
	watcher_write(LOADER_VERSION);
	watcher_end();
	watcher_begin(token, "refused");
	watcher_write(line);
	watcher_write(fix);
	watcher_end();
	watcher_begin(token, "left");
	watcher_write(next);
	watcher_end();
}
