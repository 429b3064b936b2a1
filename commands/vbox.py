#!/usr/bin/env python3
# vbox - boots the image in VirtualBox
"""The command `vbox`: creates a VM in VirtualBox, starts it, and reports how it ended."""

import os
import re
import sys
import time
from pathlib import Path

from image import OPTIONS, image, read_config
from lib.checking import words_of
from lib.project import BUILD, Stop, say, shown, start
from lib.symbols import place
from lib.virtualbox import (
    ENDED,
    VirtualBox,
    append_new,
    boot_failure,
    meditation,
    reasons_in,
)
from lib.words import Option, Command

COMMAND = Command(
    "vbox",
    """
Makes the image, and boots it in VirtualBox, in a VM named longjump. The VM has a BIOS (or UEFI,
with --efi), 256 MiB of memory, 16 MiB of video memory, the image in a DVD drive, a clock set to
UTC, and a serial port, whose output is printed here. The screen size of -video= is added to those
of VirtualBox's BIOS (CustomVideoMode1), or set before its UEFI starts the loader
(EfiGraphicsResolution). If the VM exists, it is switched off and its settings are reset; a VM that
Longjump did not make is not touched. Ctrl-C ends the VM.

Ends with status 0 if the machine was switched off or its window was closed; with 1 if VirtualBox
stopped it ("guru meditation": usually a triple fault); with 130 after Ctrl-C.
""",
    (
        *OPTIONS,
        Option("--memory", "SIZE", "the machine's memory, such as 64M or 4G (256M)"),
        Option("--cpus", "NUMBER", "the number of CPUs (1)"),
        Option("--efi", "", "the machine has UEFI instead of a BIOS"),
        Option("--headless", "", "opens no window; the default where there is no display"),
        Option("--name", "NAME", "the name of the VM (longjump)"),
        Option("--remove", "", "deletes the VM, and does nothing else"),
    ),
    (
        "./build.sh vbox",
        "./build.sh vbox --kernel my.elf --headless",
        "./build.sh vbox --remove",
    ),
)

POLL = 0.5  # seconds between polls of the machine
LEAST_MEMORY = 8  # MiB that a BIOS and Syslinux need
MOST_CPUS = 64  # of a machine in VirtualBox
QUIET = 10.0  # seconds without output, after which the log is read


def vbox(given):
    """Boots the image that these words ask for, in VirtualBox; returns the status."""
    name, memory = given.name or "longjump", mebibytes(given.memory or "256M")
    cpus = number_of_cpus(given.cpus or "1")
    if not re.fullmatch(r"\w[\w .-]*", name):
        raise Stop(f'vbox: --name: "{name}" cannot be the name of a VM', 2)
    machine = VirtualBox(name)
    if given.remove:
        return remove(machine)
    disc = image(given)
    folder = BUILD / "vbox"
    folder.mkdir(parents=True, exist_ok=True)
    serial = folder / f"{name}.log"
    machine.make(memory, cpus, screen_of(read_config(given)), disc, serial, given.efi)
    serial.unlink(missing_ok=True)  # of the last run
    headless = given.headless or not (os.environ.keys() & {"DISPLAY", "WAYLAND_DISPLAY"})
    say(f"  boot     {shown(disc)} in VirtualBox; Ctrl-C to end")
    machine.start(headless)
    try:
        state = follow(machine, serial)
    except KeyboardInterrupt:
        machine.halt()
        say("\nended by Ctrl-C")
        return 130
    return tell_end(machine, state, headless, Path(given.kernel or BUILD / "kernel.elf"))


def mebibytes(text):
    """A size of memory, in MiB."""
    found = re.fullmatch(r"(\d+)([MG]?)", text)
    if not found or int(found.group(1)) == 0:
        raise Stop(f'vbox: --memory must be a size such as 64M or 4G, not "{text}"', 2)
    size = int(found.group(1)) * (1024 if found.group(2) == "G" else 1)
    if size < LEAST_MEMORY:
        raise Stop(f"vbox: --memory {text}: the loader needs {LEAST_MEMORY}M or more", 2)
    return size


def number_of_cpus(text):
    if not re.fullmatch(r"[0-9]{1,2}", text) or not 1 <= int(text) <= MOST_CPUS:
        raise Stop(f'vbox: --cpus must be a number from 1 to {MOST_CPUS}, not "{text}"', 2)
    return int(text)


def screen_of(config):
    """Width and height that -video= asks for; None if it names none."""
    words = words_of(config.kernel, config.append, config.options, config.modules)
    asked = [re.match(r"-video=(\d{1,5})x(\d{1,5})(?!\d)", word) for word in words]
    sizes = [(int(size.group(1)), int(size.group(2))) for size in asked if size]
    return sizes[-1] if sizes else None


def remove(machine):
    """Deletes a VM; returns 0."""
    if machine.exists():
        machine.remove()
        say(f'the virtual machine "{machine.name}" is removed')
    else:
        say(f'there is no virtual machine "{machine.name}"')
    return 0


def follow(machine, serial):
    """Shows what comes from the serial port until the machine has ended; returns how."""
    heard, since, is_told = 0, time.monotonic(), False
    while True:
        state = machine.state()
        before, heard = heard, append_new(serial, heard, sys.stdout.buffer)
        if state in ENDED:
            return state
        since = time.monotonic() if heard > before else since
        if not is_told and time.monotonic() - since > QUIET:
            is_told = True
            tell_silence(machine, heard)
        time.sleep(POLL)


def tell_silence(machine, heard):
    """Prints a line about a machine without output."""
    code = boot_failure(machine.log())
    if code and not heard:
        say(f"VirtualBox's BIOS does not boot the disc; it gives the code {code}")
    else:
        say(f"no output for {QUIET:.0f} seconds; Ctrl-C ends it")


def tell_end(machine, state, headless, kernel):
    """Prints how a machine ended; returns the status."""
    ends = {"poweroff": "switched off", "saved": "saved as it is", "teleported": "moved away"}
    if state in ends:
        say(f"the machine was {ends[state]}")
        return 0
    if state.startswith("aborted"):
        say("VirtualBox itself has failed; its log may say why: VBoxManage showvminfo")
        return 1
    tell_meditation(meditation(machine.log()), kernel)
    if headless:
        machine.halt()
    return 1


def tell_meditation(why, kernel):
    """Prints why VirtualBox stopped the machine, and where."""
    where = "" if why.at is None else f" at RIP {why.at:#x}{place(kernel, why.at)}"
    if why.name == "VINF_EM_TRIPLE_FAULT":
        say(f"the machine reset: a triple fault{where}")
    else:
        say(f"VirtualBox stopped the machine{where}: {why.name or 'its log does not say why'}")
    if why.instruction:
        say(f"the instruction there is: {why.instruction}")
    if why.name == "VINF_EM_TRIPLE_FAULT":
        say("an exception came, and no handler for it could run; ./build.sh run explains more")
    for reason in reasons_in(why.name):
        say(reason)
    if why.failed:
        say(f"the check that failed in VirtualBox: {why.failed}")


if __name__ == "__main__":
    start(lambda words: vbox(COMMAND.read(words)))
