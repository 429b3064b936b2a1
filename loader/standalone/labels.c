/* SPDX-License-Identifier: MIT */
/*
 * labels.c - reads a configuration file of Syslinux line by line. Source: Syslinux's
 * doc/syslinux.txt. Nothing in the file is an error: what is not understood is ignored, and there
 * is always a prompt.
 */
#include "standalone/labels.h"

#include "core/text.h"

#define MODULE "longjump.c32"

/* What a line begins with. */
enum keyword {
	WORD_UNKNOWN,
	WORD_SILENT, /* without effect outside Syslinux, and harmless */
	WORD_DEFAULT,
	WORD_LABEL,
	WORD_PROGRAM,
	WORD_APPEND,
	WORD_LEAVE,
	WORD_SAY,
	WORD_PROMPT,
	WORD_UI,
	WORD_MENU,
	WORD_TIMEOUT,
	WORD_ON_TIMEOUT,
	WORD_NO_ESCAPE,
	WORD_ALLOW_OPTIONS,
	WORD_SERIAL,
	WORD_TEXT,
	WORD_END_TEXT
};

static const struct {
	const char *name;
	enum keyword word;
} keywords[] = {
	{ "default", WORD_DEFAULT },
	{ "label", WORD_LABEL },
	{ "kernel", WORD_PROGRAM },
	{ "linux", WORD_PROGRAM },
	{ "com32", WORD_PROGRAM },
	{ "boot", WORD_PROGRAM },
	{ "append", WORD_APPEND },
	{ "localboot", WORD_LEAVE },
	{ "say", WORD_SAY },
	{ "prompt", WORD_PROMPT },
	{ "ui", WORD_UI },
	{ "menu", WORD_MENU },
	{ "timeout", WORD_TIMEOUT },
	{ "ontimeout", WORD_ON_TIMEOUT },
	{ "noescape", WORD_NO_ESCAPE },
	{ "allowoptions", WORD_ALLOW_OPTIONS },
	{ "serial", WORD_SERIAL },
	{ "text", WORD_TEXT },
	{ "endtext", WORD_END_TEXT },
	{ "implicit", WORD_SILENT },
	{ "nocomplete", WORD_SILENT },
	{ "nohalt", WORD_SILENT },
	{ "totaltimeout", WORD_SILENT },
	{ "path", WORD_SILENT },
};

static bool equal_but_for_case(const char *a, const char *b)
{
	while (*a != 0 && text_lower(*a) == text_lower(*b)) {
		a++;
		b++;
	}
	return text_lower(*a) == text_lower(*b);
}

/* The next word of a line, terminated with a zero; *line moves on to the word after it. NULL at the
 * end. */
static char *cut_word(char **line)
{
	char *word, *at = *line;

	while (text_is_blank(*at))
		at++;
	word = at;
	while (*at != 0 && !text_is_blank(*at))
		at++;
	if (*at != 0)
		*at++ = 0;
	while (text_is_blank(*at))
		at++;
	*line = at;
	return *word != 0 ? word : NULL;
}

/* The rest of a line without spaces at its end. */
static char *trim(char *line)
{
	size_t length = text_length(line);

	while (length > 0 && text_is_blank(line[length - 1]))
		line[--length] = 0;
	return line;
}

static enum keyword keyword_of(const char *word)
{
	for (unsigned i = 0; i < COUNT(keywords); i++) {
		if (equal_but_for_case(word, keywords[i].name))
			return keywords[i].word;
	}
	return WORD_UNKNOWN;
}

/* The number on a line; 0 if it is not one. */
static unsigned number_of(const char *line)
{
	uint64_t number;

	return text_read_number(line, &number) && number <= INT32_MAX ? (unsigned)number : 0;
}

/* A new label, to which the lines after it belong; NULL if there are too many. */
static struct label *add_label(struct labels *labels, const char *name)
{
	struct label *label = &labels->list[labels->count];

	if (labels->count == LABELS_MAX) {
		labels->lost++;
		return NULL;
	}
	labels->count++;
	*label = (struct label){ .name = name };
	return label;
}

/* A line that applies to the current label, if there is one, or else to the whole file. */
static void read_of_label(struct labels *labels, struct label *label, enum keyword word, char *line)
{
	if (word == WORD_APPEND && label == NULL)
		labels->append = line;
	else if (word == WORD_APPEND)
		label->append = line;
	else if (word == WORD_LEAVE && label != NULL)
		label->leave = true;
	else if (label != NULL)
		label->program = line;
}

/* A line that applies to the whole file, wherever it is. */
static void read_of_file(struct labels *labels, enum keyword word, char *line)
{
	switch (word) {
	case WORD_DEFAULT:
		labels->start = line;
		break;
	case WORD_ON_TIMEOUT:
		labels->timeout_start = line;
		break;
	case WORD_TIMEOUT:
		labels->timeout = number_of(line);
		break;
	case WORD_PROMPT:
		labels->prompt = number_of(line) != 0;
		break;
	case WORD_UI:
		labels->menu = true;
		break;
	case WORD_NO_ESCAPE:
		labels->no_escape = number_of(line) != 0;
		break;
	case WORD_ALLOW_OPTIONS:
		labels->fixed = text_equal(line, "0");
		break;
	case WORD_SERIAL:
		labels->serial = line;
		break;
	case WORD_SAY:
		if (labels->say_count < SAYS_MAX)
			labels->says[labels->say_count++] = line;
		break;
	default:
		break;
	}
}

/* Counts a line that only Syslinux could carry out. */
static void pass_over(struct labels *labels, const char *word, unsigned number)
{
	if (labels->passed_over++ > 0)
		return;
	labels->passed_word = word;
	labels->passed_line = number;
}

