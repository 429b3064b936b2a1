"""Kernels of other protocols under UEFI: what they are told there, as read from outside."""

import re
import struct

import guests
import images
import multiboot
import paging
import pytest
import uefi

PASSED = "\nPASS "
MIB, GIB = 1 << 20, 1 << 30
TYPES = {"usable": 0, "bootloader": 1, "uefi": 2}
SIGN = b"IBI SYST"  # of the EFI system table (UEFI 2.10, 4.3)
EFI_TAGS = "dw 7, 0\n    dd 8\n    dw 9, 0\n    dd 12, start\n    align 8\n"
LINK_09 = ("-melf_x86_64", "-Ttext=0x200000", "-e", "start", "-z", "max-page-size=0x1000")
NOT_UEFI = 1 << 1 | 1 << 8 | 1 << 10 | 1 << 11  # boot device, BIOS configuration, APM, VBE
PICS = ["b8", "8e"]  # as SeaBIOS leaves them


@pytest.fixture(scope="session")
def kernels(tmp_path_factory):
    """A disc with a kernel for each protocol; those of Multiboot and of 0.9 write to text screens,
    or have the address of one in their code."""
    folder = tmp_path_factory.mktemp("kernels")
    paths = [*(images.TESTS / "kernels").glob("limine_[rmx]*.elf"),
             *(images.TESTS / "kernels").glob("bootloader011_*.elf")]  # fmt: skip
    files = {path.name: path.read_bytes() for path in paths}
    files["inner.txt"] = b"what is within\n"
    text = "mov dword [0xb8000], 0x2f4b2f4f\n"
    source = f"bits 64\nsection .text\nglobal start\nstart:\n{text}{guests.STAND_64}"
    for name, make, *words in (
        ("mb1", multiboot.multiboot1),
        ("mb1_screen", multiboot.multiboot1, 7, "0, 0, 0, 0, 0, 0, 800, 600, 32"),
        ("mb2", multiboot.multiboot2, EFI_TAGS, "elf32", multiboot.LINK_32, "",
         guests.STAND_32 + text),
        ("mb2_64", multiboot.multiboot2, "", "elf64", multiboot.LINK_64),
        ("rust", guests.assemble, "rust", source, "elf64", LINK_09),
    ):  # fmt: skip
        files[f"{name}.elf"] = make(folder, *words).read_bytes()
    return uefi.PromptDisc(dict(sorted(files.items())))


@pytest.fixture
def begin(kernels, log):
    """Starts a kernel by its name; returns the halted machine."""
    started = []

    def run(words, said=guests.SAID, **machine):
        started.append(kernels.start(log / str(len(started)), debug_exit=False, **machine))
        started[-1].type(f"longjump.c32 {words}\n", through="serial")
        started[-1].wait_serial("Longjump ")
        started[-1].wait_serial(said)
        return started[-1]

    yield run
    for machine in started:
        machine.stop()


def answers(machine):
    """What a kernel in C says: name -> the last value, and the lines of its memory map."""
    said = machine.serial()
    assert PASSED in said, machine.report()
    words = dict(re.findall(r"^(\w+)=(.*?)\r?$", said, re.MULTILINE))
    return words, [line.split() for line in re.findall(r"^(?:memory|region)=(.*?)\r?$", said, re.M)]


def pic_masks(machine):
    return re.findall(r" imr=([0-9a-f]{2}) ", machine.monitor("info pic"))[::-1]


@pytest.mark.parametrize("revision", range(7))
def test_limine_kernels_of_each_revision_are_told_about_uefi(begin, revision):
    """The kernel itself checks that it is given the system table and the memory map."""
    machine = begin(f"limine_r{revision}.elf", said=" checks\n")
    words, memory = answers(machine)
    assert words["firmware"] == "2"
    assert words["framebuffer"].split()[1:3] == ["1280", "800"], "the mode that was set"
    offset = 0 if revision == 3 else int(words["hhdm"], 16)
    assert machine.memory(int(words["rsdp"], 16) - offset, 8) == b"RSD PTR "
    usable, left = (
        sum(int(end, 16) - int(begin, 16) for begin, end, kind in memory if kind == wanted)
        for wanted in "05"
    )
    assert usable > 200 * MIB and usable + left > 230 * MIB
    assert left > 8 * MIB, "what boot services have used may be reclaimed"
    assert machine.monitor("info pic").count("imr=ff") == 2, "both PICs are masked"
    assert "K608" not in machine.serial()


