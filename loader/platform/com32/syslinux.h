/* SPDX-License-Identifier: MIT */
/*
 * syslinux.h - the functions and variables of Syslinux 6 that we use, from its core and from
 * ldlinux.c32, which are in memory before any module is. Declared here, since no package provides a
 * header for them.
 *
 * Each imported name costs time. Syslinux looks it up in both: first among the exported symbols,
 * and then among all others one by one, 27 instructions each. What ldlinux.c32 itself imports from
 * the core is first among its symbols and so is found soonest: malloc after 2,000 instructions,
 * exports of ldlinux.c32 after 10,000.
 *
 * All are called with up to three arguments in EAX, EDX and ECX (-mregparm=3), variadic ones on the
 * stack.
 */
#ifndef PLATFORM_COM32_SYSLINUX_H
#define PLATFORM_COM32_SYSLINUX_H

#include <stddef.h>
#include <stdint.h>

#pragma GCC visibility push(default)

/* Memory from 1 MiB to 4 GiB, and memory that the BIOS can reach. NULL if there is none left. */
void *malloc(size_t size);
void free(void *memory);
void *lmalloc(size_t size);

/* Files. A FILE pointer is really a number: file descriptor + 1. */
typedef struct syslinux_file FILE;

struct stat {
	int mode; /* STAT_STREAM: the size is unknown */
	size_t size;
};
enum { STAT_KIND = 0xf000, STAT_STREAM = 0xc000 };

FILE *fopen(const char *name, const char *mode);
int fclose(FILE *file);
size_t _fread(void *to, size_t size, FILE *file);
int fstat(int descriptor, struct stat *stat);

/* The descriptor of a file, and the file of a descriptor. */
static inline int fileno(FILE *file)
{
	return (int)(uintptr_t)file - 1;
}

static inline FILE *file_of(int descriptor)
{
	return (FILE *)(uintptr_t)(descriptor + 1);
}

/* The descriptors of Syslinux's own console, for what it writes. */
enum { STDOUT = 1, STDERR = 2 };

/* Prints on Syslinux's own console. */
int printf(const char *format, ...) __attribute__((format(printf, 1, 2)));

/* The current folder, for names without a leading slash; NULL if it does not fit. */
char *core_getcwd(char *folder, size_t size);

/* The SERIAL line in isolinux.cfg; iobase is 0 without one. Syslinux has set the port up.
 */
struct serial_console {
	uint16_t iobase;
	uint16_t divisor;
	uint16_t flow;
};
extern struct serial_console __syslinux_serial_console_info;

/* Where Syslinux was started from; the fields that ISOLINUX and SYSLINUX share. */
struct derivative_info {
	uint8_t registers[28];
	uint8_t drive;
	uint8_t other_1[7];
	uint8_t kind; /* of Syslinux; SYSLINUX_NETWORK is PXELINUX */
	uint8_t other_2[15];
	const uint64_t *partition; /* its first sector on the drive */
};
enum { SYSLINUX_NETWORK = 0x32 };
_Static_assert(offsetof(struct derivative_info, drive) == 28, "syslinux_derivative_info");
_Static_assert(offsetof(struct derivative_info, kind) == 36, "syslinux_derivative_info");
_Static_assert(sizeof(void *) != 4 || offsetof(struct derivative_info, partition) == 52,
               "syslinux_derivative_info");
void get_derivative_info(struct derivative_info *info);

/*
 * How Syslinux reads a drive (core/include/disk.h, fs.h and cache.h; these fields have been the
 * same since 2012). It prints that a sector cannot be read, and then continues as if it had been:
 * only the caller of `read` can see that, from the number of sectors that it returns.
 */
struct disk {
	void *of_firmware;
	uint32_t drive;
	uint32_t sector_size;
	uint32_t sector_shift;
	uint32_t most_sectors;
	uint32_t geometry[4];
	uint64_t partition; /* its first sector on the drive; for `read`, sectors count from here */
	int (*read)(struct disk *disk, void *to, uint64_t sector, size_t count, _Bool is_write);
};
_Static_assert(sizeof(void *) != 4 || offsetof(struct disk, read) == 44, "struct disk");

/* A cached block of a drive. */
struct cached_block {
	uint64_t number;
	struct cached_block *other[2];
	void *data;
};

/* A drive and the blocks kept of it, as Syslinux 6.03 and later have it. */
struct device {
	struct disk *disk;
	uint8_t is_ready;
	uint8_t *data; /* of all blocks, one after the other; after them a head, and the blocks */
	struct cached_block *head;
	uint16_t block_size;
	uint16_t block_count;
	uint32_t size;
};
_Static_assert(sizeof(void *) != 4 || sizeof(struct device) == 24, "struct device");

/* Where files come from; `device` is NULL for a network. */
struct file_system {
	const void *functions;
	struct device *device;
};
extern struct file_system *this_fs;

/* Calls a BIOS interrupt. Segments must be those of memory below 1 MiB. */
struct bios_registers;
void __intcall(uint8_t number, const struct bios_registers *in, struct bios_registers *out);

/* Returns the hardware to the BIOS's state. After this no function above may be called. */
void syslinux_final_cleanup(uint16_t flags);

/* zlib's inflate (zlib.h 1.2): the state, and the three calls that unpack a whole file. */
struct z_stream {
	const uint8_t *next_in;
	unsigned avail_in;
	unsigned long total_in;
	uint8_t *next_out;
	unsigned avail_out;
	unsigned long total_out;
	const char *message;
	void *state;
	void *(*allocate)(void *, unsigned, unsigned);
	void (*release)(void *, void *);
	void *opaque;
	int data_type;
	unsigned long adler;
	unsigned long reserved;
};

enum {
	Z_OK = 0,
	Z_STREAM_END = 1,
	Z_NO_FLUSH = 0,
	Z_GZIP_WINDOW = 15 + 16 /* the largest window, with a gzip header */
};

#define Z_VERSION "1" /* inflateInit2_() compares only the first character */
int inflateInit2_(struct z_stream *stream, int window, const char *version, int stream_size);
int inflate(struct z_stream *stream, int flush);
int inflateEnd(struct z_stream *stream);

#pragma GCC visibility pop

#endif
