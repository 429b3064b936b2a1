/* SPDX-License-Identifier: MIT */
/* inflate.c - the deflate format (RFC 1951) and its wrapping by gzip (RFC 1952). */
#include "core/inflate.h"

#define CODE_BITS    15 /* of the longest code (RFC 1951, 3.2.7) */
#define FAST_BITS    10 /* of a code that one table lookup decodes */
#define LITERALS     288
#define DISTANCES    30
#define END_OF_BLOCK 256
#define FIRST_LENGTH 257
#define INVALID      0xffff /* no symbol */

#define GZIP_HEADER  10
#define GZIP_TRAILER 8

/* Flags in a gzip header: what follows it (RFC 1952, 2.3.1). */
enum { GZIP_HEADER_CRC = 2, GZIP_EXTRA = 4, GZIP_NAME = 8, GZIP_COMMENT = 16, GZIP_KNOWN = 31 };

/* A canonical Huffman code. */
struct code {
	uint16_t
		fast[1 << FAST_BITS]; /* by the next bits: symbol << 4 | length; 0: a longer code */
	uint16_t count[CODE_BITS + 1]; /* codes of each length */
	uint16_t symbols[LITERALS];    /* by code */
};

struct inflate {
	struct span in;
	uint64_t at;   /* in `in`, of the next byte to be taken into `bits` */
	uint64_t bits; /* the lowest is the next */
	unsigned bit_count;
	uint8_t *out;
	uint64_t size, done; /* of `out` */
	struct code literals, distances;
};

/* Lengths and distances: a base for each symbol, to which some extra bits are added (RFC 1951,
 * 3.2.5). */
static const uint16_t length_base[] = { 3,  4,  5,  6,   7,   8,   9,   10,  11, 13,
	                                15, 17, 19, 23,  27,  31,  35,  43,  51, 59,
	                                67, 83, 99, 115, 131, 163, 195, 227, 258 };
static const uint8_t length_bits[] = { 0, 0, 0, 0, 0, 0, 0, 0, 1, 1, 1, 1, 2, 2, 2,
	                               2, 3, 3, 3, 3, 4, 4, 4, 4, 5, 5, 5, 5, 0 };

/* Reads bytes until there are more than 48 bits, or no more bytes. */
static void refill(struct inflate *state)
{
	unsigned bytes = state->bit_count <= 48 ? (56 - state->bit_count) / 8 : 0;
	uint64_t more = 0;

	if (bytes == 0)
		return;
	bytes = (unsigned)min_u64(bytes, state->in.size - state->at);
	span_read(state->in, state->at, &more, bytes);
	state->bits |= more << state->bit_count;
	state->bit_count += 8 * bytes;
	state->at += bytes;
}

/* Takes the next `count` bits, 16 at most. False if there are fewer. */
static bool take_bits(struct inflate *state, unsigned count, unsigned *value)
{
	refill(state);
	if (state->bit_count < count)
		return false;
	*value = (unsigned)(state->bits & ((UINT64_C(1) << count) - 1));
	state->bits >>= count;
	state->bit_count -= count;
	return true;
}

/* The lowest `count` bits of a code, reversed: codes are packed with their highest bit first. */
static unsigned reverse(unsigned code, unsigned count)
{
	unsigned reversed = 0;

	for (unsigned i = 0; i < count; i++)
		reversed |= (code >> i & 1) << (count - 1 - i);
	return reversed;
}

/* Notes a short code wherever the next bits begin with it. */
static void make_fast(struct code *code, unsigned bits, unsigned length, unsigned symbol)
{
	for (unsigned i = reverse(bits, length); i < COUNT(code->fast); i += 1u << length)
		code->fast[i] = (uint16_t)(symbol << 4 | length);
}

/*
 * Builds the code in which symbol number i has a code of lengths[i] bits, or none if that is 0.
 * False if the lengths are over-subscribed or incomplete; a single code of one bit is allowed.
 */
static bool make_code(struct code *code, const uint8_t *lengths, unsigned symbols)
{
	uint16_t next[CODE_BITS + 2] = { 0 }, place[CODE_BITS + 2] = { 0 };
	int left = 1;

	memset(code, 0, sizeof(*code));
	for (unsigned i = 0; i < symbols; i++)
		code->count[lengths[i]]++;
	code->count[0] = 0;
	for (unsigned length = 1; length <= CODE_BITS; length++) {
		left = 2 * left - code->count[length];
		if (left < 0)
			return false;
		next[length + 1] = (uint16_t)((next[length] + code->count[length]) << 1);
		place[length + 1] = (uint16_t)(place[length] + code->count[length]);
	}
	for (unsigned i = 0; i < symbols; i++) {
		unsigned length = lengths[i], bits = next[length];

		if (length == 0)
			continue;
		next[length]++;
		code->symbols[place[length]++] = (uint16_t)i;
		if (length <= FAST_BITS)
			make_fast(code, bits, length, i);
	}
	return left == 0 || (place[2] <= 1 && place[CODE_BITS] <= 1);
}

