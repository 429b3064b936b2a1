"""Kernels for the Rust crate bootloader 0.11: what they are told, as read from outside, and by
kernels in C and in Rust."""

import re
import shutil

import guests
import images
import paging
import pytest
import rust
import told

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
ENTRY = 512 * GIB
SINCE = ["since_1", "since_5", "since_11", "since_14"]
USABLE, BOOTLOADER, UNKNOWN_BIOS = 0, 1, 3


@pytest.fixture
def ask(boot):
    """Boots a kernel in C, which must pass; returns the halted machine, and what the kernel was
    told: name -> numbers."""

    def run(kernel, **words):
        machine = boot(f"bootloader011_{kernel}", debug_exit=False, **words)
        machine.wait_serial(" checks\n")
        said = machine.serial()
        assert "\nPASS" in said, machine.report()
        found = re.findall(r"^(\w+)=(.*?)\r?$", said, re.M)
        return machine, {name: words.split() for name, words in found}, regions(said)

    return run


def regions(said):
    """The memory map: (begin, end, kind, the firmware's type)."""
    lines = re.findall(r"^region=(\w+) (\w+) (\w+) (\w+)\r?$", said, re.M)
    return [(int(a, 16), int(b, 16), int(kind), int(raw)) for a, b, kind, raw in lines]


def number(words):
    return int(words[0], 16)


def kind_at(found, at):
    return next(kind for begin, end, kind, _ in found if begin <= at < end)


