/* SPDX-License-Identifier: MIT */
/* video.c - checks what core/video.h promises: requests are read whole or not at all, invalid
 * blocks are not modes, and the mode chosen is the one that the header describes. */
#include "check.h"

#include "core/video.h"

#define BLOCK 62

/* Mode information blocks as BIOSes gave them: SeaVGABIOS 1.16 with QEMU's -vga std and cirrus. */
static const char std_1024x768x32[] =
	"bb0007004000400000a00000e35600c00010000400030810012001060004010810080808000818020"
	"00000fd000000000000001000000810080808000818";
static const char std_1024x768x24[] =
	"bb0007004000400000a00000e35600c0000c000400030810011801060006010810080808000000000"
	"00000fd000000000000000c00000810080808000000";
static const char std_640x480x15[] =
	"bb0007004000400000a00000e35600c000058002e0010810010f0106001801050a05050500010f000"
	"00000fd00000000000000050000050a05050500010f";
static const char cirrus_640x480x16[] =
	"bb0007001000400000a00000185200c000058002e001081001100106000501050b060505000000000"
	"00000fc00000000000000050000050b060505000000";
static const char cirrus_640x480x8[] =
	"bb0007001000400000a00000185200c080028002e001081001080104000b010000000000000000000"
	"00000fc000000000000800200000000000000000000";
static const char cirrus_text[] =
	"2f0007001000400000b80000185200c0a000500019000910010401000001010000000000000000000"
	"0000000000000000000000000000000000000000000";

static uint8_t block[BLOCK];
static struct screen screen;
static struct report report;

/* Fills `block` from hexadecimal digits. */
static void record(const char *digits)
{
	EXPECT_EQUAL(strlen(digits), 2 * BLOCK);
	for (unsigned i = 0; i < BLOCK; i++) {
		unsigned byte;

		EXPECT(sscanf(digits + 2 * i, "%2x", &byte) == 1);
		block[i] = (uint8_t)byte;
	}
}

/* Reads the block as a BIOS of this version gives it. */
static bool read_block(unsigned version)
{
	return video_read_vbe(&screen, (struct span){ block, sizeof(block) }, version);
}

TEST("a mode of 32 bits is read with its place, pitch and colours")
{
	record(std_1024x768x32);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.pixels.begin, 0xfd000000);
	EXPECT_EQUAL(screen.pixels.end, 0xfd300000);
	EXPECT_EQUAL(screen.width, 1024);
	EXPECT_EQUAL(screen.height, 768);
	EXPECT_EQUAL(screen.pitch, 4096);
	EXPECT_EQUAL(screen.bits_per_pixel, 32);
	EXPECT_EQUAL(screen.red_shift, 16);
	EXPECT_EQUAL(screen.green_shift, 8);
	EXPECT_EQUAL(screen.blue_shift, 0);
	EXPECT_EQUAL(screen.red_bits + screen.green_bits + screen.blue_bits, 24);
}

TEST("modes of 24, 16 and 15 bits are read")
{
	record(std_1024x768x24);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.bits_per_pixel, 24);
	EXPECT_EQUAL(screen.pitch, 3072);
	record(cirrus_640x480x16);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.bits_per_pixel, 16);
	EXPECT_EQUAL(screen.green_bits, 6);
	EXPECT_EQUAL(screen.red_shift, 11);
	record(std_640x480x15);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.bits_per_pixel, 15);
	EXPECT_EQUAL(screen.red_shift, 10);
}

TEST("16 bits of which the colours take 15 are 15")
{
	record(std_640x480x15);
	block[25] = 16;
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.bits_per_pixel, 15);
}

TEST("a mode of 256 colours is read")
{
	record(cirrus_640x480x8);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.bits_per_pixel, 8);
	EXPECT_EQUAL(screen.pitch, 640);
	EXPECT_EQUAL(screen.red_bits + screen.green_bits + screen.blue_bits, 0);
	block[27] = 6; /* direct colours */
	EXPECT(!read_block(0x300));
}

TEST("text modes are unusable")
{
	record(cirrus_text);
	EXPECT(!read_block(0x300));
}

