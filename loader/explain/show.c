/* SPDX-License-Identifier: MIT */
/* show.c - the layout of an explanation. If space is short, only the end is cut off. */
#include "explain/show.h"

#include "core/colour.h"

#define LABEL         12 /* columns for the label before a paragraph */
#define SERIAL_WIDTH  79
#define REGISTER      23  /* columns for a register, with the space before it */
#define STACK_SCREEN  4   /* words of the stack on a small screen */
#define STACK_REPORT  16  /* ... in the report, one per line */
#define WIDEST        100 /* columns of text at most: longer lines are hard to read */
#define CODE_BYTES    16
#define ROWS_FOR_MORE 30 /* from so many rows on, a screen has room for everything */
#define ROWS_FOR_ALL  36 /* ... even if the trace is long */
#define NO_LIMIT      1000
#define MANUAL        60 /* bytes for the name of a section of docs/errors.md */

#define LOST "unknown: RBP points to no frame, and the stack shows no return address"

/* A page that is being filled. */
struct sheet {
	struct text *text;
	const struct look *look;
	unsigned columns;
	unsigned column; /* where the next character goes */
	unsigned row;
	bool coloured;
};

/* Changes the colour, where there is colour. */
static void paint(struct sheet *sheet, enum colour colour)
{
	if (sheet->coloured)
		text_add(sheet->text, "%c", (char)colour);
}

static void new_line(struct sheet *sheet)
{
	text_add(sheet->text, "\n");
	sheet->column = 0;
	sheet->row++;
}

/* Appends characters on the line, from `from` up to `length` of them. */
static void put(struct sheet *sheet, const char *from, size_t length)
{
	text_add(sheet->text, "%.*s", (int)length, from);
	sheet->column += (unsigned)length;
}

/* Moves to a column further right. */
static void go_to(struct sheet *sheet, unsigned column)
{
	for (; sheet->column < column; sheet->column++)
		text_add(sheet->text, " ");
}

/* Begins a line with a label, in the label's colour. */
static void label(struct sheet *sheet, const char *name)
{
	paint(sheet, COLOUR_LABEL);
	go_to(sheet, 2);
	put(sheet, name, text_length(name));
	go_to(sheet, LABEL);
}

/* A text, broken into at most `lines` lines between words; each begins at column `indent`. */
static void paragraph(struct sheet *sheet, const char *from, unsigned indent, unsigned lines)
{
	go_to(sheet, indent);
	while (*from != 0) {
		size_t word = 0;

		while (from[word] != 0 && from[word] != ' ')
			word++;
		if (sheet->column > indent && sheet->column + 1 + word >= sheet->columns) {
			if (--lines == 0) {
				put(sheet, " ...", 4);
				break;
			}
			new_line(sheet);
			go_to(sheet, indent);
		} else if (sheet->column > indent) {
			put(sheet, " ", 1);
		}
		put(sheet, from, word);
		from += word;
		while (*from == ' ')
			from++;
	}
	new_line(sheet);
}

/* A labelled paragraph in a colour. */
static void entry(struct sheet *sheet, const char *name, enum colour colour, const char *text,
                  unsigned lines)
{
	label(sheet, name);
	paint(sheet, colour);
	paragraph(sheet, text, LABEL, lines);
}

/* One step of the trace: "main+0x12", and how often it occurs in a row. */
static void write_step(struct text *text, const struct step *step)
{
	place_write(text, &step->place);
	if (step->times > 1)
		text_add(text, " (%u times)", step->times);
}

/* Who called, in one paragraph. */
static void show_trace_short(struct sheet *sheet, const struct trace *trace)
{
	char buffer[1400];
	struct text text = text_in(buffer, sizeof(buffer));

	if (trace->lost)
		entry(sheet, "called by", COLOUR_PLAIN, LOST, NO_LIMIT);
	if (trace->count == 0)
		return;
	for (unsigned i = 0; i < trace->count; i++) {
		text_add(&text, i == 0 ? "" : ", ");
		write_step(&text, &trace->steps[i]);
	}
	text_add(&text, trace->cut ? ", ..." : "");
	text_add(&text, trace->guessed ? " (guessed from the stack)" : "");
	entry(sheet, "called by", COLOUR_PLAIN, buffer, 2);
}

