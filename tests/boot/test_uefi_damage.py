"""Media that cannot be read, under UEFI: reported, not booted, and the firmware continues
afterwards."""

import contextlib
import struct

import disc
import faulty
import images
import pytest
import told
import vm
from lib import esp, iso9660
from lib.fat_reader import Fat
from mistakes import read

MIB = 1 << 20
APART = bytes(128 << 10)  # the firmware reads 64 KiB at once, or none of them
LABEL = "LABEL a\nCOM32 longjump.c32\nAPPEND {}\n"


class Rig:
    """A machine with UEFI whose medium fails where a test says."""

    def __init__(
        self,
        log,
        config,
        medium="cd-ahci",
        files=None,
        broken=None,
        changed=None,
        end=None,
        lost=None,
    ):
        """`broken` and `changed` are a file, and its byte that cannot be read, or that is changed;
        `lost` is a folder that cannot be read; the medium ends at byte end(rig)."""
        contents = {"tell.elf": read("tell"), **(files or {})}
        image = disc.make(log / "damage.iso", config, contents, images.BUILD / "BOOTX64.EFI")
        self.medium = faulty.Medium(image)
        image.unlink()
        found = iso9660.Disc(self.medium.data).files()
        self.begin = {file.path.removeprefix("isolinux/"): file.begin for file in found}
        if broken:
            self.spoil(self.begin[broken[0]] + broken[1])
        if lost:
            self.spoil(self.folder(lost))
        if changed:
            at, data = self.begin[changed[0]] + changed[1], self.medium.data
            self.medium.data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if end:
            self.medium.data = self.medium.data[: end(self)]
        self.machine = vm.Machine(self.medium.name, log, medium=medium, uefi=True)

    def fat(self):
        """The file system, and where it begins."""
        disc = iso9660.Disc(self.medium.data)
        begin = next(file.begin for file in disc.files() if file.path == esp.PARTITION)
        return Fat(self.medium.data, begin, disc.size), begin

    def folder(self, name):
        """Where in the file system the folder with this short name is."""
        fat, begin = self.fat()
        entry = self.medium.data.index(name.ljust(11).encode() + b"\x10", begin)
        cluster = int.from_bytes(self.medium.data[entry + 26 : entry + 28], "little")
        return fat.data + (cluster - 2) * fat.cluster

    def entries_of(self, at):
        """Where the entries for the cluster with this byte are, in all copies of the table."""
        fat, begin = self.fat()
        reserved, tables, sectors = struct.unpack_from("<HB5xH", self.medium.data, begin + 14)
        entry = ((at - fat.data) // fat.cluster + 2) * fat.bits // 8
        return [begin + (reserved + sectors * table) * 512 + entry for table in range(tables)]

    def spoil(self, at):
        """The block with this byte cannot be read."""
        first = at // 2048 * 4
        self.medium.broken |= set(range(first, first + 4))

    def expect(self, code, words=""):
        """A refusal, and the prompt after it."""
        said = self.machine.wait_serial("boot: ")
        assert code in said and words in said, self.machine.report()
        assert f"docs/errors.md#{code})" in said, self.machine.report()
        return said

    def type(self, words):
        self.machine.type(f"{words}\n", through="serial")

    def leave(self):
        """The firmware starts its next boot entry."""
        self.type("exit")
        self.machine.wait_serial("BdsDxe: ")


@pytest.fixture
def rig(log):
    with contextlib.ExitStack() as stack:

        def make(*words, **more):
            made = Rig(log, *words, **more)
            stack.callback(made.medium.close)
            stack.callback(made.machine.stop)
            return made

        yield make


def test_files_that_cannot_be_read_and_entries_that_do_not_exist_are_reported(rig):
    """QEMU's firmware reports a broken block of an AHCI drive as read. A broken block after the
    configuration, which nobody needs, is in the way of reading ahead."""
    files = {"bad.elf": bytes(3 * MIB), "next": bytes(20 << 10), "pad": APART}
    config = "SERIAL 0 115200\nDEFAULT nowhere\n" + LABEL.format("tell.elf")
    made = rig(config, files=files, broken=("next", 12 << 10))
    made.expect("K307", "nowhere")
    made.spoil(made.begin["bad.elf"] + 3 * MIB - 1)
    made.type("longjump.c32 bad.elf")
    made.expect("K502", f"of {3 * MIB} bytes could be read")
    made.type("longjump.c32 bad.elf again")
    made.expect("K502", f"of {3 * MIB} bytes could be read")
    made.type("longjump.c32 tell.elf --- bad.elf")
    made.expect("K502", "bad.elf: ")
    made.leave()


def test_a_medium_that_ends_too_early_is_reported(rig):
    """What UEFI starts from is complete: firmware does not boot a medium that is cut off there."""
    files = {"zz.elf": bytes(3 * MIB)}
    config = "SERIAL 0 115200\nDEFAULT a\n" + LABEL.format("zz.elf")
    made = rig(config, files=files, end=lambda rig: rig.begin["zz.elf"] + MIB)
    made.expect("K502", "zz.elf: ")
    made.type("longjump.c32 tell.elf all the same")
    made.machine.expect_end("exit", told.PASSED)
    assert told.Told(made.machine.serial()).command_line == "all the same"


def test_a_configuration_that_cannot_be_read_is_not_called_missing(rig):
    config = "SERIAL 0 115200\nDEFAULT a\n" + LABEL.format("tell.elf")
    made = rig(config, broken=("isolinux.cfg", 0), files={"pad": APART})
    made.expect("K502", f"isolinux.cfg: 0 of {len(config)} bytes could be read")
    made.type("longjump.c32 tell.elf typed")
    made.machine.expect_end("exit", told.PASSED)


def test_a_loader_that_is_damaged_says_so_and_the_firmware_goes_on(rig):
    config = "SERIAL 0 115200\nDEFAULT a\n" + LABEL.format("tell.elf")
    size = (images.BUILD / "BOOTX64.EFI").stat().st_size
    made = rig(config, changed=(esp.LOADER, size // 2))
    said = made.machine.wait_serial("(docs/errors.md#K506)")
    assert "K506 the loader was not read correctly" in said
    assert "Longjump" not in said and "tell.elf" not in said
    made.machine.wait_serial("Shell>")


def test_a_folder_that_cannot_be_read_is_not_called_empty(rig):
    """The firmware has read it before the loader ran, and taken what did not arrive for the end of
    the folder."""
    made = rig("SERIAL 0 115200\nDEFAULT a\n" + LABEL.format("tell.elf"), lost="ISOLINUX")
    made.expect("K502", "/isolinux/isolinux.cfg: its folder could not be read")
    made.type("longjump.c32 /isolinux/tell.elf")
    made.expect("K502", "/isolinux/tell.elf: its folder could not be read")
    made.type("longjump.c32 tell.elf")
    made.expect("K501", "tell.elf")
    made.leave()


def test_folders_and_tables_that_cannot_be_read_later_are_reported(rig):
    """The table of clusters in the middle of a large file, and a folder between large files: far
    from what was read before."""
    files = {"bad.elf": bytes(70 * MIB), "in/tell.elf": read("tell")}
    for folder in ("before", "inwards"):
        files |= {f"{folder}/{number:04}{'x' * 90}": b"" for number in range(500)}
    made = rig("SERIAL 0 115200\nPROMPT 1\n" + LABEL.format("tell.elf"), files=files)
    made.machine.wait_serial("boot: ")
    made.spoil(made.folder("IN"))
    for at in made.entries_of(made.begin["bad.elf"] + 40 * MIB):
        made.spoil(at)
    made.type("longjump.c32 in/tell.elf")
    made.expect("K502", "in/tell.elf: ")
    made.type("longjump.c32 bad.elf")
    made.expect("K502", "bad.elf: ")
    made.type("longjump.c32 tell.elf all the same")
    made.machine.expect_end("exit", told.PASSED)
