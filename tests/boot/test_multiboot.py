"""Multiboot 1 and 2: what the specifications promise, read from outside."""

import struct

import guests
import pytest

MIB = 1 << 20
PAYLOAD = struct.pack("<1048576I", *(i * 2654435761 & 0xFFFFFFFF for i in range(1 << 20)))
LINK_32 = ("-melf_i386", "-n", "-Ttext=0x100000", "-e", "start")
LINK_64 = ("-melf_x86_64", "-n", "-Ttext=0x100000", "-e", "start")
HEADER_1 = """
    align 4
header:
    dd 0x1badb002, {flags}, -(0x1badb002 + {flags})
    dd {addresses}
"""
HEADER_2 = """
    align 8
header_2:
    dd 0xe85250d6, 0, header_2_end - header_2, -(0xe85250d6 + header_2_end - header_2)
    {tags}
    align 8
    dw 0, 0
    dd 8
header_2_end:
"""


def multiboot1(folder, flags=3, addresses="0, 0, 0, 0, 0", form="elf32", link=LINK_32, more=""):
    source = HEADER_1.format(flags=flags, addresses=addresses) + more
    text = f"bits 32\nsection .text\nglobal start\nstart:\n{guests.STAND_32}{source}"
    return guests.assemble(folder, "one", text, form, link)


def multiboot2(folder, tags="", form="elf32", link=LINK_32, more=""):
    text = f"bits 32\nsection .text\nglobal start\nstart:\n{guests.STAND_32}"
    return guests.assemble(folder, "two", text + HEADER_2.format(tags=tags) + more, form, link)


def enter(boot, kernel, **words):
    """Boots, and returns the machine with the registers that the kernel was entered with."""
    machine = boot(kernel, debug_exit=False, **words)
    machine.wait_serial(guests.SAID)
    return machine, machine.registers()


def check_state(registers, magic):
    """Multiboot 1, 3.2 and Multiboot 2, 3.3."""
    assert registers["rax"] == magic
    assert registers["cr0"] & 0x80000001 == 1, "protected mode without paging"
    assert registers["efer"] & 0x500 == 0, "long mode is left"
    assert registers["rflags"] & 0x20200 == 0, "no interrupts, not virtual 8086"
    for name in ("cs", "ds", "es", "fs", "gs", "ss"):
        segment = registers[name]
        assert (segment.base, segment.limit) == (0, 0xFFFFFFFF), name
    assert registers["cs"].flags & 0x600800 == 0x400800, "32-bit code"


class Info1:
    """The information of Multiboot 1 (3.3) as it lies in the machine's memory."""

    def __init__(self, machine, at):
        self.machine = machine
        words = struct.unpack("<22I", machine.memory(at, 88))
        self.flags, self.lower, self.upper, self.device, self.line = words[:5]
        self.module_count, self.modules_at = words[5:7]
        self.map_size, self.map_at = words[11:13]
        self.name = words[16]
        self.screen = struct.unpack("<QIIIBB", machine.memory(at + 88, 22))

    def string(self, at):
        return self.machine.memory(at, 256).split(b"\0")[0].decode()

    def modules(self):
        for i in range(self.module_count):
            data = self.machine.memory(self.modules_at + 16 * i, 16)
            begin, end, line, _ = struct.unpack("<4I", data)
            yield self.machine.memory(begin, end - begin), self.string(line), begin

    def ranges(self):
        data = self.machine.memory(self.map_at, self.map_size)
        while data:
            size, begin, length, kind = struct.unpack_from("<IQQI", data)
            yield begin, begin + length, kind
            data = data[size + 4 :]


@pytest.fixture
def modules(tmp_path):
    (tmp_path / "first.bin").write_bytes(bytes(range(256)) * 40)
    (tmp_path / "second.bin").write_bytes(b"short")
    return [f"{tmp_path}/first.bin:one two", f"{tmp_path}/second.bin"]


