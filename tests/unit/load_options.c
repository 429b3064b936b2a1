/* SPDX-License-Identifier: MIT */
/* load_options.c - reads the words that a program for UEFI was started with, as the shell, boot
 * entries and other boot loaders pass them. */
#include "check.h"

#include "standalone/load_options.h"

static char text[32];

/* Reads load options: a string, as 16-bit characters at an odd address. */
static bool read(const char *options, size_t count, size_t size)
{
	static uint8_t bytes[65];

	for (size_t i = 0; i < count; i++) {
		bytes[1 + 2 * i] = (uint8_t)options[i];
		bytes[2 + 2 * i] = 0;
	}
	return load_options_read(bytes + 1, 2 * count, text, size);
}

TEST("load options are words without the program's name, or no words")
{
	static const struct {
		const char *options, *words;
	} cases[] = {
		{ "", "" },
		{ "one two", "one two" },
		{ "my.efi", "" },
		{ "FS0:\\MY.EFI  a b", "a b" },
		{ "efi .efi", "efi .efi" },
		{ "my.efi.x a", "my.efi.x a" },
		{ "a\tb", "" },
		{ "\x90\x91", "" },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		EXPECT(read(cases[i].options, strlen(cases[i].options), sizeof(text)));
		EXPECT_TEXT(text, cases[i].words);
		EXPECT(read(cases[i].options, strlen(cases[i].options) + 1, sizeof(text)));
		EXPECT_TEXT(text, cases[i].words);
	}
	EXPECT(load_options_read("AMBO", 3, text, sizeof(text)));
	EXPECT_TEXT(text, "");
}

TEST("load options that are too long are cut, and said to be")
{
	EXPECT(read("123456789012345", 15, 16));
	EXPECT_TEXT(text, "123456789012345");
	EXPECT(!read("1234567890123456", 16, 16));
	EXPECT_TEXT(text, "123456789012345");
}

TEST("words of the shell come without the first, if they are short and ASCII")
{
	static const uint16_t name[] = { 'x', 0 }, a[] = { 'a', ' ', 'b', 0 }, c[] = { 'c', 0 };
	static const uint16_t foreign[] = { 'z', 0xe4, 0 }, none[] = { 0 };
	const uint16_t *words[] = { name, a, c, none, foreign };

	EXPECT(load_options_of_shell(words, 0, text, sizeof(text)));
	EXPECT_TEXT(text, "");
	EXPECT(load_options_of_shell(words, 1, text, sizeof(text)));
	EXPECT_TEXT(text, "");
	EXPECT(load_options_of_shell(words, 3, text, sizeof(text)));
	EXPECT_TEXT(text, "a b c");
	EXPECT(!load_options_of_shell(words, 5, text, sizeof(text)));
	EXPECT(load_options_of_shell(words, 3, text, 6));
	EXPECT(!load_options_of_shell(words, 3, text, 5));
	EXPECT_TEXT(text, "a b ");
}
