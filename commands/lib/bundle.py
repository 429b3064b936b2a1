"""bundle.py - packs words and files into one block, which the loader finds after itself, and puts
it into the loader's file. docs/bundle.md describes it; loader/platform/handover/bundle.c reads it.
"""

import array
import itertools
import operator
import struct
import sys

from lib.progress import Progress
from lib.sha256 import sha256

HEADER = struct.Struct("<8sIIQQQ32s")
RECORD = struct.Struct("<QQQ8I")
MAGIC, VERSION = b"LJBUNDLE", 1
PAGE, LARGE_PAGE = 1 << 12, 1 << 21
LANES = 4
CHUNK = 1 << 20  # bytes that are added to the checksum at a time
BUNDLE_PLACE = 0x20  # in a PE file: offset of the bundle's beginning and end (uefi.ld)
FILE_PAGE = 0x200  # of a PE file
SECTION = struct.Struct("<8sIIII12xI")
SECTION_RIGHTS = 0xC0000040  # data: read, write

# What is patched in the loader's own file, an ELF32:
MULTIBOOT = bytes.fromhex("02b0ad1b")
PLACE = 12  # offset from the Multiboot header: the bundle's beginning and end,
EXIT = 20  # and the loader's last code (loader/platform/kernel/start.asm)
PROGRAM = struct.Struct("<8I")
PT_NULL, PT_LOAD, PF_R = 0, 1, 4


def checksum(data, at=lambda done: None):
    """The eight words of loader/platform/handover/checksum.h; calls at() with the progress."""
    sums = [0] * (2 * LANES)
    for begin in range(0, len(data), CHUNK):
        chunk = data[begin : begin + CHUNK]
        words = array.array("I", chunk + bytes(-len(chunk) % 16))
        if sys.byteorder == "big":
            words.byteswap()
        for lane in range(LANES):
            mine = words[lane::LANES]
            # The value that the first sum had after each word: it counts a word once for each word
            # from that one on, and all words of the chunks before once for each word of this one.
            sums[LANES + lane] += sums[lane] * len(mine)
            sums[LANES + lane] += sum(map(operator.mul, mine, range(len(mine), 0, -1)))
            sums[lane] += sum(mine)
        at(begin + len(chunk))
    return [value % (1 << 32) for value in sums]


def make_bundle(words, files):
    """The bundle of words (as after APPEND) and files: name -> bytes. Each file begins at a page, a
    large one at a large page, so that its segments need not be moved."""
    strings, names = [words.encode() + b"\0"], []
    at = HEADER.size + RECORD.size * len(files) + len(strings[0])
    for name in files:
        names.append(at)
        strings.append(name.encode() + b"\0")
        at += len(strings[-1])
    text_end, records, contents, done = at, [], [], 0
    progress = Progress("  sum      the files for the bundle", sum(map(len, files.values())))
    for name_at, data in zip(names, files.values()):
        begin = align(at, LARGE_PAGE if len(data) >= LARGE_PAGE else PAGE)
        sums = checksum(data, lambda part, before=done: progress.at(before + part))
        records.append(RECORD.pack(name_at, begin, len(data), *sums))
        contents.append(bytes(begin - at) + data)
        at, done = begin + len(data), done + len(data)
    progress.end()
    words_at = HEADER.size + RECORD.size * len(files)
    fields = (MAGIC, VERSION, len(files), at, words_at, text_end)
    text = b"".join([HEADER.pack(*fields, bytes(32)), *records, *strings])
    header = HEADER.pack(*fields, sha256(text).digest())
    return b"".join(itertools.chain([header, text[HEADER.size :]], contents))


def align(at, size):
    """The next multiple of a power of two."""
    return (at + size - 1) & -size


def put_into_elf(loader, bundle):
    """The loader's ELF file with a bundle as one more segment, after all others in memory."""
    data = bytearray(loader)
    table = struct.unpack_from("<I", data, 28)[0]
    count = struct.unpack_from("<H", data, 44)[0]
    programs = [PROGRAM.unpack_from(data, table + i * PROGRAM.size) for i in range(count)]
    end = max(paddr + memsz for kind, _, _, paddr, _, memsz, _, _ in programs if kind == PT_LOAD)
    free = next(i for i, program in enumerate(programs) if program[0] == PT_NULL)
    begin = align(end, LARGE_PAGE)
    offset = align(len(data), PAGE)
    data += bytes(offset - len(data)) + bundle
    size = len(bundle)
    PROGRAM.pack_into(
        data, table + free * PROGRAM.size, PT_LOAD, offset, begin, begin, size, size, PF_R, PAGE
    )
    place = data.index(MULTIBOOT) + PLACE
    struct.pack_into("<II", data, place, begin, begin + size)
    return bytes(data)


def exit_of(loader):
    """The physical address of the code with which the loader ends (enter64)."""
    return struct.unpack_from("<I", loader, loader.index(MULTIBOOT) + EXIT)[0]


def put_into_pe(loader, bundle):
    """The loader's PE32+ file for UEFI with a bundle as one more section."""
    return put_section(loader, bundle, b".bundle", BUNDLE_PLACE)


def put_section(loader, contents, name, place):
    """A PE32+ file with one more section. The section's beginning and end in memory are written at
    an offset in the file."""
    data = bytearray(loader)
    pe = struct.unpack_from("<I", data, 0x3C)[0]
    count, optional_size = struct.unpack_from("<H12xH", data, pe + 6)
    optional = pe + 24
    size_of_data, end = (struct.unpack_from("<I", data, optional + at)[0] for at in (8, 56))
    offset, room = align(len(data), FILE_PAGE), align(len(contents), FILE_PAGE)
    data += bytes(offset - len(data)) + contents + bytes(room - len(contents))
    SECTION.pack_into(
        data, optional + optional_size + count * SECTION.size, name, len(contents), end,
        room, offset, SECTION_RIGHTS,
    )  # fmt: skip
    struct.pack_into("<H", data, pe + 6, count + 1)
    struct.pack_into("<I", data, optional + 8, size_of_data + room)
    struct.pack_into("<I", data, optional + 56, align(end + len(contents), PAGE))
    struct.pack_into("<II", data, place, end, end + len(contents))
    return bytes(data)