/* Who called, each on a line with its address. */
static void show_trace_long(struct sheet *sheet, const struct trace *trace)
{
	for (unsigned i = 0; i < trace->count; i++) {
		char buffer[PLACE_NAME + 80];
		struct text text = text_in(buffer, sizeof(buffer));

		text_add(&text, "%016llx ", ULL(trace->steps[i].place.address));
		write_step(&text, &trace->steps[i]);
		entry(sheet, i == 0 ? "called by" : "", COLOUR_PLAIN, buffer, 1);
	}
	if (trace->lost)
		entry(sheet, "called by", COLOUR_PLAIN, LOST, NO_LIMIT);
	if (trace->cut)
		entry(sheet, "", COLOUR_PLAIN, "... and more", 1);
	if (trace->guessed)
		entry(sheet, "", COLOUR_PLAIN,
		      "(guessed from the stack; compile with -fno-omit-frame-pointer to be sure)",
		      NO_LIMIT);
}

/* Where it happened: name and address. */
static void show_place(struct sheet *sheet, const struct explanation *explanation)
{
	const struct place *place = &explanation->place;
	struct fault_info_segment segment;
	char buffer[PLACE_NAME + 80];
	struct text text = text_in(buffer, sizeof(buffer));

	if (sheet->look->fault->vector == VECTOR_RETURNED)
		return;
	place_write(&text, place);
	if (place->name[0] != 0)
		text_add(&text, " (%#llx)", ULL(place->address));
	else if (!look_segment(sheet->look, place->address, &segment))
		text_add(&text, ", outside the kernel");
	else if (sheet->look->marks->symbol_count == 0)
		text_add(&text, " (the kernel has no symbols; do not strip them)");
	entry(sheet, "where", COLOUR_VALUE, buffer, NO_LIMIT);
}

/* Which CPU it was, if more than one was started. */
static void show_cpu(struct sheet *sheet)
{
	const struct fault_info *marks = sheet->look->marks;
	char buffer[80];
	struct text text = text_in(buffer, sizeof(buffer));

	if (marks->processor_count == 0)
		return;
	text_add(&text, "APIC ID %u, %s of %u CPUs", sheet->look->fault->apic_id,
	         look_other_cpu(sheet->look) ? "one" : "the first",
	         (unsigned)marks->processor_count + 1);
	entry(sheet, "CPU", COLOUR_PLAIN, buffer, NO_LIMIT);
}

/* A register by its name, in its column. */
static void show_register(struct sheet *sheet, const char *name, uint64_t value)
{
	unsigned count = 2 * look_word_size(sheet->look), zeroes = 0;
	char digits[17];
	struct text text = text_in(digits, sizeof(digits));

	if (sheet->column + REGISTER > sheet->columns)
		new_line(sheet);
	go_to(sheet, sheet->column == 0 ? 2 : sheet->column + 3);
	paint(sheet, COLOUR_LABEL);
	put(sheet, name, text_length(name));
	go_to(sheet, sheet->column + 4 - (unsigned)text_length(name));
	text_add(&text, count == 8 ? "%08llx" : "%016llx", ULL(value));
	while (zeroes < count - 1 && digits[zeroes] == '0')
		zeroes++;
	paint(sheet, COLOUR_DIM);
	put(sheet, digits, zeroes);
	paint(sheet, COLOUR_PLAIN);
	put(sheet, digits + zeroes, count - zeroes);
}

/* All registers, in the order in which people look for them. */
static void show_registers(struct sheet *sheet)
{
	static const uint8_t config[REGISTERS] = { RAX, RBX, RCX, RDX, RSI, RDI, RBP, RSP,
		                                   8,   9,   10,  11,  12,  13,  14,  15 };
	const struct fault *fault = sheet->look->fault;
	bool code32 = fault->code32 != 0;

	paint(sheet, COLOUR_LABEL);
	for (unsigned i = 0; i < (code32 ? 8 : REGISTERS); i++)
		show_register(sheet, register_name(fault, config[i]).text,
		              fault->registers[config[i]]);
	show_register(sheet, code32 ? "EIP" : "RIP", fault->rip);
	show_register(sheet, code32 ? "EFL" : "RFL", fault->rflags);
	show_register(sheet, "CR0", fault->cr0);
	show_register(sheet, "CR2", fault->cr2);
	show_register(sheet, "CR3", fault->cr3);
	show_register(sheet, "CR4", fault->cr4);
	show_register(sheet, "EFR", fault->efer);
	if (fault->fs_base != 0 || fault->gs_base != 0) {
		show_register(sheet, "FSB", fault->fs_base);
		show_register(sheet, "GSB", fault->gs_base);
	}
	new_line(sheet);
}

