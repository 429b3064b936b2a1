#!/usr/bin/env python3
# usb - writes the image to a USB stick or a card
"""The command `usb`: finds the sticks, makes sure that it is the right one, writes and compares."""

import contextlib
import errno
import fcntl
import mmap
import os
import sys

from image import OPTIONS, image
from lib.device import FLUSH_BUFFERS, Device, device_number
from lib.drives import in_units, read_drives
from lib.progress import Progress
from lib.project import Stop, Voice, say, shown, start
from lib.rights import as_root
from lib.words import Option, Command

COMMAND = Command(
    "usb",
    """
Makes the image, and writes it to DEVICE, a USB stick or a card. Everything on DEVICE is lost.
Without DEVICE, it lists the sticks and cards found. It refuses a drive that is mounted, is not
removable, is smaller than the image, or holds the running system. It shows what will be lost, and
asks you to type the name of the device. If that name belongs to another drive by then, or anything
on the drive has changed, nothing is written. Finally it reads everything back and compares it.

The stick boots on PCs with a BIOS and with UEFI. With UEFI, switch off Secure Boot, or use --sign.
""",
    (
        *OPTIONS,
        Option("--yes", "", "does not ask for confirmation; for scripts"),
        Option("--allow-loop", "", "treats loop devices as sticks; for tests"),
    ),
    (
        "./build.sh usb",
        "./build.sh usb /dev/sdX",
        "./build.sh usb /dev/sdX --kernel my.elf --yes",
    ),
    names="DEVICE",
)

CHUNK = 1 << 20
AGAIN = "check what is plugged in (./build.sh usb), and start again"


def usb(given):
    """Lists sticks, or writes one; returns 0."""
    if not given.names:
        list_sticks(given.allow_loop)
        return 0
    if len(given.names) > 1:
        raise Stop("usb: one device at a time; see ./build.sh usb --help", 2)
    name = given.names[0]
    find(number_of(name), given.allow_loop)  # before anything that needs root's rights
    with opened(name, os.O_RDONLY | os.O_NONBLOCK) as device:
        _, before = look(device, given.allow_loop)
    source = image(given)
    with open(source, "rb") as file, opened_alone(name) as device:
        drive, now = look(device, given.allow_loop)
        stop_unless_same(drive.path, before, now)
        if drive.size < size_of(file):
            sizes = f"{in_units(drive.size)}; the image has {in_units(size_of(file))}"
            raise Stop(f"{drive.path} is too small: it has {sizes}")
        say("\n".join(["", "This will be lost:", *map("    ".__add__, drive.lines()), ""]))
        if not given.yes:
            ask(drive)
            stop_unless_same(drive.path, now, look(device, given.allow_loop)[1])
        with spoiling(drive):
            write(device, file, drive)
            compare(device, file, drive)
            stop_unless_same(drive.path, now, {**now, **device.identity()}, "it was written")
    say(f"{shown(source)} is now on {drive.path}, which can be unplugged")
    return 0


def list_sticks(allow_loop):
    """Lists the drives that could be written."""
    kinds = ("disk", "loop") if allow_loop else ("disk",)
    found = [drive for drive in read_drives() if drive.size and drive.type in kinds
             and (drive.is_removable or drive.type == "loop")]  # fmt: skip
    if not found:
        say("no USB stick or card is plugged in")
        return
    for drive in found:
        with contextlib.suppress(OSError), Device(drive.path, os.O_RDONLY) as device:
            drive.examine(device)
        say("\n".join(drive.lines()))
    say(f"\nto overwrite everything on it: ./build.sh usb {found[0].path}")


def number_of(name):
    """The device number that a name has now."""
    try:
        return device_number(name, os.stat(name))
    except OSError as error:
        raise Stop(f"{name}: {error.strerror}; ./build.sh usb lists the sticks") from None


def find(number, allow_loop):
    """The drive with this device number; stops if it must not be overwritten."""
    parts = (part for drive in read_drives() for part in drive.all_parts())
    drive = next((part for part in parts if part.number == number), None)
    if drive is None:
        raise Stop(f"lsblk does not know the drive {number}; {AGAIN}")
    objection = drive.objection(allow_loop)
    if objection:
        raise Stop(f"{drive.path} {objection}")
    return drive


def look(device, allow_loop):
    """The open drive, and everything that is known about it: name -> value. Stops if it must not be
    overwritten."""
    drive = find(device.number, allow_loop)
    try:
        drive.examine(device)
        facts = {
            **device.identity(),
            "model": drive.model,
            "contents": "; ".join(map(str.strip, drive.lines()[1:])),
            "sum of the first and last MiB": device.sample(),
        }
    except OSError as error:
        raise Stop(f"{drive.path}: {error.strerror}; {AGAIN}") from None
    return drive, facts


