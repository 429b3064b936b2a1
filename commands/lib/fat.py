"""fat.py - writes a FAT file system that shares the files of an ISO image, at their places in it.

Its tables and folders go into a reserved part of the image, in front of the files; its
clusters are the ISO's sectors, so that the chain of a file is its extent and nothing is on the
disc twice. Clusters without a file in them are marked as bad, so that nothing is written there.

Source: Microsoft's "FAT: General Overview of On-Disk Format", version 1.03. Knows nothing of
boot catalogues or partition tables. fat_reader.py reads what this has written.
"""

import re
import struct
import time
from array import array

from lib.record import dataclass, field

SECTOR = 512
CLUSTER = 2048
PER_CLUSTER = CLUSTER // SECTOR
ENTRY = 32
LARGEST = (1 << 32) - 1  # bytes in a file
FATS = 2
ROOT_ENTRIES = 512  # at least; drivers expect as many
LIMITS = ((12, 4085), (16, 65525), (32, 0x0FFFFFF5))  # a FAT has fewer clusters than this
NEAR = 16  # this close to a limit, drivers disagree on which FAT it is
SPARE = 64  # clusters by which a FAT can be made larger to move away from a limit

FORBIDDEN = set('"*/:<>?\\|\x7f') | {chr(code) for code in range(32)}
SHORT = "[A-Z0-9!#$%&'()@^_`{}~-]"
PLAIN = re.compile(f"({SHORT}{{1,8}})(?:\\.({SHORT}{{1,3}}))?")
READ_ONLY, LABEL, FOLDER, LONG_NAME = 0x01, 0x08, 0x10, 0x0F


