/* SPDX-License-Identifier: MIT */
/* video.c - prints what it is told about the screen, and draws a pattern on it: at (x, y) red is x,
 * green y and blue x ^ y, the lowest 8 bits of each. */
#include "kit.h"

/* The upper bits of an 8-bit colour, at their place in a pixel. */
static uint32_t place(uint32_t colour, unsigned bits, unsigned shift)
{
	return (colour & 0xff) >> (8 - bits) << shift;
}

static uint32_t pixel_of(const struct longjump_framebuffer *screen, uint32_t x, uint32_t y)
{
	return place(x, screen->red_bits, screen->red_shift)
	     | place(y, screen->green_bits, screen->green_shift)
	     | place(x ^ y, screen->blue_bits, screen->blue_shift);
}

/* Writes or reads a pixel of 2, 3 or 4 bytes. */
static void write_pixel(volatile uint8_t *at, uint32_t bytes, uint32_t pixel)
{
	if (bytes == 4) {
		*(volatile uint32_t *)at = pixel;
		return;
	}
	*(volatile uint16_t *)at = (uint16_t)pixel;
	if (bytes == 3)
		at[2] = (uint8_t)(pixel >> 16);
}

static uint32_t read_pixel(const volatile uint8_t *at, uint32_t bytes)
{
	if (bytes == 4)
		return *(const volatile uint32_t *)at & 0xffffff;
	return *(const volatile uint16_t *)at | (bytes == 3 ? (uint32_t)at[2] << 16 : 0);
}

/* The first pixel of a line. */
static volatile uint8_t *line_at(const struct longjump_framebuffer *screen, uint32_t y)
{
	return (volatile uint8_t *)screen->address + (uint64_t)y * screen->pitch;
}

static void draw(const struct longjump_framebuffer *screen)
{
	uint32_t bytes = (screen->bits_per_pixel + 7) / 8;

	for (uint32_t y = 0; y < screen->height; y++) {
		volatile uint8_t *at = line_at(screen, y);

		for (uint32_t x = 0; x < screen->width; x++, at += bytes)
			write_pixel(at, bytes, pixel_of(screen, x, y));
	}
}

/* Reads some of it back: the first and the last line, and a few between. */
static void check(const struct longjump_framebuffer *screen)
{
	uint32_t bytes = (screen->bits_per_pixel + 7) / 8;

	for (uint32_t y = 0; y < screen->height; y += (screen->height - 1) / 5) {
		volatile uint8_t *at = line_at(screen, y);

		for (uint32_t x = 0; x < screen->width; x++, at += bytes)
			EXPECT_QUIETLY(read_pixel(at, bytes) == pixel_of(screen, x, y));
	}
}

static void say_screen(const struct longjump_framebuffer *screen)
{
	say("framebuffer=%lx %lx %x %x %x %x\n", (uint64_t)screen->address, screen->physical,
	    screen->width, screen->height, screen->pitch, screen->bits_per_pixel);
	say("colours=%x %x %x %x %x %x\n", screen->red_shift, screen->red_bits, screen->green_shift,
	    screen->green_bits, screen->blue_shift, screen->blue_bits);
}

void _start(const struct longjump_boot_info *info)
{
	const struct longjump_framebuffer *screen = &info->framebuffer;

	tell(info);
	say_screen(screen);
	for (uint64_t i = 0; i < info->video_mode_count; i++)
		say("mode %ux%ux%u %x\n", info->video_modes[i].width, info->video_modes[i].height,
		    info->video_modes[i].bits_per_pixel, info->video_modes[i].number);
	say("font=%lx\nedid=%lx\n", (uint64_t)info->font, (uint64_t)info->edid);
	EXPECT_EQUAL(screen->reserved[0] | screen->reserved[1], 0);
	EXPECT((screen->address == NULL) == (screen->width == 0));
	if (screen->address != NULL) {
		EXPECT(screen->pitch >= screen->width * ((screen->bits_per_pixel + 7) / 8));
		EXPECT(info->video_mode_count > 0);
		draw(screen);
		check(screen);
	}
	finish();
}
