/* SPDX-License-Identifier: MIT */
/* text_screen.c - checks that the text memory's address is found anywhere in code. */
#include "check.h"

#include "core/protocol.h"
#include "core/text_screen.h"

#define LOADED UINT64_C(0xffffffff80000000)
#define SIZE   40

static const struct protocol protocol;
static struct config config;
static struct boot boot = { .protocol = &protocol, .config = &config };
static uint8_t code[SIZE];

/* Searches `size` bytes of code; returns the offset that is found, or SIZE. */
static uint64_t find(uint64_t size, uint64_t most, unsigned rights)
{
	uint64_t at = 0;

	config.options.video.want = VIDEO_TEXT;
	boot.kernel.segment_count = 1;
	boot.kernel.segments[0] = (struct segment){ .virt = { LOADED, LOADED + PAGE_SIZE },
		                                    .file = { code, size },
		                                    .rights = (uint8_t)rights };
	return text_screen_is_expected(&boot, most, &at) ? at - LOADED : SIZE;
}

TEST("the address is found at every offset, and only if all of it is there")
{
	static const uint8_t last[] = { 0x00, 0x80, 0xc0 };

	for (unsigned at = 0; at + 4 <= SIZE; at++) {
		uint8_t address[4] = { 0x00, 0x80, 0x0b, last[at % COUNT(last)] };

		memset(code, 0x0b, sizeof(code));
		memcpy(code + at, address, sizeof(address));
		for (uint64_t size = 0; size <= SIZE; size++) {
			uint64_t found = size >= at + 4 ? at : SIZE;

			EXPECT_EQUAL(find(size, SIZE, RIGHT_EXECUTE), found);
			EXPECT_EQUAL(find(SIZE, size, RIGHT_EXECUTE), found);
		}
	}
}

TEST("nothing else is taken for it, and data is not looked at")
{
	static const uint8_t others[][4] = { { 0x00, 0x80, 0x0b, 0x01 },
		                             { 0x00, 0x80, 0x0a, 0 },
		                             { 0x00, 0x00, 0x0b, 0 },
		                             { 0x01, 0x80, 0x0b, 0 } };

	for (unsigned i = 0; i < COUNT(others); i++) {
		memset(code, 0, sizeof(code));
		memcpy(code + 5 + i, others[i], sizeof(others[i]));
		EXPECT_EQUAL(find(SIZE, SIZE, RIGHT_EXECUTE), SIZE);
	}
	memcpy(code + 20, (uint8_t[]){ 0x00, 0x80, 0x0b, 0x00 }, 4);
	EXPECT_EQUAL(find(SIZE, SIZE, RIGHT_EXECUTE), 20);
	EXPECT_EQUAL(find(SIZE, SIZE, RIGHT_READ | RIGHT_WRITE), SIZE);
}