@dataclass
class Folder:
    """A folder: name -> a Folder, or the size of a file before it is placed and its bytes
    [begin, end) in the image afterwards."""

    children: dict = field(default_factory=dict)
    cluster: int = 0
    parent: "Folder" = None

    def entries(self):
        """Directory entries that it takes: short and long names, and those of every folder."""
        names = sum(1 + long_entries(name) for name in self.children)
        return names + (1 if self.parent is None else 2)

    def clusters(self):
        return -(-self.entries() * ENTRY // CLUSTER)

    def folders(self):
        """All folders in it, in the order in which they are placed."""
        for name in sorted(self.children):
            if isinstance(self.children[name], Folder):
                yield self.children[name]
                yield from self.children[name].folders()


@dataclass(frozen=True)
class Layout:
    """Where everything of a FAT is, in sectors from its beginning."""

    bits: int
    clusters: int
    reserved: int
    fat: int  # sectors of each FAT
    root: int  # sectors of the root folder; none with 32 bits
    data: int  # where cluster 2 begins


class FatError(Exception):
    """There is no room for the FAT, or it cannot hold its files."""


def tree_of(files):
    """The folders for {path: what is known of the file}, and the paths that a FAT cannot hold: with
    characters that it has no place for, or the same as another but for upper and lower case."""
    root, left_out = Folder(), []
    for path in sorted(files):
        *above, name = path.split("/")
        folder = root
        for part in above:
            folder = enter(folder, part)
            if folder is None:
                break
        if folder is None or not can_hold(folder, name):
            left_out.append(path)
        else:
            folder.children[name] = files[path]
    return root, left_out


def enter(folder, name):
    """The folder of that name in a folder, made if it is not there; None if it cannot be."""
    inner = folder.children.get(name)
    if inner is None and can_hold(folder, name):
        inner = folder.children[name] = Folder(parent=folder)
    return inner if isinstance(inner, Folder) else None


def can_hold(folder, name):
    """A folder on a FAT can have something of this name beside what is in it."""
    try:
        length = len(name.encode("utf-16-le")) // 2
    except UnicodeEncodeError:
        return False  # not UTF-8 on the disc
    taken = {other.upper() for other in folder.children}
    return (
        0 < length <= 255
        and not FORBIDDEN & set(name)
        and name[-1] not in ". "
        and name[0] != " "
        and name.upper() not in taken
    )


def room_for(sizes):
    """The bytes to reserve for a FAT with files of these sizes: {path: bytes}."""
    root, _left_out = tree_of(sizes)
    clusters = sum(-(-size // CLUSTER) for size in sizes.values()) + 8
    clusters += folder_clusters(root, 32)
    spare = SPARE if any(abs(clusters - limit) < NEAR + SPARE for _, limit in LIMITS) else 0
    bits = bits_of(clusters + spare)
    sectors = reserved_at_least(bits) + FATS * fat_sectors(bits, clusters + spare)
    sectors += root_sectors(root, 16)
    return (-(-sectors // PER_CLUSTER) + spare + folder_clusters(root, 32)) * CLUSTER


def write_fat(image, begin, room, end, files, when, label):
    """Writes a FAT to [begin, end) of an image, of which the first `room` bytes are kept for it.

    files: {path: (begin, end)} in the image. Returns the paths that it cannot hold.
    """
    root, left_out = tree_of(files)
    layout = layout_for(root, room // CLUSTER, (end - begin) // CLUSTER)
    first = begin + layout.data * SECTOR - 2 * CLUSTER  # where a cluster 0 would begin
    fat = array("I", [bad(layout.bits)]) * (layout.clusters + 2)
    fat[0], fat[1] = last(layout.bits) & ~0xFF | 0xF8, last(layout.bits)
    place_folders(root, fat, layout)
    moment = stamp_of(when)
    folders = [root, *root.folders()]
    for folder in folders:
        data = folder_bytes(folder, first, fat, layout, moment, label)
        at = first + folder.cluster * CLUSTER
        if folder is root and layout.bits != 32:
            at = begin + (layout.data - layout.root) * SECTOR
        image[at : at + len(data)] = data
    tables = pack(fat, layout.bits).ljust(layout.fat * SECTOR, b"\0")
    at = begin + layout.reserved * SECTOR
    image[at : at + FATS * len(tables)] = tables * FATS
    write_boot_sector(image, begin, layout, (end - begin) // SECTOR, root, label)
    return left_out


def layout_for(root, room, total):
    """The layout of a FAT with `room` clusters for tables and folders, and `total` clusters in
    all."""
    for spare in (0, SPARE):
        for bits, _limit in LIMITS:
            folders = folder_clusters(root, bits)
            data = (room - folders - spare) * PER_CLUSTER
            clusters = total - data // PER_CLUSTER
            tables = FATS * fat_sectors(bits, clusters)
            reserved = data - tables - root_sectors(root, bits)
            near = any(abs(clusters - limit) < NEAR for _, limit in LIMITS)
            if bits_of(clusters) == bits and not near and reserved >= reserved_at_least(bits):
                return Layout(
                    bits, clusters, reserved, tables // FATS, root_sectors(root, bits), data
                )
    raise FatError(f"{room} clusters are no room for a FAT of {total}")


def bits_of(clusters):
    """The type of a FAT (12, 16, 32), which only depends on its number of clusters."""
    for bits, limit in LIMITS:
        if clusters < limit:
            return bits
    raise FatError(f"a FAT cannot have {clusters} clusters")


def fat_sectors(bits, clusters):
    return -(-(clusters + 2) * bits // 8 // SECTOR) + 1


def reserved_at_least(bits):
    """The boot sector; with 32 bits also its copy and the count of free clusters."""
    return 32 if bits == 32 else 1


def root_sectors(root, bits):
    """Sectors kept for the root folder, a whole number of clusters; none where it has clusters."""
    if bits == 32:
        return 0
    return -(-max(root.entries(), ROOT_ENTRIES) * ENTRY // CLUSTER) * PER_CLUSTER


def folder_clusters(root, bits):
    below = sum(folder.clusters() for folder in root.folders())
    return below + (root.clusters() if bits == 32 else 0)


def last(bits):
    """The FAT's entry for the last cluster of a chain."""
    return (1 << min(bits, 28)) - 1


def bad(bits):
    """The FAT's entry for a cluster that must not be used."""
    return last(bits) - 8


def chain(fat, cluster, count, bits):
    """Makes a chain of clusters that follow each other."""
    fat[cluster : cluster + count] = array("I", range(cluster + 1, cluster + count + 1))
    fat[cluster + count - 1] = last(bits)


def place_folders(root, fat, layout):
    """Gives the folders the first clusters."""
    at = 2
    for folder in [root] * (layout.bits == 32) + list(root.folders()):
        folder.cluster = at
        chain(fat, at, folder.clusters(), layout.bits)
        at += folder.clusters()


def folder_bytes(folder, first, fat, layout, moment, label):
    """A folder's bytes on the disc; also makes the chains of its files."""
    if folder.parent is None:
        data = bytearray(entry(label, LABEL, 0, 0, moment))
    else:
        data = bytearray(entry(b".".ljust(11), FOLDER, folder.cluster, 0, moment))
        above = folder.parent.cluster if folder.parent.parent is not None else 0
        data += entry(b"..".ljust(11), FOLDER, above, 0, moment)
    for name, short in short_names(folder.children).items():
        child = folder.children[name]
        data += long_name(name, short)
        if isinstance(child, Folder):
            data += entry(short, FOLDER, child.cluster, 0, moment)
            continue
        begin, end = child
        cluster, count = (begin - first) // CLUSTER, -(-(end - begin) // CLUSTER)
        if count == 0:
            cluster = 0
        elif (begin - first) % CLUSTER or cluster < 2 or cluster + count > layout.clusters + 2:
            raise FatError(f"{name} does not lie where the FAT has clusters")
        else:
            chain(fat, cluster, count, layout.bits)
        data += entry(short, READ_ONLY, cluster, end - begin, moment)
    size = layout.root * SECTOR if folder.parent is None and layout.root else 0
    return data.ljust(size or folder.clusters() * CLUSTER, b"\0")


def entry(short, attributes, cluster, size, moment):
    """A directory entry of 32 bytes."""
    date, clock = moment
    return struct.pack(
        "<11sBBBHHHHHHHI", short, attributes, 0, 0, clock, date, date,
        cluster >> 16, clock, date, cluster & 0xFFFF, size,
    )  # fmt: skip


def short_names(names):
    """name -> the 11 bytes that it is called by where long names are not known, by name."""
    short = {}
    for name in names:
        plain = PLAIN.fullmatch(name.upper()) if name.isascii() else None
        if plain:
            short[name] = f"{plain[1]:<8}{plain[2] or '':<3}".encode()
    taken = set(short.values())
    for name in sorted(set(names) - set(short)):
        short[name] = tailed(name, taken)
        taken.add(short[name])
    return {name: short[name] for name in sorted(short)}


def tailed(name, taken):
    """A short name with ~1 or more at its end that is not taken."""
    base, _, extension = name.strip(". ").rpartition(".")
    base, extension = (base, extension) if base else (extension, "")
    base, extension = shorten(base), shorten(extension)[:3]
    for number in range(1, 1000000):
        tail = f"~{number}"
        short = f"{base[: 8 - len(tail)] + tail:<8}{extension:<3}".encode()
        if short not in taken:
            return short
    raise FatError(f"too many names like {name}")


def shorten(text):
    letters = text.upper().replace(" ", "").replace(".", "")
    return re.sub(f"(?!{SHORT}).", "_", letters)


def long_entries(name):
    """Directory entries that a long name takes, beside the short one."""
    if PLAIN.fullmatch(name):
        return 0
    return -(-len(name.encode("utf-16-le")) // 26)


def long_name(name, short):
    """The entries of a long name, the last part of it first."""
    count = long_entries(name)
    units = name.encode("utf-16-le")
    if len(units) < count * 26:
        units = (units + b"\0\0").ljust(count * 26, b"\xff")
    data = b""
    for number in range(count, 0, -1):
        part = units[(number - 1) * 26 : number * 26]
        ordinal = number | (0x40 if number == count else 0)
        data += struct.pack("<B10sBBB12sH4s", ordinal, part[:10], LONG_NAME, 0,
                            checksum(short), part[10:22], 0, part[22:])  # fmt: skip
    return data


def checksum(short):
    """The sum by which a long name knows its short one."""
    total = 0
    for byte in short:
        total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
    return total


def stamp_of(when):
    """Date and time as a directory entry has them; FAT begins with 1980."""
    moment = time.gmtime(max(when, 315532800))
    date = (min(moment.tm_year, 2107) - 1980) << 9 | moment.tm_mon << 5 | moment.tm_mday
    return date, moment.tm_hour << 11 | moment.tm_min << 5 | moment.tm_sec // 2


def pack(fat, bits):
    """The FAT's entries as they lie on the disc."""
    if bits == 32:
        return array("I", fat).tobytes()
    if bits == 16:
        return array("H", fat).tobytes()
    pairs = zip(fat[::2], list(fat[1::2]) + [0])
    return b"".join((one | two << 12).to_bytes(3, "little") for one, two in pairs)


def write_boot_sector(image, begin, layout, sectors, root, label):
    """The boot sector; with 32 bits also its copy and the count of free clusters."""
    wide = layout.bits == 32
    small = sectors if sectors < 1 << 16 and not wide else 0
    data = struct.pack(
        "<3s8sHBHBHHBHHHII", b"\xeb\x58\x90" if wide else b"\xeb\x3c\x90", b"LONGJUMP", SECTOR,
        PER_CLUSTER, layout.reserved, FATS, layout.root * SECTOR // ENTRY, small, 0xF8,
        0 if wide else layout.fat, 32, 64, begin // SECTOR, 0 if small else sectors,
    )  # fmt: skip
    if wide:
        data += struct.pack("<IHHIHH12x", layout.fat, 0, 0, root.cluster, 1, 6)
    kind = f"FAT{layout.bits}".ljust(8).encode()
    data += struct.pack("<BBBI11s8s", 0x80, 0, 0x29, 0x4C4A4D50, label, kind)
    data += b"\xcd\x18\xeb\xfe"  # int 18h: the BIOS tries what comes next
    data = data.ljust(510, b"\0") + b"\x55\xaa"
    for at in (0, 6) if wide else (0,):
        image[begin + at * SECTOR : begin + (at + 1) * SECTOR] = data
    if wide:
        free = struct.pack("<I480xIII12xI", 0x41615252, 0x61417272, 0, 0xFFFFFFFF, 0xAA550000)
        for at in (1, 7):
            image[begin + at * SECTOR : begin + (at + 1) * SECTOR] = free
