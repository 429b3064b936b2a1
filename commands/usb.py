#!/usr/bin/env python3
# usb - writes the image on a USB stick or a card
"""The command `usb`: finds the sticks, makes sure that it is the right one, writes and compares."""

import errno
import fcntl
import mmap
import os
import stat
import sys
import time

from image import OPTIONS, image
from lib.drives import in_units, read_drives
from lib.project import Stop, Voice, say, shown, start
from lib.words import Option, Command

COMMAND = Command(
    "usb",
    """
Makes the image, and writes it on DEVICE, a USB stick or a card, over all that is on it. Without
a DEVICE it lists those that are plugged in. Refused is whatever is mounted, not removable, smaller
than the image, or holds the running system. What will be lost is shown, and the name of the device
must be typed before anything is written. Then everything is read back and compared.

The stick boots on PCs with a BIOS, or with "CSM" or "Legacy boot" switched on.
""",
    (
        *OPTIONS,
        Option("--yes", "", "asks nothing; for scripts"),
        Option("--allow-loop", "", "takes loop devices for sticks; for tests"),
    ),
    (
        "./build.sh usb",
        "./build.sh usb /dev/sdX",
        "./build.sh usb /dev/sdX --kernel my.elf --yes",
    ),
    names="DEVICE",
)

CHUNK = 1 << 20
FLUSH_BUFFERS, SECTOR_SIZE = 0x1261, 0x1268  # BLKFLSBUF and BLKSSZGET of linux/fs.h


def usb(given):
    """Lists sticks, or writes one; returns 0."""
    if not given.names:
        list_sticks(given.allow_loop)
        return 0
    if len(given.names) > 1:
        raise Stop("usb: one device at a time; see ./build.sh usb --help", 2)
    drive = find(given.names[0], given.allow_loop)
    source = image(given)
    if drive.size < os.path.getsize(source):
        sizes = f"{in_units(drive.size)}; the image has {in_units(os.path.getsize(source))}"
        raise Stop(f"{drive.path} is too small: it has {sizes}")
    device = open_drive(drive.path)
    try:
        say("\n".join(["", "This will be lost:", *map("    ".__add__, drive.lines()), ""]))
        if not given.yes:
            ask(drive)
        with open(source, "rb") as file:
            write(device, file, drive)
            compare(device, file, drive)
    except OSError as error:
        raise Stop(f"{drive.path}: {error.strerror}; what is on it now is worthless") from None
    finally:
        os.close(device)
    say(f"{shown(source)} is on {drive.path}; it can be unplugged")
    return 0


def list_sticks(allow_loop):
    """Says what is plugged in that could be written."""
    kinds = ("disk", "loop") if allow_loop else ("disk",)
    found = [drive for drive in read_drives() if drive.size and drive.type in kinds
             and (drive.is_removable or drive.type == "loop")]  # fmt: skip
    if not found:
        say("no stick and no card is plugged in")
        return
    for drive in found:
        say("\n".join(drive.lines()))
    say(f"\nto write on it, over all that is there: ./build.sh usb {found[0].path}")


def find(name, allow_loop):
    """The drive of this name, which may be written over."""
    path = os.path.realpath(name)
    try:
        is_device = stat.S_ISBLK(os.stat(path).st_mode)
    except OSError as error:
        raise Stop(f"{name}: {error.strerror}; ./build.sh usb lists the sticks") from None
    known = {part.path: part for drive in read_drives() for part in drive.all_parts()}
    if not is_device or path not in known:
        raise Stop(f"{name} is not the name of a drive; ./build.sh usb lists the sticks")
    objection = known[path].objection(allow_loop)
    if objection:
        raise Stop(f"{path} {objection}")
    return known[path]


def open_drive(path):
    """Opens a drive for us alone, past all caches where that can be done. Nobody can mount it
    from now on, and if it is pulled out, another one does not take its place."""
    flags = os.O_RDWR | os.O_EXCL | os.O_SYNC | os.O_CLOEXEC
    try:
        try:
            return os.open(path, flags | os.O_DIRECT)
        except OSError as error:
            if error.errno != errno.EINVAL:
                raise
            return os.open(path, flags)
    except OSError as error:
        fix = {
            errno.EACCES: f"; sudo ./build.sh usb {path}",
            errno.EBUSY: ": this system uses it, as a part of a volume perhaps",
        }.get(error.errno, "")
        raise Stop(f"{path}: {error.strerror}{fix}") from None


def ask(drive):
    """Goes on only if the device's name is typed."""
    name = os.path.basename(drive.path)
    print(f"To go on, type the device's name, {name}: ", end="", flush=True)
    typed = sys.stdin.readline().strip()
    if typed not in (name, drive.path):
        print(end="" if sys.stdin.isatty() else "\n")
        raise Stop("nothing was written")


def pieces(device, file, title):
    """The image in pieces that the drive takes: the place, and the bytes, in memory aligned to
    pages, of which the last is filled with zeros to the end of a sector. Shows how far it is."""
    sector = int.from_bytes(fcntl.ioctl(device, SECTOR_SIZE, bytes(4)), sys.byteorder)
    size, began = os.path.getsize(file.name), time.monotonic()
    file.seek(0)
    with mmap.mmap(-1, CHUNK) as memory, memoryview(memory) as view:
        for at in range(0, size, CHUNK):
            count = file.readinto(view)
            whole = -(-count // sector) * sector
            memory[count:whole] = bytes(whole - count)
            with view[:whole] as piece:
                yield at, piece
            show_progress(title, at + count, size, time.monotonic() - began)
    if sys.stdout.isatty():
        print()


def show_progress(title, done, size, seconds):
    """One line that changes, if somebody looks at it."""
    if sys.stdout.isatty():
        speed = f"{in_units(int(done / seconds))}/s" if seconds > 0 else ""
        print(f"\r{title} {100 * done // size:3} %  {speed:<16}", end="", flush=True)


def write(device, file, drive):
    """Puts the image on the drive, and sees to it that it is there."""
    title = f"  write    {drive.path}, {in_units(os.path.getsize(file.name))}"
    announce(title)
    for at, piece in pieces(device, file, title):
        if os.pwrite(device, piece, at) != len(piece):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
    os.fsync(device)
    try:
        fcntl.ioctl(device, FLUSH_BUFFERS)  # so that what is read back comes from the drive
    except OSError:
        Voice.detail("the caches of the drive cannot be emptied")


def compare(device, file, drive):
    """Stops unless the drive gives back what was written."""
    title = f"  compare  {drive.path}"
    announce(title)
    with mmap.mmap(-1, CHUNK) as memory, memoryview(memory) as view:
        for at, piece in pieces(device, file, title):
            with view[: len(piece)] as back:
                count = os.preadv(device, [back], at)
                if count == len(piece) and back == piece:
                    continue
                wrong = next((i for i in range(count) if back[i] != piece[i]), count)
            raise Stop(
                f"{drive.path} does not give back what was written, from byte {at + wrong} on:"
                " it is worn out, or not what is printed on it; take another"
            )


def announce(title):
    if not sys.stdout.isatty():
        say(title)


if __name__ == "__main__":
    start(lambda words: usb(COMMAND.read(words)))
