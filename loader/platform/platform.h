/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what the loader needs of whoever started it: Syslinux, UEFI, a Multiboot loader, a
 * file on this computer. One folder beside this file implements it, and the linker binds it;
 * boot_run() (core/run.h) is the only caller, in the order in which the functions stand here.
 *
 * Only platform_launch() gives anything up. Until then a function that returns false leaves its
 * reason in the report and the machine as it was, and boot_run() then ends in platform_fail().
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "core/boot.h"

/* The time stamp counter, or 0 where time does not count. */
uint64_t platform_time(void);

/* Makes platform_write() work where the firmware has its console. Notes what is known from the
 * start: how far the loader can point, its resident part, the memory that must stay as it is. */
void platform_open(struct machine *machine);

/* The words to boot by, as after APPEND. They stay where they are until boot_run() returns. */
bool platform_words(unsigned *count, const char *const **words, struct report *report);

/*
 * Memory that is the loader's until the launch, and free like any other from then on: `size` bytes,
 * at a multiple of `align`, with anything in them. NULL if there is none.
 */
void *platform_take(uint64_t size, uint64_t align);

/* Speaks from now on where the options say, and notes the serial port that the kernel's faults are
 * told to. Called once, when the words are read or as far as they could be. */
void platform_console(const struct options *options, struct machine *machine);

/* Shows a text; its lines end in "\n". Characters of core/colour.h colour it on the screen, and are
 * left out elsewhere. */
void platform_write(const char *text);

/* Switches the machine off or restarts it, if the options say so. Returns only if it cannot. */
bool platform_obey(enum action action, struct report *report);

/* Fills in what every boot needs to know: CPU, memory map, tables, CPUs, date and time, where the
 * files come from. */
bool platform_machine(struct machine *machine, struct report *report);

/*
 * Reads the file of file->name: all of it, wherever its size is known only at its end; checked by
 * its digest, and unpacked unless it is to stay raw. Its bytes begin at a page, those of a large
 * file at a multiple of 2 MiB, where its segments can stay. A file that need not be there, and is
 * not, has no bytes: file->bytes.bytes is NULL.
 */
bool platform_load(struct file *file, struct report *report);

/*
 * Fills in what is only asked for on demand, of user or kernel, since it takes time: a measured
 * clock, randomness, what old protocols hand over, and the screen that the request for one amounts
 * to. It need not be switched to yet.
 */
bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report);

/* Takes the largest block of memory below machine->identity_limit that nobody has, of at least
 * `least` bytes; more than `most` are of no use. False, without a reason, if there is none. */
bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest);

/* Switches to the screen that machine->display describes. On false, text can be read again. */
bool platform_video_set(const struct machine *machine, struct report *report);

/* Leaves whoever started us for good, and runs the resident part, which carries the plan out. */
_Noreturn void platform_launch(const struct boot *boot);

/* Speaks on the screen as well from now on, since a failure is never told to a log alone. Empties
 * it first if that is wanted. */
void platform_use_screen(bool emptied);

/*
 * Everything is said. Halts the machine, or restarts it after so many seconds, or makes ready to go
 * back to whoever started us: takes back what was switched, gives back all memory that was taken.
 */
void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds);

#endif
