#!/usr/bin/env python3
# bench - measures how long a boot takes, beside mboot.c32 and GRUB
"""The command `bench`: what to measure, and what must be installed for it."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

from lib.project import ROOT, Stop, Voice, make, need, start
from lib.words import Option, Command

sys.path.insert(1, str(ROOT / "bench"))

import day
import report
import ways
from loaders import GRUB, LOADERS, limine
from machine import MEDIA
from measure import FOLDER, Bench
from payload import SIZES

CHOICES = {
    "sizes": list(SIZES),
    "media": list(MEDIA),
    "loaders": [name for name in LOADERS if name != "floor"],
}
USUAL = {**CHOICES, "media": ["q35-cd", "pc-cd"]}

OPTIONS = (
    Option("--sizes", "LIST", "MiB to carry, of " + ",".join(CHOICES["sizes"])),
    Option("--media", "LIST", "where from, of " + ",".join(CHOICES["media"]) + " (the first two)"),
    Option("--loaders", "LIST", "of " + ",".join(CHOICES["loaders"])),
    Option("--limine", "FOLDER", "Limine as well: limine-bios-cd.bin, limine-bios.sys lie there"),
    Option("--repeats", "N", "runs by the wall clock, of which the median counts (5; 0: none)"),
    Option("--day", "", "measures a user's day instead: one file changed, run, up to _start"),
    Option(
        "--ways", "", "measures the ways in without a disc instead: -kernel, PVH, an option ROM"
    ),
    Option("--json", "FILE", "also writes the figures to FILE"),
    Option("--keep", "", "leaves the images in build/bench"),
)

COMMAND = Command(
    "bench",
    """
Measures how long Longjump takes to start a kernel, next to Syslinux's mboot.c32 and GRUB 2 with
the same payload. A loader's share is the time from the end of the BIOS to the kernel's first
instruction, in a guest whose clock counts instructions: 1 ms is a million of them. The floor is a
boot sector that only reads and copies the payload. Large payloads are put into .text, .rodata and
.data in turn, and the slowest counts. The wall clock times QEMU as a whole, in separate runs; most
of that time goes into translating code that runs once, so the blocks that QEMU translates are
counted as well, also for a module that does nothing. All of it takes a few minutes.

With --day it measures the time that a user waits, on the wall clock: from `./build.sh run`, after a
change to one file of the kernel, to the kernel's first word, step by step, with and without a disc.
""",
    OPTIONS,
    (
        "./build.sh bench",
        "./build.sh bench --sizes tiny,16 --media q35-cd --repeats 0",
        "./build.sh bench --day",
    ),
)


def bench(given):
    """Measures what these words ask for and prints it; fails if a boot has failed."""
    picked = {name: pick(name, getattr(given, name)) for name in CHOICES}
    repeats = "5" if given.repeats is None else given.repeats
    if not repeats.isdecimal():
        raise Stop(f"bench: --repeats wants a number, not {repeats}", 2)
    need("build", "image", "run", install=not given.no_install)
    if given.ways:
        return measure_ways([SIZES[name] for name in picked["sizes"]] if given.sizes else None)
    if given.day:
        return measure_day(max(1, int(repeats)), given.json)
    if "grub" in picked["loaders"]:
        need_grub(not given.no_install)
    if "longjump" in picked["loaders"]:
        make("build/longjump.c32")
    loaders = {name: LOADERS[name] for name in ["floor", *picked["loaders"]]}
    if given.limine:
        loaders["limine"] = functools.partial(limine, Path(given.limine))
    work = Bench(loaders, picked["media"], int(repeats), given.keep)
    try:
        for name in picked["sizes"]:
            work.size(SIZES[name])
    finally:
        if not given.keep:
            shutil.rmtree(FOLDER, ignore_errors=True)
    if given.json:
        figures = {"results": work.results, "targets": report.targets(work.results)}
        with open(given.json, "w", encoding="ascii") as file:
            json.dump(figures, file, indent=2)
    report.show(work.results, picked["media"], [SIZES[name] for name in picked["sizes"]])
    return 1 if work.failures else 0


def measure_ways(sizes):
    """Measures and prints the ways in without a disc; returns 0."""
    sizes = sizes or [SIZES["tiny"], SIZES["16"]]
    make("build/longjump.elf", "build/longjump.rom")
    ways.show(ways.measure(sizes), sizes)
    return 0


def measure_day(repeats, file):
    """Measures and prints what a user waits for all day; returns 0."""
    runs = day.measure(repeats)
    found = {way: day.medians(runs[way], steps) for way, (_words, steps) in day.WAYS.items()}
    if file:
        told = {"steps": found["disc"], "ours": day.ours(found["disc"]),
                "direct": found["direct"], "share": day.share(found)}  # fmt: skip
        with open(file, "w", encoding="ascii") as output:
            json.dump(told, output, indent=2)
    day.show_both(found)
    return 0


def pick(name, words):
    """The known names among those that an option lists; what is usual without the option."""
    if words is None:
        return USUAL[name]
    for word in words.split(","):
        if word not in CHOICES[name]:
            raise Stop(f'bench: --{name}: "{word}" is none of {", ".join(CHOICES[name])}', 2)
    return [known for known in CHOICES[name] if known in words.split(",")]


def need_grub(install):
    """Installs GRUB's files where that can be done; stops if it stays without them."""
    command = 'source "$1"; [[ $EUID == 0 ]] && has apt-get && install_packages $2'
    packages = "grub-pc-bin grub-common"

    def there():
        return shutil.which("grub-mkimage") and GRUB.is_dir()

    if not there() and install:
        Voice.show(["need.sh", packages])
        script = ROOT / "commands/lib/need.sh"
        subprocess.run(["bash", "-c", command, "-", script, packages], check=False)
    if not there():
        raise Stop(
            f"bench: there is no GRUB for BIOS machines here: install {packages},"
            " or leave it out with --loaders longjump,mboot.c32"
        )


if __name__ == "__main__":
    start(lambda words: bench(COMMAND.read(words)))