TEST("the pitch of the linear framebuffer counts from VBE 3 on")
{
	record(std_1024x768x32);
	block[50] = 0;
	block[51] = 0x20;
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.pitch, 8192);
	EXPECT(read_block(0x200));
	EXPECT_EQUAL(screen.pitch, 4096);
	block[51] = 0;
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.pitch, 4096);
}

TEST("colours that the block leaves out are the usual ones")
{
	record(std_1024x768x32);
	memset(block + 31, 0, 6);
	memset(block + 54, 0, 6);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.red_shift, 16);
	record(cirrus_640x480x16);
	block[27] = 4; /* packed pixels: the fields mean nothing */
	memset(block + 31, 0xff, 6);
	memset(block + 54, 0xff, 6);
	EXPECT(read_block(0x300));
	EXPECT_EQUAL(screen.red_shift, 11);
	EXPECT_EQUAL(screen.green_bits, 6);
}

/* The block with one byte changed is not a mode. */
static void expect_refused(unsigned at, uint8_t value)
{
	record(std_1024x768x32);
	block[at] = value;
	if (read_block(0x300))
		FAIL("byte %u = %#x should spoil the mode", at, value);
}

TEST("a block that cannot be right is not a mode")
{
	expect_refused(0, 0x3b);  /* no linear framebuffer */
	expect_refused(0, 0xba);  /* not supported */
	expect_refused(51, 0x0f); /* a pitch of 3840 bytes for 4096 */
	expect_refused(19, 0x05); /* 1280 pixels in 4096 bytes */
	expect_refused(25, 8);    /* of direct colours */
	expect_refused(25, 12);
	expect_refused(27, 3);
	expect_refused(43, 0);  /* at address 0 */
	expect_refused(21, 0);  /* no lines */
	expect_refused(19, 0);  /* no columns */
	expect_refused(55, 25); /* 8 bits of red from bit 25 on */
	expect_refused(56, 0);  /* no green */
	record(std_1024x768x32);
	memset(block + 40, 0xff, 4); /* beyond 4 GiB */
	EXPECT(!read_block(0x300));
	EXPECT(!video_read_vbe(&screen, (struct span){ block, BLOCK - 1 }, 0x300));
}

/* True if the value is read, as this. */
static bool is_read(const char *value, enum video_want want, uint32_t width, uint32_t height,
                    uint32_t bits, bool any)
{
	struct video_request request;

	return video_read_request(&request, value) && request.want == want && request.width == width
	    && request.height == height && request.bits_per_pixel == bits && request.any == any;
}

TEST("requests are read")
{
	EXPECT(is_read("text", VIDEO_TEXT, 0, 0, 0, false));
	EXPECT(is_read("auto", VIDEO_AUTO, 0, 0, 0, false));
	EXPECT(is_read("auto,any", VIDEO_AUTO, 0, 0, 0, true));
	EXPECT(is_read("1024x768", VIDEO_SIZE, 1024, 768, 0, false));
	EXPECT(is_read("1024x768x32", VIDEO_SIZE, 1024, 768, 32, false));
	EXPECT(is_read("800x600x15,any", VIDEO_SIZE, 800, 600, 15, true));
	EXPECT(is_read("99999x1,any", VIDEO_SIZE, 99999, 1, 0, true));
}

TEST("what is not a request is not read")
{
	static const char *const wrong[] = {
		"",           "1024",        "1024x",       "x768",          "1024x768x",
		"1024x768x8", "1024x768x33", "1024x768 ",   "0x0",           "1024x0",
		"-1x768",     "100000x1",    "1024x768,an", "1024x768,any,", "auto,any ",
		"texts",      "text,any",    "AUTO",        "1024*768",      "1024x768x32x32",
	};

	for (unsigned i = 0; i < COUNT(wrong); i++) {
		struct video_request request;

		if (video_read_request(&request, wrong[i]))
			FAIL("\"%s\" was read", wrong[i]);
	}
}

/* The EDID of a monitor that prefers this size. */
static struct span edid_of(uint32_t width, uint32_t height)
{
	static uint8_t edid[128];
	uint8_t sum = 0;

