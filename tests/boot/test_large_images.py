"""Large images: from 32 MiB on, firmware finds the partition in another way, and from 128 MiB on,
it is FAT32."""

import mmap
import subprocess

import images
import pytest
import told
from large import BASE, MIB, RW, large, named
from lib import esp
from lib.fat_reader import Fat
from lib.iso9660 import Disc

BITS = {33: 16, 129: 32}  # MiB of the kernel -> bits of the FAT
LIMIT = 300


def segments(size):
    return [(BASE, size * MIB, 4096, RW)]


@pytest.fixture
def image(tmp_path):
    """Makes an image with a kernel of this many MiB."""

    def make(size):
        path = tmp_path / "large.elf"
        path.write_bytes(large(segments(size)))
        return images.make_image(path, append=named(segments(size)))

    return make


@pytest.mark.parametrize("size", BITS)
def test_the_partition_has_the_fat_of_its_size_and_fsck_finds_nothing(image, size, tmp_path):
    with open(image(size), "rb") as file, mmap.mmap(file.fileno(), 0, prot=mmap.PROT_READ) as data:
        disc = Disc(data)
        begin = next(file.begin for file in disc.files() if file.path == esp.PARTITION)
        assert Fat(data, begin, disc.size).bits == BITS[size]
        (tmp_path / "fat").write_bytes(data[begin : disc.size])
    subprocess.run(["/usr/sbin/fsck.vfat", "-n", tmp_path / "fat"], check=True)


@pytest.mark.parametrize(
    "size, medium, uefi",
    [
        (33, "disk-nvme", True),
        (33, "usb-xhci", False),
        (129, "cd-ahci", True),
        (129, "cd-ahci", False),
    ],
)
def test_every_word_arrives(image, start, size, medium, uefi):
    machine = start(image(size), medium=medium, uefi=uefi, memory=512)
    machine.expect_end("exit", told.PASSED, limit=LIMIT)
