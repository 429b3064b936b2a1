#!/usr/bin/env python3
# bench - measures how long a boot takes, compared with mboot.c32 and GRUB
"""The command `bench`: chooses what to measure, and installs what is needed for that."""

import functools
import json
import shutil
import subprocess
import sys
from pathlib import Path

from lib.making import make
from lib.project import ROOT, Stop, Voice, need, start
from lib.words import Option, Command

sys.path.insert(1, str(ROOT / "bench"))

import day
import loaders
import loaders_efi
import report
import suite
import ways
from firmware import PROGRAMS
from machine import MEDIA, UEFI
from measure import FOLDER, Bench
from payload import SIZES

CHOICES = {
    "sizes": list(SIZES),
    "media": list(MEDIA),
    "loaders": [name for name in loaders.LOADERS if name != "floor"],
}
USUAL = {**CHOICES, "media": ["q35-cd", "pc-cd"]}
UEFI_CHOICES = {
    "sizes": list(SIZES),
    "media": list(UEFI),
    "loaders": [name for name in loaders_efi.LOADERS if name != "floor"],
}
UEFI_USUAL = {**UEFI_CHOICES, "sizes": ["tiny", "16"]}
GRUB_PACKAGES = {"i386-pc": "grub-pc-bin", "x86_64-efi": "grub-efi-amd64-bin"}

OPTIONS = (
    Option("--sizes", "LIST", "payloads in MiB: some of " + ",".join(CHOICES["sizes"])),
    Option(
        "--media",
        "LIST",
        "what it boots from: some of "
        + ",".join(CHOICES["media"])
        + " (the first two);\nwith --uefi: "
        + ",".join(UEFI_CHOICES["media"]),
    ),
    Option("--loaders", "LIST", "some of " + ",".join(CHOICES["loaders"])),
    Option(
        "--limine",
        "FOLDER",
        "also measures Limine, from its files in this folder:\n"
        "limine-bios-cd.bin and limine-bios.sys, or BOOTX64.EFI",
    ),
    Option(
        "--uefi",
        "",
        "measures BOOTX64.EFI and GRUB's UEFI loader instead, from entry on",
    ),
    Option("--repeats", "N", "runs timed by the wall clock; their median counts (5; 0: none)"),
    Option("--day", "", "measures a user's wait instead: one file changed, run, first output"),
    Option(
        "--tests",
        "COUNT",
        "measures COUNT cargo tests instead, with and without a disc",
    ),
    Option("--ways", "", "measures boots without a disc instead: -kernel, PVH, an option ROM"),
    Option("--json", "FILE", "also writes the figures to FILE"),
    Option("--keep", "", "leaves the images in build/bench"),
)

COMMAND = Command(
    "bench",
    """
Measures how long Longjump takes to start a kernel, compared with Syslinux's mboot.c32 and GRUB 2
with the same payload. A loader's share is the time from the end of the BIOS to the kernel's first
instruction, in a guest whose clock counts instructions: 1 ms is a million of them. The floor is a
boot sector that only reads and copies the payload. Large payloads are put into .text, .rodata and
.data in turn, and the slowest counts. Separate runs time all of QEMU by the wall clock. Most of
that time goes into translating code that runs once, so the blocks that QEMU translates are counted,
also for a module that does nothing. All of this takes a few minutes.

With --uefi, the share begins at the entry of BOOTX64.EFI, and the floor is a UEFI program that only
reads the payload through the firmware's file system. There are no wall clock times, since they
would mostly measure the firmware.

With --day, it measures how long a user waits, by the wall clock: from `./build.sh run`, after a
change to one file of the kernel, to the kernel's first output, step by step, with and without a
disc. With --tests it measures the runner, for tests that have just been built.
""",
    OPTIONS,
    (
        "./build.sh bench",
        "./build.sh bench --sizes tiny,16 --media q35-cd --repeats 0",
        "./build.sh bench --uefi",
        "./build.sh bench --day",
        "./build.sh bench --tests 50",
    ),
)


