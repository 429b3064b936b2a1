"""fat_reader.py - reads a FAT file system in an image, so that it can be checked after it was made.

Source: Microsoft's "FAT: General Overview of On-Disk Format", version 1.03. Knows nothing of how
fat.py writes one, or of what a disc of ours should hold.
"""

import struct

from lib.iso9660 import BadDisc, File

ENTRY = 32


class Fat:
    """A FAT at [begin, end) of an image, held in memory."""

    def __init__(self, image, begin, end):
        self.image, self.begin = image, begin
        sector = bytes(image[begin : begin + 512])
        if sector[510:] != b"\x55\xaa":
            raise BadDisc("the FAT's boot sector has no signature")
        (
            self.sector,
            per_cluster,
            reserved,
            fats,
            roots,
            small,
            _media,
            fat,
            _,
            _,
            _,
            large,
        ) = struct.unpack_from("<HBHBHHBHHHII", sector, 11)
        (wide, _flags, _version, root) = struct.unpack_from("<IHHI", sector, 36)
        fat = fat or wide
        if not self.sector or not per_cluster or not fats or not fat:
            raise BadDisc("the FAT's boot sector makes no sense")
        if begin + (small or large) * self.sector > end:
            raise BadDisc("the FAT is larger than its place")
        self.cluster = per_cluster * self.sector
        root_sectors = -(-roots * ENTRY // self.sector)
        data = reserved + fats * fat + root_sectors
        self.count = ((small or large) - data) // per_cluster
        self.bits = 12 if self.count < 4085 else 16 if self.count < 65525 else 32
        self.data = begin + data * self.sector
        self.fixed_root = (self.data - root_sectors * self.sector, self.data) if roots else None
        self.root = root
        self.tables = self._read_tables(begin + reserved * self.sector, fats, fat * self.sector)
        self.used = set()

    def _read_tables(self, at, fats, size):
        """The first FAT's entries; all FATs are the same."""
        first = bytes(self.image[at : at + size])
        for number in range(1, fats):
            if bytes(self.image[at + number * size : at + (number + 1) * size]) != first:
                raise BadDisc("the two copies of the FAT are not the same")
        entries = self.count + 2
        if entries * self.bits > size * 8:
            raise BadDisc("the FAT has fewer entries than clusters")
        if self.bits == 12:
            return [
                int.from_bytes(first[i * 3 // 2 : i * 3 // 2 + 2], "little") >> i % 2 * 4 & 0xFFF
                for i in range(entries)
            ]
        return struct.unpack_from(f"<{entries}{'H' if self.bits == 16 else 'I'}", first)

    def files(self):
        """All files by their long names; each lies in one piece."""
        data = bytes(self.image[slice(*self.fixed_root)]) if self.fixed_root else None
        return list(self._folder(data if data is not None else self._bytes(self.root), ""))

    def _folder(self, data, prefix):
        parts = []
        for at in range(0, len(data), ENTRY):
            entry = data[at : at + ENTRY]
            if entry[0] == 0:
                return
            if entry[11] & 0x3F == 0x0F:
                parts.append(entry)
                continue
            name, parts = self._name(entry, parts), []
            if entry[11] & 8 or name in (".", ".."):
                continue
            high, low, size = struct.unpack_from("<H4xHI", entry, 20)
            if entry[11] & 0x10:
                yield from self._folder(self._bytes(high << 16 | low), f"{prefix}{name}/")
            else:
                begin = self._extent(high << 16 | low, size, prefix + name)
                yield File(prefix + name, begin, begin + size)

    @staticmethod
    def _name(entry, parts):
        """The long name if there is one that belongs to this entry, else the short one."""
        short = entry[:11]
        if not parts:
            name = short[:8].decode("ascii").rstrip()
            extension = short[8:].decode("ascii").rstrip()
            return f"{name}.{extension}" if extension else name
        total = 0
        for byte in short:
            total = ((total & 1) << 7) + (total >> 1) + byte & 0xFF
        ordinals = [part[0] for part in parts]
        if ordinals != [len(parts) | 0x40, *range(len(parts) - 1, 0, -1)] or any(
            part[13] != total for part in parts
        ):
            raise BadDisc("a long name does not belong to its short one")
        units = b"".join(part[1:11] + part[14:26] + part[28:32] for part in reversed(parts))
        return units.decode("utf-16-le").partition("\0")[0]

    def _chain(self, cluster):
        """The clusters of a chain; each belongs to one chain only."""
        end = (1 << min(self.bits, 28)) - 8
        while cluster < end:
            if not 2 <= cluster < self.count + 2 or cluster in self.used:
                raise BadDisc(f"cluster {cluster} of the FAT is not free for its chain")
            self.used.add(cluster)
            yield cluster
            cluster = self.tables[cluster] & (1 << min(self.bits, 28)) - 1

    def _at(self, cluster):
        return self.data + (cluster - 2) * self.cluster

    def _bytes(self, cluster):
        return b"".join(
            bytes(self.image[self._at(one) : self._at(one) + self.cluster])
            for one in self._chain(cluster)
        )

    def _extent(self, cluster, size, path):
        """Where the only extent of a file begins."""
        if size == 0:
            return 0
        clusters = list(self._chain(cluster))
        if clusters != list(range(cluster, cluster + -(-size // self.cluster))):
            raise BadDisc(f"{path} is not in one piece on the FAT")
        return self._at(cluster)
