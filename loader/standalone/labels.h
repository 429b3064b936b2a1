/* SPDX-License-Identifier: MIT */
/*
 * labels.h - what a configuration file of Syslinux says, for platforms on which no Syslinux reads
 * it: what can be started, what is started by itself, and where the loader speaks.
 *
 * Read are DEFAULT, LABEL, KERNEL, LINUX, COM32, APPEND, LOCALBOOT, SAY, PROMPT, TIMEOUT,
 * ONTIMEOUT, NOESCAPE, ALLOWOPTIONS, SERIAL and UI. What only Syslinux itself can do is passed
 * over.
 */
#ifndef STANDALONE_LABELS_H
#define STANDALONE_LABELS_H

#include "core/base.h"

#define LABELS_MAX 128
#define SAYS_MAX   32

/* Something that can be started. */
struct label {
	const char *name;
	const char *program; /* NULL: none is named */
	const char *append;  /* NULL: the file's own, if it has one */
	bool leave;          /* LOCALBOOT: go back to who started us */
};

struct labels {
	struct label list[LABELS_MAX];
	unsigned count;
	unsigned lost;             /* labels beyond those */
	const char *start;         /* the command that is started by itself; NULL: none */
	const char *timeout_start; /* the one after the timeout, if that is another */
	const char *append;        /* for labels without one; NULL: none */
	unsigned timeout; /* tenths of a second until it is started at the prompt; 0: never */
	bool prompt;      /* ask first */
	bool menu;        /* UI: there is to be a menu, which asks first as well */
	bool no_escape;   /* a key does not lead to the prompt */
	bool fixed;       /* words that are typed after a label do not count */
	bool labels_only; /* a program's name starts nothing */
	const char *says[SAYS_MAX]; /* to be shown, in this order */
	unsigned say_count;
	const char *serial;   /* what stands after SERIAL; NULL: nothing does */
	unsigned passed_over; /* lines with a word that is not for us */
	unsigned passed_line; /* the first of them, from 1 */
	const char *passed_word;
};

/* Reads a file of `size` bytes; text[size] exists as well. What is found points into it, and it is
 * cut up. */
void labels_read(struct labels *labels, char *text, size_t size);

/* What a command, a label's name or a program's with words after it, amounts to. */
enum command {
	COMMAND_START,   /* the words are those for the loader */
	COMMAND_LEAVE,   /* go back to who started us */
	COMMAND_FOREIGN, /* a program that is not for us: *program */
	COMMAND_UNKNOWN, /* there is no such label */
	COMMAND_LONG     /* there are more words than there is room for */
};

/*
 * Looks a command up, and puts its words together: those after APPEND, then those of the command.
 * They are written to `buffer`, of `size` bytes; words[*count] of them at most.
 */
enum command labels_command(const struct labels *labels, const char *command, char *buffer,
                            size_t size, const char **words, unsigned *count, const char **program);

/* The number of the UART's base port and its speed by a SERIAL line: "0 115200 0x003". False if
 * that is no port; a speed that is not told is 9600, as in Syslinux. */
bool labels_serial(const char *serial, uint16_t *port, uint32_t *baud, bool *screen);

#endif
