/* SPDX-License-Identifier: MIT */
/*
 * limine.h - the Limine boot protocol as a kernel sees it: the same structures as in
 * loader/protocols/limine/abi.h, with pointers, declared a second time so that a mistake in one of
 * them is noticed.
 */
#ifndef TESTS_LIMINE_H
#define TESTS_LIMINE_H

#include <stdint.h>

struct bootloader_info {
	uint64_t revision;
	const char *name, *version;
};

struct text_answer {
	uint64_t revision;
	const char *text;
};

struct number_answer {
	uint64_t revision, number;
};

struct video_mode {
	uint64_t pitch, width, height;
	uint16_t bits;
	uint8_t model, red[2], green[2], blue[2];
};

struct framebuffer {
	volatile uint8_t *address;
	uint64_t width, height, pitch;
	uint16_t bits;
	uint8_t model, red[2], green[2], blue[2], unused[7];
	uint64_t edid_size;
	const uint8_t *edid;
	uint64_t mode_count;
	struct video_mode **modes;
};

struct framebuffer_answer {
	uint64_t revision, count;
	struct framebuffer **list;
};

struct flanterm {
	uint32_t *canvas;
	uint64_t canvas_size;
	uint32_t colours[8], bright_colours[8];
	uint32_t background, foreground, bright_background, bright_foreground;
	const uint8_t *font;
	uint64_t font_width, font_height, font_spacing, scale_x, scale_y, margin, rotation;
};

struct flanterm_answer {
	uint64_t revision, count;
	struct flanterm **list;
};

struct memory_entry {
	uint64_t base, length, type;
};

struct memory_answer {
	uint64_t revision, count;
	struct memory_entry **list;
};

struct file {
	uint64_t revision;
	const uint8_t *address;
	uint64_t size;
	const char *path, *text;
	uint32_t media, unused, tftp_ip, tftp_port, partition, mbr_disk;
	uint8_t uuids[48];
};

struct file_answer {
	uint64_t revision;
	struct file *file;
};

struct module_answer {
	uint64_t revision, count;
	struct file **list;
};

struct smbios_answer {
	uint64_t revision, entry_32, entry_64;
};

struct address_answer {
	uint64_t revision, physical, virtual;
};

struct performance_answer {
	uint64_t revision, reset, init, exec;
};

struct internal_module {
	const char *path, *text;
	uint64_t flags;
};

struct processor {
	uint32_t processor, lapic;
	uint64_t reserved;
	void (*go)(struct processor *);
	uint64_t argument;
};

struct mp_answer {
	uint64_t revision;
	uint32_t flags, bsp_lapic;
	uint64_t count;
	struct processor **list;
};

/* A request for an answer of type `struct kind`. */
#define REQUEST_FOR(kind)                 \
	struct {                          \
		uint64_t id[4], revision; \
		struct kind *answer;      \
	}

/* The id of a request, by its last two numbers. */
#define LIMINE_ID(first, second)                                      \
	{                                                             \
		0xc7b1dd30df4c8b88, 0x0a82e883a194f07b, first, second \
	}

#define ID_BOOTLOADER_INFO    LIMINE_ID(0xf55038d8e2a1202f, 0x279426fcf5f59740)
#define ID_COMMAND_LINE       LIMINE_ID(0x4b161536e598651e, 0xb390ad4a2f1f303a)
#define ID_FIRMWARE_TYPE      LIMINE_ID(0x8c2f75d90bef28a8, 0x7045a4688eac00c3)
#define ID_STACK_SIZE         LIMINE_ID(0x224ef0460a8e8926, 0xe1cb0fc25f46ea3d)
#define ID_HHDM               LIMINE_ID(0x48dcf1cb8ad2b852, 0x63984e959a98244b)
#define ID_FRAMEBUFFER        LIMINE_ID(0x9d5827dcd881dd75, 0xa3148604f6fab11b)
#define ID_PAGING_MODE        LIMINE_ID(0x95c1a0edab0944cb, 0xa4e5cb3842f7488a)
#define ID_MP                 LIMINE_ID(0x95a67b819a1b857e, 0xa0b61b723b6a73e0)
#define ID_MEMORY_MAP         LIMINE_ID(0x67cf3d9d378a806f, 0xe304acdfc50c3c62)
#define ID_ENTRY_POINT        LIMINE_ID(0x13d86c035a1cd3e1, 0x2b0caa89d8f3026a)
#define ID_EXECUTABLE_FILE    LIMINE_ID(0xad97e90e83f1ed67, 0x31eb5d1c5ff23b69)
#define ID_MODULES            LIMINE_ID(0x3e7e279702be32af, 0xca1c4f3bd1280cee)
#define ID_RSDP               LIMINE_ID(0xc5e77b6b397e7b43, 0x27637845accdcf3c)
#define ID_SMBIOS             LIMINE_ID(0x9e9046f11e095391, 0xaa4a520fefbde5ee)
#define ID_EFI_SYSTEM_TABLE   LIMINE_ID(0x5ceba5163eaaf6d6, 0x0a6981610cf65fcc)
#define ID_EFI_MEMORY_MAP     LIMINE_ID(0x7df62a431d6872d5, 0xa4fcdfb3e57306c8)
#define ID_DATE_AT_BOOT       LIMINE_ID(0x502746e184c088aa, 0xfbc5ec83e6327893)
#define ID_EXECUTABLE_ADDRESS LIMINE_ID(0x71ba76863cc55f63, 0xb2644a48c516a487)
#define ID_DEVICE_TREE        LIMINE_ID(0xb40ddb48fb54bac7, 0x545081493f81ffb7)
#define ID_KEEP_IOMMU         LIMINE_ID(0x8ebaabe51f490179, 0x2aa86a59ffb4ab0f)
#define ID_TERMINAL           LIMINE_ID(0xc8ac59310c2b0844, 0xa68d0c7265d38878)
#define ID_FIVE_LEVELS        LIMINE_ID(0x94469551da9b3192, 0xebe5e86db7382888)
#define ID_HART_ID            LIMINE_ID(0x1369359f025525f9, 0x2ff2a56178391bb6)
#define ID_TPM_EVENT_LOG      LIMINE_ID(0x98e094fc7e76e979, 0xee8d8775c54e1d1f)
#define ID_FLANTERM           LIMINE_ID(0x3259399fe7c5f126, 0xe01c1c8c5db9d1a9)
#define ID_ENTROPY            LIMINE_ID(0x65ea80255d5682c5, 0x9117240723f493eb)
#define ID_PERFORMANCE        LIMINE_ID(0x6b50ad9bf36d13ad, 0xdc4c7e88fc759e17)
#define ID_TSC_FREQUENCY      LIMINE_ID(0x10f2ee1d87d195e4, 0xf747a2b78f6ddb31)

#define BASE_REVISION(number)                                    \
	{                                                        \
		0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, (number) \
	}
#define START_MARKER                                                                           \
	{                                                                                      \
		0xf6b8f4b39de7d1ae, 0xfab91a6940fcb9cf, 0x785c6ed015d3e316, 0x181e920a7852b9d9 \
	}
#define END_MARKER                                     \
	{                                              \
		0xadc0e0531bb10d03, 0x9572709f31764c62 \
	}

#endif
