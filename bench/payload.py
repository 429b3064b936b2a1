"""payload.py - the bytes that every loader carries, and the kernels around them.

Knows NASM, the compiler and the linker; knows nothing of loaders, discs or machines.
"""

import gzip
import itertools
import os
import random
from array import array
from dataclasses import dataclass

from lib.project import ROOT, run, tool

HERE = ROOT / "bench"
MIB = 1 << 20
PLACES = (".text", ".rodata", ".data")
TEXT = "text"
NOISE = "noise"
TOP = "0xffffffff80000000"  # where most kernels are linked, of every protocol
LOW = "0x1000000"  # for Multiboot; below lies what firmware for UEFI keeps to itself
COMPILE = (
    "-std=c11 -O2 -ffreestanding -fno-pic -fno-stack-protector -fcf-protection=none "
    "-fno-asynchronous-unwind-tables -mgeneral-regs-only "
    "-Wall -Wextra -Wconversion -Wshadow -Wmissing-prototypes -Werror"
).split()


@dataclass(frozen=True)
class Size:
    """One column of the table: how much is carried, of what kind, and whether it is compressed."""

    name: str
    title: str
    length: int
    kind: str = NOISE
    compressed: bool = False
    places: bool = False  # in each of PLACES in turn, where the loader is ours


SIZES = {
    size.name: size
    for size in (
        Size("tiny", "tiny", 4096),
        Size("1", "1 MiB", MIB),
        Size("16", "16 MiB", 16 * MIB, places=True),
        Size("64", "64 MiB", 64 * MIB, places=True),
        Size("64gz", "64 MiB gz", 64 * MIB, TEXT, compressed=True),
    )
}


def noise(length):
    """Returns bytes that do not compress, the same ones every time."""
    return random.Random(length).randbytes(length)


def text(length):
    """Returns words as frequent as those of a language: gzip leaves a good third of them."""
    chance = random.Random(length)
    letters = "etaoinshrdlucmfwypvbgkqjxz"
    weights = [1 / (rank + 2) for rank in range(len(letters))]
    words = ["".join(chance.choices(letters, weights, k=chance.randint(2, 9))) for _ in range(6000)]
    frequency = list(itertools.accumulate(1 / (rank + 3) for rank in range(len(words))))
    prose = " ".join(chance.choices(words, cum_weights=frequency, k=MIB // 4)).encode()
    block = prose[:MIB]
    return block * (length // MIB)


def check(data):
    """Returns what a kernel must tell: the sum of the words, and above it that of the sums."""
    sums = array("Q", itertools.accumulate(array("I", data)))
    return (sum(sums) & 0xFFFFFFFF) << 32 | sums[-1] & 0xFFFFFFFF


class Payload:
    """The bytes of one size in a folder, and the kernels that carry them."""

    def __init__(self, size, folder):
        self.size = size
        self.folder = folder
        self.file = folder / "payload.bin"
        data = text(size.length) if size.kind == TEXT else noise(size.length)
        self.check = check(data)
        self.file.write_bytes(data)

    def kernel(self, bits, place=".rodata"):
        """Returns the kernel for long mode (64) or for Multiboot (32), compressed if so asked,
        with the payload in a section."""
        start = self.folder / f"start{bits}.o"
        body = self.folder / f"kernel{bits}.o"
        kernel = self.folder / f"kernel{bits}.elf"
        base, emulation, form, width = {
            64: (TOP, "elf_x86_64", "elf64", ["-m64", "-mno-red-zone", "-mcmodel=kernel"]),
            32: (LOW, "elf_i386", "elf32", ["-m32", "-DLONGJUMP_LOADER"]),
        }[bits]
        source = HERE / f"start{bits}.asm"
        run(
            [
                "nasm",
                "-f",
                form,
                f'-DPAYLOAD="{self.file}"',
                f"-DPLACE={place}",
                "-o",
                start,
                source,
            ]
        )
        compiler = tool("CC", "cc")
        run(
            [
                *compiler,
                *width,
                *COMPILE,
                "-I",
                ROOT / "include",
                "-c",
                "-o",
                body,
                HERE / "kernel.c",
            ]
        )
        run(
            [
                "ld",
                "-m",
                emulation,
                "-nostdlib",
                "-z",
                "max-page-size=0x1000",
                "-z",
                "noexecstack",
                f"-Ttext-segment={base}",
                "-o",
                kernel,
                start,
                body,
            ]
        )
        start.unlink()
        return compress(kernel) if self.size.compressed else kernel


def compress(kernel):
    """Puts a kernel's compressed form in its place, as gzip makes it by default."""
    kernel.write_bytes(gzip.compress(kernel.read_bytes(), 6, mtime=0))
    return kernel