/* True if a line after MENU changes nothing but how a menu looks. */
static bool is_for_looks(char *line)
{
	const char *word = cut_word(&line);

	return word != NULL && equal_but_for_case(word, "title");
}

/* The state between lines: the label that the next line belongs to. */
struct place {
	struct label *label;
	bool beyond;  /* there was no room for the label; its lines are ignored */
	bool in_text; /* between TEXT and ENDTEXT */
};

static void read_line(struct labels *labels, struct place *place, char *line, unsigned number)
{
	char *name = cut_word(&line);
	enum keyword word = name != NULL && name[0] != '#' ? keyword_of(name) : WORD_SILENT;

	if (place->in_text)
		place->in_text = word != WORD_END_TEXT;
	else if (word == WORD_TEXT)
		place->in_text = true;
	else if (word == WORD_LABEL) {
		place->label = add_label(labels, trim(line));
		place->beyond = place->label == NULL;
	} else if (word == WORD_APPEND || word == WORD_PROGRAM || word == WORD_LEAVE) {
		if (!place->beyond)
			read_of_label(labels, place->label, word, trim(line));
	} else if (word == WORD_UNKNOWN || (word == WORD_MENU && !is_for_looks(line)))
		pass_over(labels, name, number);
	else
		read_of_file(labels, word, word == WORD_SAY ? line : trim(line));
}

void labels_read(struct labels *labels, char *text, size_t size)
{
	struct place place = { 0 };
	unsigned number = 1;
	char *line = text;

	*labels = (struct labels){ 0 };
	text[size] = 0;
	for (char *at = text; at <= text + size; at++) {
		if (at < text + size && *at != '\n' && *at != '\r' && *at != 0)
			continue;
		bool is_end = *at == '\n';

		*at = 0;
		read_line(labels, &place, line, number);
		number += is_end;
		line = at + 1;
	}
}

/* The label of that name; if there is none, one that differs only in case; else NULL. */
static const struct label *find_label(const struct labels *labels, const char *name)
{
	for (unsigned i = 0; i < labels->count; i++) {
		if (text_equal(labels->list[i].name, name))
			return &labels->list[i];
	}
	for (unsigned i = 0; i < labels->count; i++) {
		if (equal_but_for_case(labels->list[i].name, name))
			return &labels->list[i];
	}
	return NULL;
}

/* True if a program is the Syslinux module that this loader replaces. */
static bool is_ours(const char *program)
{
	const char *name = program;

	for (const char *at = program; *at != 0; at++) {
		if (*at == '/')
			name = at + 1;
	}
	return equal_but_for_case(name, MODULE);
}

/* Words that are being collected. */
struct words {
	char *at, *end;
	const char **list;
	unsigned count, capacity;
	bool is_full;
};

/* Adds the words of a line. A line "-" has none. */
static void add_words(struct words *words, const char *line)
{
	if (line == NULL || text_equal(line, "-"))
		return;
	while (*line != 0) {
		const char *begin = line;
		size_t length;

		while (*line != 0 && !text_is_blank(*line))
			line++;
		length = (size_t)(line - begin);
		while (text_is_blank(*line))
			line++;
		if (length == 0)
			continue;
		if (words->count == words->capacity || length >= (size_t)(words->end - words->at)) {
			words->is_full = true;
			return;
		}
		words->list[words->count++] = words->at;
		memcpy(words->at, begin, length);
		words->at[length] = 0;
		words->at += length + 1;
	}
}

enum command labels_command(const struct labels *labels, const char *command, char *buffer,
                            size_t size, const char **words, unsigned *count, const char **program)
{
	struct words typed = { buffer, buffer + size, words, 0, *count, false };
	const struct label *label;
	struct words all;

	*count = 0;
	add_words(&typed, command);
	if (typed.is_full)
		return COMMAND_LONG;
	*program = typed.count > 0 ? words[0] : "";
	label = find_label(labels, *program);
	if (label == NULL && (labels->labels_only || !is_ours(*program)))
		return COMMAND_UNKNOWN;
	if (label != NULL && label->leave)
		return COMMAND_LEAVE;
	if (label != NULL) {
		*program = label->program != NULL ? label->program : label->name;
		if (!is_ours(*program))
			return COMMAND_FOREIGN;
	}
	all = (struct words){ typed.at, typed.end, words, 0, typed.capacity, false };
	while (text_is_blank(*command))
		command++;
	while (*command != 0 && !text_is_blank(*command))
		command++;
	if (label != NULL)
		add_words(&all, label->append != NULL ? label->append : labels->append);
	if (label == NULL || !labels->fixed)
		add_words(&all, command);
	*count = all.count;
	return all.is_full ? COMMAND_LONG : COMMAND_START;
}

bool labels_serial(const char *serial, uint16_t *port, uint32_t *baud, bool *screen)
{
	static const uint16_t ports[] = { 0x3f8, 0x2f8, 0x3e8, 0x2e8 };
	const char *words[3] = { "", "9600", "0" };
	char buffer[64];
	struct words list = { buffer, buffer + sizeof(buffer), words, 0, COUNT(words), false };
	uint64_t number, speed, flow;

	add_words(&list, serial);
	if (!text_read_number(words[0], &number) || !text_read_number(words[1], &speed)
	    || speed < 75 || speed > 115200)
		return false;
	*port = number < COUNT(ports) ? ports[number] : (uint16_t)number;
	*baud = (uint32_t)speed;
	*screen = !text_read_number(words[2], &flow) || (flow & 0x8000) == 0;
	return number < COUNT(ports) || (number >= 0x150 && number <= 0xffff);
}
