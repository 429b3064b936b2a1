"""Checks that examining a kernel takes time in proportion to its file, however hostile that is."""

import resource
import struct
import subprocess

import pytest

from messages import CHECK, check

BASE = 0xFFFFFFFF80000000
PAGE = 4096
FACTOR = 8  # between the two files of a kind; what is quadratic takes 64 times as long


def pad(data, size=8):
    return data + bytes(-len(data) % size)


def elf(image, dynamic=b"", sections=(), tail=b""):
    """A kernel of one segment, with `dynamic` at the end of it; the sections' names come first in
    `tail`, which follows."""
    image = pad(pad(bytes(image), PAGE) + dynamic, PAGE)
    table = PAGE + len(image) + len(tail)
    head = b"\x7fELF" + bytes([2, 1, 1]) + bytes(9)
    head += struct.pack("<HHIQQQI", 2, 62, 1, BASE, 64, table, 0)
    head += struct.pack("<6H", 64, 56, 2, 64, len(sections), 1)
    head += struct.pack("<IIQQQQQQ", 1, 7, PAGE, BASE, BASE, len(image), len(image), PAGE)
    at = len(image) - len(pad(dynamic, PAGE))
    head += struct.pack("<IIQQQQQQ", 2 if dynamic else 0, 6, PAGE + at, BASE + at, 0,
                        len(dynamic), len(dynamic), 8)  # fmt: skip
    headers = b"".join(struct.pack("<IIQQQQIIQQ", *section) for section in sections)
    return pad(head, PAGE) + image + tail + headers


def listed(requests, entries):
    """A list of requests of no known kind, beside many relocations that change nothing."""
    image = bytearray(b"\xf4\xeb\xfd")
    image = pad(image, PAGE) + struct.pack(
        "<6Q", 0xC7B1DD30DF4C8B88, 0x0A82E883A194F07B, 1, 2, 0, 0
    )
    at = len(image)
    image += struct.pack("<Q", BASE + PAGE) * requests + bytes(8)
    table = len(image)
    image += bytes(24) * entries
    dynamic = struct.pack("<8Q", 7, BASE + table, 8, 24 * entries, 9, 24, 0, 0)
    names = b"\0.limine_reqs\0"
    begin = PAGE + len(pad(pad(image, PAGE) + dynamic, PAGE))
    return elf(image, dynamic, [
        (0,) * 10,
        (0, 3, 0, 0, begin, len(names), 0, 0, 1, 0),
        (1, 1, 3, BASE + at, PAGE + at, 8 * requests + 8, 0, 0, 8, 0),
    ], names)  # fmt: skip


def short_list(size):
    return listed(100, size // 24)


def long_list(size):
    return listed(size // 16, size // 48)


def one_name(size):
    """Symbols that share a name as long as all of them together."""
    names = b"\0" + b"10bootloader" * (size // 24) + b"\0"
    symbols = struct.pack("<IBBHQQ", 1, 0x12, 0, 1, BASE, 1) * (size // 48)
    begin = 2 * PAGE
    return elf(b"\xf4\xeb\xfd", b"", [
        (0,) * 10,
        (1, 3, 0, 0, begin, len(names), 0, 0, 1, 0),
        (0, 2, 0, 0, begin + len(names), len(symbols), 1, 0, 8, 24),
    ], names + symbols)  # fmt: skip


def one_piece(size):
    """Sections that are all the same code, and share a name."""
    code = b"\x90" * (size // 2)
    names = b"\0" + b"x" * (size // 4) + b"\0"
    begin = PAGE + len(pad(code, PAGE))
    section = (1, 1, 6, BASE, PAGE, len(code), 0, 0, 1, 0)
    names_section = (1, 3, 0, 0, begin, len(names), 0, 0, 1, 0)
    return elf(code, b"", [(0,) * 10, names_section, *[section] * (size // 256)], names)


def seconds(program):
    """The least CPU time of three checks."""
    times = []
    for _ in range(3):
        before = resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime
        done = subprocess.run([CHECK, "--", program], capture_output=True)
        assert done.returncode in (0, 1), done.stderr
        times.append(resource.getrusage(resource.RUSAGE_CHILDREN).ru_utime - before)
    return min(times)


@pytest.mark.parametrize("make", [short_list, long_list, one_name, one_piece])
def test_a_larger_file_takes_longer_in_proportion(make, tmp_path):
    program = tmp_path / "kernel.elf"
    times = []
    for size in (256 << 10, FACTOR * 256 << 10):
        program.write_bytes(make(size))
        times.append(seconds(program))
    assert times[1] < 0.05 + 3 * FACTOR * times[0], times


def test_a_list_of_more_requests_than_any_kernel_has_is_refused(tmp_path):
    program = tmp_path / "kernel.elf"
    program.write_bytes(listed(128, 1))
    assert check("-protocol=limine", program)["refusals"] == []
    program.write_bytes(listed(129, 1))
    found = check("-protocol=limine", program)
    assert found["refusals"] == ["K716"]
    assert "more than 128 requests" in found["findings"][-1]["detail"]
