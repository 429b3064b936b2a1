/* SPDX-License-Identifier: MIT */
/* text.c - checks what core/text.h promises, compared with the C library's printf. */
#include "check.h"

#include "core/text.h"

/* The formatter and printf must agree, and the formatter may not write past its buffer. */
__attribute__((format(printf, 1, 2))) static void expect_same(const char *format, ...)
{
	char ours[128], theirs[128];
	struct text text = text_in(ours, sizeof(ours));
	va_list values;

	va_start(values, format);
	text_add_list(&text, format, values);
	va_end(values);
	va_start(values, format);
	vsnprintf(theirs, sizeof(theirs), format, values);
	va_end(values);
	EXPECT_TEXT(ours, theirs);
	EXPECT(text.at == ours + strlen(theirs));
}

/* A size must be written like this. */
static void expect_size(uint64_t bytes, const char *expected)
{
	char said[32];
	struct text text = text_in(said, sizeof(said));

	text_add_size(&text, bytes);
	EXPECT_TEXT(said, expected);
}

TEST("a new text is empty")
{
	char buffer[4] = "xyz";
	struct text text = text_in(buffer, sizeof(buffer));

	EXPECT_TEXT(buffer, "");
	EXPECT(text.at == buffer);
}

TEST("plain words, characters and percent signs are written as printf does")
{
	expect_same("nothing to fill in");
	expect_same("100%%");
	expect_same("%c%c%c", 'a', '%', 'z');
	expect_same("[%s] [%s]", "one", "");
}

TEST("numbers are written as printf does, of every length")
{
	static const uint64_t values[] = {
		0,
		1,
		9,
		10,
		99,
		100,
		255,
		4096,
		INT32_MAX,
		UINT32_MAX,
		UINT64_C(9999999999),
		UINT64_C(10000000000000000000),
		INT64_MAX,
		UINT64_MAX,
	};

	for (unsigned i = 0; i < COUNT(values); i++) {
		expect_same("%u %x %d", (unsigned)values[i], (unsigned)values[i], (int)values[i]);
		expect_same("%lu %lx %ld", (unsigned long)values[i], (unsigned long)values[i],
		            (long)values[i]);
		expect_same("%llu %llx", ULL(values[i]), ULL(values[i]));
		expect_same("%lld", (long long)values[i]);
		expect_same("%zu %zx", (size_t)values[i], (size_t)values[i]);
	}
	expect_same("%d %ld %lld", INT32_MIN, -1L, (long long)INT64_MIN);
}

TEST("numbers are padded as printf does: left, right, with zeroes")
{
	expect_same("[%5u] [%-5u] [%05u]", 42u, 42u, 42u);
	expect_same("[%2u] [%-2u] [%02u]", 12345u, 12345u, 12345u);
	expect_same("[%016llx] [%20llu]", ULL(0xfee00000), ULL(4096));
	expect_same("[%6d] [%-6d]", -42, -42);
	expect_same("K%03u", 7u);
}

TEST("zeroes are put after a sign and after 0x")
{
	expect_same("[%06d]", -42);
	expect_same("[%#010x]", 0x1234u);
}

TEST("hexadecimal numbers get their 0x if asked for")
{
	expect_same("%#x %#llx", 1u, ULL(UINT64_MAX));
	expect_same("[%#12llx] [%-#12llx]", ULL(0x1000), ULL(0x1000));
}

TEST("strings are padded and cut as printf does")
{
	expect_same("[%8s] [%-8s] [%2s]", "abc", "abc", "abc");
	expect_same("[%.2s] [%.9s] [%.0s]", "abc", "abc", "abc");
	expect_same("[%6.2s] [%-6.2s]", "abc", "abc");
	expect_same("[%.*s] [%.*s]", 1, "abc", 5, "abc");
}

TEST("a precision keeps the formatter from reading further")
{
	static const char no_end[] = { 'a', 'b' };
	char said[8];
	struct text text = text_in(said, sizeof(said));

	text_add(&text, "%.2s", no_end);
	EXPECT_TEXT(said, "ab");
}

TEST("text that does not fit is cut, and the buffer still ends in a zero")
{
	for (size_t size = 1; size < 12; size++) {
		char *buffer = malloc(size); /* the checker watches its end */
		struct text text = text_in(buffer, size);

		text_add(&text, "%s %4u", "abc", 17u);
		text_add(&text, "%s", "more");
		EXPECT(memcmp(buffer, "abc   17more", size - 1) == 0 && buffer[size - 1] == 0);
		EXPECT(text.at == text.limit);
		free(buffer);
	}
}

TEST("texts grow by adding")
{
	char said[16];
	struct text text = text_in(said, sizeof(said));

	text_add(&text, "%s", "one");
	text_add(&text, " and %u", 2u);
	EXPECT_TEXT(said, "one and 2");
}

