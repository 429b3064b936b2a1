/* SPDX-License-Identifier: MIT */
/*
 * base.h - the basic types of the core: addresses, ranges, spans, scratch memory.
 *
 * An address is never a bare integer, so that a physical one cannot be taken for a virtual one.
 * Ranges are half open, [begin, end), and begin <= end always holds. Foreign bytes are read through
 * spans; a search that reads them directly, for speed, stays within one.
 */
#ifndef CORE_BASE_H
#define CORE_BASE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* The four functions that a compiler may call on its own; each environment provides them. Comments
 * that begin with @ are contracts in ACSL, for the proof (tests/proof). */
/*@ requires \valid((char *)to + (0 .. size - 1)) && \valid_read((char *)from + (0 .. size - 1));
  @ requires \separated((char *)to + (0 .. size - 1), (char *)from + (0 .. size - 1));
  @ assigns ((char *)to)[0 .. size - 1], \result \from to;
  @ ensures \result == to; */
void *memcpy(void *restrict to, const void *restrict from, size_t size);
void *memmove(void *to, const void *from, size_t size);
/*@ requires \valid((char *)at + (0 .. size - 1));
  @ assigns ((char *)at)[0 .. size - 1], \result \from at;
  @ ensures \result == at; */
void *memset(void *at, int value, size_t size);
int memcmp(const void *a, const void *b, size_t size);

#define KIB          (UINT64_C(1) << 10)
#define MIB          (UINT64_C(1) << 20)
#define GIB          (UINT64_C(1) << 30)
#define PAGE_SIZE    (4 * KIB)
#define LARGE_PAGE   (2 * MIB)
#define COUNT(array) (sizeof(array) / sizeof((array)[0]))

/* For "%llu" and "%llx", which mean this type on every machine. */
#define ULL(value) ((unsigned long long)(value))

struct phys {
	uint64_t at;
};

struct virt {
	uint64_t at;
};

struct phys_range {
	uint64_t begin, end;
};

struct virt_range {
	uint64_t begin, end;
};

/* Access rights: bits for segments, placements and page table entries. */
enum rights { RIGHT_READ = 1, RIGHT_WRITE = 2, RIGHT_EXECUTE = 4, RIGHTS_ALL = 7 };

/* True if `value` is a power of two; 0 is not. */
static inline bool is_power_of_two(uint64_t value)
{
	return value != 0 && (value & (value - 1)) == 0;
}

/* The multiple of `align`, a power of two, at or below `value`. */
static inline uint64_t align_down(uint64_t value, uint64_t align)
{
	return value & ~(align - 1);
}

/* The multiple of `align`, a power of two, at or above `value`; wraps to 0 past the last one:
 * callers bound `value`. */
static inline uint64_t align_up(uint64_t value, uint64_t align)
{
	return (value + (align - 1)) & ~(align - 1);
}

static inline uint64_t page_down(uint64_t value)
{
	return align_down(value, PAGE_SIZE);
}

static inline uint64_t page_up(uint64_t value)
{
	return align_up(value, PAGE_SIZE);
}

/* The lowest value >= `from` that leaves the remainder `rest` when divided by `align`, a power of
 * two. */
static inline uint64_t align_up_to(uint64_t from, uint64_t align, uint64_t rest)
{
	return from + ((rest - from) & (align - 1));
}

/*@ assigns \nothing;
  @ ensures \result == \min(a, b); */
