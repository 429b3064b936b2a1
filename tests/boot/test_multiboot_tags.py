"""Multiboot 1 and 2, tag by tag: what a kernel is told agrees with QEMU's configuration and with
the BIOS."""

import re
import struct

import bochs
import images
import pytest
from multiboot import DUMP, Info1, enter, multiboot1, multiboot2, parse_tags, read_tags

SMBIOS = ("-smbios", "type=1,manufacturer=Somebody,product=Something")
FRAMEBUFFER = "dw 5, 1\n    dd 20, 800, 600, 32\n"


def told_1(boot, folder, *, flags=3, addresses="0, 0, 0, 0, 0", **words):
    """The machine, and the information of a kernel of Multiboot 1."""
    machine, registers = enter(boot, multiboot1(folder, flags, addresses), **words)
    return machine, Info1(machine, registers["rbx"])


def told_2(boot, folder, tags="", **words):
    """The machine, and the information of a kernel of Multiboot 2."""
    machine, registers = enter(boot, multiboot2(folder, tags), **words)
    return machine, read_tags(machine, registers["rbx"])


def test_the_bios_tells_where_its_power_management_is(boot, tmp_path):
    machine, tags = told_2(boot, tmp_path)
    (table,) = tags[10]
    version, code, entry, code_16, data, flags, *sizes = struct.unpack("<HHIHHHHHH", table)
    assert version == 0x102 and flags & 2, "APM 1.2, with a 32-bit interface"
    assert 0xE0000 <= code * 16 + entry < 0x100000, "in the BIOS's ROM"
    assert any(machine.memory(code * 16 + entry, 16)), "where there is code"
    assert code_16 * 16 >= 0xE0000 and data and all(sizes)
    machine, info = told_1(boot, tmp_path)
    assert info.flags & 1 << 10
    assert machine.memory(info.apm, 20) == table


def test_the_bioss_configuration_is_passed_on(boot, tmp_path):
    machine, info = told_1(boot, tmp_path)
    assert info.flags & 1 << 8
    size, model = struct.unpack("<HB", machine.memory(info.configuration, 3))
    assert size >= 8 and model == 0xFC, "an AT"


def check_vbe(machine, mode, control, mode_info):
    """The VGA BIOS's information is that of the mode that is set: 800x600."""
    assert control[:4] == b"VESA" and struct.unpack_from("<H", control, 4)[0] >= 0x200
    offset, segment = struct.unpack_from("<HH", control, 14)
    modes = struct.unpack("<128H", machine.memory(segment * 16 + offset, 256))
    modes = modes[: modes.index(0xFFFF)]
    assert mode & 0x4000 and mode & 0x1FF in modes
    pitch, width, height = struct.unpack_from("<HHH", mode_info, 16)
    assert (width, height) == (800, 600) and pitch >= 3200 and mode_info[25] == 32
    picture = machine.screenshot()
    assert (picture.width, picture.height) == (800, 600)
    return struct.unpack_from("<I", mode_info, 40)[0]


def test_the_vga_bios_is_quoted(boot, tmp_path):
    machine, tags = told_2(boot, tmp_path, FRAMEBUFFER)
    (body,) = tags[7]
    mode, *interface = struct.unpack_from("<4H", body)
    address = check_vbe(machine, mode, body[8:520], body[520:])
    assert len(body) == 776 and (address,) == struct.unpack_from("<Q", tags[8][0])
    addresses = "0, 0, 0, 0, 0, 0, 800, 600, 32"
    machine, info = told_1(boot, tmp_path, flags=7, addresses=addresses)
    assert info.flags & 1 << 11 and info.vbe == (mode, *interface)
    control = machine.memory(info.vbe_control, 512)
    mode_info = machine.memory(info.vbe_mode_info, 256)
    assert check_vbe(machine, info.vbe[0], control, mode_info) == address == info.screen[0]
    assert mode_info == body[520:]


def test_nothing_is_quoted_in_text_mode(boot, tmp_path):
    _, tags = told_2(boot, tmp_path)
    assert 7 not in tags
    _, info = told_1(boot, tmp_path)
    assert not info.flags & 1 << 11


