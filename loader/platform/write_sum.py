#!/usr/bin/env python3
"""Writes the sum of a program's bytes into the linked program, which checks itself by it.

    write_sum.py BITS PROGRAM PLACE [BEGIN END]

BITS is the width of a register of the program's CPU. The other numbers are hexadecimal offsets: at
PLACE are the limits of the bytes to be summed, and after them the sum is written. The word after
that is set so that the words from BEGIN to END add up to 0 (module.ld, resident.ld).
"""

import pathlib
import struct
import sys


def sum_of(data, bits):
    """The sum as loader/core/sum.h makes it: of words of `bits` bits; before each 64 bytes, the sum
    is rotated by a bit."""
    words, mask, total = {32: "<16I", 64: "<8Q"}[bits], (1 << bits) - 1, 0
    for at in range(0, len(data), 64):
        total = (total << 1 | total >> bits - 1) & mask
        total = total + sum(struct.unpack_from(words, data, at)) & mask
    return (total ^ total >> 32) & 0xFFFFFFFF


def main(bits, program, place, *balanced):
    """Relies on offsets in the program's file being the same as in memory."""
    path, at = pathlib.Path(program), int(place, 16)
    data = bytearray(path.read_bytes())
    begin, end, nothing = struct.unpack_from("<3I", data, at)
    if not (at < begin < end <= len(data) and nothing == 0):
        sys.exit(f"{program}: there is no place for the sum at {at:#x}")
    struct.pack_into("<I", data, at + 8, sum_of(data[begin:end], int(bits)))
    if balanced:
        first, last = (int(limit, 16) for limit in balanced)
        words = struct.unpack_from(f"<{(last - first) // 4}I", data, first)
        struct.pack_into("<I", data, at + 12, -sum(words) & 0xFFFFFFFF)
    path.write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
