/* SPDX-License-Identifier: MIT */
/*
 * e820.c - asks the BIOS for its memory map. Every register not named is zero, and every buffer
 * lies below 1 MiB, or some BIOS fails.
 */
#include "platform/bios/e820.h"

#include "platform/bios/call.h"
#include "platform/e820/e820_entry.h"

#define SMAP 0x534d4150 /* "SMAP", read as the CPU holds it */

/* One step of E820: the next entry into *entry; *next becomes where to go on, 0 at the end. False
 * if there is none. */
static bool e820_step(struct e820_entry *low, struct e820_entry *entry, uint32_t *next)
{
	struct bios_registers in = {
		.eax = 0xe820, .edx = SMAP, .ecx = sizeof(*low), .ebx = *next
	};
	struct bios_registers out = { 0 };

	*low = (struct e820_entry){ .attributes = E820_VALID };
	in.es = segment_of(low);
	in.edi = offset_of(low);
	bios_call(0x15, &in, &out);
	if ((out.eflags & BIOS_CARRY) != 0 || out.eax != SMAP || out.ecx < 20)
		return false;
	*entry = *low;
	if (out.ecx < 24)
		entry->attributes = E820_VALID;
	*next = out.ebx;
	return true;
}

/* Reads the map that E820 gives, entry by entry, of which some say nothing. Returns how many ranges
 * there are. */
static unsigned read_e820(struct firmware_range *ranges, unsigned capacity)
{
	struct e820_entry *low = bios_low_memory(sizeof(*low));
	struct e820_entry entry;
	uint32_t next = 0;
	unsigned count = 0;

	for (unsigned i = 0; low != NULL && i < capacity && e820_step(low, &entry, &next); i++) {
		count += e820_entry_read(&entry, &ranges[count]);
		if (next == 0)
			break;
	}
	return count;
}

/* Adds memory to the map, unless it is empty. */
static void add_memory(struct firmware_range *ranges, unsigned *count, uint64_t begin,
                       uint64_t size)
{
	struct e820_entry entry = { begin, size, E820_MEMORY, E820_VALID };

	*count += e820_entry_read(&entry, &ranges[*count]);
}

/* What older calls tell: int 12h for the first MiB, int 15h AX=E801h or AH=88h for the rest. */
static unsigned read_old_map(struct firmware_range *ranges)
{
	struct bios_registers low = { 0 }, high = { 0 };
	unsigned count = 0;

	bios_call(0x12, &(struct bios_registers){ 0 }, &low);
	add_memory(ranges, &count, 0, (low.eax & 0xffff) * KIB);
	bios_call(0x15, &(struct bios_registers){ .eax = 0xe801 }, &high);
	if ((high.eflags & BIOS_CARRY) == 0) {
		bool in_cx = (high.ecx & 0xffff) != 0; /* some BIOSes answer in CX and DX */

		add_memory(ranges, &count, MIB, ((in_cx ? high.ecx : high.eax) & 0xffff) * KIB);
		add_memory(ranges, &count, 16 * MIB,
		           ((in_cx ? high.edx : high.ebx) & 0xffff) * 64 * KIB);
		return count;
	}
	bios_call(0x15, &(struct bios_registers){ .eax = 0x8800 }, &high);
	if ((high.eflags & BIOS_CARRY) == 0)
		add_memory(ranges, &count, MIB, (high.eax & 0xffff) * KIB);
	return count;
}

bool e820_read(struct machine *machine, struct firmware_range *ranges, unsigned capacity,
               struct report *report)
{
	unsigned count = read_e820(ranges, capacity);

	if (count == 0)
		count = read_old_map(ranges);
	machine->firmware = ranges;
	machine->firmware_count = count;
	return count > 0
	    || refuse(report, DIAG_BIOS_NO_MAP, "int 15h, AX = E820h, E801h and 8800h all fail");
}
