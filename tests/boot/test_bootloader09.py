"""Kernels for the Rust crate bootloader 0.9: what the crate gives them, as read from outside, and
by a kernel in Rust."""

import shutil
import struct

import guests
import paging
import pytest
import rust
import told

KIB, MIB, GIB = 1 << 10, 1 << 20, 1 << 30
SLOT = 512 * GIB
LINK = ("-melf_x86_64", "-Ttext=0x200000", "-e", "start", "-z", "max-page-size=0x1000")
TYPES = {"usable": 0, "kernel": 6, "stack": 7, "page table": 8, "zero": 10, "info": 12}


@pytest.fixture
def enter(boot, tmp_path):
    """Boots a kernel with features; returns the machine, its registers and its information."""

    def run(features="", more="", **words):
        source = f"bits 64\nsection .text\nglobal start\nstart:\n{guests.STAND_64}\n{more}"
        kernel = guests.assemble(tmp_path, "rust", source, "elf64", LINK)
        options = "-protocol=bootloader-0.9" + features
        machine = boot(kernel, options=options, debug_exit=False, **words)
        machine.wait_serial(guests.SAID)
        registers, mappings = machine.registers(), machine.page_tables()
        info = machine.memory(paging.translate(mappings, registers["rdi"]), 1592)
        return machine, registers, mappings, info

    return run


def regions(info):
    """The memory map: (first frame, frame after the last, type)."""
    count = struct.unpack_from("<Q", info, 1536)[0]
    return [struct.unpack_from("<QQI", info, 24 * i) for i in range(count)]


def test_the_registers_are_those_of_the_crate(enter):
    """Except CR4.MCE: the crate leaves it off, but the fault explainer needs it."""
    _, registers, _, _ = enter()
    assert registers["cs"].selector == 8 and registers["ss"].selector == 0
    assert registers["ds"].selector == registers["es"].selector == 0x10
    assert registers["fs"].selector == registers["gs"].selector == 0
    assert (registers["cr0"], registers["cr4"]) == (0x80010011, 0x60)
    assert registers["efer"] & 0xD00 == 0xD00
    assert registers["rflags"] & 0x600 == 0
    assert registers["rdi"] == 2 * SLOT
    assert registers["rsp"] == 2 * SLOT + 0x1FF8 + 512 * 4096


def test_sse_is_on_where_it_was_asked_for(enter):
    _, registers, _, _ = enter(",sse")
    assert (registers["cr0"], registers["cr4"]) == (0x80010013, 0x660)


def test_the_screen_is_empty_text_or_pixels(enter):
    machine, _, _, _ = enter()
    assert not machine.screen_text().strip()
    machine, _, _, _ = enter(",vga_320x200")
    picture = machine.screenshot()
    assert (picture.width, picture.height) in ((320, 200), (640, 400))


def test_what_is_mapped_is_what_the_crate_maps(enter):
    _, registers, mappings, _ = enter()
    stack = 2 * SLOT + 0x2000
    assert paging.find(mappings, stack - 1) is None, "the guard page"
    assert paging.find(mappings, 0) is None
    for at in (registers["rdi"], stack, stack + 2 * MIB - 1):
        mapping = paging.find(mappings, at)
        assert mapping.writable and mapping.executable
    assert paging.translate(mappings, 0xB8000) == 0xB8000
    kernel = paging.find(mappings, 0x200000)
    assert kernel.executable and not kernel.writable
    assert all(mapping.begin < 3 * SLOT or mapping.begin >> 63 for mapping in mappings)


def test_the_memory_map_is_the_crates(enter):
    _, _, mappings, info = enter(memory=128)
    found = regions(info)
    assert found == sorted(found)
    assert all(low[1] <= high[0] for low, high in zip(found, found[1:]))
    assert found[0] == (0, 1, TYPES["zero"])
    frame = paging.translate(mappings, 0x200000) // 4096
    assert any(begin <= frame < end and kind == TYPES["kernel"] for begin, end, kind in found)
    assert sum(end - begin for begin, end, kind in found if kind == TYPES["stack"]) == 512
    usable = sum(end - begin for begin, end, kind in found if kind == TYPES["usable"]) * 4096
    assert 124 * MIB < usable < 128 * MIB
    rest = [struct.unpack_from("<I", info, 24 * i + 16)[0] for i in range(len(found), 64)]
    assert set(rest) == {11}


@pytest.mark.parametrize("memory", [32, 256, 5120])
def test_usable_memory_is_in_one_piece(enter, memory):
    """A kernel may ignore the first usable range, and take the second for all usable memory."""
    more = "section .data\nresb 3 << 20\nsection .bss\nresb 1 << 20"
    _, _, mappings, info = enter(more=more, memory=memory)
    usable = [(begin, end) for begin, end, kind in regions(info) if kind == TYPES["usable"]]
    low, second = usable[0], usable[1]
    assert low[1] <= 0xA0 and second[0] == 0x100
    assert second[1] - second[0] > 0.6 * min(memory, 3072) * MIB / 4096
    assert paging.translate(mappings, 0x200000) // 4096 > second[1] - 1


