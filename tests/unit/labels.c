/* SPDX-License-Identifier: MIT */
/* labels.c - checks what standalone/labels.h promises about Syslinux's configuration files. */
#include "check.h"

#include "standalone/labels.h"

static struct labels labels;
static char text[20000], buffer[400];
static const char *words[20];
static unsigned count;
static const char *program;

/* Reads a file. */
static void read_file(const char *file)
{
	memset(text, 'x', sizeof(text));
	memcpy(text, file, strlen(file));
	labels_read(&labels, text, strlen(file));
}

static enum command look_up(const char *command)
{
	count = COUNT(words);
	return labels_command(&labels, command, buffer, sizeof(buffer), words, &count, &program);
}

/* The words of a command, with spaces between them. */
static const char *words_of(const char *command)
{
	static char all[500];

	EXPECT_EQUAL(look_up(command), COMMAND_START);
	all[0] = 0;
	for (unsigned i = 0; i < count; i++) {
		strcat(all, i > 0 ? " " : "");
		strcat(all, words[i]);
	}
	return all;
}

TEST("the file of the project's own disc is understood")
{
	read_file("# a comment\n\nSERIAL 0 115200\nSAY Entries: one two\nDEFAULT one\nPROMPT 0\n\n"
	          "LABEL one\n  COM32 longjump.c32\n  APPEND kernel.elf\n"
	          "LABEL two\n  COM32 longjump.c32\n  APPEND -verbose kernel.elf  words\n");
	EXPECT_EQUAL(labels.count, 2);
	EXPECT_TEXT(labels.start, "one");
	EXPECT_EQUAL(labels.say_count, 1);
	EXPECT_TEXT(labels.says[0], "Entries: one two");
	EXPECT_TEXT(labels.serial, "0 115200");
	EXPECT(!labels.prompt);
	EXPECT_EQUAL(labels.timeout, 0);
	EXPECT_EQUAL(labels.passed_over, 0);
	EXPECT_TEXT(words_of("one"), "kernel.elf");
	EXPECT_TEXT(words_of("two"), "-verbose kernel.elf words");
}

TEST("words that are typed after a label follow those of its APPEND line")
{
	read_file("LABEL a\nKERNEL longjump.c32\nAPPEND k.elf one --- module\n");
	EXPECT_TEXT(words_of("a two  three "), "k.elf one --- module two three");
	EXPECT_TEXT(words_of("  a"), "k.elf one --- module");
}

TEST("the program itself may be typed, with its words")
{
	read_file("LABEL a\nKERNEL longjump.c32\nAPPEND k.elf\n");
	EXPECT_TEXT(words_of("longjump.c32 -verbose other.elf x"), "-verbose other.elf x");
	EXPECT_TEXT(words_of("/boot/LONGJUMP.C32 k.elf"), "k.elf");
	EXPECT_TEXT(words_of("longjump.c32"), "");
}

TEST("keywords are known in any case, with tabs and with the line ends of every system")
{
	read_file("default A\r\nLaBeL A\r\n\tcom32\tlongjump.c32\r\n\tappend\tk.elf\tx\r\n");
	EXPECT_TEXT(labels.start, "A");
	EXPECT_TEXT(words_of("A"), "k.elf x");
}

TEST("a label is found by its own case first, then by any")
{
	read_file("LABEL Test\nCOM32 longjump.c32\nAPPEND one\n"
	          "LABEL test\nCOM32 longjump.c32\nAPPEND two\n");
	EXPECT_TEXT(words_of("test"), "two");
	EXPECT_TEXT(words_of("Test"), "one");
	EXPECT_TEXT(words_of("TEST"), "one");
}

TEST("an APPEND line before all labels applies to those without one; a hyphen cancels it")
{
	read_file("APPEND common.elf\nLABEL a\nCOM32 longjump.c32\n"
	          "LABEL b\nCOM32 longjump.c32\nAPPEND own.elf\n"
	          "LABEL c\nCOM32 longjump.c32\nAPPEND -\n");
	EXPECT_TEXT(words_of("a"), "common.elf");
	EXPECT_TEXT(words_of("b"), "own.elf");
	EXPECT_TEXT(words_of("c"), "");
}

TEST("an entry for another program is told apart from one that does not exist")
{
	read_file("LABEL menu\nCOM32 menu.c32\nLABEL linux\nLINUX /vmlinuz\nAPPEND quiet\n"
	          "LABEL vmlinuz\nAPPEND quiet\n");
	EXPECT_EQUAL(look_up("menu"), COMMAND_FOREIGN);
	EXPECT_TEXT(program, "menu.c32");
	EXPECT_EQUAL(look_up("linux x"), COMMAND_FOREIGN);
	EXPECT_TEXT(program, "/vmlinuz");
	EXPECT_EQUAL(look_up("vmlinuz"), COMMAND_FOREIGN);
	EXPECT_TEXT(program, "vmlinuz");
	EXPECT_EQUAL(look_up("nothing x"), COMMAND_UNKNOWN);
	EXPECT_TEXT(program, "nothing");
	EXPECT_EQUAL(look_up(""), COMMAND_UNKNOWN);
	EXPECT_EQUAL(look_up("notlongjump.c32"), COMMAND_UNKNOWN);
}

