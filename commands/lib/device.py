"""device.py - an open drive: all facts about it here come from its descriptor.

A name like /dev/sdb belongs to whatever was plugged in last. So code that checks a drive and writes
to it later compares these facts at both times. Knows the kernel's ioctls, sysfs and
blkid; knows nothing of images or of what may be written over.
"""

import errno
import fcntl
import hashlib
import mmap
import os
import re
import shutil
import stat
import subprocess
import sys
from pathlib import Path

from lib.printable import printable
from lib.project import Stop

# From linux/fs.h: BLKSSZGET, BLKGETSIZE64, BLKGETDISKSEQ (Linux 5.15 and later), BLKFLSBUF.
SECTOR_SIZE, SIZE, SEQUENCE, FLUSH_BUFFERS = 0x1268, 0x80081272, 0x80081280, 0x1261
SAMPLE = 1 << 20  # bytes at either end: boot records, tables of partitions, superblocks
UNIT = 512  # bytes: the unit of offsets in sysfs


class Device:
    """An open block device."""

    def __init__(self, name, flags):
        """Opens it; raises OSError, or Stop if it is not a block device. Other files are not even
        opened, unless one has just taken the name."""
        device_number(name, os.stat(name))
        self.descriptor = os.open(name, flags | os.O_CLOEXEC)
        try:
            self.number = device_number(name, os.fstat(self.descriptor))
        except Stop:
            os.close(self.descriptor)
            raise
        self.folder = Path("/sys/dev/block", self.number)

    def __enter__(self):
        return self

    def __exit__(self, *_):
        os.close(self.descriptor)

    def ask(self, request, size):
        """A number of this many bytes that an ioctl returns."""
        return int.from_bytes(fcntl.ioctl(self.descriptor, request, bytes(size)), sys.byteorder)

    @property
    def size(self):
        return self.ask(SIZE, 8)

    @property
    def sector(self):
        return self.ask(SECTOR_SIZE, 4)

    def sequence(self):
        """The drive's sequence number, which no other drive or card gets until the next start of
        this system; "" if the kernel has none."""
        try:
            return str(self.ask(SEQUENCE, 8))
        except OSError:
            return ""

    def identity(self):
        """What identifies this drive: the name of each property -> its value."""
        sequence = self.sequence()
        if not self.folder.exists() or said(self.folder / "diskseq") not in ("", sequence):
            raise OSError(errno.ENODEV, os.strerror(errno.ENODEV))  # another drive has its number
        return {
            "device number": self.number,
            "disk sequence number": sequence,
            "attached at": str(self.folder.resolve()),
            "serial number": self.serial(),
            "size in bytes": str(self.size),
        }

    def serial(self):
        """The serial number of the disk, or of the adapter that it is plugged into."""
        place = self.folder.resolve()
        found = (said(folder / "serial") for folder in (place, *place.parents))
        return next(filter(None, found), "")

    def sample(self):
        """A digest of the first and the last MiB."""
        whole = hashlib.sha256()
        with mmap.mmap(-1, SAMPLE) as memory:  # aligned, as O_DIRECT demands
            for begin in (0, max(self.size - SAMPLE, 0)):
                try:
                    count = os.preadv(self.descriptor, [memory], begin)
                except OSError as error:
                    return error.strerror
                whole.update(memory[:count])
        return whole.hexdigest()[:16]

    def places(self):
        """The partitions: device number -> beginning and size in bytes."""
        found = {}
        for folder in self.folder.glob("*/"):
            if (folder / "partition").exists():
                begin, size = (int(said(folder / name)) * UNIT for name in ("start", "size"))
                found[said(folder / "dev")] = begin, size
        return found

    def contents(self, begin, size):
        """The contents of a part of the drive: type, label, and the type of the table of
        partitions; each "" if it is not known."""
        blkid = shutil.which("blkid", path=os.environ.get("PATH", "") + ":/usr/sbin:/sbin")
        if not blkid:
            return "", "", ""
        command = [blkid, "--probe", "--output", "udev", "--offset", begin, "--size", size,
                   f"/proc/self/fd/{self.descriptor}"]  # fmt: skip
        done = subprocess.run(
            list(map(str, command)), stdin=subprocess.DEVNULL, capture_output=True, check=False,
            pass_fds=[self.descriptor],
        )  # fmt: skip
        lines = done.stdout.decode("utf-8", "replace").splitlines()
        found = dict(line.split("=", 1) for line in lines if "=" in line)
        kind = found.get("ID_FS_TYPE", "")
        if not kind and "ID_FS_AMBIVALENT" in found:
            kind = "several volumes on top of each other"
        label = unescaped(found.get("ID_FS_LABEL_ENC", ""))
        return kind, label, found.get("ID_PART_TABLE_TYPE", "")


def device_number(name, status):
    """The number of the block device that has this status."""
    if not stat.S_ISBLK(status.st_mode):
        raise Stop(f"{name} is not the name of a drive; ./build.sh usb lists the sticks")
    return f"{os.major(status.st_rdev)}:{os.minor(status.st_rdev)}"


def said(path):
    """The line in a file of sysfs; "" if there is none."""
    try:
        return printable(path.read_text("utf-8", "replace").strip(), kept="")
    except OSError:
        return ""


def unescaped(text):
    r"""A text in which blkid has written bytes as \x20."""
    raw = re.sub(rb"\\x([0-9a-fA-F]{2})", lambda at: bytes([int(at[1], 16)]), text.encode())
    return raw.decode("utf-8", "replace")
