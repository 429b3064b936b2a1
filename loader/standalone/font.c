/* SPDX-License-Identifier: MIT */
/* font.c - the glyphs. The baseline is line 11; letters reach up to line 2 and down to line 13. */
#include "standalone/font.h"

#define LINES 16
#define FIRST ' '
#define LAST  '~'

/* Each glyph from its first line, in the highest byte, to its last. */
static const uint64_t letters[LAST - FIRST + 1][2] = {
	[' ' - FIRST] = { 0x0000000000000000, 0x0000000000000000 },
	['!' - FIRST] = { 0x0000303030303030, 0x3000303000000000 },
	['"' - FIRST] = { 0x006c6c6c24000000, 0x0000000000000000 },
	['#' - FIRST] = { 0x0000002828fe2828, 0xfe28280000000000 },
	['$' - FIRST] = { 0x00107cd6d0d07c16, 0x16d67c1000000000 },
	['%' - FIRST] = { 0x00006296946c0810, 0x306c52d28c000000 },
	['&' - FIRST] = { 0x0000386c6c3870da, 0xcec4ce7a00000000 },
	['\'' - FIRST] = { 0x0018181810000000, 0x0000000000000000 },
	['(' - FIRST] = { 0x000c183030606060, 0x603030180c000000 },
	[')' - FIRST] = { 0x00603018180c0c0c, 0x0c18183060000000 },
	['*' - FIRST] = { 0x00000000105438fe, 0x3854100000000000 },
	['+' - FIRST] = { 0x0000000000101010, 0xfe10101000000000 },
	[',' - FIRST] = { 0x0000000000000000, 0x0000303030600000 },
	['-' - FIRST] = { 0x0000000000000000, 0xfc00000000000000 },
	['.' - FIRST] = { 0x0000000000000000, 0x0000303000000000 },
	['/' - FIRST] = { 0x0006040c08181030, 0x206040c000000000 },
	['0' - FIRST] = { 0x00007cc6c6ced6d6, 0xe6c6c67c00000000 },
	['1' - FIRST] = { 0x0000183878181818, 0x1818187e00000000 },
	['2' - FIRST] = { 0x00007cc606060c18, 0x3060c0fe00000000 },
	['3' - FIRST] = { 0x00007cc606063c06, 0x0606c67c00000000 },
	['4' - FIRST] = { 0x00000c1c3c6ccccc, 0xfe0c0c0c00000000 },
	['5' - FIRST] = { 0x0000fec0c0fc0606, 0x0606c67c00000000 },
	['6' - FIRST] = { 0x00003c60c0c0fcc6, 0xc6c6c67c00000000 },
	['7' - FIRST] = { 0x0000fe06060c0c18, 0x1830303000000000 },
	['8' - FIRST] = { 0x00007cc6c6c67cc6, 0xc6c6c67c00000000 },
	['9' - FIRST] = { 0x00007cc6c6c6c67e, 0x06060c7800000000 },
	[':' - FIRST] = { 0x0000000000303000, 0x0000303000000000 },
	[';' - FIRST] = { 0x0000000000303000, 0x0000303030600000 },
	['<' - FIRST] = { 0x000000060c183060, 0x30180c0600000000 },
	['=' - FIRST] = { 0x000000000000fc00, 0x00fc000000000000 },
	['>' - FIRST] = { 0x0000006030180c06, 0x0c18306000000000 },
	['?' - FIRST] = { 0x00007cc606060c18, 0x3000303000000000 },
	['@' - FIRST] = { 0x00007cc6ded6d6d6, 0xdec0c67c00000000 },
	['A' - FIRST] = { 0x000010386cc6c6c6, 0xfec6c6c600000000 },
	['B' - FIRST] = { 0x0000fcc6c6c6fcc6, 0xc6c6c6fc00000000 },
	['C' - FIRST] = { 0x00007cc6c0c0c0c0, 0xc0c0c67c00000000 },
	['D' - FIRST] = { 0x0000f8ccc6c6c6c6, 0xc6c6ccf800000000 },
	['E' - FIRST] = { 0x0000fec0c0c0f8c0, 0xc0c0c0fe00000000 },
	['F' - FIRST] = { 0x0000fec0c0c0f8c0, 0xc0c0c0c000000000 },
	['G' - FIRST] = { 0x00007cc6c0c0c0ce, 0xc6c6c67e00000000 },
	['H' - FIRST] = { 0x0000c6c6c6c6fec6, 0xc6c6c6c600000000 },
	['I' - FIRST] = { 0x00007e1818181818, 0x1818187e00000000 },
	['J' - FIRST] = { 0x00001e0606060606, 0x06c6c67c00000000 },
	['K' - FIRST] = { 0x0000c6ccccd8f0f0, 0xd8ccccc600000000 },
	['L' - FIRST] = { 0x0000c0c0c0c0c0c0, 0xc0c0c0fe00000000 },
	['M' - FIRST] = { 0x0000c6eefed6d6c6, 0xc6c6c6c600000000 },
	['N' - FIRST] = { 0x0000c6e6e6f6dede, 0xcecec6c600000000 },
	['O' - FIRST] = { 0x00007cc6c6c6c6c6, 0xc6c6c67c00000000 },
	['P' - FIRST] = { 0x0000fcc6c6c6c6fc, 0xc0c0c0c000000000 },
	['Q' - FIRST] = { 0x00007cc6c6c6c6c6, 0xc6d6cc7600000000 },
	['R' - FIRST] = { 0x0000fcc6c6c6fcf0, 0xd8ccc6c600000000 },
	['S' - FIRST] = { 0x00007cc6c0e0781c, 0x0606c67c00000000 },
	['T' - FIRST] = { 0x00007e1818181818, 0x1818181800000000 },
	['U' - FIRST] = { 0x0000c6c6c6c6c6c6, 0xc6c6c67c00000000 },
	['V' - FIRST] = { 0x0000c6c6c6c6c66c, 0x6c38381000000000 },
	['W' - FIRST] = { 0x0000c6c6c6c6c6d6, 0xd6feeec600000000 },
	['X' - FIRST] = { 0x0000c6c66c381010, 0x386cc6c600000000 },
	['Y' - FIRST] = { 0x0000c6c6c66c3810, 0x3838383800000000 },
	['Z' - FIRST] = { 0x0000fe060c0c1830, 0x6060c0fe00000000 },
	['[' - FIRST] = { 0x003c303030303030, 0x303030303c000000 },
	['\\' - FIRST] = { 0x00c0406020301018, 0x080c040600000000 },
	[']' - FIRST] = { 0x0078181818181818, 0x1818181878000000 },
	['^' - FIRST] = { 0x0010386cc6000000, 0x0000000000000000 },
	['_' - FIRST] = { 0x0000000000000000, 0x0000000000ff0000 },
	['`' - FIRST] = { 0x0060301800000000, 0x0000000000000000 },
	['a' - FIRST] = { 0x00000000007c0606, 0x7ec6ce7600000000 },
	['b' - FIRST] = { 0x0000c0c0c0fcc6c6, 0xc6c6c6fc00000000 },
	['c' - FIRST] = { 0x00000000007cc6c0, 0xc0c0c67c00000000 },
	['d' - FIRST] = { 0x00000606067ec6c6, 0xc6c6c67e00000000 },
	['e' - FIRST] = { 0x00000000007cc6c6, 0xfec0c67c00000000 },
	['f' - FIRST] = { 0x00001e303030fe30, 0x3030303000000000 },
	['g' - FIRST] = { 0x00000000007ec6c6, 0xc6c67e06067c0000 },
	['h' - FIRST] = { 0x0000c0c0c0fcc6c6, 0xc6c6c6c600000000 },
	['i' - FIRST] = { 0x0000181800781818, 0x1818187e00000000 },
	['j' - FIRST] = { 0x00000c0c003c0c0c, 0x0c0c0c0c0ccc7800 },
	['k' - FIRST] = { 0x0000c0c0c0c6ccd8, 0xf0d8ccc600000000 },
	['l' - FIRST] = { 0x0000781818181818, 0x1818187e00000000 },
	['m' - FIRST] = { 0x0000000000fcd6d6, 0xd6d6d6d600000000 },
	['n' - FIRST] = { 0x0000000000fcc6c6, 0xc6c6c6c600000000 },
	['o' - FIRST] = { 0x00000000007cc6c6, 0xc6c6c67c00000000 },
	['p' - FIRST] = { 0x0000000000fcc6c6, 0xc6c6c6fcc0c0c000 },
	['q' - FIRST] = { 0x00000000007ec6c6, 0xc6c6c67e06060600 },
	['r' - FIRST] = { 0x0000000000dce6c0, 0xc0c0c0c000000000 },
	['s' - FIRST] = { 0x00000000007ec0c0, 0x7c0606fc00000000 },
	['t' - FIRST] = { 0x0000303030fe3030, 0x3030301e00000000 },
	['u' - FIRST] = { 0x0000000000c6c6c6, 0xc6c6c67e00000000 },
	['v' - FIRST] = { 0x0000000000c6c6c6, 0x6c6c381000000000 },
	['w' - FIRST] = { 0x0000000000c6c6c6, 0xd6d6fe6c00000000 },
	['x' - FIRST] = { 0x0000000000c6c66c, 0x386cc6c600000000 },
	['y' - FIRST] = { 0x0000000000c6c6c6, 0xc6c67e06067c0000 },
	['z' - FIRST] = { 0x0000000000fe0c18, 0x183060fe00000000 },
	['{' - FIRST] = { 0x000e181818187018, 0x181818180e000000 },
	['|' - FIRST] = { 0x1818181818181818, 0x1818181818180000 },
	['}' - FIRST] = { 0x00e0303030301c30, 0x30303030e0000000 },
	['~' - FIRST] = { 0x00000000000076dc, 0x0000000000000000 },
};

