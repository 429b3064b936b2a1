"""What a kernel of each protocol is told is the same from a disc and without one, field by field,
but for where things lie, when, and the drive."""

import pathlib
import re
import shutil

import guests
import images
import pytest
from multiboot import Info1, multiboot1, multiboot2, read_tags

MODULE_LINE = "its line"


@pytest.fixture
def both(boot, start, tmp_path):
    """Boots a kernel from a disc and without one, and returns what `read` makes of each machine."""

    def run(kernel, read, **machine):
        path = kernel if isinstance(kernel, pathlib.Path) else images.kernel_path(kernel)
        module, copy = tmp_path / "inner.txt", tmp_path / "direct/kernel.elf"
        module.write_text("what is within\n")  # limine_all.h asks for it
        copy.parent.mkdir()
        shutil.copy(path, copy)
        words = ["-append", f"kernel.elf a=1 b --- inner.txt {MODULE_LINE}",
                 "-initrd", f"{copy},{module}"]  # fmt: skip
        disc = boot(path, append="a=1 b", modules=[f"{module}:{MODULE_LINE}"], **machine)
        direct = start(images.BUILD / "longjump.elf", medium="kernel-pc", extra=words, **machine)
        return read(disc), read(direct)

    return run


def compare(disc, direct, *but):
    """All fields are the same, but for these, which are there in both."""
    assert disc.keys() == direct.keys()
    assert {*but} <= disc.keys()
    differing = {name for name in disc if disc[name] != direct[name]} - {*but}
    shown = [f"{name}: {disc[name]} {direct[name]}" for name in sorted(differing)]
    assert not shown, "\n".join(shown)


def fields_of(machine):
    """What a kernel has told on COM1: name -> values; of the memory map, what is the firmware's."""
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial(), machine.report()
    found = {}
    for line in machine.serial().replace("\r", "").splitlines():
        name, separator, value = line.partition("=")
        if separator and name.isidentifier():
            found.setdefault(name, []).append(value)
    return found


# protocol -> kernel, its numbers for the firmware's memory, and what differs
PLACES = {"kernel_physical", "segment", "tsc_start", "tsc_read", "tsc_jump", "boot_drive"}
TIMES_AND_PLACES = {"date", "tsc", "usec", "physical", "rsp"}
TELLING = {
    "native": ("tell", "2345", PLACES),
    "limine": ("limine_r6", "1234", TIMES_AND_PLACES),
}


@pytest.mark.parametrize("protocol", TELLING)
def test_a_kernel_that_tells_is_told_the_same(both, protocol):
    kernel, kinds, differing = TELLING[protocol]
    disc, direct = both(kernel, fields_of, debug_exit=False)
    for fields in (disc, direct):
        fields["memory"] = [line for line in fields["memory"] if line.split()[2] in kinds]
        assert fields["memory"]
        for name in {"executable", "module"} & fields.keys():  # but for their folder and medium
            fields[name] = [
                re.sub(r"^/isolinux|\|\w+(?=\|\w+$)", "", line) for line in fields[name]
            ]
    compare(disc, direct, *differing)


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
