/* SPDX-License-Identifier: MIT */
/*
 * show_json.c - prints the findings for programs: one JSON object on one line. Addresses are
 * strings in hexadecimal, since JSON's numbers end at 53 bits; sizes are numbers.
 */
#include "platform/host/show_json.h"

#include "platform/host/lint.h"
#include "platform/host/lookup.h"

#include <inttypes.h>
#include <stdio.h>

/* A string, escaped as JSON requires; bytes that are not ASCII are kept. */
static void put_string(const char *string)
{
	putchar('"');
	for (; *string != 0; string++) {
		unsigned char c = (unsigned char)*string;

		if (c == '"' || c == '\\')
			printf("\\%c", c);
		else if (c < 0x20 || c == 0x7f)
			printf("\\u%04x", c);
		else
			putchar(c);
	}
	putchar('"');
}

/* "name": "string" */
static void put_text(const char *name, const char *string)
{
	printf("\"%s\": ", name);
	put_string(string);
}

/* "name": "0x..." */
static void put_address(const char *name, uint64_t address)
{
	printf("\"%s\": \"0x%" PRIx64 "\"", name, address);
}

static void put_segments(const struct check *check)
{
	const struct kernel *kernel = &check->run.boot->kernel;

	printf(", \"segments\": [");
	for (unsigned i = 0; i < kernel->segment_count; i++) {
		const struct segment *segment = &kernel->segments[i];

		printf("%s{\"number\": %u, \"offset\": %" PRIu64 ", \"file_size\": %" PRIu64 ", ",
		       i == 0 ? "" : ", ", segment->header, segment->offset, segment->file.size);
		put_address("begin", segment->virt.begin);
		printf(", ");
		put_address("end", segment->virt.end);
		printf(", \"rights\": \"%s\"}", rights_name(segment->rights));
	}
	printf("]");
}

static void put_kernel(const struct check *check)
{
	const struct kernel *kernel = &check->run.boot->kernel;
	const char *symbol = symbol_name_at(&check->symbols, kernel->entry.at);

	printf(", \"size\": %" PRIu64 ", \"debug_size\": %" PRIu64, kernel->elf.file.size,
	       lint_debug_size(&check->sections));
	printf(", \"position_independent\": %s, ", kernel->position_independent ? "true" : "false");
	put_address("entry", kernel->entry.at);
	if (symbol != NULL) {
		printf(", ");
		put_text("entry_symbol", symbol);
	}
	printf(", ");
	put_text("protocol", check->run.protocol->name);
	printf(", ");
	put_text("asks", check->asks);
	printf(", \"text_screen_only\": %s", check->is_text_only ? "true" : "false");
	put_segments(check);
}

static void put_plan(const struct check *check)
{
	const struct plan *plan = &check->run.boot->plan;

	printf(", ");
	put_address("slide", plan->slide);
	printf(", \"page_tables\": %" PRIu64 ", \"placements\": [",
	       check_placed(check, USE_PAGE_TABLES) / PAGE_SIZE);
	for (unsigned i = 0; i < plan->count; i++) {
		const struct placement *placement = &plan->placements[i];
		struct virt_range virt = placement_virtual(placement);

		printf("%s{", i == 0 ? "" : ", ");
		put_text("use", use_name(placement->use));
		printf(", ");
		put_address("physical", placement->phys.begin);
		printf(", \"size\": %" PRIu64, placement->phys.end - placement->phys.begin);
		if (placement->rights != 0) {
			printf(", ");
			put_address("begin", virt.begin);
			printf(", ");
			put_address("end", virt.end);
			printf(", \"rights\": \"%s\"", rights_name(placement->rights));
		}
		printf("}");
	}
	printf("]");
}

static void put_findings(const struct check *check)
{
	printf(", \"findings\": [");
	for (unsigned i = 0; i < check->run.report.count; i++) {
		const struct finding *finding = &check->run.report.findings[i];
		struct diag_entry entry;
		char buffer[1000];
		struct text text = text_in(buffer, sizeof(buffer));

		diag_find(finding->code, &entry);
		finding_write(&text, finding, false);
		printf("%s{\"code\": \"K%03u\", ", i == 0 ? "" : ", ", (unsigned)finding->code);
		put_text("severity", finding->refusal ? "refusal" : "warning");
		printf(", ");
		put_text("summary", entry.summary);
		printf(", ");
		put_text("detail", finding->detail);
		printf(", ");
		put_text("fix", entry.fix);
		printf(", ");
		put_text("text", buffer);
		printf("}");
	}
	printf("]");
}

void show_json(const struct check *check)
{
	const char *name = check->run.config->kernel.name;

	printf("{");
	put_text("file", name != NULL ? name : "");
	printf(", \"starts\": %s, \"memory\": %" PRIu64, check->prepared ? "true" : "false",
	       check->model.size);
	if (check->readable)
		put_kernel(check);
	if (check->prepared)
		put_plan(check);
	put_findings(check);
	printf("}\n");
}