def stop_unless_same(path, before, now, outcome="nothing was written"):
    """Stops unless everything that is known about a drive is unchanged."""
    changed = [f"    {name}: {now[name] or 'none'}, but it was {was or 'none'}"
               for name, was in before.items() if now[name] != was]  # fmt: skip
    if changed:
        title = f"{path} is no longer the drive that was checked, or something else writes to it:"
        raise Stop("\n".join([title, *changed, f"{outcome}; {AGAIN}"]))


def opened(name, flags):
    """Opens a drive. Its name is for messages only; everything is done with the descriptor."""
    try:
        return Device(name, flags)
    except OSError as error:
        fix = {
            errno.EACCES: f"; {as_root('./build.sh', 'usb', name)}",
            errno.EBUSY: ": this system uses it, perhaps as part of a volume",
            errno.ENOMEDIUM: ": there is no card in it",
        }.get(error.errno, "; ./build.sh usb lists the sticks")
        raise Stop(f"{name}: {error.strerror}{fix}") from None


def opened_alone(name):
    """Opens a drive for us alone, bypassing all caches if possible. Nobody can mount it from now
    on, and if it is pulled out, another one does not take its place."""
    flags = os.O_RDWR | os.O_EXCL | os.O_SYNC
    try:
        return Device(name, flags | os.O_DIRECT)
    except OSError:
        return opened(name, flags)  # if that fails as well, it says why


@contextlib.contextmanager
def spoiling(drive):
    """While a drive is being written: if that fails, says that its contents are incomplete."""
    worthless = f"{drive.path} now holds an incomplete image"
    try:
        yield
    except OSError as error:
        raise Stop(f"{error.strerror}; {worthless}") from None
    except (KeyboardInterrupt, SystemExit):
        print(f"\n{worthless}", file=sys.stderr)
        raise


def size_of(file):
    """The bytes of an open file."""
    return os.fstat(file.fileno()).st_size


def ask(drive):
    """Stops unless the user types the device's name."""
    name = os.path.basename(drive.path)
    print(f"To continue, type the device's name, {name}: ", end="", flush=True)
    typed = sys.stdin.readline().strip()
    if typed not in (name, drive.path):
        print(end="" if sys.stdin.isatty() else "\n")
        raise Stop("nothing was written")


def pieces(device, file, title):
    """The image in pieces, each with its place, in memory that is aligned to pages. The last piece
    is padded with zeros to whole sectors. Shows the progress."""
    sector, size = device.sector, size_of(file)
    progress = Progress(title, size, soon=0)
    file.seek(0)
    with mmap.mmap(-1, CHUNK) as memory, memoryview(memory) as view:
        for at in range(0, size, CHUNK):
            count = file.readinto(view)
            if count != min(CHUNK, size - at):
                raise OSError(errno.EIO, f"{shown(file.name)} became shorter")
            whole = -(-count // sector) * sector
            memory[count:whole] = bytes(whole - count)
            with view[:whole] as piece:
                yield at, piece
            done = at + count
            progress.at(done, f"{in_units(progress.speed(done))}/s")
    progress.end()


def write(device, file, drive):
    """Writes the image to the drive, and flushes all caches."""
    title = f"  write    {drive.path}, {in_units(size_of(file))}"
    announce(title)
    for at, piece in pieces(device, file, title):
        if os.pwrite(device.descriptor, piece, at) != len(piece):
            raise OSError(errno.EIO, os.strerror(errno.EIO))
    os.fsync(device.descriptor)
    try:
        fcntl.ioctl(device.descriptor, FLUSH_BUFFERS)  # so that the drive itself is read back
    except OSError:
        Voice.detail("the caches of the drive cannot be flushed")


def compare(device, file, drive):
    """Stops unless the drive returns what was written."""
    title = f"  compare  {drive.path}"
    announce(title)
    with mmap.mmap(-1, CHUNK) as memory, memoryview(memory) as view:
        for at, piece in pieces(device, file, title):
            with view[: len(piece)] as back:
                count = os.preadv(device.descriptor, [back], at)
                if count == len(piece) and back == piece:
                    continue
                wrong = next((i for i in range(count) if back[i] != piece[i]), count)
            raise Stop(
                f"{drive.path} does not return what was written, from byte {at + wrong} on:"
                " it is worn out, or smaller than it claims; use another one"
            )


def announce(title):
    if not sys.stdout.isatty():
        say(title)


if __name__ == "__main__":
    start(lambda words: usb(COMMAND.read(words)))