TEST("sizes are written as a person would write them")
{
	expect_size(0, "0 bytes");
	expect_size(1023, "1023 bytes");
	expect_size(1024, "1 KiB");
	expect_size(1536, "1.5 KiB");
	expect_size(64 * KIB, "64 KiB");
	expect_size(MIB - 1, "1023.9 KiB");
	expect_size(MIB, "1 MiB");
	expect_size(3 * GIB / 2, "1.5 GiB");
	expect_size(1024 * GIB, "1 TiB");
	expect_size(UINT64_MAX, "16777215.9 TiB");
}

TEST("strings are the same when every character is")
{
	EXPECT(text_equal("", ""));
	EXPECT(text_equal("abc", "abc"));
	EXPECT(!text_equal("abc", "abd"));
	EXPECT(!text_equal("abc", "ab"));
	EXPECT(!text_equal("ab", "abc"));
	EXPECT(text_equal(text_after("abc", "abc"), "")
	       && text_equal(text_after("abc", ""), "abc"));
	EXPECT(text_equal(text_after("abc", "ab"), "c") && text_after("abc", "abcd") == NULL);
	EXPECT(text_after("abc", "b") == NULL && text_after("", "a") == NULL);
}

TEST("a string's length does not count its zero")
{
	EXPECT_EQUAL(text_length(""), 0);
	EXPECT_EQUAL(text_length("abc"), 3);
}

TEST("numbers are read up to the largest that fits, and none beyond it")
{
	static const struct {
		const char *words;
		uint64_t number;
	} good[] = {
		{ "18446744073709551615", UINT64_MAX },
		{ "0xffffffffffffffff", UINT64_MAX },
		{ "16777215T", UINT64_C(0xffffff0000000000) },
		{ "0x1G", GIB },
		{ "64k", 64 * KIB },
	};
	static const char *const bad[] = { "18446744073709551616",
		                           "18446744073709551620",
		                           "0x10000000000000000",
		                           "16777216T",
		                           "17179869184G",
		                           "",
		                           "0x",
		                           "K",
		                           "1KK",
		                           "1 " };
	uint64_t number;

	for (unsigned i = 0; i < COUNT(good); i++) {
		EXPECT(text_read_number(good[i].words, &number));
		EXPECT_EQUAL(number, good[i].number);
	}
	for (unsigned i = 0; i < COUNT(bad); i++) {
		if (text_read_number(bad[i], &number))
			FAIL("%s is read as %#" PRIx64, bad[i], number);
	}
}

/* How foreign text is shown; all at once, and in pieces. */
static char pieces[200];

static void keep(const char *text)
{
	EXPECT(strlen(pieces) + strlen(text) < sizeof(pieces));
	strcat(pieces, text);
}

static void expect_shown(const char *string, const char *expected)
{
	char said[200];
	struct text text = text_in(said, sizeof(said));

	text_add_shown(&text, string);
	EXPECT_TEXT(said, expected);
	pieces[0] = 0;
	text_show(string, keep);
	EXPECT_TEXT(pieces, expected);
}

TEST("what can be seen is shown as it is, in every script")
{
	expect_shown("", "");
	expect_shown(" kernel.elf~", " kernel.elf~");
	expect_shown("one\ntwo", "one\ntwo");
	expect_shown("gr\xc3\xb6\xc3\x9f"
	             "e \xe6\xa0\xb8 \xf0\x9f\x90\xa7 \xc2\xa0",
	             "gr\xc3\xb6\xc3\x9f"
	             "e \xe6\xa0\xb8 \xf0\x9f\x90\xa7 \xc2\xa0");
}

TEST("what a terminal would obey is shown as numbers")
{
	expect_shown("\x1b]0;owned\x07\x1b[2K", "\\x1b]0;owned\\x07\\x1b[2K");
	expect_shown("a\rb\tc\bd\x7f", "a\\x0db\\x09c\\x08d\\x7f");
	expect_shown("\xc2\x9b"
	             "2J \xc2\x85",
	             "\\xc2\\x9b2J \\xc2\\x85");                                      /* C1 */
	expect_shown("\xe2\x80\xae \xe2\x81\xa6", "\\xe2\\x80\\xae \\xe2\\x81\\xa6"); /* order */
	expect_shown("\xe2\x80\xa8 \xef\xbb\xbf", "\\xe2\\x80\\xa8 \\xef\\xbb\\xbf");
}

TEST("what is not UTF-8 is shown as numbers")
{
	expect_shown("\x9b"
	             "2J\xff",
	             "\\x9b2J\\xff");
	expect_shown("\xc3", "\\xc3");
	expect_shown("\xe6\xa0", "\\xe6\\xa0");
	expect_shown("\xc3(", "\\xc3(");
	expect_shown("\xc0\xaf \xc1\xbf \xe0\x9f\xbf", "\\xc0\\xaf \\xc1\\xbf \\xe0\\x9f\\xbf");
	expect_shown("\xf0\x8f\xbf\xbf", "\\xf0\\x8f\\xbf\\xbf");
	expect_shown("\xed\xa0\x80 \xf4\x90\x80\x80 \xf5\x80\x80\x80",
	             "\\xed\\xa0\\x80 \\xf4\\x90\\x80\\x80 \\xf5\\x80\\x80\\x80");
}