static inline uint64_t min_u64(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

static inline uint64_t max_u64(uint64_t a, uint64_t b)
{
	return a > b ? a : b;
}

/* `value` if the condition is true, else 0; without a branch. */
/*@ assigns \nothing;
  @ ensures \result == (condition ? value : 0); */
static inline uint64_t value_if(bool condition, uint64_t value)
{
	return value & -(uint64_t)condition;
}

/* True if the two ranges have a byte in common; an empty range never does. */
static inline bool phys_overlap(struct phys_range a, struct phys_range b)
{
	return max_u64(a.begin, b.begin) < min_u64(a.end, b.end);
}

static inline bool virt_overlap(struct virt_range a, struct virt_range b)
{
	return max_u64(a.begin, b.begin) < min_u64(a.end, b.end);
}

/* True if [offset, offset + size) lies within [0, limit); no sum can wrap. */
/*@ assigns \nothing;
  @ ensures \result <==> offset + size <= limit; */
static inline bool in_bounds(uint64_t offset, uint64_t size, uint64_t limit)
{
	uint64_t left = limit - min_u64(offset, limit); /* first, so both tests take one branch */

	return offset <= limit && size <= left;
}

/* Bits of a virtual address with 4 or 5 levels of page tables. */
static inline unsigned virtual_bits(unsigned levels)
{
	return 12 + 9 * levels;
}

/* True if the virtual addresses [begin, begin + size) lie in one half of the address space and end
 * before its last page. */
static inline bool is_canonical(uint64_t begin, uint64_t size, unsigned address_bits)
{
	uint64_t half = UINT64_C(1) << (address_bits - 1);
	uint64_t last = -PAGE_SIZE;

	return in_bounds(begin, size, half) || (begin >= -half && in_bounds(begin, size, last));
}

/* Bytes that somebody else wrote: a file, a firmware table. If `size` is 0, `bytes` may be NULL. */
struct span {
	const uint8_t *bytes;
	uint64_t size;
};

/*@ predicate is_readable(struct span span) =
  @	span.size > 0 ==> \valid_read(span.bytes + (0 .. span.size - 1)); */

/* The bytes [offset, offset + size) of `whole` as `*part`; false, with an empty part, if they are
 * not all there. */
/*@ requires is_readable(whole) && \valid(part);
  @ assigns *part;
  @ ensures \result <==> offset + size <= whole.size;
  @ ensures part->size == (\result ? size : 0) && is_readable(*part); */
bool span_part(struct span whole, uint64_t offset, uint64_t size, struct span *part);

/* Copies bytes [offset, offset + size) of `from` to `to`, which has room for them. If they are not
 * all there, `to` is zeroed, and the result is false. */
/*@ requires is_readable(from) && \valid((char *)to + (0 .. size - 1));
  @ requires \separated((char *)to + (0 .. size - 1), from.bytes + (0 .. from.size - 1));
  @ assigns ((char *)to)[0 .. size - 1];
  @ ensures \result <==> offset + size <= from.size; */
bool span_read(struct span from, uint64_t offset, void *to, size_t size);

/* Length of the zero-terminated string at `offset`, or false if no zero follows within the span. */
/*@ requires is_readable(from) && \valid(length);
  @ requires \separated(length, from.bytes + (0 .. from.size - 1));
  @ assigns *length;
  @ ensures \result ==> offset + *length < from.size && from.bytes[offset + *length] == 0;
  @ ensures !\result ==> *length == 0; */
bool span_string(struct span from, uint64_t offset, uint64_t *length);

/* The strings of a table that end within it: the bytes up to its last zero. */
/*@ requires is_readable(table);
  @ assigns \nothing;
  @ ensures \result.size <= table.size && is_readable(\result);
  @ ensures \result.size > 0 ==> \result.bytes[\result.size - 1] == 0; */
struct span span_strings(struct span table);

/* The string at `offset` of what span_strings() has returned; "" if the strings end before. Takes
 * constant time. */
/*@ requires is_readable(strings);
  @ requires strings.size > 0 ==> strings.bytes[strings.size - 1] == 0;
  @ assigns \nothing;
  @ ensures \valid_read(\result); */
const char *span_text(struct span strings, uint64_t offset);

/* Where the four bytes of `word` are in `from`: the first such offset among `offset`, `offset` +
 * `step` and so on; the span's size if there is none. */
/*@ requires is_readable(from) && 0 < step && from.size + step <= SIZE_MAX;
  @ assigns \nothing;
  @ ensures \result == from.size || \result + 4 <= from.size; */
uint64_t span_find_word(struct span from, uint64_t offset, unsigned step, uint32_t word);

/*
 * Memory that the platform set aside for what the loader makes: page tables, boot information, the
 * resident part. It lies in RAM that nothing else uses and that the loader can access, so what is
 * made there is already in its final place. Nothing is ever freed; what is unused at the end is
 * free RAM for the kernel.
 */
struct scratch {
	uint8_t *at; /* next free byte */
	uint8_t *end;
};

/* Takes `size` zeroed bytes, aligned to `align` (a power of two); NULL if there is not enough. */
void *scratch_take(struct scratch *scratch, uint64_t size, uint64_t align);

/* The same without zeroing, for memory that is overwritten at once. */
void *scratch_reserve(struct scratch *scratch, uint64_t size, uint64_t align);

#endif