TEST("LOCALBOOT leaves")
{
	read_file("LABEL disk\nLOCALBOOT 0x80\n");
	EXPECT_EQUAL(look_up("disk"), COMMAND_LEAVE);
}

TEST("ALLOWOPTIONS 0 takes no words after a label")
{
	read_file("ALLOWOPTIONS 0\nLABEL a\nCOM32 longjump.c32\nAPPEND k.elf\n");
	EXPECT_TEXT(words_of("a more"), "k.elf");
}

TEST("times, the prompt and who may escape are read")
{
	read_file("TIMEOUT 50\nPROMPT 1\nNOESCAPE 1\nONTIMEOUT b x\n");
	EXPECT_EQUAL(labels.timeout, 50);
	EXPECT(labels.prompt);
	EXPECT(labels.no_escape);
	EXPECT_TEXT(labels.timeout_start, "b x");
	read_file("TIMEOUT soon\nTIMEOUT -5\nPROMPT 0\n");
	EXPECT_EQUAL(labels.timeout, 0);
	EXPECT(!labels.prompt);
}

TEST("what only Syslinux can do is ignored, and the first such line is reported")
{
	read_file("DEFAULT a\nMENU DEFAULT\nINCLUDE other.cfg\nLABEL a\nMENU LABEL ^A\n"
	          "COM32 longjump.c32\nTEXT HELP\nAPPEND not.elf\nLABEL not\nENDTEXT\n"
	          "APPEND k.elf\n");
	EXPECT_EQUAL(labels.passed_over, 3);
	EXPECT_EQUAL(labels.passed_line, 2);
	EXPECT_TEXT(labels.passed_word, "MENU");
	EXPECT_EQUAL(labels.count, 1);
	EXPECT_TEXT(words_of("a"), "k.elf");
}

TEST("a menu asks first, and its looks are ignored")
{
	read_file("UI menu.c32\nMENU TITLE Kernels\nDEFAULT a\nPROMPT 0\nLABEL a\n");
	EXPECT(labels.menu);
	EXPECT(!labels.prompt);
	EXPECT_EQUAL(labels.passed_over, 0);
	read_file("DEFAULT a\nMENU\n");
	EXPECT(!labels.menu);
	EXPECT_EQUAL(labels.passed_line, 2);
}

TEST("a line is counted once, whatever it ends with")
{
	read_file("\r\n\r\nMENU x\r\n");
	EXPECT_EQUAL(labels.passed_line, 3);
	read_file("\n\nMENU x");
	EXPECT_EQUAL(labels.passed_line, 3);
}

TEST("labels beyond the maximum are counted, and their lines do no harm")
{
	char *at = buffer;
	static char file[20000];

	at = file;
	for (unsigned i = 0; i < LABELS_MAX + 3; i++)
		at += sprintf(at, "LABEL l%u\nCOM32 longjump.c32\nAPPEND k%u.elf\n", i, i);
	read_file(file);
	EXPECT_EQUAL(labels.count, LABELS_MAX);
	EXPECT_EQUAL(labels.lost, 3);
	EXPECT_TEXT(words_of("l127"), "k127.elf");
	EXPECT_EQUAL(look_up("l128"), COMMAND_UNKNOWN);
}

TEST("a file without an end, without lines or full of zeroes is one without labels")
{
	read_file("");
	EXPECT_EQUAL(labels.count, 0);
	EXPECT(labels.start == NULL);
	memset(text, 0, sizeof(text));
	labels_read(&labels, text, 1000);
	EXPECT_EQUAL(labels.count, 0);
	read_file("LABEL");
	EXPECT_EQUAL(labels.count, 1);
	EXPECT_TEXT(labels.list[0].name, "");
	read_file("DEFAULT k\nAPPEND");
	EXPECT_TEXT(labels.append, "");
}

TEST("more words than there is room for are refused, not cut")
{
	char line[600] = "";

	read_file("LABEL a\nCOM32 longjump.c32\nAPPEND k.elf\n");
	for (unsigned i = 0; i < 25; i++)
		strcat(line, "x ");
	EXPECT_EQUAL(look_up(line), COMMAND_LONG);
	memset(line, 'x', 500);
	line[500] = 0;
	EXPECT_EQUAL(look_up(line), COMMAND_LONG);
}

TEST("a SERIAL line names a port by its number or its address")
{
	uint16_t port;
	uint32_t baud;
	bool screen;

	EXPECT(labels_serial("0", &port, &baud, &screen));
	EXPECT_EQUAL(port, 0x3f8);
	EXPECT_EQUAL(baud, 9600);
	EXPECT(screen);
	EXPECT(labels_serial("1 115200 0x003", &port, &baud, &screen));
	EXPECT_EQUAL(port, 0x2f8);
	EXPECT_EQUAL(baud, 115200);
	EXPECT(labels_serial("0x3e8 57600 0x8000", &port, &baud, &screen));
	EXPECT_EQUAL(port, 0x3e8);
	EXPECT(!screen);
	EXPECT(!labels_serial("", &port, &baud, &screen));
	EXPECT(!labels_serial("7", &port, &baud, &screen));
	EXPECT(!labels_serial("70000", &port, &baud, &screen));
	EXPECT(!labels_serial("0 0", &port, &baud, &screen));
	EXPECT(!labels_serial("com1 9600", &port, &baud, &screen));
}
