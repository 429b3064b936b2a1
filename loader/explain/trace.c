/* SPDX-License-Identifier: MIT */
/* trace.c - symbols, frames and return addresses. Trusts nothing that it reads. */
#include "explain/trace.h"

#define FRAMES_MAX  100000 /* followed at most: recursion can be deep */
#define STACK_WORDS 512    /* searched at most where there are no frame pointers */

/* Symbol number `i`; false if it cannot be read. */
static bool read_symbol(const struct look *look, uint64_t i, struct fault_info_symbol *symbol)
{
	return look_read_physical(look, look->marks->symbols + i * sizeof(*symbol), symbol,
	                          sizeof(*symbol));
}

/* The first of the last symbols at or before the address: the table is sorted. */
static bool find_symbol(const struct look *look, uint64_t address, struct fault_info_symbol *symbol)
{
	uint64_t low = 0, high = look->marks->symbol_count;
	struct fault_info_symbol other;

	while (low < high) {
		uint64_t middle = low + (high - low) / 2;

		if (!read_symbol(look, middle, &other))
			return false;
		if (other.address <= address)
			low = middle + 1;
		else
			high = middle;
	}
	if (low == 0 || !read_symbol(look, low - 1, symbol))
		return false;
	for (low--;
	     low > 0 && read_symbol(look, low - 1, &other) && other.address == symbol->address;
	     low--)
		*symbol = other;
	return true;
}

/* Copies a name, cut to the room there is; what is not printable becomes '?'. */
static void copy_name(const struct look *look, uint64_t name, char to[PLACE_NAME])
{
	struct fault_range names = look->marks->names;
	unsigned i = 0;
	char c;

	for (; i + 1 < PLACE_NAME && fault_range_has(names, name + i); i++) {
		if (!look_read_physical(look, look->marks->names_at + (name + i - names.begin), &c,
		                        1)
		    || c == 0)
			break;
		to[i] = c > ' ' && c <= '~' ? c : '?';
	}
	to[i] = 0;
}

struct place place_of(const struct look *look, uint64_t address)
{
	struct place place = { .address = address };
	struct fault_info_segment segment;
	struct fault_info_symbol symbol;

	if (!look_segment(look, address, &segment) || !find_symbol(look, address, &symbol)
	    || symbol.address < segment.begin)
		return place;
	copy_name(look, symbol.name, place.name);
	place.offset = address - symbol.address;
	return place;
}

void place_write(struct text *text, const struct place *place)
{
	if (place->name[0] == 0)
		text_add(text, "%#llx", ULL(place->address));
	else if (place->offset == 0)
		text_add(text, "%s", place->name);
	else
		text_add(text, "%s+%#llx", place->name, ULL(place->offset));
}

/* True if the address lies in code of the kernel. */
static bool is_code(const struct look *look, uint64_t address)
{
	struct fault_info_segment segment;

	return look_segment(look, address, &segment) && (segment.rights & RIGHT_EXECUTE) != 0;
}

/* True if the instruction before the address can be a call: E8 with 4 bytes, or FF /2. */
static bool is_behind_call(const struct look *look, uint64_t address)
{
	uint8_t before[7];

	if (!is_code(look, address) || look_read(look, address - 7, before, 7) != 7)
		return false;
	return before[2] == 0xe8 || (before[5] == 0xff && (before[6] & 0x38) == 0x10)
	    || (before[4] == 0xff && (before[5] & 0x38) == 0x10)
	    || (before[1] == 0xff && (before[2] & 0x38) == 0x10)
	    || (before[0] == 0xff && (before[1] & 0x38) == 0x10);
}

/* Adds a return address. False if there is no more room. */
static bool add(const struct look *look, struct trace *trace, uint64_t address)
{
	struct step *last = trace->count > 0 ? &trace->steps[trace->count - 1] : NULL;

	if (last != NULL && last->place.address == address) {
		last->times++;
		return true;
	}
	if (trace->count == TRACE_MAX) {
		trace->cut = true;
		return false;
	}
	/* The call may be the last instruction of its function: the byte before counts. */
	trace->steps[trace->count] = (struct step){ place_of(look, address - 1), 1 };
	trace->steps[trace->count].place.address++;
	trace->steps[trace->count].place.offset++;
	trace->count++;
	return true;
}

/* Follows the chain of frames: each begins with the caller's RBP and the address to return to. */
static void follow_frames(const struct look *look, struct trace *trace)
{
	uint64_t at = look->fault->registers[RBP];
	unsigned size = look_word_size(look);

	for (unsigned i = 0; i < FRAMES_MAX && at != 0 && (at & (size - 1)) == 0; i++) {
		uint64_t next = 0, address = 0;

		if (look_read(look, at, &next, size) != size
		    || look_read(look, at + size, &address, size) != size || !is_code(look, address)
		    || !add(look, trace, address) || next <= at)
			return;
		at = next;
	}
}

/* Searches the stack for addresses that a call may have left there. */
static void search_stack(const struct look *look, struct trace *trace)
{
	uint64_t word;

	for (unsigned i = 0; i < STACK_WORDS && trace->count < TRACE_MAX; i++) {
		if (!look_stack(look, i, &word))
			return;
		if (is_behind_call(look, word) && add(look, trace, word))
			trace->guessed = true;
	}
}

void trace_read(const struct look *look, struct trace *trace)
{
	struct place here = place_of(look, look->fault->rip);
	uint64_t top;

	*trace = (struct trace){ .count = 0 };
	if ((look->fault->cs & 3) != 0 || look->fault->vector == VECTOR_RETURNED)
		return;
	/* If a function has just been called, only its return address is on the stack. */
	if ((here.offset == 0 || !is_code(look, look->fault->rip)) && look_stack(look, 0, &top)
	    && is_behind_call(look, top))
		add(look, trace, top);
	follow_frames(look, trace);
	if (trace->count == 0)
		search_stack(look, trace);
	trace->lost = trace->count == 0 && look->fault->registers[RBP] != 0
	           && !look_up(look, look->fault->registers[RBP]).mapped;
}
