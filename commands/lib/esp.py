"""esp.py - makes a disc bootable by UEFI: an EFI system partition with the files of the disc, which
firmware finds on a CD by the boot catalogue and on a disk by the partition table.

Source: UEFI 2.10, 13.3 (file system format, El Torito) and 5.2 (MBR). Knows where things lie on a
disc; fat.py knows what a FAT is.
"""

import struct

from lib.fat import LARGEST, FatError, room_for, write_fat
from lib.fat_reader import Fat
from lib.iso9660 import SECTOR, BadDisc

PARTITION = "isolinux/efi.img"  # reserves room for the FAT's tables, in front of all other files
LOADER = "EFI/BOOT/BOOTX64.EFI"

# What lies in front of all other files, so that on a truncated disc the loader is still there, and
# says so. The last one is not used under UEFI: after the loader, firmware reads 64 KiB ahead, and
# caches even what it could not read.
FIRST = (PARTITION, LOADER, "isolinux/ldlinux.c32")
CATALOGUE = "isolinux/boot.cat"
PLATFORM_EFI = 0xEF  # in the boot catalogue
TYPE_EFI = 0xEF  # in the partition table
TYPE_HIDDEN = 0x17
HEADS, SECTORS = 64, 32  # the geometry that isohybrid gives an image

__all__ = [
    "CATALOGUE",
    "FIRST",
    "LARGEST",
    "LOADER",
    "PARTITION",
    "check",
    "partitions",
    "room",
    "write",
]


def room(sizes):
    """The size of the file that keeps the room, for a disc with these files: {path: bytes}."""
    try:
        return room_for(sizes)
    except FatError as error:
        raise BadDisc(str(error)) from None


def write(disc, when):
    """Makes a disc bootable by UEFI. Returns the paths that a FAT cannot hold."""
    files = {file.path: file for file in disc.files()}
    place, catalogue = files.pop(PARTITION), files.pop(CATALOGUE)
    if any(file.begin < place.end for file in files.values() if file.end > file.begin):
        raise BadDisc("the EFI system partition is not in front of the files")
    places = {path: (file.begin, file.end) for path, file in files.items()}
    try:
        left_out = write_fat(disc.image, place.begin, place.end - place.begin,
                             disc.size, places, when, b"LONGJUMP   ")  # fmt: skip
    except FatError as error:
        raise BadDisc(str(error)) from None
    write_catalogue(disc.image, catalogue.begin, place.begin, disc.size)
    write_partitions(disc.image, partitions(disc, place))
    return left_out


def write_catalogue(image, at, begin, end):
    """Adds a section for UEFI to the boot catalogue: one entry, no emulation (El Torito 1.0,
    figures 4 and 5). A size that its 16 bits cannot hold is 0: to the volume's end."""
    count = (end - begin) // 512
    count = count if count < 1 << 16 else 0
    header = struct.pack("<BBH28x", 0x91, PLATFORM_EFI, 1)
    entry = struct.pack("<BBHBBHI20x", 0x88, 0, 0, 0, 0, count, begin // SECTOR)
    image[at + 64 : at + 128] = header + entry


def partitions(disc, found):
    """What the partition table holds: whether each is active, its type, and its bytes. Without an
    EFI system partition there is one for everything; else there is one for what comes before, which
    a BIOS boots from. They do not overlap: firmware passes over tables in which some do."""
    end = len(disc.image)
    if found is None:
        return [(True, TYPE_HIDDEN, 0, end)]
    return [(True, TYPE_HIDDEN, 0, found.begin), (False, TYPE_EFI, found.begin, end)]


def write_partitions(image, table):
    data = b"".join(partition(*entry) for entry in table)
    image[446:510] = data.ljust(64, b"\0")


def partition(active, kind, begin, end):
    """An entry of the partition table."""
    first, behind = begin // 512, end // 512
    return struct.pack("<B3sB3sII", 0x80 if active else 0, chs(first), kind, chs(behind - 1),
                       first, behind - first)  # fmt: skip


def chs(sector):
    """Cylinder, head and sector in a partition table's format; the maximum if it is too large."""
    cylinder, rest = divmod(sector, HEADS * SECTORS)
    if cylinder > 1023:
        return b"\xfe\xff\xff"
    return bytes((rest // SECTORS, rest % SECTORS + 1 | cylinder >> 2 & 0xC0, cylinder & 0xFF))


def check(disc, left_out):
    """UEFI finds the partition from a CD and from a disk, and in it every file but those left out,
    at the place where the disc has it."""
    found = {file.path: file for file in disc.files()}
    part, catalogue = found.pop(PARTITION), found.pop(CATALOGUE)
    check_catalogue(disc, catalogue.begin, part.begin)
    if LOADER not in found:
        raise BadDisc(f"there is no {LOADER}")
    fat = Fat(disc.image, part.begin, disc.size)
    wanted = {
        (path, file.begin if file.end > file.begin else 0, file.end - file.begin)
        for path, file in found.items()
        if path not in left_out
    }
    there = {(file.path, file.begin, file.end - file.begin) for file in fat.files()}
    if there != wanted:
        names = sorted({path for path, _, _ in there ^ wanted})
        raise BadDisc("the EFI system partition has other files: " + ", ".join(names))


def check_catalogue(disc, at, begin):
    """The boot catalogue names the partition as UEFI's, after the entry for a BIOS."""
    header, platform, count = struct.unpack_from("<BBH", disc.image, at + 64)
    bootable, media, sectors, place = struct.unpack_from("<BB4xHI", disc.image, at + 96)
    if (header, platform, count, bootable, media) != (0x91, PLATFORM_EFI, 1, 0x88, 0):
        raise BadDisc("the boot catalogue has no section for UEFI")
    wanted = (disc.size - begin) // 512
    if place * SECTOR != begin or sectors != (wanted if wanted < 1 << 16 else 0):
        raise BadDisc("the boot catalogue does not name the EFI system partition")
