/* SPDX-License-Identifier: MIT */
/*
 * labels.h - reads a configuration file of Syslinux, for platforms without Syslinux: which entries
 * there are, which one is started by default, and where the loader's messages go.
 *
 * It understands DEFAULT, LABEL, KERNEL, LINUX, COM32, APPEND, LOCALBOOT, SAY, PROMPT, TIMEOUT,
 * ONTIMEOUT, NOESCAPE, ALLOWOPTIONS, SERIAL and UI. Lines that only Syslinux itself can carry out
 * are counted and ignored.
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
	bool leave;          /* LOCALBOOT: return to the firmware */
};

struct labels {
	struct label list[LABELS_MAX];
	unsigned count;
	unsigned lost;              /* labels beyond those */
	const char *start;          /* the command that is started by default; NULL: none */
	const char *timeout_start;  /* the one after the timeout, if it is a different one */
	const char *append;         /* for labels without one; NULL: none */
	unsigned timeout;           /* tenths of a second until the prompt starts it; 0: never */
	bool prompt;                /* ask first */
	bool menu;                  /* UI: show a menu, which also asks first */
	bool no_escape;             /* a key does not lead to the prompt */
	bool fixed;                 /* words that are typed after a label are ignored */
	bool labels_only;           /* a program's name starts nothing */
	const char *says[SAYS_MAX]; /* texts to show, in this order */
	unsigned say_count;
	const char *serial;   /* the words after SERIAL; NULL: there is no such line */
	unsigned passed_over; /* lines that only Syslinux could carry out */
	unsigned passed_line; /* the first of them, counted from 1 */
	const char *passed_word;
};

/* Reads a file of `size` bytes; text[size] must be writable as well. Splits the text in place: the
 * strings in `labels` point into it. */
void labels_read(struct labels *labels, char *text, size_t size);

/* What a command means. It is the name of a label or a program, with words after it. */
enum command {
	COMMAND_START,   /* the words are those for the loader */
	COMMAND_LEAVE,   /* return to the firmware */
	COMMAND_FOREIGN, /* it needs Syslinux: *program */
	COMMAND_UNKNOWN, /* there is no such label */
	COMMAND_LONG     /* it has more words than there is room for */
};

/*
 * Looks up a command, and collects its words: those after APPEND, then those of the command. They
 * are written to `buffer`, of `size` bytes. *count is the capacity of `words`, then their number.
 */
enum command labels_command(const struct labels *labels, const char *command, char *buffer,
                            size_t size, const char **words, unsigned *count, const char **program);

/*
 * Reads the words of a SERIAL line, "0 115200 0x003": the UART's base port, its speed (9600 if it
 * is missing, as in Syslinux), and whether the screen shows messages as well. False if there is no
 * such port or speed.
 */
bool labels_serial(const char *serial, uint16_t *port, uint32_t *baud, bool *screen);

#endif
