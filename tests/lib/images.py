"""Makes what the tests boot: one image for each kernel and its words, made once and kept under
build/tests/iso."""

import contextlib
import fcntl
import functools
import hashlib
import os
import pathlib
import subprocess

from image import COMMAND, read_config
from lib.disc import make_disc

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
TESTS = BUILD / "tests"

# The kernel that proves where it lies, linked at every kind of address.
PLACES = [
    "placed",
    "placed-32k",
    "placed-vga",
    "placed-1m",
    "placed-4m",
    "placed-low-top",
    "placed-high-bottom",
    "placed-odd",
    "placed-direct-map",
    "placed-high",
    "placed-high-top",
    "placed-aligned",
]


@contextlib.contextmanager
def lock(name):
    """Lets only one process at a time, of all workers, continue."""
    TESTS.mkdir(parents=True, exist_ok=True)
    with open(TESTS / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def kernel_path(name):
    """The path of a test kernel; "sample" is the sample kernel."""
    return BUILD / "kernel.elf" if name == "sample" else TESTS / "kernels" / f"{name}.elf"


def once(suffix, ingredients, make):
    """Returns the file that make(path) writes; makes it again only if an ingredient (bytes or
    text) has changed."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        data = ingredient if isinstance(ingredient, bytes) else str(ingredient).encode()
        digest.update(b"%d:" % len(data) + data)
    path = TESTS / "iso" / (digest.hexdigest()[:24] + suffix)
    with lock(f"once{path.name[0]}"):
        if path.exists():
            os.utime(path)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("new-" + path.name)
        make(new)
        return new.rename(path)


def loader_bytes():
    """The loader's files: what is made from them is made again when they change."""
    return b"".join((BUILD / name).read_bytes() for name in ("longjump.c32", "BOOTX64.EFI"))


@functools.lru_cache(maxsize=None)
def commands_bytes():
    """What makes images."""
    files = sorted((ROOT / "commands").rglob("*"))
    return b"".join(path.read_bytes() for path in files if path.suffix in (".py", ".sh"))


def make_image(kernel, append="", options="", modules=(), more=()):
    """The ISO that `./build.sh image` makes of a kernel; modules are texts FILE[:command line], and
    `more` are other words of that command. Everything is compiled already, and nothing is checked
    again."""
    arguments = ["--kernel", str(kernel), *more]
    arguments += ["--append", append] if append else []
    arguments += ["--options", options] if options else []
    for module in modules:
        arguments += ["--module", module]
    ingredients = [
        pathlib.Path(kernel).read_bytes(),
        loader_bytes(),
        (ROOT / "isolinux.cfg").read_bytes(),
        commands_bytes(),
        *arguments,
    ]
    ingredients += [pathlib.Path(module.split(":")[0]).read_bytes() for module in modules]

    def make(path):
        make_disc(read_config(COMMAND.read([*arguments, "--output", str(path)])))

    return once(".iso", ingredients, make)


def option_rom(name):
    """QEMU's arguments for an option ROM from a source in tests/boot."""
    source = ROOT / "tests/boot" / name

    def make(path):
        subprocess.run(["nasm", "-f", "bin", "-o", path, source], check=True)
        rom = bytearray(path.read_bytes())
        rom[-1] = -sum(rom) % 256
        path.write_bytes(rom)

    return ["-option-rom", str(once(".rom", [source.read_bytes()], make))]