/* Decodes a code of more than FAST_BITS bits, or none. */
static unsigned decode_slowly(struct inflate *state, const struct code *code)
{
	unsigned bits = 0, first = 0, place = 0;

	for (unsigned length = 1; length <= CODE_BITS && length <= state->bit_count; length++) {
		bits |= (unsigned)(state->bits >> (length - 1)) & 1;
		if (bits - first < code->count[length]) {
			state->bits >>= length;
			state->bit_count -= length;
			return code->symbols[place + bits - first];
		}
		place += code->count[length];
		first = (first + code->count[length]) << 1;
		bits <<= 1;
	}
	return INVALID;
}

/* The next symbol; INVALID if the bits are no code, or too few. */
static unsigned decode(struct inflate *state, const struct code *code)
{
	unsigned entry, length;

	refill(state);
	entry = code->fast[state->bits & (COUNT(code->fast) - 1)];
	length = entry & 15;
	if (length == 0)
		return decode_slowly(state, code);
	if (length > state->bit_count)
		return INVALID;
	state->bits >>= length;
	state->bit_count -= length;
	return entry >> 4;
}

/* A stored block. */
static bool copy_stored(struct inflate *state)
{
	unsigned length, inverse;

	take_bits(state, state->bit_count & 7, &length); /* up to a whole byte */
	if (!take_bits(state, 16, &length) || !take_bits(state, 16, &inverse)
	    || (length ^ inverse) != 0xffff || length > state->size - state->done)
		return false;
	for (; length > 0; length--) {
		unsigned byte;

		if (!take_bits(state, 8, &byte))
			return false;
		state->out[state->done++] = (uint8_t)byte;
	}
	return true;
}

/* Repeats bytes that have been written before; the two ranges may overlap. */
static bool repeat(struct inflate *state, unsigned symbol)
{
	unsigned length, distance, extra = 0;
	unsigned which = symbol - FIRST_LENGTH;

	if (which >= COUNT(length_base) || !take_bits(state, length_bits[which], &extra))
		return false;
	length = length_base[which] + extra;
	which = decode(state, &state->distances);
	if (which >= DISTANCES)
		return false;
	/* Two distance symbols for each number of extra bits, after four without any. */
	distance = which < 4 ? which : (2 + (which & 1)) << (which / 2 - 1);
	if (!take_bits(state, which < 4 ? 0 : which / 2 - 1, &extra))
		return false;
	distance += extra + 1;
	if (distance > state->done || length > state->size - state->done)
		return false;
	for (uint8_t *to = state->out + state->done; length > 0; length--, to++, state->done++)
		*to = *(to - distance);
	return true;
}

/* A compressed block, in the two codes. */
static bool decode_block(struct inflate *state)
{
	unsigned symbol;

	while ((symbol = decode(state, &state->literals)) != END_OF_BLOCK) {
		if (symbol > END_OF_BLOCK) {
			if (!repeat(state, symbol))
				return false;
		} else if (state->done < state->size) {
			state->out[state->done++] = (uint8_t)symbol;
		} else {
			return false;
		}
	}
	return true;
}

/* The fixed codes (RFC 1951, 3.2.6). */
static bool make_fixed_codes(struct inflate *state)
{
	uint8_t lengths[LITERALS];

	for (unsigned i = 0; i < LITERALS; i++)
		lengths[i] = i < 144 ? 8 : i < 256 ? 9 : i < 280 ? 7 : 8;
	make_code(&state->literals, lengths, LITERALS);
	memset(lengths, 5, 32);
	return make_code(&state->distances, lengths, 32);
}

/* Reads `count` code lengths, which have a separate code: 16 to 18 repeat (RFC 1951, 3.2.7).
 */
static bool read_lengths(struct inflate *state, const struct code *code, uint8_t *lengths,
                         unsigned count)
{
	static const uint8_t least[] = { 3, 3, 11 }, extra_bits[] = { 2, 3, 7 };
	unsigned done = 0;

	while (done < count) {
		unsigned symbol = decode(state, code), extra;
		uint8_t length = 0;

		if (symbol < 16) {
			lengths[done++] = (uint8_t)symbol;
			continue;
		}
		if (symbol > 18 || (symbol == 16 && done == 0)
		    || !take_bits(state, extra_bits[symbol - 16], &extra))
			return false;
		extra += least[symbol - 16];
		if (extra > count - done)
			return false;
		if (symbol == 16)
			length = lengths[done - 1];
		memset(lengths + done, length, extra);
		done += extra;
	}
	return true;
}

