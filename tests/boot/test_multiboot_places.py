"""Multiboot kernels at awkward addresses: they are loaded where they ask to be, whatever was there
before."""

import re
import struct

import guests
import pytest
from multiboot import LINK_32, MIB, Info1, enter, multiboot1, multiboot2, read_tags

PAYLOAD = struct.pack("<1048576I", *(i * 2654435761 & 0xFFFFFFFF for i in range(1 << 20)))


def linked_at(at):
    """Words for the linker."""
    return (*LINK_32[:2], f"-Ttext={at:#x}", "-e", "start")


def kernel_at(folder, at, size):
    """A kernel of a little more than `size` bytes that is linked at an address."""
    (folder / "payload").write_bytes(PAYLOAD[:size])
    return multiboot1(folder, link=linked_at(at), more=f'incbin "{folder}/payload"\n')


def check_place(boot, folder, at, size, **words):
    """All of the kernel is there."""
    machine, registers = enter(boot, kernel_at(folder, at, size), **words)
    assert at <= registers["rip"] < at + 0x100
    assert PAYLOAD[:size] in machine.memory(at, size + 512)
    return machine, registers


@pytest.mark.parametrize("at", [0x100000, 0x300000, 0x1000000])
def test_a_large_kernel_overwrites_everything_that_is_in_its_way(boot, tmp_path, at):
    """Syslinux, the module, and the kernel's own file are where it wants to be."""
    check_place(boot, tmp_path, at, 4 * MIB, memory=64)


@pytest.mark.parametrize(
    "at, size",
    [
        (0x500, 0x7000),  # after the BIOS's data: over Syslinux's stack
        (0x7C00, 0x200),  # where the BIOS loaded Syslinux to
        (0x7000, 0x60000),  # over all of Syslinux below 1 MiB
        (0x9FC00 - 0x8200, 0x8000),  # up to the last byte before the BIOS's
    ],
)
def test_a_kernel_below_1_mib_lies_there(boot, tmp_path, at, size):
    machine, registers = check_place(boot, tmp_path, at, size, memory=64)
    assert not at <= registers["rbx"] < at + size
    assert Info1(machine, registers["rbx"]).upper == 63 * 1024 - 128


def test_a_kernel_with_only_zeroes_in_the_hole_starts_with_a_warning(boot, tmp_path):
    """Memory is zeroed up to the hole and after it; the ROM in it stays."""
    more = "section .bss\nresb 0x100000\n"
    kernel = multiboot1(tmp_path, link=linked_at(0x20000), more=more)
    machine, registers = enter(boot, kernel, memory=64)
    assert 0x20000 <= registers["rip"] < 0x20100
    found = re.search(r"K729[^|]*?(\w+)-0x100000 of that", machine.serial())
    assert found, machine.serial()
    assert int(found[1], 16) in (0x9F000, 0x9FC00)
    assert machine.memory(0x9E000, 0x1000) == bytes(0x1000)
    assert machine.memory(0x100000, 0x20000) == bytes(0x20000)
    assert machine.memory(0xFFFF0, 1) == b"\xea", "the jump that the CPU begins with"


def test_a_kernel_at_the_top_of_memory_lies_there(boot, tmp_path):
    """Where the loader's scratch memory would have been."""
    end = 64 * MIB - 0x20000
    check_place(boot, tmp_path, end - 4 * MIB - 0x1000, 4 * MIB, memory=64)


def test_a_kernel_with_a_segment_at_each_end_of_memory_lies_there(boot, tmp_path):
    top = 64 * MIB - 0x20000 - 0x2000
    more = f'section .top progbits alloc write\nincbin "{tmp_path}/payload"\n'
    (tmp_path / "payload").write_bytes(PAYLOAD[:0x2000])
    link = (*linked_at(MIB), f"--section-start=.top={top:#x}")
    machine, _ = enter(boot, multiboot1(tmp_path, link=link, more=more), memory=64)
    assert machine.memory(top, 0x2000) == PAYLOAD[:0x2000]


def test_a_kernel_over_its_own_file_lies_there(boot, tmp_path):
    """Shifted by less than its size, both ways, from where the file is read to."""
    machine = boot(kernel_at(tmp_path, 0x800000, 4 * MIB), options="-verbose", memory=64)
    said = machine.wait_serial(guests.SAID)
    source = int(re.search(r"is copied from ([0-9a-f]+)", said).group(1), 16)
    machine.stop()
    for distance in (-0x1000, 0x1000, -0x180000, 0x180000):
        at = (source + distance) & ~0xFFF
        check_place(boot, tmp_path, at, 4 * MIB, memory=64)


