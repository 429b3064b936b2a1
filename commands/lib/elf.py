"""elf.py - removes the debug sections from a kernel, and makes sure that nothing else has changed.

A kernel's debug sections are often ten times as large as the rest, and the loader would have to
read past them. objcopy removes them, but it also repairs or rearranges unusual files; the user
would then not boot the kernel that was built. So the result is used only if both files load alike;
otherwise the kernel is packed as it is.
"""

import struct
import subprocess
from pathlib import Path

from lib.project import Voice, detail, tool

HEADER = struct.Struct("<16sHHIQQQIHHHHHH")
SEGMENT = struct.Struct("<IIQQQQQQ")
LIMIT = 60  # seconds
OWN_FILE = struct.pack("<QQ", 0xAD97E90E83F1ED67, 0x31EB5D1C5FF23B69)  # asks Limine for it
MOST = 4  # times the file's size: the limit for all segments together


def strip_debug(kernel, copy):
    """Makes `copy` of an ELF kernel without debug sections; False if that fails, or if the kernel
    asks for its own file: it may read these sections, or rely on the file's size."""
    data = Path(kernel).read_bytes()
    if data[:4] != b"\x7fELF" or OWN_FILE in data:
        return False
    command = [*tool("OBJCOPY", "objcopy"), "--strip-debug", str(kernel), str(copy)]
    Voice.show(command)
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=LIMIT)
        if done.returncode == 0 and _load_alike(kernel, copy):
            return True
    except subprocess.TimeoutExpired:
        pass  # a file that is made to keep objcopy busy
    except (FileNotFoundError, PermissionError):  # of a folder in PATH
        detail(f"{kernel} is packed as it is: there is no {command[0]}")
        return False
    detail(f"{kernel} is packed as it is: objcopy cannot copy it faithfully")
    return False


def _load_alike(one, other):
    """Whether both files have the same header, and segments with the same contents."""
    try:
        first, second = _loadable(one), _loadable(other)
    except (struct.error, ValueError):
        return False
    return first == second


def _loadable(path):
    """Everything that matters to a loader, without the offsets in the file."""
    with open(path, "rb") as file:
        data = file.read()
    (
        ident,
        kind,
        machine,
        version,
        entry,
        at,
        _sections,
        flags,
        size,
        each,
        count,
        *_rest,
    ) = HEADER.unpack_from(data)
    if ident[4:6] != b"\x02\x01" or size != HEADER.size or each != SEGMENT.size:
        raise ValueError("not the header of a 64-bit kernel")
    segments, total = [], 0
    for number in range(count):
        segment = SEGMENT.unpack_from(data, at + number * SEGMENT.size)
        what, rights, offset, virtual, physical, in_file, in_memory, align = segment
        if offset > len(data) or in_file > len(data) - offset:
            raise ValueError("a segment lies outside the file")
        total += in_file
        if total > MOST * len(data):
            raise ValueError("the same bytes are in many segments")
        place = offset % align if align else offset
        contents = data[offset : offset + in_file] if what != 6 else b""  # 6: the table itself
        segments.append(
            (what, rights, place, virtual, physical, in_file, in_memory, align, contents)
        )
    return ident, kind, machine, version, entry, flags, segments
