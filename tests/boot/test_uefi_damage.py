"""Media that cannot be read, under UEFI: said, not booted, and the firmware goes on afterwards."""

import contextlib

import disc
import faulty
import images
import pytest
import told
import vm
from lib import esp, iso9660
from mistakes import read

MIB = 1 << 20
APART = bytes(128 << 10)  # the firmware reads 64 KiB at once, or nothing of them
LABEL = "LABEL a\nCOM32 longjump.c32\nAPPEND {}\n"


class Rig:
    """A machine with UEFI whose medium fails where a test says."""

    def __init__(
        self, log, config, medium="cd-ahci", files=None, broken=None, changed=None, end=None
    ):
        """`broken` and `changed` are a file, and the byte of it that cannot be read, or that is
        another one; the medium ends at byte end(rig)."""
        contents = {"tell.elf": read("tell"), **(files or {})}
        image = disc.make(log / "damage.iso", config, contents, images.BUILD / "BOOTX64.EFI")
        self.medium = faulty.Medium(image)
        image.unlink()
        found = iso9660.Disc(self.medium.data).files()
        self.begin = {file.path.removeprefix("isolinux/"): file.begin for file in found}
        if broken:
            self.spoil(self.begin[broken[0]] + broken[1])
        if changed:
            at, data = self.begin[changed[0]] + changed[1], self.medium.data
            self.medium.data = data[:at] + bytes([data[at] ^ 1]) + data[at + 1 :]
        if end:
            self.medium.data = self.medium.data[: end(self)]
        self.machine = vm.Machine(self.medium.name, log, medium=medium, uefi=True)

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
        """The firmware has another entry, which it comes to."""
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


def test_files_that_cannot_be_read_and_entries_that_are_not_there_are_told(rig):
    """QEMU's firmware says of an AHCI drive's broken block that it was read."""
    files = {"bad.elf": bytes(3 * MIB), "pad": APART}
    made = rig("SERIAL 0 115200\nDEFAULT nowhere\n" + LABEL.format("tell.elf"), files=files)
    made.expect("K307", "nowhere")
    made.spoil(made.begin["bad.elf"] + 3 * MIB - 1)
    made.type("longjump.c32 bad.elf")
    made.expect("K502", f"of {3 * MIB} bytes could be read")
    made.type("longjump.c32 bad.elf again")
    made.expect("K502", f"of {3 * MIB} bytes could be read")
    made.type("longjump.c32 tell.elf --- bad.elf")
    made.expect("K502", "bad.elf: ")
    made.leave()


def test_a_medium_that_ends_too_early_is_told(rig):
    """Its way in for UEFI is whole: firmware does not start from one that is cut off there."""
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
    assert "K506 the loader was not read as it was written" in said
    assert "Longjump" not in said and "tell.elf" not in said
    made.machine.wait_serial("Shell>")
