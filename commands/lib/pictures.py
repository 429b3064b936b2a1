"""pictures.py - takes the pictures of README.md, each from a machine that has just booted.

Knows what is on each, and the format of PNG files (PNG specification, second edition). The caller
makes the discs. The machine's clock and CPU are always the same; how long a boot took is not.
"""

import os
import struct
import tempfile
import time
import zlib
from pathlib import Path

from lib.machine import Machine, path_of
from lib.project import BUILD, ROOT, Stop
from lib.record import dataclass

LIMIT = 60  # seconds that a boot may take
SETTLED = 0.5  # seconds after the last words on COM1 until the screen is complete
MACHINE = (
    "qemu-system-x86_64",
    "-m",
    "256M",
    "-display",
    "none",
    "-rtc",
    "base=2026-01-01T12:00:00",
    "-icount",
    "shift=0,sleep=off",  # times are counted in instructions, whatever else this computer does
)
FILES = {"initrd.img": bytes(2900 << 10), "settings.txt": b"debug=on\n"}


@dataclass(frozen=True)
class Picture:
    """One picture: what is booted, what the machine has, and the last words on COM1."""

    name: str
    kernel: str
    last: str
    image: tuple = ()
    machine: tuple = ()

    @property
    def path(self):
        return ROOT / f"docs/{self.name}.png"


SAMPLE, LAST = "build/kernel.elf", "That was all"
PICTURES = (
    Picture("screen", SAMPLE, LAST),
    Picture(
        "framebuffer",
        SAMPLE,
        LAST,
        ("--options", "-video=1024x768 -tsc", "--append", "root=ram0",
         "--module", "initrd.img:readonly", "--module", "settings.txt"),
        ("-smp", "4"),
    ),
    Picture("fault", "build/tests/kernels/fault_null_write.elf", "The machine is halted."),
    Picture("refusal", SAMPLE, "boot: ", ("--options", "-video=1000x1000", "--no-check")),
)  # fmt: skip


def take(picture, disc_of):
    """Boots a machine for the picture; returns its screen as QEMU dumps it, a PPM file. `disc_of`
    makes a disc from words as for `image`, and returns it as an OpenDisc."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        for name, contents in FILES.items():
            Path(folder, name).write_bytes(contents)
        words = [str(Path(folder, word)) if word.partition(":")[0] in FILES else word
                 for word in picture.image]  # fmt: skip
        output = Path(folder, "disc.iso")
        disc = disc_of(["--kernel", str(ROOT / picture.kernel), "--output", str(output), *words])
    with tempfile.TemporaryFile(dir=BUILD) as said, tempfile.TemporaryFile(dir=BUILD) as screen:
        machine = Machine(disc.file)
        more = ["-cdrom", disc.inherited, "-serial", f"file:{path_of(said)}", *picture.machine]
        machine.start([*MACHINE, *more, *machine.arguments()], [said, screen])
        try:
            machine.open()
            machine.go()
            wait_for(picture.last, said, machine)
            machine.qmp.command("screendump", filename=path_of(screen))
        finally:
            machine.kill()
        return os.pread(screen.fileno(), os.fstat(screen.fileno()).st_size, 0)


def wait_for(words, said, machine):
    """Lets the machine run until it has written this to COM1, and the screen is complete."""
    deadline = time.monotonic() + LIMIT
    while words.encode() not in os.pread(said.fileno(), 1 << 16, 0):
        if time.monotonic() > deadline:
            raise Stop(f"the machine has not written {words!r} to COM1 within {LIMIT} seconds")
        machine.wait(0.2)
    end = time.monotonic() + SETTLED
    while time.monotonic() < end:
        machine.wait(0.1)


def png_of_ppm(data):
    """Converts a picture to PNG; the same picture always gives the same bytes."""
    kind, width, height, depth, pixels = data.split(maxsplit=4)
    if kind != b"P6" or depth != b"255":
        raise Stop("QEMU's picture is not a PPM file with 8 bits per colour")
    row = 3 * int(width)
    pixels = data[len(data) - row * int(height) :]
    lines = b"".join(b"\0" + pixels[at : at + row] for at in range(0, len(pixels), row))
    head = struct.pack(">IIBBBBB", int(width), int(height), 8, 2, 0, 0, 0)
    parts = ((b"IHDR", head), (b"IDAT", zlib.compress(lines, 9)), (b"IEND", b""))
    return b"\x89PNG\r\n\x1a\n" + b"".join(chunk(*part) for part in parts)


def chunk(kind, data):
    return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
