/* SPDX-License-Identifier: MIT */
/*
 * limine_one.c - makes one Limine request, at base revision 2, and reports where the answer is. The
 * request is written into the file before it is started, over the words below (test_limine_one.py).
 */
#include "kit.h"
#include "limine.h"

static volatile uint64_t revision[3] = BASE_REVISION(2);

static void elsewhere(void);

/* First two words to find it by; then what a request may want to point at. */
static volatile uint64_t asked[16]
	__attribute__((aligned(8))) = { 0x74736575716572, 0x656e6f20746e6177, (uint64_t)elsewhere };

/* Reports the answer, and in which function the kernel began. */
static void begin(const char *begun)
{
	EXPECT_EQUAL(revision[2], 0);
	say("begun=%s\nanswer=%lx\n", begun, asked[5]);
	finish();
}

static void elsewhere(void)
{
	begin("elsewhere");
}

void _start(const struct longjump_boot_info *info)
{
	(void)info;
	begin("start");
}
