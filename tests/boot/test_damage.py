"""Media that cannot be read: reported, not booted; whatever the size of the file, and wherever in
it the medium fails, even in the loader. A medium that fails at first and then works does no
harm."""

import gzip
import random
import re
import subprocess

import faulty
import images
import pytest
import told
from damage import BLOCK, KIB, MIB, Rig, content, try_sizes
from mistakes import expect_refusal

# How many sizes are tried on each medium: after an error QEMU's BIOS takes seconds over USB.
MEDIA = {"cd-ide": 5, "cd-ahci": 5, "disk-ide": 3, "disk-ahci": 3, "usb-xhci": 2}


@pytest.mark.parametrize("medium", MEDIA)
def test_a_block_that_cannot_be_read_is_noticed_wherever_it_is(log, medium):
    try_sizes(log, medium, medium, MEDIA[medium])


def test_a_compressed_file_that_cannot_be_read_is_noticed(log):
    packed = gzip.compress(random.Random(1).randbytes(300000), 1)
    with Rig(log, "cd-ahci", {"packed.gz": packed}) as rig:
        rig.medium.broken = set(rig.sectors("packed.gz", len(packed) - 1))
        rig.expect_refused("packed.gz")


@pytest.mark.parametrize("medium", ["cd-ide", "disk-ahci", "usb-xhci"])
def test_a_medium_that_ends_too_early_is_noticed(log, medium):
    def in_the_last_file(rig):
        return max(rig.begin.values()) + 100 * KIB

    files = {f"m{at}": content(300000) for at in range(2)}
    with Rig(log, medium, files, in_the_last_file) as rig:
        last = max(rig.begin, key=rig.begin.get)
        assert last in files
        rig.expect_refused(last)


def test_a_folder_that_cannot_be_read_is_not_a_missing_file(log):
    with Rig(log, "cd-ahci", {"folder/m": content(100)}) as rig:
        rig.medium.broken = set(range(min(rig.begin.values()) // faulty.SECTOR))
        assert "the table that locates it" in rig.expect_refused("folder/m")
        again = rig.expect_refused("folder/m")
        assert "the table that locates it" in again, "Syslinux keeps what it could not read"
        rig.medium.broken = set()
        rig.boot("kernel.elf", "folder/m")
        rig.machine.expect_end("exit", told.PASSED)


@pytest.mark.parametrize("medium", ["cd-ide", "disk-ahci"])
def test_a_medium_that_can_be_read_after_some_attempts_does_no_harm(log, medium):
    files = {f"m{at}": content(size) for at, size in enumerate((1, 40000, MIB + 40000))}
    with Rig(log, medium, files) as rig:
        for name, data in rig.files.items():
            for place in (0, len(data) // 2, len(data) - 1):
                rig.medium.weak.update((sector, 5) for sector in rig.sectors(name, place))
        rig.boot("kernel.elf", *files)
        rig.machine.expect_end("exit", told.PASSED)
        assert rig.medium.failures >= 20


LOADER = "longjump.c32"


@pytest.mark.parametrize("medium", ["cd-ahci", "disk-ide"])
def test_a_loader_that_cannot_be_read_says_so(log, medium):
    size = (images.BUILD / LOADER).stat().st_size
    with Rig(log, medium, {"m": content(100)}) as rig:
        for block in [1, 2, *random.Random(medium).sample(range(3, size // BLOCK), 10)]:
            rig.medium.broken = set(rig.sectors(LOADER, block * BLOCK))
            rig.boot("kernel.elf")
            expect_refusal(rig.machine, 506, limit=60)
        for sector in rig.sectors(LOADER, 0):
            rig.medium.broken = {sector}
            rig.boot("kernel.elf")
            said = rig.machine.wait_serial("boot: ")
            assert f"Failed to load COM32 file {LOADER}" in said or "K506" in said
        rig.medium.broken = set()
        rig.boot("kernel.elf", "m")
        rig.machine.expect_end("exit", told.PASSED)


def test_a_loader_with_wrong_bits_says_so(log):
    chance = random.Random(506)
    sections = 1 * KIB  # at the end, where nobody looks
    with Rig(log, "cd-ide", {}) as rig:
        good = rig.medium.data
        size = (images.BUILD / LOADER).stat().st_size
        for count in [1] * 10 + [2] * 10:
            data = bytearray(good)
            for _ in range(count):
                place = chance.randrange(BLOCK, size - sections)
                data[rig.begin[LOADER] + place] ^= 1 << chance.randrange(8)
            rig.medium.data = bytes(data)
            rig.boot("kernel.elf")
            expect_refusal(rig.machine, 506)


def test_a_loader_whose_names_and_addresses_are_wrong_says_so_by_itself(log):
    """The names by which Syslinux links it may lead to functions other than those that were
    meant."""
    chance = random.Random(507)
    dynamic = images.BUILD / "com32.elf"
    with Rig(log, "cd-ide", {}) as rig:
        good = rig.medium.data
        begin, size = section(dynamic, ".rel.dyn")
        for _ in range(8):
            data = bytearray(good)
            place = begin + chance.randrange(size)
            data[rig.begin[LOADER] + place] ^= 1 << chance.randrange(8)
            rig.medium.data = bytes(data)
            rig.boot("kernel.elf")
            said = rig.machine.wait_serial("boot: ")
            assert "K506 the loader was not read correctly" in said, place


def section(program, name):
    """Where a section of a program is, and its size."""
    words = ["readelf", "-SW", program]
    said = subprocess.run(words, capture_output=True, text=True, check=True).stdout
    found = re.search(rf"{re.escape(name)} +\w+ +\w+ (\w+) (\w+)", said)
    return int(found[1], 16), int(found[2], 16)