	memset(edid, 0, sizeof(edid));
	memset(edid + 1, 255, 6);
	edid[54] = 1;
	edid[56] = (uint8_t)width;
	edid[58] = (uint8_t)(width >> 4 & 0xf0);
	edid[59] = (uint8_t)height;
	edid[61] = (uint8_t)(height >> 4 & 0xf0);
	for (unsigned i = 0; i < 127; i++)
		sum = (uint8_t)(sum + edid[i]);
	edid[127] = (uint8_t)-sum;
	return (struct span){ edid, sizeof(edid) };
}

TEST("a monitor's preferred size is read")
{
	uint32_t width = 0, height = 0;

	EXPECT(video_read_edid(edid_of(2560, 1440), &width, &height));
	EXPECT_EQUAL(width, 2560);
	EXPECT_EQUAL(height, 1440);
}

TEST("an EDID that is damaged, cut short or empty is invalid")
{
	struct span edid = edid_of(1280, 800);
	uint8_t copy[128];
	uint32_t width, height;

	memcpy(copy, edid.bytes, sizeof(copy));
	copy[100]++;
	EXPECT(!video_read_edid((struct span){ copy, 128 }, &width, &height));
	EXPECT(!video_read_edid((struct span){ edid.bytes, 127 }, &width, &height));
	EXPECT(!video_read_edid((struct span){ NULL, 0 }, &width, &height));
	EXPECT(!video_read_edid(edid_of(0, 800), &width, &height));
	memset(copy, 0, sizeof(copy));
	EXPECT(!video_read_edid((struct span){ copy, 128 }, &width, &height));
}

/* Modes as SeaVGABIOS lists them for the standard VGA, with fewer sizes. */
static const struct video_mode modes[] = {
	{ 320, 200, 15, 0x10d },   { 320, 200, 24, 0x10f },   { 640, 480, 15, 0x110 },
	{ 640, 480, 16, 0x111 },   { 640, 480, 24, 0x112 },   { 800, 600, 16, 0x114 },
	{ 800, 600, 24, 0x115 },   { 1024, 768, 16, 0x117 },  { 1024, 768, 24, 0x118 },
	{ 1280, 1024, 16, 0x11a }, { 640, 480, 32, 0x142 },   { 800, 600, 32, 0x143 },
	{ 1024, 768, 32, 0x144 },  { 1280, 1024, 32, 0x145 }, { 1280, 800, 32, 0x178 },
	{ 1920, 1080, 24, 0x18e }, { 1920, 1080, 32, 0x18f },
};

#define NOTHING ((struct span){ NULL, 0 })

/* The number of the mode that is chosen for -video=`value` among the first `count`; 0: text; 1:
 * refused. */
static uint32_t chosen(const char *value, unsigned count, struct span edid)
{
	struct video_request request;
	unsigned at;

	memset(&report, 0, sizeof(report));
	EXPECT(video_read_request(&request, value));
	if (!video_choose(modes, count, &request, edid, &at, &report))
		return 1;
	EXPECT(at <= count);
	return at < count ? modes[at].number : 0;
}

TEST("text mode is text mode, whatever there is")
{
	EXPECT_EQUAL(chosen("text", COUNT(modes), NOTHING), 0);
	EXPECT_EQUAL(chosen("text", 0, NOTHING), 0);
	EXPECT_EQUAL(report.count, 0);
}

TEST("a size comes in the depth asked for, or in the deepest")
{
	EXPECT_EQUAL(chosen("1024x768", COUNT(modes), NOTHING), 0x144);
	EXPECT_EQUAL(chosen("1024x768x24", COUNT(modes), NOTHING), 0x118);
	EXPECT_EQUAL(chosen("640x480x15", COUNT(modes), NOTHING), 0x110);
	EXPECT_EQUAL(chosen("320x200", COUNT(modes), NOTHING), 0x10f);
	EXPECT_EQUAL(chosen("1024x768,any", COUNT(modes), NOTHING), 0x144);
	EXPECT_EQUAL(report.count, 0);
}

