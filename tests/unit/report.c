/* SPDX-License-Identifier: MIT */
/* report.c - checks what core/report.h promises, and that the catalogue of messages is in order. */
#include "check.h"

#include "core/colour.h"
#include "core/report.h"

static struct report report;

/* An empty report before each test. */
static void begin(void)
{
	memset(&report, 0, sizeof(report));
}

TEST("a refusal is noted with its code and its numbers, and says false")
{
	begin();
	EXPECT(!refuse(&report, DIAG_ELF_EMPTY, "it has %u bytes", 0u));
	EXPECT_EQUAL(report.count, 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_ELF_EMPTY);
	EXPECT(report.findings[0].refusal);
	EXPECT_TEXT(report.findings[0].detail, "it has 0 bytes");
}

TEST("a warning is noted, and is not a refusal")
{
	begin();
	warn(&report, DIAG_VGA_WINDOW_TAKEN, "at %#llx", ULL(0xa0000));
	EXPECT_EQUAL(report.count, 1);
	EXPECT(!report.findings[0].refusal);
	EXPECT_TEXT(report.findings[0].detail, "at 0xa0000");
}

TEST("findings stay in the order in which they were made")
{
	begin();
	warn(&report, DIAG_VGA_WINDOW_TAKEN, "first");
	refuse(&report, DIAG_MAP_NO_ROOM, "second");
	EXPECT_TEXT(report.findings[0].detail, "first");
	EXPECT_TEXT(report.findings[1].detail, "second");
}

TEST("findings that exceed the room are counted, not kept; a refusal always has a place")
{
	unsigned last = COUNT(report.findings) - 1;

	begin();
	for (unsigned i = 0; i < last + 3; i++)
		warn(&report, DIAG_ELF_EMPTY, "number %u", i);
	EXPECT_EQUAL(report.count, last);
	EXPECT_EQUAL(report.lost, 3);
	EXPECT_TEXT(report.findings[last - 1].detail, "number 14");
	refuse(&report, DIAG_ELF_EMPTY, "the reason");
	EXPECT_TEXT(report.findings[last].detail, "the reason");
	refuse(&report, DIAG_ELF_EMPTY, "one more");
	EXPECT_EQUAL(report.lost, 4);
}

TEST("a detail that is too long is cut")
{
	begin();
	refuse(&report, DIAG_ELF_EMPTY, "%500s", "x");
	EXPECT_EQUAL(strlen(report.findings[0].detail), sizeof(report.findings[0].detail) - 1);
}

TEST("names in a detail cannot command a terminal")
{
	begin();
	refuse(&report, DIAG_ELF_NEEDS_LIBRARY, "it asks for %s", "\x1b[2Jlib\xff");
	EXPECT_TEXT(report.findings[0].detail, "it asks for \\x1b[2Jlib\\xff");
}

TEST("a refusal is worded as code and summary, detail, fix")
{
	char said[400];
	struct text text = text_in(said, sizeof(said));

	begin();
	refuse(&report, DIAG_ELF_PHDRS_OUTSIDE, "program headers at bytes 64..232");
	finding_write(&text, &report.findings[0], false);
	EXPECT_TEXT(said, "K107 the program headers lie outside the file\n"
	                  "     program headers at bytes 64..232\n"
	                  "     fix: the file is cut short; copy or link it again "
	                  "(docs/errors.md#K107)\n");
}

TEST("colours set off code, summary and fix, take no columns, and end with the finding")
{
	char said[400];
	struct text text = text_in(said, sizeof(said));

	begin();
	refuse(&report, DIAG_ELF_PHDRS_OUTSIDE, "program headers at bytes 64..232");
	finding_write(&text, &report.findings[0], true);
	EXPECT_TEXT(said, IN_VALUE "K107" IN_STRONG
	                           " the program headers lie outside the file" IN_PLAIN "\n"
	                           "     program headers at bytes 64..232\n"
	                           "     " IN_LABEL "fix: " IN_FIX
	                           "the file is cut short; copy or link it again " IN_LABEL
	                           "(docs/errors.md#K107)" IN_PLAIN "\n");
}

TEST("no line takes more than 79 columns, and none is broken before it must")
{
	for (int length = 1; length < 70; length++) {
		char said[1000];
		struct text text = text_in(said, sizeof(said));
		char *line;

		begin();
		refuse(&report, DIAG_ELF_EMPTY, "%.*s second", length,
		       "0123456789012345678901234567890123456789012345678901234567890123456789");
		finding_write(&text, &report.findings[0], false);
		line = strchr(said, '\n') + 1;
		EXPECT_EQUAL(strcspn(line, "\n"),
		             5 + (unsigned)length + (5 + length + 7 <= 79 ? 7 : 0));
	}
}

TEST("a warning is worded with a note in place of a fix, and without a detail if it has none")
{
	char said[400];
	struct text text = text_in(said, sizeof(said));

	begin();
	warn(&report, DIAG_VGA_WINDOW_TAKEN, "%s", "");
	finding_write(&text, &report.findings[0], false);
	EXPECT_PART(said, "K210 the kernel covers the VGA window\n     note: ");
}

TEST("every message of the catalogue has words, a fix, and a number of its own")
{
	static const struct {
		unsigned number;
		struct diag_entry entry;
	} catalogue[] = {
#define DIAG(number, name, summary, fix) { number, { summary, fix } },
#include "core/diag.def"
#undef DIAG
	};
	struct diag_entry found;

	for (unsigned i = 0; i < COUNT(catalogue); i++) {
		EXPECT(catalogue[i].number >= 100 && catalogue[i].number <= 999);
		EXPECT(catalogue[i].entry.summary[0] != 0 && catalogue[i].entry.fix[0] != 0);
		EXPECT(diag_find((enum diag)catalogue[i].number, &found));
		EXPECT_TEXT(found.summary, catalogue[i].entry.summary);
		EXPECT_TEXT(found.fix, catalogue[i].entry.fix);
	}
}

TEST("a code that nobody knows is not found")
{
	struct diag_entry entry;

	EXPECT(!diag_find((enum diag)999, &entry));
}
