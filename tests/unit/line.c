/* SPDX-License-Identifier: MIT */
/* line.c - types on a terminal that knows only characters and the backspace, and checks that it
 * always shows the line. */
#include "check.h"

#include "standalone/line.h"

static struct line line;
static char shown[LINE_SIZE + 10];
static size_t column;

/* What the terminal makes of an echo. */
static void show(const char *echo)
{
	for (; *echo != 0; echo++) {
		if (*echo == '\b')
			column--;
		else
			shown[column++] = *echo;
		EXPECT(column < sizeof(shown));
	}
}

/* The terminal shows the line, then nothing but spaces, with the cursor where it is. */
static void expect_shown(void)
{
	EXPECT_EQUAL(column, line.cursor);
	EXPECT(memcmp(shown, line.text, line.length) == 0);
	for (size_t i = line.length; i < sizeof(shown); i++)
		EXPECT(shown[i] == ' ');
	EXPECT_EQUAL(line.length, strlen(line.text));
}

static void begin(void)
{
	line_begin(&line);
	memset(shown, ' ', sizeof(shown));
	column = 0;
}

static void press(unsigned key)
{
	char echo[LINE_ECHO];
	struct text text = text_in(echo, sizeof(echo));

	line_key(&line, key, &text);
	show(echo);
	expect_shown();
}

static void type(const char *keys)
{
	for (; *keys != 0; keys++)
		press((uint8_t)*keys);
}

static void fresh(void)
{
	memset(&line, 0, sizeof(line));
	begin();
}

TEST("what is typed is the line")
{
	fresh();
	type("longjump.c32 k.elf");
	EXPECT_TEXT(line.text, "longjump.c32 k.elf");
}

TEST("characters are inserted and deleted at the cursor")
{
	fresh();
	type("abde");
	press(KEY_LEFT);
	press(KEY_LEFT);
	type("c");
	EXPECT_TEXT(line.text, "abcde");
	press(KEY_BACKSPACE);
	EXPECT_TEXT(line.text, "abde");
	press(KEY_DELETE);
	EXPECT_TEXT(line.text, "abe");
	press(KEY_HOME);
	press(KEY_BACKSPACE);
	press(KEY_LEFT);
	press(KEY_DELETE);
	EXPECT_TEXT(line.text, "be");
	press(KEY_END);
	press(KEY_RIGHT);
	press(KEY_DELETE);
	type("!");
	EXPECT_TEXT(line.text, "be!");
}

TEST("^U empties the line, ^K its end")
{
	fresh();
	type("one two");
	for (unsigned i = 0; i < 4; i++)
		press(KEY_LEFT);
	press(11);
	EXPECT_TEXT(line.text, "one");
	press(21);
	EXPECT_TEXT(line.text, "");
}

TEST("the previous line comes back, and so does what was typed meanwhile")
{
	fresh();
	type("first and long");
	begin();
	type("se");
	press(KEY_UP);
	EXPECT_TEXT(line.text, "first and long");
	press(KEY_UP);
	EXPECT_TEXT(line.text, "first and long");
	press(KEY_DOWN);
	EXPECT_TEXT(line.text, "se");
	press(KEY_DOWN);
	EXPECT_TEXT(line.text, "se");
	press(KEY_UP);
	type("er");
	begin();
	press(KEY_UP);
	EXPECT_TEXT(line.text, "first and longer");
}

TEST("an empty line does not replace the previous line")
{
	fresh();
	press(KEY_UP);
	EXPECT_TEXT(line.text, "");
	type("one");
	begin();
	begin();
	press(KEY_UP);
	EXPECT_TEXT(line.text, "one");
}

TEST("a line that is full takes no more, and loses nothing")
{
	fresh();
	for (unsigned i = 0; i < LINE_SIZE + 20; i++)
		press('a' + i % 26);
	EXPECT_EQUAL(line.length, LINE_SIZE - 1);
	press(KEY_HOME);
	press('x');
	EXPECT_EQUAL(line.text[0], 'a');
	press(KEY_DELETE);
	press('x');
	EXPECT_EQUAL(line.text[0], 'x');
}

TEST("a new prompt shows the line as it was, with its cursor")
{
	char echo[LINE_ECHO];
	struct text text = text_in(echo, sizeof(echo));

	fresh();
	type("one two");
	press(KEY_LEFT);
	memset(shown, ' ', sizeof(shown));
	column = 0;
	line_show(&line, &text);
	show(echo);
	expect_shown();
}

TEST("no sequence of keys makes the terminal differ from the line")
{
	uint32_t chance = 1;

	fresh();
	for (unsigned i = 0; i < 20000; i++) {
		chance = chance * 1664525 + 1013904223;
		if (chance >> 24 == 0)
			begin();
		else
			press(chance >> 16 & 1 ? 'a' + (chance >> 20) % 26
			                       : (chance >> 18) % (KEY_NOTHING + 2));
	}
}

static unsigned decode(const char *bytes)
{
	unsigned state = 0, key = KEY_NOTHING;

	for (; *bytes != 0; bytes++)
		key = line_decode(&state, (uint8_t)*bytes);
	return key;
}

TEST("what terminals send for their keys is understood")
{
	EXPECT_EQUAL(decode("a"), 'a');
	EXPECT_EQUAL(decode("\r"), KEY_ENTER);
	EXPECT_EQUAL(decode("\n"), KEY_ENTER);
	EXPECT_EQUAL(decode("\b"), KEY_BACKSPACE);
	EXPECT_EQUAL(decode("\x7f"), KEY_BACKSPACE);
	EXPECT_EQUAL(decode("\t"), KEY_LIST);
	EXPECT_EQUAL(decode("\33[A"), KEY_UP);
	EXPECT_EQUAL(decode("\33OB"), KEY_DOWN);
	EXPECT_EQUAL(decode("\33[C"), KEY_RIGHT);
	EXPECT_EQUAL(decode("\33[D"), KEY_LEFT);
	EXPECT_EQUAL(decode("\33[H"), KEY_HOME);
	EXPECT_EQUAL(decode("\33[1~"), KEY_HOME);
	EXPECT_EQUAL(decode("\33[4~"), KEY_END);
	EXPECT_EQUAL(decode("\33[3~"), KEY_DELETE);
	EXPECT_EQUAL(decode("\33\33"), KEY_LEAVE);
	EXPECT_EQUAL(decode("\33[Zx"), 'x');
	EXPECT_EQUAL(decode("\33[15~x"), 'x');
	EXPECT_EQUAL(decode("\1"), KEY_HOME);
	EXPECT_EQUAL(decode("\xc3"), KEY_NOTHING);
}

TEST("every sequence of bytes comes to an end")
{
	unsigned state = 0;

	for (uint32_t bytes = 0; bytes < 1 << 24; bytes += 977) {
		for (unsigned i = 0; i < 24; i += 8)
			line_decode(&state, (uint8_t)(bytes >> i));
		line_decode(&state, '\r');
		line_decode(&state, '~');
		line_decode(&state, 'x');
		EXPECT_EQUAL(line_decode(&state, 'x'), 'x');
	}
}