@pytest.mark.parametrize("kernel", ["limine_mp", "limine_mp6"])
def test_limine_kernels_get_all_cpus(begin, kernel):
    machine = begin(f"{kernel}.elf", said=" checks\n", cpus=4)
    assert answers(machine)[0]["count"] == "4"


def test_multiboot_2_reports_uefi_and_no_bios(begin):
    machine = begin("mb2.elf words")
    assert "K608" in machine.serial(), "it writes to 0xb8000"
    registers = machine.registers()
    multiboot.check_state(registers, 0x36D76289)
    tags = multiboot.read_tags(machine, registers["rbx"])
    assert tags[1] == [b"mb2.elf words\0"]
    system = struct.unpack("<Q", tags[12][0])[0]
    assert machine.memory(system, 8) == SIGN
    size, version = struct.unpack_from("<II", tags[17][0])
    assert (size, version) == (48, 1) and (len(tags[17][0]) - 8) % size == 0
    assert any(tags[20][0])
    assert not {5, 7, 10, 11, 18, 19} & set(tags), "boot device, VBE, APM, 32 bits, boot services"
    address, _, width, height, bits, kind = struct.unpack_from("<QIIIBB", tags[8][0])
    assert (width, height, bits, kind) == (1280, 800, 32, 1) and address > MIB
    assert tags[14][0].startswith(b"RSD PTR ") and tags[15][0].startswith(b"RSD PTR ")
    ranges = list(struct.iter_unpack("<QQII", tags[6][0][8:]))
    assert any(begin <= MIB < begin + length for begin, length, kind, _ in ranges if kind == 1)
    assert pic_masks(machine) == PICS
    begin("mb2_64.elf")


def test_multiboot_1_is_told_about_pixels_and_no_bios(begin):
    for kernel, size in (("mb1", (1280, 800)), ("mb1_screen", (800, 600))):
        machine = begin(f"{kernel}.elf")
        registers = machine.registers()
        multiboot.check_state(registers, 0x2BADB002)
        info = multiboot.Info1(machine, registers["rbx"])
        assert not info.flags & NOT_UEFI and info.flags & 0x1241 == 0x1241
        address, _, width, height, bits, kind = info.screen
        assert ((width, height), bits, kind) == (size, 32, 1) and address > MIB
        assert sum(end - begin for begin, end, kind in info.ranges() if kind == 1) > 200 * MIB
        assert pic_masks(machine) == PICS
        picture = machine.screenshot()
        assert (picture.width, picture.height) == size


def test_bootloader_0_9_starts_with_a_warning_about_its_text_screen(begin):
    machine = begin("-protocol=bootloader-0.9 rust.elf")
    assert "K608" in machine.serial()
    registers, mappings = machine.registers(), machine.page_tables()
    assert registers["cr0"] == 0x80010011 and registers["rflags"] & 0x600 == 0
    info = machine.memory(paging.translate(mappings, registers["rdi"]), 1592)
    count = struct.unpack_from("<Q", info, 1536)[0]
    frames = [struct.unpack_from("<QQI", info, 24 * i) for i in range(count)]
    assert frames[0] == (0, 1, 10) and frames == sorted(frames)
    assert pic_masks(machine) == PICS


def test_bootloader_0_9_is_refused_a_vga_mode(begin):
    machine = begin("-protocol=bootloader-0.9,vga_320x200 rust.elf", said="boot: ")
    assert "K737" in machine.serial() and "vga_320x200" in machine.serial()


@pytest.mark.parametrize("kernel", ["first", "static", "file", "range", "folded", "ramdisk"])
def test_bootloader_0_11_is_told_what_its_uefi_loader_reports(begin, kernel):
    machine = begin(f"bootloader011_{kernel}.elf", said=" checks\n")
    words, regions = answers(machine)
    kinds = {int(kind) for _, _, kind, _ in regions}
    assert kinds == set(TYPES.values()), "none of a BIOS"
    raw = {int(raw) for _, _, kind, raw in regions if int(kind) == TYPES["uefi"]}
    assert raw and not raw & {1, 2, 3, 4, 7}, "what is free once the firmware is gone is usable"
    if kernel == "first":
        assert words["framebuffer"].split()[2:4] == ["1280", "800"]
    assert pic_masks(machine) == PICS
