"""iso9660.py - reads a bootable ISO image, so that it can be checked after it was made.

Knows the layouts of ISO 9660 (ECMA-119), Rock Ridge (SUSP/RRIP 1.12), Joliet, El Torito 1.0 and
isohybrid's boot record. Knows nothing of what a disc of ours should hold.
"""

import struct
import time

from lib.record import dataclass

SECTOR = 2048


class BadDisc(Exception):
    """The image is not what a bootable disc must be."""


@dataclass(frozen=True)
class File:
    """A file on the disc: its bytes lie in [begin, end) of the image."""

    path: str
    begin: int
    end: int


class Disc:
    """An image held in memory, as bytes or as a map of the file that can be written."""

    def __init__(self, image):
        self.image = image
        if self.image[16 * SECTOR : 16 * SECTOR + 6] != b"\x01CD001":
            raise BadDisc("there is no primary volume descriptor")

    def text(self, offset, size):
        """A padded text field of the primary volume descriptor."""
        at = 16 * SECTOR + offset
        return bytes(self.image[at : at + size]).decode("ascii", "replace").strip()

    @property
    def application(self):
        return self.text(574, 128)

    @property
    def size(self):
        """The bytes the file system takes, without what isohybrid adds."""
        return struct.unpack_from("<I", self.image, 16 * SECTOR + 80)[0] * SECTOR

    def files(self):
        """All files with their Rock Ridge names, `/` between folders."""
        return list(self._folder(self._root(16 * SECTOR), ""))

    def boot_file(self):
        """Where the catalogue says the boot file begins; the catalogue is checked."""
        record = 17 * SECTOR
        if bytes(self.image[record : record + 30]) != b"\x00CD001\x01EL TORITO SPECIFICATION":
            raise BadDisc("sector 17 holds no El Torito boot record")
        at = struct.unpack_from("<I", self.image, record + 0x47)[0] * SECTOR
        catalogue = bytes(self.image[at : at + 64])
        if len(catalogue) != 64 or catalogue[0] != 1 or catalogue[30:32] != b"\x55\xaa":
            raise BadDisc("the boot catalogue has no validation entry")
        if sum(struct.unpack("<16H", catalogue[:32])) & 0xFFFF:
            raise BadDisc("the boot catalogue's checksum is wrong")
        bootable, media, _segment, _system, _unused, count, sector = struct.unpack_from(
            "<BBHBBHI", catalogue, 32
        )
        if (bootable, media, count) != (0x88, 0, 4):
            raise BadDisc(
                f"the default boot entry is {bootable:#x}, {media}, {count} sectors;"
                " it must be 0x88, 0 (no emulation), 4"
            )
        return sector * SECTOR

    def check_boot_info(self, file):
        """The table that `-boot-info-table` puts into the boot file is right."""
        data = bytes(self.image[file.begin : file.end])
        volume, sector, size, checksum = struct.unpack_from("<4I", data, 8)
        padded = data[64:] + bytes(-len(data) % 4)
        total = sum(struct.unpack(f"<{len(padded) // 4}I", padded)) & 0xFFFFFFFF
        expected = (16, file.begin // SECTOR, len(data), total)
        if (volume, sector, size, checksum) != expected:
            raise BadDisc(
                f"the boot info table is {(volume, sector, size, checksum)}, not {expected}"
            )

    def check_hybrid(self, file, partitions):
        """The image boots as a disk too: an MBR, its partitions, no GPT. Each partition is whether
        it is active, its type, and its bytes [begin, end)."""
        image = self.image
        if bytes(image[510:512]) != b"\x55\xaa":
            raise BadDisc("the boot record has no signature")
        if bytes(image[file.begin + 0x40 : file.begin + 0x44]) != b"\xfb\xc0\x78\x70":
            raise BadDisc("isolinux.bin is one that isohybrid does not know")
        if struct.unpack_from("<I", image, 432)[0] != file.begin // 512:
            raise BadDisc("the boot record does not point at isolinux.bin")
        for number, at in enumerate(range(446, 510, 16)):
            entry = bytes(image[at : at + 16])
            active, kind, begin, count = struct.unpack("<B3xB3xII", entry)
            there = (active == 0x80, kind, begin * 512, (begin + count) * 512)
            wanted = partitions[number] if number < len(partitions) else None
            if there != wanted and (wanted or any(entry)):
                raise BadDisc(f"partition {number + 1} is {there}; it should be {wanted}")
        if bytes(image[512:520]) == b"EFI PART":
            raise BadDisc("there is a GPT, which some firmware cannot boot from")

    def set_dates(self, when):
        """Gives the volume and every file the same date, in seconds since 1970."""
        moment = time.gmtime(when)
        short = bytes((moment.tm_year - 1900, *moment[1:6], 0))
        long = time.strftime("%Y%m%d%H%M%S00", moment).encode() + b"\0"
        for descriptor in self._descriptors():
            for field in (813, 830, 864):  # made, changed, good from; 847 is: never expires
                self.image[descriptor + field : descriptor + field + 17] = long
            self._set_date(self._root(descriptor), short, long)
            self._date_folder(self._root(descriptor), short, long)

    def _descriptors(self):
        at = 16 * SECTOR
        while self.image[at] != 255:
            if self.image[at] in (1, 2):
                yield at
            at += SECTOR

    @staticmethod
    def _root(descriptor):
        return descriptor + 156

    def _records(self, folder):
        """The offsets of a folder's records, except those of itself and its parent."""
        sector, size = self._extent(folder)
        at, end = sector * SECTOR, sector * SECTOR + size
        while at < end:
            if self.image[at] == 0:
                at = (at // SECTOR + 1) * SECTOR
                continue
            yield at
            at += self.image[at]

    def _extent(self, record):
        return (
            struct.unpack_from("<I", self.image, record + 2)[0],
            struct.unpack_from("<I", self.image, record + 10)[0],
        )

    def _is_self_or_parent(self, record):
        return self.image[record + 32] == 1 and self.image[record + 33] in (0, 1)

    def _folder(self, folder, prefix):
        for record in self._records(folder):
            if self._is_self_or_parent(record):
                continue
            name = prefix + self._name(record)
            if self.image[record + 25] & 2:
                yield from self._folder(record, name + "/")
            else:
                sector, size = self._extent(record)
                yield File(name, sector * SECTOR, sector * SECTOR + size)

    def _name(self, record):
        parts = [
            bytes(self.image[at + 5 : at + size])
            for kind, at, size in self._system_use(record)
            if kind == b"NM"
        ]
        if not parts:
            length = self.image[record + 32]
            parts = [bytes(self.image[record + 33 : record + 33 + length])]
        return b"".join(parts).decode("utf-8", "surrogateescape")

    def _system_use(self, record):
        """A record's Rock Ridge entries: signature, offset, size; continuations followed."""
        length = self.image[record + 32]
        areas = [(record + 33 + length + (length + 1) % 2, record + self.image[record])]
        while areas:
            at, end = areas.pop()
            while at + 4 <= end:
                kind, size = bytes(self.image[at : at + 2]), self.image[at + 2]
                if size < 4 or kind == b"ST":
                    break
                if kind == b"CE":
                    sector, offset, count = struct.unpack_from("<I4xI4xI", self.image, at + 4)
                    begin = sector * SECTOR + offset
                    areas.append((begin, begin + count))
                yield kind, at, size
                at += size

    def _set_date(self, record, short, long):
        self.image[record + 18 : record + 25] = short
        for kind, at, size in self._system_use(record):
            if kind == b"TF":
                stamp = long if self.image[at + 4] & 0x80 else short
                count = (size - 5) // len(stamp)
                self.image[at + 5 : at + 5 + count * len(stamp)] = stamp * count

    def _date_folder(self, folder, short, long):
        for record in list(self._records(folder)):
            self._set_date(record, short, long)
            if self.image[record + 25] & 2 and not self._is_self_or_parent(record):
                self._date_folder(record, short, long)
