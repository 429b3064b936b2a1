/* SPDX-License-Identifier: MIT */
/* memory.c - allocates free memory from its end, and never frees it: there is no return to whatever
 * started us. */
#include "platform/kernel/memory.h"

#include "platform/bios/call.h"
#include "platform/platform.h"

#define MAX_FREE 256

/* realmode.asm, which realmode_code.asm contains. */
extern const uint8_t realmode_begin[];
extern const uint8_t realmode_end[];

static struct phys_range free_ranges[MAX_FREE];
static unsigned free_count;
static uint32_t low_next = LOW_BUFFERS;

static void add_free(uint64_t begin, uint64_t end)
{
	begin = page_up(begin);
	end = page_down(end);
	if (begin < end && free_count < MAX_FREE)
		free_ranges[free_count++] = (struct phys_range){ begin, end };
}

/* Removes a range from free memory. */
static void cut(struct phys_range range)
{
	for (unsigned i = free_count; i-- > 0;) {
		struct phys_range whole = free_ranges[i];

		if (!phys_overlap(whole, range))
			continue;
		free_ranges[i] = free_ranges[--free_count];
		add_free(whole.begin, max_u64(whole.begin, range.begin));
		add_free(min_u64(whole.end, range.end), whole.end);
	}
}

/* True if the BIOS can be called: it has left vectors for the clock, the screen, the memory map and
 * the date. The small ones of virtual machines (qboot) do not. */
static bool has_bios(const struct machine *machine)
{
	static const uint8_t needed[] = { 0x08, 0x10, 0x15, 0x1a };
	const volatile uint32_t *vectors = visible(machine, 0);

	for (unsigned i = 0; i < COUNT(needed); i++) {
		if (vectors[needed[i]] == 0)
			return false;
	}
	return true;
}

void memory_open(struct handover *handover, const struct machine *machine)
{
	static const struct phys_range low = { REALMODE_AT, LOW_END };

	for (unsigned i = 0; i < handover->range_count; i++) {
		const struct firmware_range *range = &handover->ranges[i];

		if (range->type == MEMORY_USABLE && range->phys.begin < machine->identity_limit)
			add_free(max_u64(range->phys.begin, MIB),
			         min_u64(range->phys.end, machine->identity_limit));
	}
	for (unsigned i = 0; i < handover->range_count; i++) {
		const struct firmware_range *range = &handover->ranges[i];

		if (range->type != MEMORY_USABLE)
			cut(range->phys);
	}
	for (unsigned i = 0; i < machine->reserved_count; i++)
		cut(machine->reserved[i]);
	for (unsigned i = 0; i < handover->own_count; i++) {
		cut(handover->own[i]);
		handover->bios = handover->bios && !phys_overlap(handover->own[i], low);
	}
	handover->bios = handover->bios && has_bios(machine);
	if (handover->bios)
		memcpy((void *)REALMODE_AT, realmode_begin,
		       (size_t)(realmode_end - realmode_begin));
}

/* The largest free range; NULL if there is none. */
static struct phys_range *largest(void)
{
	struct phys_range *found = NULL;

	for (unsigned i = 0; i < free_count; i++) {
		struct phys_range *range = &free_ranges[i];

		if (found == NULL || range->end - range->begin > found->end - found->begin)
			found = range;
	}
	return found;
}

void *platform_take(uint64_t size, uint64_t align)
{
	struct phys_range *from = largest();
	uint64_t at;

	if (from == NULL || from->end - from->begin < size)
		return NULL;
	at = align_down(from->end - size, max_u64(align, sizeof(uint64_t)));
	if (at < from->begin)
		return NULL;
	from->end = at;
	return (void *)(uintptr_t)at;
}

bool platform_take_rest(uint64_t least, uint64_t most, struct phys_range *rest)
{
	struct phys_range *from = largest();

	if (from == NULL)
		return false;
	from->end = page_down(from->end);
	if (from->end - from->begin < least)
		return false;
	rest->end = from->end;
	rest->begin = from->end - min_u64(most, from->end - from->begin);
	from->end = rest->begin;
	return true;
}

void *bios_low_memory(size_t size)
{
	uint32_t at = (uint32_t)align_up(low_next, 16);

	if (at > LOW_END || size > LOW_END - at)
		return NULL;
	low_next = at + (uint32_t)size;
	return (void *)(uintptr_t)at;
}

void bios_call(uint8_t number, const struct bios_registers *in, struct bios_registers *out)
{
	void (*call)(const struct bios_registers *, struct bios_registers *, uint32_t) = (void (*)(
		const struct bios_registers *, struct bios_registers *, uint32_t))REALMODE_AT;

	call(in, out, number);
}