@pytest.mark.parametrize("form,link", [("elf32", LINK_32), ("elf64", LINK_64)])
def test_multiboot_1_is_told_of_the_machine(boot, tmp_path, modules, form, link):
    kernel = multiboot1(tmp_path, form=form, link=link)
    machine, registers = enter(boot, kernel, append="a=1 b", modules=modules, memory=128)
    check_state(registers, 0x2BADB002)
    info = Info1(machine, registers["rbx"])
    assert info.flags == 0x126F
    assert (info.lower, info.upper) == (639, 127 * 1024 - 128)
    assert info.device >> 24 == 0xE0, "a CD"
    assert info.string(info.line) == "kernel.elf a=1 b"
    assert info.string(info.name).startswith("Longjump ")
    contents = [(data, line) for data, line, _ in info.modules()]
    assert contents == [(bytes(range(256)) * 40, "first.bin one two"), (b"short", "second.bin")]
    assert all(begin % 4096 == 0 for _, _, begin in info.modules())
    ranges = list(info.ranges())
    assert (0, 0x9FC00, 1) in ranges and (MIB, 128 * MIB - 0x20000, 1) in ranges
    assert info.screen == (0xB8000, 160, 80, 25, 16, 2)


def test_multiboot_1_loads_a_flat_file_by_its_addresses(boot, tmp_path):
    kernel = multiboot1(
        tmp_path,
        flags=0x10003,
        addresses="header, 0x400000, 0, end + 0x5000, start",
        form="bin",
        link=(),
        more="end:\n",
    )
    text = (tmp_path / "one.asm").read_text().replace("bits 32", "bits 32\norg 0x400000")
    kernel = guests.assemble(tmp_path, "flat", text, "bin")
    machine, registers = enter(boot, kernel)
    check_state(registers, 0x2BADB002)
    data = kernel.read_bytes()
    assert machine.memory(0x400000, len(data)) == data
    assert not any(machine.memory(0x400000 + len(data), 0x5000)), ".bss is zero"


def read_tags(machine, at):
    """The information of Multiboot 2 (3.4): type -> bodies."""
    total, _ = struct.unpack("<II", machine.memory(at, 8))
    data, place, tags = machine.memory(at, total), 8, {}
    while place < total:
        kind, size = struct.unpack_from("<II", data, place)
        tags.setdefault(kind, []).append(data[place + 8 : place + size])
        place += (size + 7) & ~7
        if kind == 0:
            break
    assert place == total, "the end tag is the last"
    return tags


@pytest.mark.parametrize("form,link", [("elf32", LINK_32), ("elf64", LINK_64)])
def test_multiboot_2_is_told_of_the_machine(boot, tmp_path, modules, form, link):
    kernel = multiboot2(tmp_path, form=form, link=link)
    machine, registers = enter(boot, kernel, append="a=1 b", modules=modules, memory=128)
    check_state(registers, 0x36D76289)
    assert registers["rbx"] % 8 == 0
    tags = read_tags(machine, registers["rbx"])
    assert tags[1] == [b"kernel.elf a=1 b\0"]
    assert tags[2][0].startswith(b"Longjump ")
    begin, end = struct.unpack_from("<II", tags[3][0])
    assert tags[3][0][8:] == b"first.bin one two\0"
    assert machine.memory(begin, end - begin) == bytes(range(256)) * 40
    assert struct.unpack("<II", tags[4][0]) == (639, 127 * 1024 - 128)
    assert struct.unpack("<III", tags[5][0]) == (0xE0, 0xFFFFFFFF, 0xFFFFFFFF)
    assert struct.unpack_from("<II", tags[6][0]) == (24, 0)
    ranges = list(struct.iter_unpack("<QQII", tags[6][0][8:]))
    assert (MIB, 127 * MIB - 0x20000, 1, 0) in ranges
    assert struct.unpack_from("<QIIIBB", tags[8][0]) == (0xB8000, 160, 80, 25, 16, 2)
    assert tags[14][0].startswith(b"RSD PTR ")


def test_multiboot_2_enters_where_its_tag_says(boot, tmp_path):
    more = f"elsewhere:\n    mov ecx, 0x1234\n{guests.STAND_32.replace('.stand', '.there')}"
    tags = "dw 3, 0\n    dd 12, elsewhere\n"
    kernel = multiboot2(tmp_path, tags=tags, more=more)
    _, registers = enter(boot, kernel)
    assert registers["rcx"] == 0x1234