TEST("automatically it is what the monitor prefers, whatever its size")
{
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(1280, 800)), 0x178);
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(1920, 1080)), 0x18f);
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(640, 480)), 0x142);
	EXPECT_EQUAL(report.count, 0);
}

TEST("automatically it is nothing larger than the monitor")
{
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(1366, 768)), 0x144);
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(1280, 1000)), 0x178);
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(4095, 4095)), 0x18f);
	EXPECT_EQUAL(chosen("auto", COUNT(modes), edid_of(200, 100)), 0x10f);
}

TEST("automatically, without an EDID, it is the first of the list")
{
	EXPECT_EQUAL(chosen("auto", COUNT(modes), NOTHING), 0x144);
	EXPECT_EQUAL(chosen("auto", 7, NOTHING), 0x115); /* 800x600 at most */
	EXPECT_EQUAL(chosen("auto", 5, NOTHING), 0x112); /* 640x480 */
	EXPECT_EQUAL(chosen("auto", 2, NOTHING), 0x10f); /* 320x200 is all there is */
}

TEST("automatically, without an EDID, it is the mode that the firmware has set")
{
	struct video_request request = { .want = VIDEO_AUTO, .set_width = 640, .set_height = 480 };
	unsigned at;

	EXPECT(video_choose(modes, COUNT(modes), &request, NOTHING, &at, &report));
	EXPECT(modes[at].width == 640 && modes[at].height == 480);
	EXPECT(video_choose(modes, COUNT(modes), &request, edid_of(1280, 800), &at, &report));
	EXPECT_EQUAL(modes[at].width, 1280);
	request.set_width = 641;
	EXPECT(video_choose(modes, COUNT(modes), &request, NOTHING, &at, &report));
	EXPECT_EQUAL(modes[at].width, 1024);
}

/* The number of the mode that is chosen automatically if it should be at least this large. */
static uint32_t chosen_from(uint32_t width, uint32_t height, struct span edid)
{
	struct video_request request = {
		.want = VIDEO_AUTO, .any = true, .least_width = width, .least_height = height
	};
	unsigned at;

	memset(&report, 0, sizeof(report));
	EXPECT(video_choose(modes, COUNT(modes), &request, edid, &at, &report));
	return modes[at].number;
}

TEST("automatically it is no smaller than the minimum, if there is such a mode")
{
	EXPECT_EQUAL(chosen_from(0, 0, NOTHING), 0x144);
	EXPECT_EQUAL(chosen_from(1024, 768, NOTHING), 0x144);
	EXPECT_EQUAL(chosen_from(1025, 0, NOTHING), 0x178); /* 1280x800 is less than 1280x1024 */
	EXPECT_EQUAL(chosen_from(0, 801, NOTHING), 0x145);
	EXPECT_EQUAL(chosen_from(1281, 0, NOTHING), 0x18f);
	EXPECT_EQUAL(chosen_from(640, 480, edid_of(1920, 1080)), 0x18f);
	EXPECT_EQUAL(chosen_from(700, 500, edid_of(640, 480)), 0x143);
	EXPECT_EQUAL(report.count, 0);
	EXPECT_EQUAL(chosen_from(1921, 0, NOTHING), 0x144);
	EXPECT_EQUAL(report.count, 1);
	EXPECT(!report.findings[0].refusal);
	EXPECT_TEXT(report.findings[0].detail, "1024x768x32, since no mode has 1921x0 or more");
}

TEST("a size that does not exist is refused, with those that do")
{
	EXPECT_EQUAL(chosen("1900x1000", COUNT(modes), NOTHING), 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_VIDEO_NO_MODE);
	EXPECT_TEXT(report.findings[0].detail,
	            "1900x1000 is not one of the available sizes:\n"
	            "      320x200 640x480 800x600 1024x768 1280x1024 1280x800\n"
	            "      1920x1080");
}