@pytest.mark.parametrize("kind", ["32", "64"])
def test_the_smbios_tables_are_found(boot, tmp_path, kind):
    machine, tags = told_2(
        boot, tmp_path, medium="cd-ahci", machine=f"smbios-entry-point-type={kind}", extra=SMBIOS
    )
    (body,) = tags[13]
    major, minor, entry = body[0], body[1], body[8:]
    if kind == "32":
        assert entry.startswith(b"_SM_") and entry[5] == len(entry)
        assert (major, minor) == (entry[6], entry[7]) and sum(entry) & 0xFF == 0
        size, address = struct.unpack_from("<HI", entry, 0x16)
    else:
        assert entry.startswith(b"_SM3_") and entry[6] == len(entry)
        assert (major, minor) == (entry[7], entry[8]) and sum(entry) & 0xFF == 0
        size, address = struct.unpack_from("<IQ", entry, 0x0C)
    assert b"Somebody\0Something\0" in machine.memory(address, size)


def test_the_root_of_acpi_is_copied(boot, tmp_path):
    machine, tags = told_2(boot, tmp_path)
    (old,) = tags[14]
    assert len(old) == 20 and sum(old) & 0xFF == 0
    table = machine.memory(struct.unpack_from("<I", old, 16)[0], 4)
    assert table == b"RSDT"
    assert 15 not in tags, "QEMU's BIOS has the first version"


@pytest.mark.parametrize("medium, drive", [("cd-ide", 0xE0), ("disk-ide", 0x80)])
def test_the_boot_device_is_the_drive(boot, tmp_path, medium, drive):
    _, tags = told_2(boot, tmp_path, medium=medium)
    assert struct.unpack("<III", tags[5][0]) == (drive, 0xFFFFFFFF, 0xFFFFFFFF)
    _, info = told_1(boot, tmp_path, medium=medium)
    assert info.flags & 2 and info.device == drive << 24 | 0xFFFFFF


@pytest.mark.parametrize("memory", [32, 300, 4096])
def test_memory_is_what_there_is(boot, tmp_path, memory):
    machine, tags = told_2(boot, tmp_path, memory=memory, cpu="max")
    entry, version = struct.unpack_from("<II", tags[6][0])
    ranges = list(struct.iter_unpack("<QQII", tags[6][0][8:]))
    assert (entry, version) == (24, 0)
    assert sum(size for _, size, kind, _ in ranges if kind == 1) >= (memory << 20) - (1 << 20)
    _, info = told_1(boot, tmp_path, memory=memory, cpu="max")
    assert [(b, b + s, k) for b, s, k, _ in ranges] == list(info.ranges())
    assert struct.unpack("<II", tags[4][0]) == (info.lower, info.upper)
    above = next(size for begin, size, kind, _ in ranges if begin == 1 << 20 and kind == 1)
    assert info.upper == above >> 10


def test_only_a_kernel_that_may_be_moved_is_told_where_it_is(boot, tmp_path):
    _, tags = told_2(boot, tmp_path)
    assert 21 not in tags
    _, tags = told_2(boot, tmp_path, "dw 10, 0\n    dd 24, 0, 0xffffffff, 4096, 0\n")
    assert struct.unpack("<I", tags[21][0]) == (0x100000,)


def test_all_that_can_be_asked_for_may_be_asked_for(boot, tmp_path):
    types = ", ".join(str(kind) for kind in range(22))
    _, tags = told_2(boot, tmp_path, f"dw 1, 0\n    dd 96, {types}\n", modules=[__file__])
    assert {1, 2, 3, 4, 5, 6, 8, 9, 10, 13, 14} <= set(tags)
    assert not {11, 12, 16, 17, 18, 19, 20} & set(tags), "what a BIOS has not got"


def test_another_bios_is_quoted(start, tmp_path):
    """Bochs has its own BIOS and VGA BIOS."""
    kernel = multiboot2(tmp_path, FRAMEBUFFER, code=DUMP)
    machine = start(images.make_image(kernel), kind=bochs.Bochs, memory=64)
    said = re.search("<([a-p]+)>", machine.wait_serial(">")).group(1)
    digits = said.translate(str.maketrans("abcdefghijklmnop", "0123456789abcdef"))
    tags = parse_tags(bytes.fromhex(digits))
    mode, segment, offset, size = struct.unpack_from("<4H", tags[7][0])
    assert tags[7][0][8:12] == b"VESA" and mode & 0x4000
    assert struct.unpack_from("<HH", tags[7][0], 520 + 18) == (800, 600)
    assert 0xC0000 <= segment * 16 + offset < 0xD0000 and size > 16, "the interface of VBE 2.0"
    assert struct.unpack_from("<III", tags[8][0], 12) == (800, 600, 32 | 1 << 8)
    assert tags[13][0][8:12] == b"_SM_" and tags[14][0].startswith(b"RSD PTR ")
