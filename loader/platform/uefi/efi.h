/* SPDX-License-Identifier: MIT */
/*
 * efi.h - the tables and protocols of UEFI firmware, as far as they are used. Unused members are
 * pointers without a type. Section numbers refer to the UEFI Specification 2.10.
 */
#ifndef PLATFORM_UEFI_EFI_H
#define PLATFORM_UEFI_EFI_H

#include "standalone/efi_map.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* 2.3.4: firmware uses the calling convention of Microsoft's x64 ABI. */
#define EFIAPI __attribute__((ms_abi))

typedef uint64_t efi_status;
typedef void *efi_handle;
typedef uint16_t efi_char; /* UCS-2 */

/* Appendix D. */
#define EFI_ERROR(n)          (UINT64_C(1) << 63 | (n))
#define EFI_SUCCESS           UINT64_C(0)
#define EFI_INVALID_PARAMETER EFI_ERROR(2)
#define EFI_BUFFER_TOO_SMALL  EFI_ERROR(5)
#define EFI_NOT_READY         EFI_ERROR(6)
#define EFI_DEVICE_ERROR      EFI_ERROR(7)
#define EFI_NOT_FOUND         EFI_ERROR(14)
#define EFI_CRC_ERROR         EFI_ERROR(27)

/* 2.3.1 */
struct efi_guid {
	uint32_t first;
	uint16_t second, third;
	uint8_t rest[8];
};

/* 10.2: the protocol; 10.3: types of nodes, and subtypes of those that are looked for. */
#define EFI_DEVICE_PATH                                                \
	{                                                              \
		0x09576e91, 0x6d3f, 0x11d2,                            \
		{                                                      \
			0x8e, 0x39, 0x00, 0xa0, 0xc9, 0x69, 0x72, 0x3b \
		}                                                      \
	}
enum {
	EFI_NODE_ACPI = 2,
	EFI_NODE_MESSAGING = 3,
	EFI_NODE_MEDIA = 4,
	EFI_NODE_END = 0x7f,
	EFI_NODE_MAC = 11, /* messaging: a network card's address */
	EFI_NODE_UART = 14,
	EFI_NODE_PARTITION = 1, /* media */
	EFI_NODE_FILE = 4       /* media: a file's path on a volume */
};

/* 4.2 */
struct efi_table_header {
	uint64_t signature;
	uint32_t revision, size, crc, reserved;
};

/* 8.3.1 */
struct efi_time {
	uint16_t year;
	uint8_t month, day, hour, minute, second, padding;
	uint32_t nanosecond;
	int16_t zone;
	uint8_t daylight, padding_2;
};

/* 12.3.1: a key, by scan code or by character. */
struct efi_key {
	uint16_t scan;
	efi_char character;
};

/* 12.3 */
struct efi_text_input {
	void *reset;
	efi_status(EFIAPI *read_key)(struct efi_text_input *self, struct efi_key *key);
	void *wait_for_key;
};

/* 12.2.3: the state of the keys that are held. */
struct efi_key_data {
	struct efi_key key;
	uint32_t shift;
	uint8_t toggle;
};

/* 12.2 */
struct efi_text_input_ex {
	void *reset;
	efi_status(EFIAPI *read_key)(struct efi_text_input_ex *self, struct efi_key_data *key);
	void *wait_for_key;
	efi_status(EFIAPI *set_state)(struct efi_text_input_ex *self, const uint8_t *toggle);
};

/* 12.4.1 */
struct efi_text_mode {
	int32_t max_mode, mode, attribute, column, row;
	bool cursor_visible;
};

/* 12.4 */
struct efi_text_output {
	void *reset;
	efi_status(EFIAPI *output)(struct efi_text_output *self, const efi_char *string);
	void *test;
	efi_status(EFIAPI *query_mode)(struct efi_text_output *self, uint64_t mode,
	                               uint64_t *columns, uint64_t *rows);
	efi_status(EFIAPI *set_mode)(struct efi_text_output *self, uint64_t mode);
	efi_status(EFIAPI *set_attribute)(struct efi_text_output *self, uint64_t attribute);
	efi_status(EFIAPI *clear)(struct efi_text_output *self);
	efi_status(EFIAPI *set_cursor)(struct efi_text_output *self, uint64_t column, uint64_t row);
	efi_status(EFIAPI *show_cursor)(struct efi_text_output *self, bool visible);
	struct efi_text_mode *mode;
};

