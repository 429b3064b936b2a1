"""Media that cannot be read: said, not booted; whatever the size of the file, and wherever in it
the medium fails. A medium that fails at first and then reads is no harm."""

import gzip
import random

import faulty
import pytest
import told
from damage import KIB, MIB, Rig, content, try_sizes

# How many sizes are tried on each medium: after an error QEMU's BIOS takes seconds over USB.
MEDIA = {"cd-ide": 9, "cd-ahci": 9, "disk-ide": 4, "disk-ahci": 4, "usb-xhci": 2}


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


def test_a_folder_that_cannot_be_read_is_no_missing_file(log):
    with Rig(log, "cd-ahci", {"folder/m": content(100)}) as rig:
        rig.medium.broken = set(range(min(rig.begin.values()) // faulty.SECTOR))
        assert "what says where it lies" in rig.expect_refused("folder/m")
        again = rig.expect_refused("folder/m")
        assert "what says where it lies" in again, "Syslinux keeps what it could not read"
        rig.medium.broken = set()
        rig.boot("kernel.elf", "folder/m")
        rig.machine.expect_end("exit", told.PASSED)


@pytest.mark.parametrize("medium", ["cd-ide", "disk-ahci"])
def test_a_medium_that_reads_after_some_attempts_is_no_harm(log, medium):
    files = {f"m{at}": content(size) for at, size in enumerate((1, 40000, MIB + 40000))}
    with Rig(log, medium, files) as rig:
        for name, data in rig.files.items():
            for place in (0, len(data) // 2, len(data) - 1):
                rig.medium.weak.update((sector, 5) for sector in rig.sectors(name, place))
        rig.boot("kernel.elf", *files)
        rig.machine.expect_end("exit", told.PASSED)
        assert rig.medium.failures >= 20
