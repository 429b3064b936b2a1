/* SPDX-License-Identifier: MIT */
/* watch.c - the messages of the loader to a tool that watches this machine in QEMU. */
#include "platform/console/watch.h"

#include "core/version.h"
#include "x86/fw_cfg.h"
#include "x86/registers.h"
#include "x86/watcher.h"

_Static_assert(WATCHER_TOKEN_SIZE == TOKEN_SIZE, "struct machine and struct fault_info keep it");

static const struct machine *watched; /* NULL: no tool watches it */

/* What the user calls the files: each line becomes a string, and "" ends them. */
static void read_names(char names[KNOWN_SIZE])
{
	uint32_t size = fw_cfg_read(WATCHER_NAMES, names, KNOWN_SIZE - 2);

	for (uint32_t i = 0; i < size; i++)
		if (names[i] == '\n')
			names[i] = 0;
	names[size] = names[size + 1] = 0;
}

void watch_open(struct machine *machine)
{
	if (!watcher_is_there())
		return;
	watched = machine;
	fw_cfg_read(WATCHER_FILE, machine->token, sizeof(machine->token));
	read_names(machine->known_as);
	watcher_begin(machine->token, "up");
	watcher_write(LOADER_VERSION);
	watcher_end();
}

void watch_refusal(void)
{
	if (watched != NULL)
		watcher_begin(watched->token, "refused");
}

void watch_end(const char *what)
{
	watcher_end();
	if (watched == NULL)
		return;
	watcher_begin(watched->token, "left");
	watcher_write(what);
	watcher_end();
}

/* The text screen's contents, without control characters and without blanks at the ends of rows,
 * since each byte takes QEMU as long as some thousand instructions. */
static void tell_screen(void)
{
	const volatile uint8_t(*row)[VGA_COLUMNS][2] = visible(watched, VGA_TEXT);

	if (watched->display.kind != DISPLAY_VGA_TEXT)
		return;
	for (unsigned left = VGA_ROWS; left > 0; left--, row++) {
		unsigned columns = VGA_COLUMNS;

		while (columns > 0 && (*row)[columns - 1][0] <= ' ')
			columns--;
		for (unsigned column = 0; column < columns; column++)
			watcher_put((*row)[column][0] < ' ' ? ' ' : (char)(*row)[column][0]);
		watcher_put('\n');
	}
}

void watch_start(const struct boot *boot)
{
	const struct plan *plan = &boot->plan;
	struct resident_header header;
	uint64_t window = plan->resident_window;
	char words[240];
	struct text text = text_in(words, sizeof(words));

	if (watched == NULL)
		return;
	span_read(watched->resident, 0, &header, sizeof(header));
	text_add(&text, "rip=%llx slide=%llx tables=%llx", ULL(plan->entry.rip), ULL(plan->slide),
	         ULL(boot->launch->tables));
	text_add(&text, " info=%llx", ULL(plan->fault_info_at));
	text_add(&text, " resident=%llx-%llx wait=%llx-%llx\n", ULL(window),
	         ULL(window + header.size), ULL(window + header.wait),
	         ULL(window + header.wait_end));
	watcher_begin(watched->token, "start");
	watcher_write(words);
	tell_screen();
	watcher_end();
}
