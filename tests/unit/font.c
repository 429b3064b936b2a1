/* SPDX-License-Identifier: MIT */
/* font.c - checks what standalone/font.h promises. Only people can judge what the letters look
 * like. */
#include "check.h"

#include "standalone/font.h"

TEST("every character has its own glyph, except those that are empty boxes")
{
	const uint8_t *glyphs = font_glyphs();

	for (unsigned a = '!'; a <= '~'; a++) {
		EXPECT(memcmp(glyphs + 16 * a, glyphs + 16, 16) != 0);
		for (unsigned b = a + 1; b <= '~'; b++)
			EXPECT(memcmp(glyphs + 16 * a, glyphs + 16 * b, 16) != 0);
	}
}

TEST("blanks are blank, and a full block is full")
{
	const uint8_t *glyphs = font_glyphs();
	static const uint8_t blanks[] = { 0, ' ', 0xff };

	for (unsigned i = 0; i < 16; i++) {
		for (unsigned k = 0; k < COUNT(blanks); k++)
			EXPECT_EQUAL(glyphs[16 * blanks[k] + i], 0);
		EXPECT_EQUAL(glyphs[16 * 0xdb + i], 0xff);
	}
}

TEST("letters keep a column free, so that they do not touch")
{
	const uint8_t *glyphs = font_glyphs();

	for (unsigned c = '0'; c <= 'z'; c++) {
		for (unsigned i = 0; c != '_' && i < 16; i++)
			EXPECT_EQUAL(glyphs[16 * c + i] & 1, 0);
	}
}
