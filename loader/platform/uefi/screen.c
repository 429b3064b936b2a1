/* SPDX-License-Identifier: MIT */
/*
 * screen.c - text and keys. The firmware's console writes to every device that it knows, including
 * the serial port that we write to ourselves; so text goes to each device separately, except that
 * one. Source: UEFI 2.10, 12.3 and 12.4.
 */
#include "platform/uefi/screen.h"

#include "core/plan/fault_info.h"
#include "explain/draw.h"
#include "platform/console/screen.h"
#include "platform/uefi/cells.h"
#include "platform/uefi/firmware.h"
#include "platform/uefi/memory.h"
#include "platform/uefi/video.h"
#include "standalone/font.h"
#include "standalone/line.h"

#define DEVICES_MAX 8

/* UEFI 2.10, 12.4, 12.2 and 10.2 */
static const struct efi_guid text_output = {
	0x387477c2, 0x69c7, 0x11d2, { 0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b }
};
static const struct efi_guid text_input_ex = {
	0xdd9e7534, 0x7762, 0x4698, { 0x8c, 0x14, 0xf5, 0x85, 0x17, 0xa6, 0x25, 0xaa }
};
static const struct efi_guid device_path = EFI_DEVICE_PATH;

enum { ACPI_SERIAL_PORT = 0x050141d0 }; /* PNP0501 */

/* Scan codes (UEFI 2.10, table 12.1), from 1 on. */
static const uint16_t scan_keys[] = { KEY_UP,   KEY_DOWN, KEY_RIGHT,   KEY_LEFT,
	                              KEY_HOME, KEY_END,  KEY_NOTHING, KEY_DELETE };
enum { SCAN_ESCAPE = 23 };

/* The state of the keys that are held (UEFI 2.10, 12.2.3): whether it is valid, and the two keys
 * each of Shift, Ctrl and Alt. */
#define SHIFT_STATE_VALID 0x80000000u
#define SHIFT_CTRL_ALT    0x0000003fu

static struct efi_text_output *devices[DEVICES_MAX];
static unsigned device_count;

/* The screen on which we draw once the firmware's devices are gone, and the cursor on it. */
static struct canvas canvas;
static unsigned column, row;

/* True if a device is the serial port COM1, to which we write ourselves. */
static bool is_com1(const uint8_t *node)
{
	bool is_first = false;

	for (; node[0] != EFI_NODE_END; node += node[2] | (size_t)node[3] << 8) {
		uint32_t id, number;

		if ((node[2] | node[3] << 8) < 4)
			return false;
		if (node[0] == EFI_NODE_ACPI && node[1] == 1) {
			memcpy(&id, node + 4, sizeof(id));
			memcpy(&number, node + 8, sizeof(number));
			is_first = id == ACPI_SERIAL_PORT && number == 0;
		}
		if (node[0] == EFI_NODE_MESSAGING && node[1] == EFI_NODE_UART)
			return is_first;
	}
	return false;
}

void screen_open(void)
{
	uint64_t count;
	efi_handle *handles = firmware_handles(&text_output, &count);

	device_count = 0;
	for (uint64_t i = 0; i < count && device_count < DEVICES_MAX; i++) {
		const uint8_t *path = firmware_protocol(handles[i], &device_path);
		struct efi_text_output *device;
		struct screen screen;

		if (path == NULL || is_com1(path))
			continue;
		device = firmware_protocol(handles[i], &text_output);
		if (device == NULL)
			continue;
		devices[device_count++] = device;
		if (video_of(handles[i], &screen))
			cells_begin(device, &screen);
	}
	if (handles != NULL)
		firmware.boot->free_pool(handles);
}

/* Has the firmware show characters on a device. */
static void put(struct efi_text_output *device, const char *text, size_t length, enum colour colour)
{
	const char *end = text + length;
	efi_char wide[128];

	memory_map.is_old = true;
	if (colour != COLOUR_AS_IS)
		device->set_attribute(device, colour_attribute(colour));
	while (text < end) {
		unsigned count = 0;

		for (; text < end && count < COUNT(wide) - 2; text++) {
			if (*text == '\n')
				wide[count++] = '\r';
			wide[count++] = (uint8_t)*text < 128 ? (efi_char)*text : '?';
		}
		wide[count] = 0;
		device->output(device, wide);
	}
}

