"""Multiboot 1 and 2: what the specifications promise, read from outside."""

import re
import struct

import guests
import pytest
from faults import screen_of
from multiboot import (
    HEADER_2,
    LINK_32,
    LINK_64,
    MIB,
    Info1,
    check_state,
    enter,
    multiboot1,
    multiboot2,
    read_tags,
)


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
    assert info.flags == 0x176F
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
    more = 'section .words progbits noalloc\n    db "a section of no segment"\n'
    machine, registers = enter(boot, multiboot2(tmp_path, form=form, link=link, more=more))
    body = read_tags(machine, registers["rbx"])[9][0]
    count, size, names = struct.unpack_from("<III", body)
    assert size == (40 if form == "elf32" else 64) and len(body) == 12 + count * size
    headers = [body[12 + i * size :][:size] for i in range(count)]
    fields = ("<I", 12, 20) if form == "elf32" else ("<Q", 16, 32)

    def bytes_of(header):
        at, length = (struct.unpack_from(fields[0], header, place)[0] for place in fields[1:])
        return machine.memory(at, length)

    loose = [bytes_of(h) for h in headers if struct.unpack_from("<II", h, 4) == (1, 0)]
    assert b"a section of no segment" in loose
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


# Notes the DAC's colours, makes all of them black, and fails.
PALETTE = """
    mov dx, 0x3c7
    xor eax, eax
    out dx, al
    mov edi, 0x300000
    mov edx, 0x3c9
    mov ecx, 768
    rep insb
    dec edx
    out dx, al
    inc edx
    mov ecx, 768
.next:
    out dx, al
    loop .next
    ud2
"""


def test_a_kernel_gets_the_palette_that_it_asks_for_and_a_fault_is_drawn_with_it(boot, tmp_path):
    kernel = multiboot2(tmp_path, tags="dw 5, 1\n    dd 20, 640, 480, 8\n", code=PALETTE)
    machine = boot(kernel, debug_exit=False)
    said = machine.wait_serial("The machine is halted.")
    at = int(re.search(r"EBX +(?:0x)?([0-9a-f]+)", said)[1], 16)
    body = read_tags(machine, at)[8][0]
    assert struct.unpack_from("<II2B", body, 12) == (640, 480, 8, 0), said
    assert struct.unpack_from("<H", body, 24) == (256,)
    assert [value >> 2 for value in body[26:]] == list(machine.memory(0x300000, 768))
    assert "executed ud2" in " ".join(screen_of(machine, machine.screenshot_text).split())
    picture = machine.screenshot()
    colours = {picture.at(x, y) for x in range(640) for y in range(0, 480, 7)}
    assert len(colours) > 5, "the palette is back"


@pytest.mark.parametrize("selector", [0x08, 0x10])
def test_a_kernel_without_a_gdt_may_have_gates_for_grub_or_for_qemu(boot, tmp_path, selector):
    code = f"""
    mov eax, gate
    mov word [idt + 0x40 * 8], ax
    shr eax, 16
    mov word [idt + 0x40 * 8 + 6], ax
    mov dword [idt + 0x40 * 8 + 2], 0x8e00 << 16 | {selector}
    lidt [pointer]
    int 0x40
    {guests.STAND_32}
gate:
    mov ecx, 0x1234
    iret
pointer:
    dw 0x7ff
    dd idt
    align 8
"""
    more = "section .bss\nidt: resb 0x800\n"
    _, registers = enter(boot, multiboot2(tmp_path, code=code, more=more))
    assert registers["rcx"] == 0x1234


def test_a_kernel_with_both_headers_is_entered_by_the_newer(boot, tmp_path):
    kernel = multiboot1(tmp_path, more=HEADER_2.format(tags=""))
    _, registers = enter(boot, kernel)
    assert registers["rax"] == 0x36D76289
    _, registers = enter(boot, kernel, options="-protocol=multiboot1")
    assert registers["rax"] == 0x2BADB002


def check_refusal(boot, kernel, code, **words):
    """The kernel is refused under its code, and the prompt is back."""
    machine = boot(kernel, debug_exit=False, **words)
    said = machine.wait_serial("boot:")
    assert f"K{code} " in said, said


def test_what_a_kernel_requires_and_we_cannot_give_is_refused(boot, tmp_path):
    check_refusal(boot, multiboot1(tmp_path, flags=0x13), 721)
    check_refusal(boot, multiboot2(tmp_path, tags="dw 77, 0\n    dd 8\n"), 721)
    check_refusal(boot, multiboot2(tmp_path, tags="dw 1, 0\n    dd 12, 99\n"), 721)


def test_what_is_optional_is_ignored(boot, tmp_path):
    kernel = multiboot2(tmp_path, tags="dw 77, 1\n    dd 8\n    dw 1, 1\n    dd 12, 99\n")
    _, registers = enter(boot, kernel)
    assert registers["rax"] == 0x36D76289


def test_a_kernel_without_a_header_is_refused(boot):
    check_refusal(boot, "placed", 720, options="-protocol=multiboot1")
    check_refusal(boot, "placed", 720, options="-protocol=multiboot2")


BROKEN = {
    724: (0x100C, 0),  # the checksum
    725: (0x1002, None),  # the header's place
    726: (0x9000, None),
    727: (0x1004, 4),  # the architecture
    728: (0x1014, 7),  # the size of the first tag
}


@pytest.mark.parametrize("code", BROKEN)
def test_an_invalid_header_is_refused_with_its_mistake(boot, tmp_path, code):
    at, word = BROKEN[code]
    header = struct.pack("<IIIIHHI", 0xE85250D6, 0, 24, -(0xE85250D6 + 24) & 0xFFFFFFFF, 0, 0, 8)
    place = at if word is None else 0x1000
    data = bytearray(b"\x7fELF\1".ljust(place, b"\0") + header.ljust(0x1000, b"\0"))
    if word is not None:
        struct.pack_into("<I", data, at, word)
    if code == 727:
        struct.pack_into("<I", data, 0x100C, -(0xE85250D6 + 24 + word) & 0xFFFFFFFF)
    if code == 728:
        struct.pack_into("<H", data, 0x1010, 3)
    (tmp_path / "broken").write_bytes(data)
    check_refusal(boot, tmp_path / "broken", code)


def test_addresses_that_do_not_fit_are_refused(boot, tmp_path):
    kernel = multiboot1(tmp_path, flags=0x10003, addresses="0x100000, 0x200000, 0, 0, 0x100000")
    check_refusal(boot, kernel, 722)


def test_a_kernel_that_wants_to_be_where_there_is_no_memory_is_refused(boot, tmp_path):
    kernel = multiboot1(tmp_path, link=(*LINK_32[:2], "-Ttext=0xe0000", "-e", "start"))
    check_refusal(boot, kernel, 723)