/* 7.2.1; types of memory, and the map, are in core/machine.h. */
enum efi_allocate { EFI_ANY_PAGES, EFI_BELOW, EFI_AT };

/* 7.3.9 */
enum { EFI_BY_PROTOCOL = 2 };

/* 4.4; the services are those of chapter 7. */
struct efi_boot_services {
	struct efi_table_header header;
	void *raise_tpl, *restore_tpl;
	efi_status(EFIAPI *allocate_pages)(enum efi_allocate how, enum efi_memory_type type,
	                                   uint64_t pages, uint64_t *at);
	efi_status(EFIAPI *free_pages)(uint64_t at, uint64_t pages);
	efi_status(EFIAPI *get_memory_map)(uint64_t *size, void *map, uint64_t *key,
	                                   uint64_t *descriptor_size, uint32_t *version);
	efi_status(EFIAPI *allocate_pool)(enum efi_memory_type type, uint64_t size, void **memory);
	efi_status(EFIAPI *free_pool)(void *memory);
	void *create_event, *set_timer, *wait_for_event, *signal_event, *close_event, *check_event;
	void *install_protocol, *reinstall_protocol, *uninstall_protocol;
	efi_status(EFIAPI *handle_protocol)(efi_handle handle, const struct efi_guid *protocol,
	                                    void *interface);
	void *reserved, *register_notify, *locate_handle, *locate_device_path, *install_table;
	void *load_image, *start_image;
	efi_status(EFIAPI *exit)(efi_handle image, efi_status status, uint64_t size,
	                         const efi_char *data);
	void *unload_image;
	efi_status(EFIAPI *exit_boot_services)(efi_handle image, uint64_t key);
	void *get_count;
	efi_status(EFIAPI *stall)(uint64_t microseconds);
	efi_status(EFIAPI *set_watchdog)(uint64_t seconds, uint64_t code, uint64_t size,
	                                 const efi_char *data);
	void *connect, *disconnect, *open_protocol, *close_protocol, *open_information;
	void *protocols_of_handle;
	efi_status(EFIAPI *locate_handles)(unsigned how, const struct efi_guid *protocol, void *key,
	                                   uint64_t *count, efi_handle **handles);
	efi_status(EFIAPI *locate_protocol)(const struct efi_guid *protocol, void *registration,
	                                    void *interface);
};
_Static_assert(offsetof(struct efi_boot_services, exit_boot_services) == 232, "UEFI 2.10, 4.4");
_Static_assert(offsetof(struct efi_boot_services, locate_protocol) == 320, "UEFI 2.10, 4.4");

/* 8.5.1 */
enum efi_reset { EFI_RESET_COLD, EFI_RESET_WARM, EFI_RESET_SHUTDOWN };

/* 4.5; the services are those of chapter 8. */
struct efi_runtime_services {
	struct efi_table_header header;
	efi_status(EFIAPI *get_time)(struct efi_time *time, void *capabilities);
	void *set_time, *get_wakeup, *set_wakeup, *set_virtual_map, *convert_pointer;
	efi_status(EFIAPI *get_variable)(const efi_char *name, const struct efi_guid *vendor,
	                                 uint32_t *attributes, uint64_t *size, void *data);
	void *next_variable, *set_variable, *monotonic_count;
	void(EFIAPI *reset)(enum efi_reset how, efi_status status, uint64_t size, const void *data);
};
_Static_assert(offsetof(struct efi_runtime_services, reset) == 104, "UEFI 2.10, 4.5");

/* 4.6 */
struct efi_configuration_table {
	struct efi_guid vendor;
	void *table;
};

/* 4.3 */
struct efi_system_table {
	struct efi_table_header header;
	const efi_char *vendor;
	uint32_t vendor_revision, padding;
	efi_handle input_handle;
	struct efi_text_input *input;
	efi_handle output_handle;
	struct efi_text_output *output;
	efi_handle error_handle;
	struct efi_text_output *error;
	struct efi_runtime_services *runtime;
	struct efi_boot_services *boot;
	uint64_t table_count;
	const struct efi_configuration_table *tables;
};
_Static_assert(offsetof(struct efi_system_table, boot) == 96, "UEFI 2.10, 4.3");
_Static_assert(sizeof(struct efi_system_table) == 120, "UEFI 2.10, 4.3");