/* Reads the dynamic codes of a block. */
static bool read_codes(struct inflate *state)
{
	static const uint8_t sequence[19] = { 16, 17, 18, 0, 8,  7, 9,  6, 10, 5,
		                              11, 4,  12, 3, 13, 2, 14, 1, 15 };
	uint8_t lengths[LITERALS + 32] = { 0 };
	unsigned literals, distances, count;

	if (!take_bits(state, 5, &literals) || !take_bits(state, 5, &distances)
	    || !take_bits(state, 4, &count))
		return false;
	literals += 257;
	distances += 1;
	if (literals > 286 || distances > DISTANCES)
		return false;
	for (unsigned i = 0; i < count + 4; i++) {
		unsigned length;

		if (!take_bits(state, 3, &length))
			return false;
		lengths[sequence[i]] = (uint8_t)length;
	}
	/* The code of the lengths is needed only until they are read. */
	if (!make_code(&state->distances, lengths, COUNT(sequence))
	    || !read_lengths(state, &state->distances, lengths, literals + distances))
		return false;
	return lengths[END_OF_BLOCK] != 0 && make_code(&state->literals, lengths, literals)
	    && make_code(&state->distances, lengths + literals, distances);
}

/* Unpacks all blocks. */
static bool inflate_blocks(struct inflate *state)
{
	unsigned is_last, kind;

	do {
		bool good;

		if (!take_bits(state, 1, &is_last) || !take_bits(state, 2, &kind))
			return false;
		if (kind == 0)
			good = copy_stored(state);
		else
			good = kind != 3
			    && (kind == 1 ? make_fixed_codes(state) : read_codes(state))
			    && decode_block(state);
		if (!good)
			return false;
	} while (!is_last);
	return true;
}

/* Skips a zero-terminated string. */
static bool skip_string(struct span bytes, uint64_t *at)
{
	uint64_t length;

	if (!span_string(bytes, *at, &length))
		return false;
	*at += length + 1;
	return true;
}

/* Finds where the packed bytes begin. */
static bool read_header(struct span packed, uint64_t *at)
{
	uint8_t header[GZIP_HEADER];
	uint16_t extra;

	if (!span_read(packed, 0, header, sizeof(header)) || header[0] != 0x1f || header[1] != 0x8b
	    || header[2] != 8 || (header[3] & ~GZIP_KNOWN) != 0)
		return false;
	*at = GZIP_HEADER;
	if ((header[3] & GZIP_EXTRA) != 0) {
		if (!span_read(packed, *at, &extra, sizeof(extra)))
			return false;
		*at += sizeof(extra) + extra;
	}
	if ((header[3] & GZIP_NAME) != 0 && !skip_string(packed, at))
		return false;
	if ((header[3] & GZIP_COMMENT) != 0 && !skip_string(packed, at))
		return false;
	if ((header[3] & GZIP_HEADER_CRC) != 0)
		*at += 2;
	return *at <= packed.size;
}

/* The CRC of gzip (RFC 1952, 8), by half bytes: a table of 16 is quicker to make than one of 256.
 */
static uint32_t crc32(const uint8_t *bytes, uint64_t size)
{
	uint32_t table[16], crc = UINT32_MAX;

	for (uint32_t i = 0; i < COUNT(table); i++) {
		table[i] = i;
		for (unsigned bit = 0; bit < 4; bit++)
			table[i] = table[i] >> 1 ^ ((table[i] & 1) != 0 ? 0xedb88320 : 0);
	}
	for (uint64_t i = 0; i < size; i++) {
		crc ^= bytes[i];
		crc = crc >> 4 ^ table[crc & 15];
		crc = crc >> 4 ^ table[crc & 15];
	}
	return ~crc;
}

bool inflate_gzip(struct span packed, uint8_t *out, uint64_t size)
{
	struct inflate state = { .in = packed, .out = out, .size = size };
	uint32_t trailer[2];

	if (!read_header(packed, &state.at) || !inflate_blocks(&state) || state.done != size)
		return false;
	return span_read(packed, state.at - state.bit_count / 8, trailer, GZIP_TRAILER)
	    && trailer[0] == crc32(out, size) && trailer[1] == (uint32_t)size;
}
