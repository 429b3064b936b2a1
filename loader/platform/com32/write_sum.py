#!/usr/bin/env python3
"""Writes the sum of the module's bytes into the linked module, where first.c looks for it.

    write_sum.py MODULE PLACE     PLACE: of the sum and its limits (module.ld), in hexadecimal
"""

import pathlib
import struct
import sys


def sum_of(data):
    """The sum as first.c makes it: of 32-bit words, turned by a bit before each 16."""
    total = 0
    for at in range(0, len(data), 64):
        total = (total << 1 | total >> 31) & 0xFFFFFFFF
        total = (total + sum(struct.unpack_from("<16I", data, at))) & 0xFFFFFFFF
    return total


def main(module, place):
    """Places of the module are the same in the file and in memory."""
    path, at = pathlib.Path(module), int(place, 16)
    data = bytearray(path.read_bytes())
    begin, end, nothing = struct.unpack_from("<3I", data, at)
    if not (at < begin < end <= len(data) and nothing == 0):
        sys.exit(f"{module}: there is no place for the sum at {at:#x}")
    struct.pack_into("<I", data, at + 8, sum_of(data[begin:end]))
    path.write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