TEST("if a message has no room for all sizes, none of those in it is cut")
{
	static struct video_mode many[80];
	struct video_request request;
	unsigned at, width, height, end = 0;
	const char *last;

	for (unsigned i = 0; i < COUNT(many); i++)
		many[i] = (struct video_mode){ 1024 + i, 1000 + i, 32, i };
	EXPECT(video_read_request(&request, "640x480"));
	for (unsigned count = 1; count <= COUNT(many); count++) {
		memset(&report, 0, sizeof(report));
		EXPECT(!video_choose(many, count, &request, NOTHING, &at, &report));
		last = strrchr(report.findings[0].detail, ' ');
		if (strcmp(last, " ...") == 0)
			return;
		EXPECT_EQUAL(sscanf(last, " %ux%u%n", &width, &height, &end), 2);
		EXPECT(last[end] == 0 && height == 1000 + count - 1);
	}
	FAIL("80 sizes have room");
}

TEST("a depth that does not exist is refused, with those that do")
{
	EXPECT_EQUAL(chosen("1280x1024x24", COUNT(modes), NOTHING), 1);
	EXPECT_TEXT(report.findings[0].detail,
	            "1280x1024 is available with 16, 32 bits, not with 24");
}

TEST("any: the largest that is not larger, the smallest, or text, with a warning")
{
	EXPECT_EQUAL(chosen("1900x1000,any", COUNT(modes), NOTHING), 0x178);
	EXPECT(!report.findings[0].refusal);
	EXPECT_EQUAL(report.findings[0].code, DIAG_VIDEO_OTHER_MODE);
	EXPECT_TEXT(report.findings[0].detail, "1280x800x32, since there is no 1900x1000x32");
	EXPECT_EQUAL(chosen("1280x1024x24,any", COUNT(modes), NOTHING), 0x145);
	EXPECT_EQUAL(chosen("100x100,any", COUNT(modes), NOTHING), 0x10f);
	EXPECT_EQUAL(chosen("1024x768,any", 0, NOTHING), 0);
	EXPECT_EQUAL(report.findings[0].code, DIAG_VIDEO_OTHER_MODE);
	EXPECT_EQUAL(chosen("auto,any", 0, NOTHING), 0);
	EXPECT_EQUAL(report.count, 1);
}

TEST("a depth that a kernel prefers is taken, or the deepest, with a warning")
{
	static const struct video_mode few[] = {
		{ 640, 480, 8, 0x101 }, { 640, 480, 32, 0x142 },  { 640, 480, 16, 0x111 },
		{ 800, 600, 8, 0x103 }, { 1024, 768, 32, 0x144 },
	};
	static const struct {
		uint32_t width, height, bits, chosen;
		const char *warning;
	} cases[] = {
		{ 640, 480, 0, 0x142, NULL },
		{ 640, 480, 8, 0x101, NULL },
		{ 640, 480, 16, 0x111, NULL },
		{ 640, 480, 7, 0x142, "640x480x32, since there is no 640x480x7" },
		{ 640, 480, 15, 0x142, "640x480x32, since there is no 640x480x15" },
		{ 640, 480, 64, 0x142, "640x480x32, since there is no 640x480x64" },
		{ 800, 600, 8, 0x103, NULL },
		{ 1024, 768, 8, 0x144, "1024x768x32, since there is no 1024x768x8" },
	};

	for (unsigned i = 0; i < COUNT(cases); i++) {
		struct video_request request = { .want = VIDEO_SIZE,
			                         .width = cases[i].width,
			                         .height = cases[i].height,
			                         .bits_per_pixel = cases[i].bits,
			                         .any = true };
		unsigned at;

		memset(&report, 0, sizeof(report));
		EXPECT(video_choose(few, COUNT(few), &request, NOTHING, &at, &report));
		EXPECT_EQUAL(few[at].number, cases[i].chosen);
		EXPECT_EQUAL(report.count, cases[i].warning != NULL);
		if (cases[i].warning != NULL)
			EXPECT_TEXT(report.findings[0].detail, cases[i].warning);
	}
}

TEST("without any mode there is no framebuffer")
{
	EXPECT_EQUAL(chosen("auto", 0, NOTHING), 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_VIDEO_NONE);
	EXPECT_EQUAL(chosen("800x600", 0, edid_of(800, 600)), 1);
	EXPECT_EQUAL(report.findings[0].code, DIAG_VIDEO_NONE);
}