/* Lines from the middle of a cell to its edges: in code page 437, characters 0xb3 to 0xda. */
enum { UP = 1, DOWN = 2, LEFT = 4, RIGHT = 8 };
static const struct {
	uint8_t character, lines;
} drawings[] = {
	{ 0xb3, UP | DOWN },
	{ 0xb4, UP | DOWN | LEFT },
	{ 0xbf, DOWN | LEFT },
	{ 0xc0, UP | RIGHT },
	{ 0xc1, UP | LEFT | RIGHT },
	{ 0xc2, DOWN | LEFT | RIGHT },
	{ 0xc3, UP | DOWN | RIGHT },
	{ 0xc4, LEFT | RIGHT },
	{ 0xc5, UP | DOWN | LEFT | RIGHT },
	{ 0xd9, UP | LEFT },
	{ 0xda, DOWN | RIGHT },
};

static union {
	uint8_t lines[LINES];
	uint64_t halves[2]; /* as in letters, but in the other byte order */
} glyphs[256];

/* A glyph from its first line, in the highest byte of `high`, to its last. */
static void set(unsigned character, uint64_t high, uint64_t low)
{
	glyphs[character].halves[0] = __builtin_bswap64(high);
	glyphs[character].halves[1] = __builtin_bswap64(low);
}

