/* SPDX-License-Identifier: MIT */
/* show_text.c - prints the findings for people: tables of at most 80 columns, then the messages of
 * the loader. */
#include "platform/host/show_text.h"

#include "core/plan/dump.h"
#include "platform/host/lint.h"
#include "platform/host/lookup.h"

#include <inttypes.h>
#include <stdio.h>
#include <string.h>

#define PAGES(bytes) (page_up(bytes) / PAGE_SIZE)

/* Where the output goes. */
static void put(const char *text)
{
	fputs(text, stdout);
}

/* As printf(), but escapes unprintable characters as text_add_shown() does: names are foreign
 * text. */
static void __attribute__((format(printf, 1, 2))) say(const char *format, ...)
{
	static char buffer[16384]; /* the longest path has 4096 bytes */
	va_list values;

	va_start(values, format);
	vsnprintf(buffer, sizeof(buffer), format, values);
	va_end(values);
	text_show(buffer, put);
}

/* A size as text_add_size() writes it; valid until the fourth call after this one. */
static const char *size_words(uint64_t bytes)
{
	static char buffers[4][32];
	static unsigned next;
	char *buffer = buffers[next++ % 4];
	struct text text = text_in(buffer, sizeof(buffers[0]));

	text_add_size(&text, bytes);
	return buffer;
}

/* "0x1000-0x2000"; valid until the second call after this one. */
static const char *range_words(uint64_t begin, uint64_t end)
{
	static char buffers[2][64];
	static unsigned next;
	char *buffer = buffers[next++ % 2];

	snprintf(buffer, sizeof(buffers[0]), "0x%" PRIx64 "-0x%" PRIx64, begin, end);
	return buffer;
}

/* What kind of file it is. */
static const char *format_name(const struct elf *elf)
{
	if (!elf->known)
		return "no ELF file";
	return elf->is_elf32 ? "ELF32" : "ELF64";
}

/* What the file is, in one line. */
static void show_kernel(const struct check *check)
{
	const struct kernel *kernel = &check->run.boot->kernel;
	const char *entry = symbol_name_at(&check->symbols, kernel->entry.at);
	uint64_t debug = lint_debug_size(&check->sections);

	say("%s: %s, %s, %s\n", check->run.config->kernel.name, size_words(kernel->elf.file.size),
	    format_name(&kernel->elf),
	    kernel->position_independent ? "position-independent" : "at fixed addresses");
	if (debug != 0)
		say("  %s of it are debug data, which ./build.sh leaves out of the image\n",
		    size_words(debug));
	say("\nsegment  bytes in file    addresses%31spages  may\n", "");
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];
		uint64_t pages =
			PAGES(segment->virt.end) - page_down(segment->virt.begin) / PAGE_SIZE;

		say("%7u  %-15s  ", segment->header,
		    segment->file.size == 0
		            ? "none"
		            : range_words(segment->offset, segment->offset + segment->file.size));
		say("%-38s %6" PRIu64 "  %s\n", range_words(segment->virt.begin, segment->virt.end),
		    pages, rights_name(segment->rights));
	}
	say("  entry  0x%" PRIx64 "%s%s\n", kernel->entry.at, entry != NULL ? "  " : "",
	    entry != NULL ? entry : "");
}

/* How it is started, and what it asks for, one line each. */
static void show_protocol(const struct check *check)
{
	say("  protocol  %s", check->run.protocol->name);
	if (check->asks[0] != 0)
		say(check->run.protocol->describe != NULL ? ", for " : "\n    asks for  ");
	for (const char *at = check->asks; *at != 0;) {
		int length = (int)strcspn(at, "\n");

		say("%.*s", length, at);
		at += length;
		if (*at == '\n')
			say("\n    asks for  ");
		at += *at == '\n';
	}
	say("\n");
	if (check->is_text_only)
		say("  screen    VGA text at 0xb8000 (from 0x%" PRIx64
		    "): shows nothing on a machine with UEFI\n",
		    check->text_access);
}

/* How much memory it takes, and for what. */
static void show_needs(const struct check *check)
{
	uint64_t total = 0;
	unsigned shown = 0;

	for (unsigned use = 0; use < USE_FRAMEBUFFER; use++)
		total += check_placed(check, (enum use)use);
	say("\nIt takes %s of memory:", size_words(total));
	for (unsigned use = 0; use < USE_FRAMEBUFFER; use++) {
		uint64_t size = check_placed(check, (enum use)use);

		if (size == 0)
			continue;
		say("%s%s %s %s", shown == 0 ? "" : ",", shown % 3 == 0 ? "\n   " : "",
		    use_name((enum use)use), size_words(size));
		if (use == USE_PAGE_TABLES)
			say(" (%" PRIu64 " pages)", PAGES(size));
		shown++;
	}
	say("\n");
}

/* The messages; refusals last, where they are seen. */
static void show_findings(const struct check *check, bool refusals)
{
	for (unsigned i = 0; i < check->run.report.count; i++) {
		char buffer[1000];
		struct text text = text_in(buffer, sizeof(buffer));

		if (check->run.report.findings[i].refusal != refusals)
			continue;
		finding_write(&text, &check->run.report.findings[i], false);
		say("%s%s", refusals ? "" : "warning ", buffer);
	}
}

void show_text(const struct check *check)
{
	const struct config *config = check->run.config;
	const char *name = config->kernel.name;
	bool refused = check_refusal(check) != NULL;
	unsigned warnings = check_warnings(check);

	if (check->readable) {
		show_kernel(check);
		show_protocol(check);
	}
	if (check->prepared) {
		say("\nOn a model of a machine with %s of memory; other machines may give "
		    "other\naddresses:\n\n",
		    size_words(check->model.size));
		print_plan(&check->run.boot->plan, put);
		show_needs(check);
	}
	if (check->run.report.count > 0 && check->readable)
		say("\n");
	show_findings(check, false);
	show_findings(check, true);
	if (config->options.action != ACTION_START && !refused)
		say("\nno kernel is started: the options %s the machine\n",
		    config->options.action == ACTION_REBOOT ? "restart" : "switch off");
	else if (name == NULL)
		say("\nno kernel is started\n");
	else if (refused)
		say("\nLongjump cannot start %s\n", name);
	else if (warnings > 0)
		say("\nOK: Longjump can start %s, with %u warning%s\n", name, warnings,
		    warnings == 1 ? "" : "s");
	else
		say("\nOK: Longjump can start %s\n", name);
}
