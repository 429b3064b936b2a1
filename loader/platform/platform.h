/* SPDX-License-Identifier: MIT */
/*
 * platform.h - what the loader needs from its environment: Syslinux, UEFI, a Multiboot loader, or
 * the host. One folder beside this file implements it, and the linker binds it; boot_run()
 * (core/run.h) is the only caller, in the order of the functions here.
 *
 * Only platform_launch() is irreversible. Before it, a function that returns false leaves its
 * reason in the report and the machine as it was, and boot_run() then ends in platform_fail().
 */
#ifndef PLATFORM_PLATFORM_H
#define PLATFORM_PLATFORM_H

#include "core/boot.h"

/* The time stamp counter, or 0 where time does not matter. */
uint64_t platform_time(void);

/* Makes platform_write() work on the firmware's console. Notes what is known from the start: the
 * identity limit, the resident part, and the reserved memory. */
void platform_open(struct machine *machine);

/* The words to boot by, as after APPEND. They stay valid until boot_run() returns. */
bool platform_words(unsigned *count, const char *const **words, struct report *report);

/*
 * Memory that belongs to the loader until the launch, and is free memory from then on: `size`
 * uninitialised bytes, at a multiple of `align`. NULL if there is none.
 */
void *platform_take(uint64_t size, uint64_t align);

/* From now on, writes to where the options say. Notes the serial port on which the kernel's faults
 * are reported. Called once, when the words have been read, or as many as could be. */
void platform_console(const struct options *options, struct machine *machine);

/* Writes a text whose lines end with "\n". Characters of core/colour.h colour it on the screen, and
 * are dropped elsewhere. */
void platform_write(const char *text);

/* Switches the machine off or restarts it, if the options say so. Returns only if it cannot. */
bool platform_obey(enum action action, struct report *report);

/* Fills in what every boot needs to know: CPU, memory map, tables, CPUs, date and time, where the
 * files come from. */
bool platform_machine(struct machine *machine, struct report *report);

/*
 * Reads the whole file file->name, even if its size is not known in advance; checks its digest, and
 * unpacks it unless it is to stay raw. Its bytes begin at a page, those of a large file at a
 * multiple of 2 MiB, where its segments can stay. An optional file that is missing has no bytes:
 * file->bytes.bytes is NULL.
 */
bool platform_load(struct file *file, struct report *report);

/*
 * Fills in what takes time to find out, if the user or the kernel asks for it: a measured clock,
 * randomness, what old protocols pass on, and the screen that the request leads to. Does not have
 * to switch to that screen yet.
 */
bool platform_facts(struct machine *machine, const struct options *wanted, struct report *report);

/* Takes the largest free block of memory below machine->identity_limit, of at least `least` bytes;
 * more than `most` are not needed. False, without a reason, if there is none. */
bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest);

/* Switches to the screen that machine->display describes. On false, the text screen is back. */
bool platform_video_set(const struct machine *machine, struct report *report);

/* Leaves the environment for good, and runs the resident part, which carries the plan out. */
_Noreturn void platform_launch(const struct boot *boot);

/* Writes to the screen as well from now on, since a failure is never reported to a log alone. With
 * `emptied`, clears it first. */
void platform_use_screen(bool emptied);

/*
 * The failure has been reported. Halts the machine, restarts it after some seconds, or prepares to
 * return to the environment: undoes what was switched, and releases all memory that was taken.
 */
void platform_fail(struct machine *machine, enum on_error on_error, unsigned seconds);

#endif
