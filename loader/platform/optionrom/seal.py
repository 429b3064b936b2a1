#!/usr/bin/env python3
"""Makes the bytes of an option ROM add up to 0, and before that those of its $PnP header.

    seal.py ROM
"""

import pathlib
import sys

SUM, HEADER, HEADER_SUM = 5, 32, 9  # places: in the ROM; bytes and place of the header's (rom.asm)


def write_sums(data):
    """Writes both."""
    at = data.index(b"$PnP")
    for begin, size, place in (at, HEADER, at + HEADER_SUM), (0, len(data), SUM):
        data[place] = 0
        data[place] = -sum(data[begin : begin + size]) % 256


def main(name):
    path = pathlib.Path(name)
    data = bytearray(path.read_bytes())
    write_sums(data)
    path.write_bytes(data)


if __name__ == "__main__":
    main(*sys.argv[1:])