/* Two patterns, alternating, on lines [begin, end). */
static void fill(unsigned character, unsigned begin, unsigned end, uint8_t even, uint8_t odd)
{
	for (unsigned line = begin; line < end; line++)
		glyphs[character].lines[line] = line % 2 == 0 ? even : odd;
}

/* Lines that are two pixels wide. */
static void draw_lines(unsigned character, uint8_t lines)
{
	fill(character, 0, LINES, 0, 0);
	if ((lines & UP) != 0)
		fill(character, 0, 9, 0x18, 0x18);
	if ((lines & DOWN) != 0)
		fill(character, 7, LINES, 0x18, 0x18);
	for (unsigned line = 7; line < 9; line++) {
		glyphs[character].lines[line] |= (lines & LEFT) != 0 ? 0xf8 : 0;
		glyphs[character].lines[line] |= (lines & RIGHT) != 0 ? 0x1f : 0;
	}
}

/* Shades and blocks: characters 0xb0 to 0xb2, 0xdb to 0xdf and 0xfe. */
static void draw_blocks(void)
{
	fill(0xb0, 0, LINES, 0x88, 0x22);
	fill(0xb1, 0, LINES, 0xaa, 0x55);
	fill(0xb2, 0, LINES, 0xee, 0xbb);
	for (unsigned character = 0xdb; character <= 0xdf; character++)
		fill(character, 0, LINES, 0, 0);
	fill(0xdb, 0, LINES, 0xff, 0xff);
	fill(0xdc, 8, LINES, 0xff, 0xff);
	fill(0xdd, 0, LINES, 0xf0, 0xf0);
	fill(0xde, 0, LINES, 0x0f, 0x0f);
	fill(0xdf, 0, 8, 0xff, 0xff);
	fill(0xfe, 0, LINES, 0, 0);
	fill(0xfe, 5, 11, 0x7e, 0x7e);
}

const uint8_t *font_glyphs(void)
{
	static bool are_drawn;

	if (are_drawn)
		return glyphs[0].lines;
	are_drawn = true;
	/* A box, for characters without a glyph. */
	for (unsigned character = 1; character < COUNT(glyphs); character++) {
		if (character != 0xff)
			set(character, 0x0000fe8282828282, 0x828282fe00000000);
	}
	for (unsigned i = 0; i < COUNT(letters); i++)
		set(FIRST + i, letters[i][0], letters[i][1]);
	draw_blocks();
	for (unsigned i = 0; i < COUNT(drawings); i++)
		draw_lines(drawings[i].character, drawings[i].lines);
	return glyphs[0].lines;
}