def test_physical_memory_is_mapped_where_it_was_asked_for(enter):
    machine, _, mappings, info = enter(",map_physical_memory", memory=128)
    offset = struct.unpack_from("<Q", info, 1544)[0]
    assert offset == 3 * SLOT
    for phys in (0, 0xB8000, 64 * MIB, 4 * GIB - 1):
        assert paging.translate(mappings, offset + phys) == phys


def test_pages_are_as_small_as_the_crates(enter):
    """Kernels walk the tables and cannot split large pages, so the pages are those of the crate."""
    _, registers, mappings, info = enter(
        ",map_physical_memory", more="section .bss\nresb 8 << 20", memory=5120, cpu="max"
    )
    offset = struct.unpack_from("<Q", info, 1544)[0]
    sizes = {mapping.page for mapping in mappings if mapping.begin < offset}
    assert paging.find(mappings, 0xA00000).page == 4096 and sizes == {4096}
    found = {mapping.page for mapping in mappings if offset <= mapping.begin < offset + SLOT}
    assert found == {2 * MIB}


def test_the_user_may_choose_the_stack_size_unless_the_kernel_does(enter):
    _, registers, _, _ = enter(" -stack=64K")
    assert registers["rsp"] == 2 * SLOT + 0x1FF8 + 16 * 4096
    _, registers, _, _ = enter(",kernel-stack-size=3 -stack=64K")
    assert registers["rsp"] == 2 * SLOT + 0x1FF8 + 3 * 4096


def test_the_page_tables_are_mapped_recursively(enter):
    _, registers, mappings, info = enter(",recursive_page_table,map_physical_memory")
    recursive, offset = struct.unpack_from("<QQ", info, 1544)
    assert recursive == 0x8040201000
    assert paging.translate(mappings, recursive) == registers["cr3"]
    assert offset == 3 * SLOT


@pytest.mark.parametrize("stack, information, offset", [
    (0xFFFFFF8000000000, 0xFFFFFFFF90000000, 0xFFFF800000000000),
    (0xFFFF800055550000, 0xFFFF800040000000, 0xFFFF800060000000),  # all in one entry
    (0x10000000, 0x30000000, 0xC0000000),  # all beside the kernel
    (0x7FFFFFFEE000, 0x7FFFFFFFF000, 0x7E0000001000),  # at the end, and at no multiple of 2 MiB
])  # fmt: skip
def test_addresses_may_be_chosen(enter, stack, information, offset):
    """As MOROS, Firefly and others choose them, and some that nobody would."""
    _, registers, mappings, info = enter(
        f",map_physical_memory,kernel-stack-address={stack:#x},kernel-stack-size=16"
        f",boot-info-address={information:#x},physical-memory-offset={offset:#x}"
    )
    assert registers["rdi"] == information
    assert registers["rsp"] == stack + 17 * 4096 - 8
    assert paging.find(mappings, stack) is None
    assert paging.find(mappings, stack + 4096).phys != 0
    assert struct.unpack_from("<Q", info, 1544)[0] == offset
    for phys in (0, 0xB8000, 64 * MIB, 4 * GIB - 1):
        assert paging.translate(mappings, offset + phys) == phys


@pytest.mark.parametrize("features", [",mmap", ",kernel-stack-address=0x123", ",sse=1", ","])
def test_what_the_crate_does_not_know_is_refused(boot, features):
    machine = boot("placed", options="-protocol=bootloader-0.9" + features, debug_exit=False)
    assert "K702 " in machine.wait_serial("boot:")


@pytest.mark.parametrize("mistake, words", [
    ("mov rsp, 0x10000002000\npush rax", "a stack overflow. The stack has 2 MiB"),
    ("mov rax, [0x7ee00000]", "this kernel has not asked for physical memory to be mapped"),
    ("movaps xmm0, xmm1", "Enable it with the crate's feature sse"),
    ("ret", "The kernel's _start returned"),
    ("mov rax, 0x8022222000\nmov [rax], rax", "The table for 0x4444400000 does not exist"),
])  # fmt: skip
def test_a_fault_is_told_in_the_crates_words(boot, tmp_path, mistake, words):
    source = f"bits 64\nsection .text\nglobal start\nstart:\n{mistake}\nhlt"
    kernel = guests.assemble(tmp_path, "rust", source, "elf64", LINK)
    options = "-protocol=bootloader-0.9,recursive_page_table"
    machine = boot(kernel, options=options, debug_exit=False)
    said = machine.wait_serial("The machine is halted.")
    assert words in " ".join(said.split())


@pytest.mark.skipif(not shutil.which("rustc"), reason="there is no rustc")
@pytest.mark.parametrize("cpu", ["qemu64", "max"])
@pytest.mark.parametrize("features", [
    [],
    ["map_physical_memory"],
    ["recursive_page_table"],
    ["map_physical_memory", "recursive_page_table", "sse"],
])  # fmt: skip
def test_a_kernel_in_rust_gets_what_kernels_rely_on(boot, features, cpu):
    options = ",".join(["-protocol=bootloader-0.9", *features])
    machine = boot(rust.build("bootloader09", features), options=options, cpu=cpu)
    machine.expect_end("exit", told.PASSED)
    assert "\nPASS " in machine.serial()