/* The error code, if the CPU gave one. */
static void show_error(struct sheet *sheet, const struct explanation *explanation)
{
	if (explanation->error[0] != 0)
		entry(sheet, "error", COLOUR_PLAIN, explanation->error, NO_LIMIT);
}

/* The mode of 32-bit code. */
static const char *mode_name(const struct look *look)
{
	if ((look->fault->cr0 & CR0_PG) == 0)
		return "32-bit code, paging off";
	if (look->fault->long_mode_off == 0)
		return "32-bit code, in long mode (compatibility mode)";
	return (look->fault->cr4 & CR4_PAE) != 0 ? "32-bit code, with PAE page tables"
	                                         : "32-bit code, with 32-bit page tables";
}

/* Mode, selectors and tables. */
static void show_tables(struct sheet *sheet)
{
	const struct fault *fault = sheet->look->fault;
	char buffer[200];
	struct text text = text_in(buffer, sizeof(buffer));

	if (fault->code32 != 0)
		entry(sheet, "mode", COLOUR_PLAIN, mode_name(sheet->look), NO_LIMIT);
	text_add(&text, "CS %04x SS %04x DS %04x ES %04x FS %04x GS %04x TR %04x LDT %04x",
	         fault->cs, fault->ss, fault->ds, fault->es, fault->fs, fault->gs, fault->tr,
	         fault->ldt);
	entry(sheet, "selectors", COLOUR_PLAIN, buffer, NO_LIMIT);
	text = text_in(buffer, sizeof(buffer));
	text_add(&text, "GDT %#llx limit %x, IDT %#llx limit %x", ULL(fault->gdt.base),
	         fault->gdt.limit, ULL(fault->idt.base), fault->idt.limit);
	entry(sheet, "tables", COLOUR_PLAIN, buffer, NO_LIMIT);
}

/* The bytes at RIP, as far as they can be read. */
static void show_code(struct sheet *sheet)
{
	uint8_t bytes[CODE_BYTES];
	unsigned count = look_read(sheet->look, sheet->look->fault->rip, bytes, sizeof(bytes));
	char buffer[CODE_BYTES * 3 + 1];
	struct text text = text_in(buffer, sizeof(buffer));

	for (unsigned i = 0; i < count; i++)
		text_add(&text, "%02x ", bytes[i]);
	entry(sheet, "code", COLOUR_PLAIN, count == 0 ? "cannot be read" : buffer, NO_LIMIT);
}

/* A word of the stack, with all its digits, and a space. */
static void write_word(struct text *text, const struct look *look, uint64_t word)
{
	text_add(text, look_word_size(look) == 4 ? "%08llx " : "%016llx ", ULL(word));
}

/* The words at RSP, as far as they can be read, in one paragraph. */
static void show_stack_short(struct sheet *sheet)
{
	char buffer[STACK_SCREEN * 17 + 1] = "";
	struct text text = text_in(buffer, sizeof(buffer));
	uint64_t word;

	for (unsigned i = 0; i < STACK_SCREEN && look_stack(sheet->look, i, &word); i++)
		write_word(&text, sheet->look, word);
	entry(sheet, "stack", COLOUR_PLAIN, buffer[0] == 0 ? "cannot be read" : buffer, NO_LIMIT);
}

/* The same, one word per line, each with the name of what it points to. */
static void show_stack_long(struct sheet *sheet)
{
	uint64_t word;

	for (unsigned i = 0; i < STACK_REPORT; i++) {
		char buffer[PLACE_NAME + 60];
		struct text text = text_in(buffer, sizeof(buffer));
		struct place place;

		if (!look_stack(sheet->look, i, &word)) {
			if (i == 0)
				entry(sheet, "stack", COLOUR_PLAIN, "cannot be read", NO_LIMIT);
			return;
		}
		place = place_of(sheet->look, word);
		write_word(&text, sheet->look, word);
		if (place.name[0] != 0)
			place_write(&text, &place);
		entry(sheet, i == 0 ? "stack" : "", COLOUR_PLAIN, buffer, 1);
	}
}