def bench(given):
    """Measures what these words ask for and prints it; fails if a boot has failed."""
    choices, usual = (UEFI_CHOICES, UEFI_USUAL) if given.uefi else (CHOICES, USUAL)
    picked = {name: pick(name, getattr(given, name), choices, usual) for name in choices}
    repeats = "5" if given.repeats is None else given.repeats
    if not repeats.isdecimal():
        raise Stop(f"bench: --repeats must be a number, not {repeats}", 2)
    groups = ["build", "image", "run", *(["uefi"] if given.uefi else [])]
    need(*groups, install=not given.no_install)
    if given.ways:
        return measure_ways([SIZES[name] for name in picked["sizes"]] if given.sizes else None)
    if given.tests is not None:
        return measure_tests(given.tests, given.json)
    if given.day:
        return measure_day(max(1, int(repeats)), given.json)
    packers = packers_of(picked["loaders"], given)
    work = Bench(packers, picked["media"], 0 if given.uefi else int(repeats), given.keep)
    try:
        for name in picked["sizes"]:
            work.size(SIZES[name])
    finally:
        if not given.keep:
            shutil.rmtree(FOLDER, ignore_errors=True)
    if given.json:
        figures = {"results": work.results, "targets": report.targets(work.results)}
        write_json(given.json, figures)
    report.show(work.results, picked["media"], [SIZES[name] for name in picked["sizes"]])
    return 1 if work.failures else 0


def packers_of(names, given):
    """The packers for the floor and for these loaders: name -> function. Builds and installs what
    they need."""
    known = loaders_efi if given.uefi else loaders
    if "grub" in names:
        need_grub(known.GRUB, not given.no_install)
    if "longjump" in names:
        make("build/longjump.c32")
    if given.uefi:
        make(*PROGRAMS)
    packers = {name: known.LOADERS[name] for name in ["floor", *names]}
    if given.limine:
        packers["limine"] = functools.partial(known.limine, Path(given.limine))
    return packers


def write_json(path, figures):
    """Writes figures by their names to the file that --json names."""
    with open(path, "w", encoding="ascii") as file:
        json.dump(figures, file, indent=2)


def measure_ways(sizes):
    """Measures and prints boots without a disc; returns 0."""
    sizes = sizes or [SIZES["tiny"], SIZES["16"]]
    make("build/longjump.elf", "build/longjump.rom")
    ways.show(ways.measure(sizes), sizes)
    return 0


def measure_tests(count, file):
    """Measures and prints what the tests of a project take; returns 0."""
    if not count.isdecimal() or not int(count):
        raise Stop(f"bench: --tests must be a number of tests, not {count}", 2)
    make("build/longjump.elf", "build/longjump.c32", "build/check", "build/postmortem")
    found = suite.measure(int(count))
    if file:
        write_json(file, suite.sums(found))
    suite.show(found)
    return 0


def measure_day(repeats, file):
    """Measures and prints how long a user waits; returns 0."""
    runs = day.measure(repeats)
    found = {way: day.medians(runs[way], steps) for way, (_words, steps) in day.WAYS.items()}
    if file:
        told = {"steps": found["disc"], "ours": day.ours(found["disc"]),
                "direct": found["direct"], "share": day.share(found)}  # fmt: skip
        write_json(file, told)
    day.show_both(found)
    return 0


def pick(name, words, choices, usual):
    """The names that an option lists, checked; without the option, the usual ones."""
    if words is None:
        return usual[name]
    for word in words.split(","):
        if word not in choices[name]:
            raise Stop(f'bench: --{name}: "{word}" is not one of {", ".join(choices[name])}', 2)
    return [known for known in choices[name] if known in words.split(",")]


def need_grub(folder, install):
    """Installs GRUB's files for this folder, if possible; stops if they are missing."""
    command = 'source "$1"; [[ $EUID == 0 ]] && has apt-get && packages_install $2'
    packages = f"{GRUB_PACKAGES[folder.name]} grub-common"

    def there():
        return shutil.which("grub-mkimage") and folder.is_dir()

    if not there() and install:
        Voice.show(["need.sh", packages])
        script = ROOT / "commands/lib/need.sh"
        subprocess.run(["bash", "-c", command, "-", script, packages], check=False)
    if not there():
        raise Stop(
            f"bench: there is no GRUB for {folder.name} here: install {packages},"
            " or leave it out with --loaders longjump"
        )


if __name__ == "__main__":
    start(lambda words: bench(COMMAND.read(words)))