@pytest.mark.parametrize("form,link", [("elf32", LINK_32), ("elf64", LINK_64)])
def test_a_kernel_finds_its_symbols(boot, tmp_path, form, link):
    machine, registers = enter(boot, multiboot2(tmp_path, form=form, link=link))
    body = read_tags(machine, registers["rbx"])[9][0]
    count, size, names = struct.unpack_from("<III", body)
    assert size == (40 if form == "elf32" else 64) and len(body) == 12 + count * size
    headers = [body[12 + i * size :][:size] for i in range(count)]
    fields = ("<I", 12, 20) if form == "elf32" else ("<Q", 16, 32)

    def bytes_of(header):
        at, length = (struct.unpack_from(fields[0], header, place)[0] for place in fields[1:])
        return machine.memory(at, length)

    strings = b"".join(bytes_of(h) for h in headers if struct.unpack_from("<I", h, 4)[0] == 3)
    assert b"start\0" in strings and b".symtab\0" in bytes_of(headers[names])
    machine, registers = enter(boot, multiboot1(tmp_path, form=form, link=link))
    found = struct.unpack("<4I", machine.memory(registers["rbx"] + 28, 16))
    assert found[1] == size and found[0] >= 3
    header = machine.memory(found[2] + found[3] * size, size)
    assert b".symtab\0" in bytes_of(header)


def test_a_kernel_gets_the_screen_it_asks_for(boot, tmp_path):
    addresses = "0, 0, 0, 0, 0, 0, 800, 600, 32"
    machine, registers = enter(boot, multiboot1(tmp_path, flags=7, addresses=addresses))
    address, pitch, width, height, bits, kind = Info1(machine, registers["rbx"]).screen
    assert (width, height, bits, kind) == (800, 600, 32, 1) and pitch >= 3200 and address >= 1 << 20
    kernel = multiboot2(tmp_path, tags="dw 5, 1\n    dd 20, 800, 600, 32\n")
    machine, registers = enter(boot, kernel)
    body = read_tags(machine, registers["rbx"])[8][0]
    assert struct.unpack_from("<III", body, 12) == (800, 600, 32 | 1 << 8)
    machine, registers = enter(boot, kernel, options="-video=text")
    assert struct.unpack_from("<Q", read_tags(machine, registers["rbx"])[8][0]) == (0xB8000,)


def test_a_kernel_with_both_headers_is_entered_by_the_newer(boot, tmp_path):
    kernel = multiboot1(tmp_path, more=HEADER_2.format(tags=""))
    _, registers = enter(boot, kernel)
    assert registers["rax"] == 0x36D76289
    _, registers = enter(boot, kernel, options="-protocol=multiboot1")
    assert registers["rax"] == 0x2BADB002


@pytest.mark.parametrize("at", [0x100000, 0x300000, 0x1000000])
def test_a_large_kernel_goes_over_everything_that_is_in_its_way(boot, tmp_path, at):
    """Syslinux, the module, and the kernel's own file lie where it wants to be."""
    (tmp_path / "payload").write_bytes(PAYLOAD)
    more = f'incbin "{tmp_path}/payload"\n'
    kernel = multiboot1(tmp_path, link=(*LINK_32[:2], f"-Ttext={at:#x}", "-e", "start"), more=more)
    machine, _ = enter(boot, kernel, memory=64)
    assert PAYLOAD in machine.memory(at, len(PAYLOAD) + 512)


def check_refusal(boot, kernel, code, **words):
    """The kernel is refused under its code, and the prompt is back."""
    machine = boot(kernel, debug_exit=False, **words)
    said = machine.wait_serial("boot:")
    assert f"K{code} " in said, said


def test_what_a_kernel_requires_and_we_cannot_give_is_refused(boot, tmp_path):
    check_refusal(boot, multiboot1(tmp_path, flags=0x13), 721)
    check_refusal(boot, multiboot2(tmp_path, tags="dw 77, 0\n    dd 8\n"), 721)
    check_refusal(boot, multiboot2(tmp_path, tags="dw 1, 0\n    dd 12, 12\n"), 721)


def test_what_is_optional_is_passed_over(boot, tmp_path):
    kernel = multiboot2(tmp_path, tags="dw 77, 1\n    dd 8\n    dw 1, 1\n    dd 12, 12\n")
    _, registers = enter(boot, kernel)
    assert registers["rax"] == 0x36D76289


def test_a_kernel_without_a_header_is_refused(boot):
    check_refusal(boot, "placed", 720, options="-protocol=multiboot1")
    check_refusal(boot, "placed", 720, options="-protocol=multiboot2")


def test_addresses_that_do_not_fit_are_refused(boot, tmp_path):
    kernel = multiboot1(tmp_path, flags=0x10003, addresses="0x100000, 0x200000, 0, 0, 0x100000")
    check_refusal(boot, kernel, 722)


def test_a_kernel_that_wants_to_be_where_no_memory_is_is_refused(boot, tmp_path):
    kernel = multiboot1(tmp_path, link=(*LINK_32[:2], "-Ttext=0xe0000", "-e", "start"))
    check_refusal(boot, kernel, 723)