/* The name of the exception as a title: "page fault (#PF, exception 14)". */
static void write_title(struct text *text, const struct look *look,
                        const struct explanation *explanation)
{
	char *title = text->at;

	text_add(text, "%s", explanation->name);
	title[0] = title[0] >= 'a' && title[0] <= 'z' ? (char)(title[0] - 'a' + 'A') : title[0];
	if (look->fault->vector < VECTORS)
		text_add(text, " (%s%s %u)", explanation->mnemonic,
		         explanation->mnemonic[0] != 0 ? ", exception" : "vector",
		         (unsigned)look->fault->vector);
}

/* Names the section on this in docs/errors.md. */
static void write_manual(const struct explanation *explanation, char manual[MANUAL])
{
	struct text text = text_in(manual, MANUAL);

	text_add(&text, "docs/errors.md#%s", explanation->kind);
}

/* Everything below the words. */
static void show_details(struct sheet *sheet, const struct explanation *explanation)
{
	show_registers(sheet);
	show_error(sheet, explanation);
	show_tables(sheet);
	show_code(sheet);
	show_stack_long(sheet);
}

void show_state(struct text *text, const struct look *look, const struct explanation *explanation)
{
	struct sheet sheet = { .text = text, .look = look, .columns = SERIAL_WIDTH };

	show_details(&sheet, explanation);
}

void show_report(struct text *text, const struct look *look, const struct explanation *explanation)
{
	struct sheet sheet = { .text = text, .look = look, .columns = SERIAL_WIDTH };
	char manual[MANUAL];

	text_add(text, "\nLongjump: ");
	write_title(text, look, explanation);
	text_add(text, "\n\n");
	paragraph(&sheet, explanation->happened, 2, NO_LIMIT);
	new_line(&sheet);
	show_place(&sheet, explanation);
	show_cpu(&sheet);
	show_trace_long(&sheet, &explanation->trace);
	entry(&sheet, "usually", COLOUR_PLAIN, explanation->cause, NO_LIMIT);
	write_manual(explanation, manual);
	entry(&sheet, "more", COLOUR_PLAIN, manual, NO_LIMIT);
	new_line(&sheet);
	show_details(&sheet, explanation);
}

/* A line in the bar's colour: `left` and, at its end, `right`. */
static void show_bar(struct sheet *sheet, const char *left, const char *right)
{
	size_t length = text_length(right) + 1;

	paint(sheet, COLOUR_BAR);
	put(sheet, " ", 1);
	put(sheet, left, text_length(left));
	if (sheet->column + length < sheet->columns) {
		go_to(sheet, sheet->columns - (unsigned)length);
		put(sheet, right, length - 1);
	}
	go_to(sheet, sheet->columns);
}

void show_screen(struct text *text, const struct look *look, const struct explanation *explanation,
                 const char *end, unsigned columns, unsigned rows)
{
	struct sheet sheet = { text, look, columns, 0, 0, true };
	char manual[MANUAL], title[100];
	struct text title_text = text_in(title, sizeof(title));
	bool large = rows >= ROWS_FOR_MORE;

	write_title(&title_text, look, explanation);
	show_bar(&sheet, title, "Longjump");
	new_line(&sheet);
	sheet.columns = columns < WIDEST ? columns : WIDEST;
	paint(&sheet, COLOUR_STRONG);
	new_line(&sheet);
	paragraph(&sheet, explanation->happened, 2, NO_LIMIT);
	new_line(&sheet);
	show_place(&sheet, explanation);
	show_cpu(&sheet);
	if (rows >= ROWS_FOR_ALL)
		show_trace_long(&sheet, &explanation->trace);
	else
		show_trace_short(&sheet, &explanation->trace);
	entry(&sheet, "usually", COLOUR_PLAIN, explanation->cause, NO_LIMIT);
	if (large || sheet.row + 11 < rows)
		new_line(&sheet);
	if (large) {
		show_details(&sheet, explanation);
	} else {
		show_registers(&sheet);
		show_error(&sheet, explanation);
		if (look->fault->code32 != 0)
			show_tables(&sheet); /* there are fewer registers, and the mode matters */
		show_code(&sheet);
		show_stack_short(&sheet);
	}
	/* What does not fit is left out, from the end. */
	sheet = (struct sheet){ text, look, columns, 0, 0, true };
	text_add(text, "\f");
	write_manual(explanation, manual);
	show_bar(&sheet, end, manual);
}