def test_addresses_are_those_of_the_crate(ask):
    """The first free entries of the top page table, after all physical memory: QEMU's firmware
    reserves some below 1 TiB for an AMD CPU."""
    _, told_of, found = ask("first", cpu="qemu64")
    first = -(-max(end for _, end, _, _ in found) // ENTRY) * ENTRY
    assert number(told_of["base"]) == first
    assert number(told_of["stack"]) == first + ENTRY + 4096 + 80 * KIB
    assert int(told_of["framebuffer"][0], 16) == first + 2 * ENTRY
    assert number(told_of["info"]) == first + 3 * ENTRY
    assert told_of["offset"] == told_of["index"] == ["none"]


def test_the_memory_map_is_the_firmwares(ask):
    machine, told_of, found = ask("ramdisk", memory=128)
    usable = sum(end - begin for begin, end, kind, _ in found if kind == USABLE)
    own = sum(end - begin for begin, end, kind, _ in found if kind == BOOTLOADER)
    assert 127 * MIB < usable + own < 128 * MIB and own < 3 * MIB
    assert all((raw in (2, 3, 4, 5)) == (kind == UNKNOWN_BIOS) for _, _, kind, raw in found)
    mappings, offset = machine.page_tables(), number(told_of["offset"])
    for name in ("base", "info", "cr3"):
        at = number(told_of[name])
        frame = at if name == "cr3" else paging.translate(mappings, at)
        assert kind_at(found, frame) == BOOTLOADER, name
        assert paging.translate(mappings, offset + frame) == frame
    assert kind_at(found, 0x8000) == USABLE and kind_at(found, 0xF0000) == UNKNOWN_BIOS


def test_physical_memory_is_mapped_as_far_as_the_firmwares_map_goes(ask):
    machine, told_of, found = ask("static", memory=5120, cpu="qemu64")
    mappings, offset = machine.page_tables(), number(told_of["offset"])
    end = max(4 * GIB, max(end for _, end, _, _ in found))
    for phys in (0, 0xB8000, 0xFEE00000, 4 * GIB, 5 * GIB, 100 * GIB, end - 1):
        if phys < end:
            mapping = paging.find(mappings, offset + phys)
            assert paging.translate(mappings, offset + phys) == phys
            assert mapping.writable and not mapping.executable and mapping.page == 2 * MIB


def test_memory_too_small_for_all_page_tables_has_those_of_ram(ask):
    """A machine with 32 MiB of which the firmware reserves something below 1 TiB."""
    machine, told_of, _ = ask("ramdisk", memory=32, cpu="qemu64")
    mappings, offset = machine.page_tables(), number(told_of["offset"])
    for phys in (0, 31 * MIB, 0xFEE00000, 4 * GIB - 1):
        assert paging.translate(mappings, offset + phys) == phys


def test_nothing_is_mapped_that_the_crate_does_not_map(ask):
    machine, told_of, _ = ask("file")
    mappings = machine.page_tables()
    stack = number(told_of["stack"])
    first = number(told_of["base"])
    for at in (0, 0xB8000, 0x130000, stack - 80 * KIB - 1):
        assert paging.find(mappings, at) is None
    for at in (stack - 1, stack - 80 * KIB, number(told_of["info"])):
        mapping = paging.find(mappings, at)
        assert mapping.writable and not mapping.executable and mapping.page == 4096
    index = number(told_of["index"])
    assert index == first // ENTRY + 3
    assert all(mapping.begin >= first for mapping in mappings)


def test_what_has_an_address_is_there(ask, tmp_path):
    (tmp_path / "disk").write_bytes(b"words" * 1000)
    machine, told_of, _ = ask("fixed", modules=[str(tmp_path / "disk")])
    assert number(told_of["base"]) == 0xFFFFFFFF80000000
    assert number(told_of["stack"]) == (0xFFFFFF0000011000 + 10001) & ~15
    assert number(told_of["info"]) == 0xFFFFFF0000000FF8
    assert number(told_of["offset"]) == 0xFFFF800000200000
    assert number(told_of["index"]) == 0x140
    assert number(told_of["ramdisk"]) == 0xFFFFFF0030000000
    assert number(told_of["ramdisk_len"]) == 5000
    start, _, width, height, _, _ = told_of["framebuffer"]
    assert int(start, 16) == 0xFFFFFF0040000000
    assert int(width) >= 1200 and int(height) >= 700
    phys = paging.translate(machine.page_tables(), 0xFFFFFF0030000000)
    assert machine.memory(phys, 5000) == b"words" * 1000


def test_random_addresses_differ_between_boots(ask):
    seen = [ask("range", cpu="max")[1] for _ in range(2)]
    for told_of in seen:
        for name in ("base", "stack", "info", "offset"):
            assert 0xFFFF800000000000 <= number(told_of[name]) < 0xFFFFC00000000000
    for name in ("base", "stack", "info", "offset"):
        assert seen[0][name] != seen[1][name]


def test_the_file_stays_as_it_is(ask):
    machine, told_of, found = ask("file")
    at, size = number(told_of["kernel_addr"]), number(told_of["kernel_len"])
    assert at % 4096 == 0
    assert kind_at(found, at) == kind_at(found, at + size - 1) == BOOTLOADER
    data = machine.memory(at, size)
    assert data[:4] == b"\x7fELF" and data.count(bytes.fromhex("743ca961093646a0bb55")) == 1


def test_a_kernel_whose_section_is_folded_away_is_recognised(ask):
    assert ask("folded")[1]["offset"] == ["none"]


@pytest.mark.parametrize("options, machine, there", [
    ("", {}, True),
    ("-video=800x600x16", {}, True),
    ("-video=text", {}, False),
    ("", {"vga": "none"}, False),
])  # fmt: skip
def test_the_framebuffer_is_what_the_screen_has(ask, options, machine, there):
    _, told_of, _ = ask("first", options=options, **machine)
    assert (told_of["framebuffer"] != ["none"]) == there
    if "16" in options:
        assert told_of["framebuffer"][2:] == ["800", "600", "2", "800"]
        assert told_of["format"] == ["3", "11", "5", "0"]
    elif there:
        assert told_of["format"] == ["1", "0", "0", "0"]


@pytest.mark.parametrize("mistake, words", [
    ("mov rsp, 0x700000001000\npush rax", "a stack overflow. The stack has 8 KiB"),
    ("mov rax, [0x7ee00000]", "Ask for one with mappings.physical_memory in BootloaderConfig."),
    ("ret", "the 0 that such a kernel finds on its stack"),
    ("ud2", "The kernel executed ud2"),
])  # fmt: skip
def test_a_fault_is_told_in_the_crates_words(boot, tmp_path, mistake, words):
    section = "section .bootloader-config progbits alloc noexec nowrite align=1\n"
    section += "db 0x74, 0x3c, 0xa9, 0x61, 9, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89\n"
    section += "db 0x15, 0x25, 0x3d, 0, 0, 11, 0, 16, 0, 0\n"
    section += "dq 8192\ndb 1\ndq 0x700000000000\ntimes 93 db 0\n"  # size and place of the stack
    source = f"bits 64\n{section}section .text\nglobal start\nstart:\n{mistake}\nhlt"
    link = ("-melf_x86_64", "-Ttext=0x200000", "-e", "start", "-z", "max-page-size=0x1000")
    kernel = guests.assemble(tmp_path, "rust", source, "elf64", link)
    machine = boot(kernel, debug_exit=False, options="-video=text")
    said = machine.wait_serial("The machine is halted.")
    assert words in " ".join(said.split())


needs_rust = pytest.mark.skipif(not shutil.which("rustc"), reason="there is no rustc")


@needs_rust
@pytest.mark.parametrize("cpu", ["qemu64", "max"])
@pytest.mark.parametrize("features", [
    [],
    [*SINCE[:1], "physical"],
    [*SINCE[:2], "recursive"],
    [*SINCE[:3], "physical", "recursive", "aslr", "higher_half"],
    [*SINCE, "fixed"],
    [*SINCE, "physical"],
])  # fmt: skip
def test_a_kernel_in_rust_gets_what_kernels_rely_on(boot, tmp_path, features, cpu):
    (tmp_path / "disk").write_bytes(bytes(i * i % 251 for i in range(70000)))
    kernel = rust.build("bootloader011", features, rust.PIE)
    machine = boot(kernel, modules=[str(tmp_path / "disk")], cpu=cpu)
    machine.expect_end("exit", told.PASSED)
    said = machine.serial()
    assert "\nPASS " in said
    if features:
        total = 0
        for byte in (tmp_path / "disk").read_bytes():
            total = (total * 31 + byte) & 0xFFFFFFFFFFFFFFFF
        assert f"ramdisk=70000 {total:x}" in said