def test_a_kernel_over_its_modules_leaves_them_whole(boot, tmp_path):
    (tmp_path / "module").write_bytes(PAYLOAD[: 2 * MIB])
    machine = boot(kernel_at(tmp_path, MIB, 4 * MIB), modules=[f"{tmp_path}/module"], memory=64)
    machine.wait_serial(guests.SAID)
    modules = struct.unpack("<I", machine.memory(machine.registers()["rbx"] + 24, 4))[0]
    begin, end = struct.unpack("<II", machine.memory(modules, 8))
    assert machine.memory(begin, end - begin) == PAYLOAD[: 2 * MIB]
    assert begin >= 5 * MIB


@pytest.mark.parametrize("memory", [32, 3000])
def test_the_information_is_where_every_kernel_can_reach_it(boot, tmp_path, memory):
    (tmp_path / "module").write_bytes(b"module")
    words = {"memory": memory, "modules": [f"{tmp_path}/module"]}
    _, registers = enter(boot, multiboot1(tmp_path), **words)
    assert 0x10000 <= registers["rbx"] < 0x9F000
    machine, registers = enter(boot, multiboot2(tmp_path), **words)
    assert MIB <= registers["rbx"] < 4 * MIB, "as in GRUB 2"
    begin, _ = struct.unpack_from("<II", read_tags(machine, registers["rbx"])[3][0])
    assert begin < 8 * MIB
    total = struct.unpack("<I", machine.memory(registers["rbx"], 4))[0]
    assert registers["rsp"] > registers["rbx"] + total + 0x3F00, "a stack, though none is promised"


def relocatable(folder, words, at=MIB, size=MIB):
    """A kernel of Multiboot 2 that may be moved."""
    (folder / "payload").write_bytes(PAYLOAD[:size])
    tags = f"dw 10, 0\n    dd 24, {words}\n"
    return multiboot2(folder, tags, link=linked_at(at), more=f'incbin "{folder}/payload"\n')


@pytest.mark.parametrize(
    "words, at, place",
    [
        ("0, 0xffffffff, 4096, 0", 0x900000, 0x900000),
        ("0, 0xffffffff, 4096, 1", 0x900000, MIB),
        ("0x234567, 0xffffffff, 4096, 1", 0x900000, 0x235000),
        ("0x234567, 0xffffffff, 0x400000, 0", 0x900000, 0x400000),
        ("0, 0xffffffff, 4096, 0", 0xF0000, MIB),  # over the BIOS's ROM
        ("0, 0x1ffffff, 0x10000, 2", 0x900000, 0x1EF0000),
    ],
)
def test_a_kernel_that_may_be_moved_is(boot, tmp_path, words, at, place):
    kernel = relocatable(tmp_path, words, at=at)
    machine, registers = enter(boot, kernel, memory=64)
    assert read_tags(machine, registers["rbx"])[21] == [struct.pack("<I", place)]
    assert place <= registers["rip"] < place + 0x100
    assert PAYLOAD[:MIB] in machine.memory(place, MIB + 512)


def test_a_flat_kernel_that_may_be_moved_is(boot, tmp_path):
    tags = """dw 2, 0
    dd 24, header_2, 0x80000000, 0, end + 0x5000
    dw 3, 0
    dd 12, start + 2
    align 8
    dw 10, 0
    dd 24, 0x300000, 0xffffffff, 0x100000, 1
"""
    text = multiboot2(tmp_path, tags, form="bin", link=(), more="end:\n")
    source = (tmp_path / "two.asm").read_text()
    source = source.replace("bits 32", "bits 32\norg 0x80000000").replace("start:", "start:\nud2")
    kernel = guests.assemble(tmp_path, "flat", source, "bin")
    assert text.exists()
    machine, registers = enter(boot, kernel, memory=64)
    data = kernel.read_bytes()
    assert machine.memory(0x300000, len(data)) == data
    assert not any(machine.memory(0x300000 + len(data), 0x5000)), ".bss is zero"
    assert read_tags(machine, registers["rbx"])[21] == [struct.pack("<I", 0x300000)]