/* 9.1 */
struct efi_loaded_image {
	uint32_t revision, padding;
	efi_handle parent;
	struct efi_system_table *system;
	efi_handle device;
	const struct efi_device_path *path;
	void *reserved;
	uint32_t options_size, padding_2;
	const void *options;
	const uint8_t *begin;
	uint64_t size;
	enum efi_memory_type code, data;
	void *unload;
};
_Static_assert(offsetof(struct efi_loaded_image, begin) == 64, "UEFI 2.10, 9.1");

/* 10.2: a node of a device path; a node of type 0x7f is the end. */
struct efi_device_path {
	uint8_t type, kind, length_low, length_high;
};

/* 13.5 */
struct efi_file {
	uint64_t revision;
	efi_status(EFIAPI *open)(struct efi_file *self, struct efi_file **file,
	                         const efi_char *name, uint64_t mode, uint64_t attributes);
	efi_status(EFIAPI *close)(struct efi_file *self);
	void *delete;
	efi_status(EFIAPI *read)(struct efi_file *self, uint64_t *size, void *buffer);
	void *write, *get_position;
	efi_status(EFIAPI *set_position)(struct efi_file *self, uint64_t position);
	efi_status(EFIAPI *get_info)(struct efi_file *self, const struct efi_guid *kind,
	                             uint64_t *size, void *info);
};
enum { EFI_FILE_READ = 1, EFI_FILE_FOLDER = 0x10 };

/* 13.5.16 */
struct efi_file_info {
	uint64_t size, file_size, physical_size;
	struct efi_time created, accessed, modified;
	uint64_t attributes;
	efi_char name[];
};
_Static_assert(offsetof(struct efi_file_info, name) == 80, "UEFI 2.10, 13.5.16");

/* 13.4 */
struct efi_file_system {
	uint64_t revision;
	efi_status(EFIAPI *open_volume)(struct efi_file_system *self, struct efi_file **root);
};

/* 13.9: blocks of a medium, read in whole. */
struct efi_block_media {
	uint32_t id;
	bool removable, present, partition, read_only, write_caching;
	uint32_t block_size, io_align;
	uint64_t last_block;
};
_Static_assert(offsetof(struct efi_block_media, block_size) == 12, "UEFI 2.10, 13.9.1");
struct efi_block_io;
typedef efi_status(EFIAPI efi_read_blocks)(struct efi_block_io *self, uint32_t medium,
                                           uint64_t block, uint64_t size, uint8_t *buffer);
struct efi_block_io {
	uint64_t revision;
	const struct efi_block_media *media;
	void *reset;
	efi_read_blocks *read_blocks;
	void *write_blocks, *flush_blocks;
};

/* 12.9.2 */
enum efi_pixel_format { EFI_PIXEL_RGB, EFI_PIXEL_BGR, EFI_PIXEL_MASKS, EFI_PIXEL_BLT_ONLY };
struct efi_graphics_info {
	uint32_t version, width, height;
	enum efi_pixel_format format;
	uint32_t red, green, blue, reserved; /* masks, with EFI_PIXEL_MASKS */
	uint32_t pitch;                      /* in pixels */
};
struct efi_graphics_mode {
	uint32_t max_mode, mode;
	const struct efi_graphics_info *info;
	uint64_t info_size, frame_buffer, frame_buffer_size;
};
struct efi_graphics {
	efi_status(EFIAPI *query_mode)(struct efi_graphics *self, uint32_t mode, uint64_t *size,
	                               struct efi_graphics_info **info);
	efi_status(EFIAPI *set_mode)(struct efi_graphics *self, uint32_t mode);
	void *blt;
	const struct efi_graphics_mode *mode;
};

/* 12.9.3 */
struct efi_edid {
	uint32_t size;
	const uint8_t *bytes;
};

/* 37.5 */
struct efi_random {
	void *get_info;
	efi_status(EFIAPI *get)(struct efi_random *self, const struct efi_guid *algorithm,
	                        uint64_t size, uint8_t *bytes);
};

#endif
