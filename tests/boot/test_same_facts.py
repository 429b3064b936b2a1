"""What a kernel of each protocol is told is the same from a disc and without one, field by field,
except addresses, times and the drive."""

import pathlib
import re
import shutil
import struct

import guests
import images
import paging
import pytest
from multiboot import Info1, multiboot1, multiboot2, read_tags

MODULE_LINE = "its line"


@pytest.fixture
def both(boot, start, tmp_path):
    """Boots a kernel from a disc and without one, and returns what `read` makes of each machine."""

    def run(kernel, read, options="", **machine):
        path = kernel if isinstance(kernel, pathlib.Path) else images.kernel_path(kernel)
        module, copy = tmp_path / "inner.txt", tmp_path / "direct/kernel.elf"
        module.write_text("what is within\n")  # limine_all.h asks for it
        copy.parent.mkdir()
        shutil.copy(path, copy)
        words = ["-append", f"{options} kernel.elf a=1 b --- inner.txt {MODULE_LINE}",
                 "-initrd", f"{copy},{module}"]  # fmt: skip
        disc = boot(
            path, options=options, append="a=1 b", modules=[f"{module}:{MODULE_LINE}"], **machine
        )
        direct = start(images.BUILD / "longjump.elf", medium="kernel-pc", extra=words, **machine)
        return read(disc), read(direct)

    return run


def compare(disc, direct, *but):
    """All fields are the same, except these, which both have."""
    assert disc.keys() == direct.keys()
    assert {*but} <= disc.keys()
    differing = {name for name in disc if disc[name] != direct[name]} - {*but}
    shown = [f"{name}: {disc[name]} {direct[name]}" for name in sorted(differing)]
    assert not shown, "\n".join(shown)


def fields_of(machine):
    """What a kernel has reported on COM1: name -> values; of the memory map, the firmware's
    part."""
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial(), machine.report()
    found = {}
    for line in machine.serial().replace("\r", "").splitlines():
        name, separator, value = line.partition("=")
        if separator and name.isidentifier():
            found.setdefault(name, []).append(value)
    return found


# protocol -> kernel, its word for a range of memory, its numbers for the firmware's, what differs
PLACES = {"kernel_physical", "segment", "tsc_start", "tsc_read", "tsc_jump", "boot_drive"}
TIMES_AND_PLACES = {"date", "tsc", "usec", "physical", "rsp"}
TELLING = {
    "native": ("tell", "memory", "2345", PLACES),
    "limine": ("limine_r6", "memory", "1234", TIMES_AND_PLACES),
    "bootloader-0.11": ("bootloader011_ramdisk", "region", "3", {"cr3"}),
}


@pytest.mark.parametrize("protocol", TELLING)
def test_a_kernel_that_tells_is_told_the_same(both, protocol):
    kernel, memory, kinds, differing = TELLING[protocol]
    disc, direct = both(kernel, fields_of, debug_exit=False)
    for fields in (disc, direct):
        fields[memory] = [line for line in fields[memory] if line.split()[2] in kinds]
        assert fields[memory]
        for name in {"executable", "module"} & fields.keys():  # except for their folder and medium
            fields[name] = [
                re.sub(r"^/isolinux|\|\w+(?=\|\w+$)", "", line) for line in fields[name]
            ]
    compare(disc, direct, *differing)


def facts_09(machine):
    """What bootloader 0.9 hands over: the registers, the firmware's memory, and the addresses."""
    machine.wait_serial(guests.SAID)
    registers, mappings = machine.registers(), machine.page_tables()
    info = machine.memory(paging.translate(mappings, registers["rdi"]), 1592)
    found = {name: registers[name] for name in ("rdi", "rsp", "cr0", "cr4", "efer", "rflags")}
    ranges = [struct.unpack_from("<QQI", info, 24 * i) for i in range(64)]
    found["memory"] = [one for one in ranges if one[2] in (2, 3, 4, 5, 10)]
    found["after the map"] = info[1544:]
    found["virtual"] = [(one.begin, one.end) for one in mappings]
    found["screen"] = machine.screen_text()
    return found


def test_bootloader_09_is_told_the_same(both, tmp_path):
    source = f"bits 64\nsection .text\nglobal start\nstart:\n{guests.STAND_64}\n"
    link = ("-melf_x86_64", "-Ttext=0x200000", "-e", "start", "-z", "max-page-size=0x1000")
    kernel = guests.assemble(tmp_path, "rust", source, "elf64", link)
    options = "-protocol=bootloader-0.9,map_physical_memory"
    disc, direct = both(kernel, facts_09, options, debug_exit=False)
    assert len(disc["memory"]) > 3 and disc["rdi"]
    compare(disc, direct)


def facts_1(machine):
    """What Multiboot 1 hands over, with what its pointers lead to."""
    machine.wait_serial(guests.SAID)
    info = Info1(machine, machine.registers()["rbx"])
    names = ("flags", "lower", "upper", "device", "configuration", "vbe_control", "vbe", "screen")
    found = {name: getattr(info, name) for name in names}
    found["line"], found["name"] = info.string(info.line), info.string(info.name)
    found["modules"] = [(data, line) for data, line, _ in info.modules()]
    found["ranges"] = list(info.ranges())
    found["apm"] = info.apm and machine.memory(info.apm, 20)
    return found


def test_multiboot_1_is_told_the_same(both, tmp_path):
    disc, direct = both(multiboot1(tmp_path), facts_1, debug_exit=False)
    without = {name: fields.pop("flags") for name, fields in (("x", disc), ("y", direct))}
    assert without["x"] & ~2 == without["y"], "but for the drive"
    compare(disc, direct, "device")


def facts_2(machine):
    machine.wait_serial(guests.SAID)
    tags = read_tags(machine, machine.registers()["rbx"])
    # Modules and sections without their addresses.
    tags[3] = [body[8:] for body in tags[3]]
    entries = tags[9][0][12:]
    tags[9] = [
        entries[at : at + 12] + entries[at + 16 : at + 40] for at in range(0, len(entries), 40)
    ]
    return tags


def test_multiboot_2_is_told_the_same(both, tmp_path):
    disc, direct = both(multiboot2(tmp_path), facts_2, debug_exit=False)
    assert disc.pop(5), "the drive"
    compare(disc, direct)