/* Draws characters ourselves. What follows the last row is not shown. */
static void draw_text(const char *text, size_t length, enum colour colour)
{
	for (size_t i = 0; i < length; i++) {
		if (text[i] != '\n' && row < canvas.rows && column < canvas.columns)
			draw_char(&canvas, column++, row, text[i], colour);
		if (text[i] == '\n' || column >= canvas.columns) {
			column = 0;
			row++;
		}
	}
}

void screen_write(const char *text, size_t length, enum colour colour)
{
	draw_text(text, length, colour);
	for (unsigned i = 0; i < device_count; i++) {
		size_t drawn = cells_draw(devices[i], text, length, colour);

		if (drawn < length)
			put(devices[i], text + drawn, length - drawn, colour);
	}
}

void screen_give_back(void)
{
	cells_end();
}

/* The firmware's own console does not know what we wrote to its devices directly. */
void screen_leave(void)
{
	struct efi_text_output *all = firmware.system->output;

	cells_end();
	if (device_count == 0 || all == NULL)
		return;
	all->set_cursor(all, (uint64_t)devices[0]->mode->column, (uint64_t)devices[0]->mode->row);
}

void screen_clear(void)
{
	if (canvas.rows > 0)
		draw(&canvas, "\f");
	column = row = 0;
	cells_forget();
	for (unsigned i = 0; i < device_count; i++) {
		devices[i]->set_attribute(devices[i], colour_attribute(COLOUR_PLAIN));
		devices[i]->clear(devices[i]);
	}
}

/* Of the narrowest device: on others, a bar ends before their last column. */
unsigned screen_columns(void)
{
	uint64_t least = canvas.columns > 0 ? canvas.columns : UINT32_MAX;

	for (unsigned i = 0; i < device_count; i++) {
		const struct efi_text_output *device = devices[i];
		uint64_t columns, rows;

		if (devices[i]->query_mode(devices[i], (uint64_t)device->mode->mode, &columns,
		                           &rows)
		    == EFI_SUCCESS)
			least = min_u64(least, columns);
	}
	return least == UINT32_MAX ? 80 : (unsigned)max_u64(least, 1);
}

void screen_take_over(const struct display *display)
{
	const struct fault_info_screen screen = fault_info_screen(display);

	device_count = 0;
	cells_forget();
	if (display->kind == DISPLAY_FRAMEBUFFER)
		canvas = canvas_of_pixels((uint8_t *)(uintptr_t)screen.pixels, &screen,
		                          font_glyphs());
}

/* Converts a key of the firmware. */
static unsigned key_of(const struct efi_key *key)
{
	unsigned state = 0;

	if (key->scan == SCAN_ESCAPE)
		return KEY_LEAVE;
	if (key->scan != 0)
		return key->scan <= COUNT(scan_keys) ? scan_keys[key->scan - 1]
		                                     : (unsigned)KEY_NOTHING;
	return key->character < 128 ? line_decode(&state, (uint8_t)key->character)
	                            : (unsigned)KEY_NOTHING;
}

unsigned screen_key(void)
{
	struct efi_text_input *input = firmware.system->input;
	struct efi_key key;

	if (input == NULL || input->read_key(input, &key) != EFI_SUCCESS)
		return KEY_NOTHING;
	return key_of(&key);
}

/* The keys that are held are known even if none was pressed. */
bool screen_is_called(void)
{
	struct efi_text_input_ex *input =
		firmware_protocol(firmware.system->input_handle, &text_input_ex);
	struct efi_key_data data = { 0 };
	efi_status status;

	if (input == NULL)
		return screen_key() != KEY_NOTHING;
	status = input->read_key(input, &data);
	return status == EFI_SUCCESS
	    || (status == EFI_NOT_READY && (data.shift & SHIFT_STATE_VALID) != 0
	        && (data.shift & SHIFT_CTRL_ALT) != 0);
}
