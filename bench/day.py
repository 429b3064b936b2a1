"""day.py - measures what a user waits for all day: from a changed file of the kernel to its _start.

Listens to one ordinary `./build.sh run`, to what it says and to the debug port of SeaBIOS, and
notes when each word comes. Knows those words; knows nothing of how anything is built.
"""

import os
import selectors
import shutil
import signal
import socket
import statistics
import subprocess
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path

from lib.project import BUILD, ROOT, Stop, say

LIMIT = 120  # seconds
FLAVOURS = {"com32", "uefi", "resident", "plain", "kernel"}  # in build/obj: what an image needs
BAR = 40  # characters
TARGET = 1.0  # seconds of ours


@dataclass(frozen=True)
class Step:
    """A part of the wait: it ends when a text has come, on stdout or from the BIOS."""

    name: str
    end: bytes
    is_ours: bool = True
    is_bios: bool = False


STEPS = (
    Step("look what changed", b"  compile"),
    Step("compile", b"  link"),
    Step("link and check", b"  pack"),
    Step("package", b" is made"),
    Step("look for QEMU", b"  boot"),
    Step("QEMU", b"\n", is_ours=False, is_bios=True),
    Step("firmware", b"Booting from 0000:7c00", is_ours=False, is_bios=True),
    Step("ISOLINUX", b"\nLongjump "),
    Step("loader", b"\nHello"),
)


def copy_built(folder):
    """Lays down a copy of the project, with what is compiled for images, so that it need not be
    compiled again."""

    def left_out(path, names):
        if Path(path) == ROOT / "build":
            files = {name for name in names if (ROOT / "build" / name).is_file()}
            return {name for name in names if name.endswith(".iso") or name not in files | {"obj"}}
        if Path(path) == ROOT / "build/obj":
            return set(names) - FLAVOURS
        return {".git", "__pycache__"} & set(names)

    shutil.copytree(ROOT, folder, ignore=left_out, symlinks=True)


def measure(repeats):
    """Returns the seconds that each step took, of each run. Works in a copy of the project."""
    with tempfile.TemporaryDirectory(prefix="day.", dir=BUILD) as folder:
        copy = Path(folder) / "longjump"
        copy_built(copy)
        runs = []
        for number in range(repeats + 1):
            with open(copy / "kernel/main.c", "a", encoding="utf-8") as file:
                file.write(f"const char changed_{number}[] = {{ {number + 1}, 0 }};\n")
            which = f"{number} of {repeats}" if number else "the first, which does not count"
            say(f"  run      {which}")
            runs.append(one_run(copy))
        return runs[1:]


def one_run(copy):
    """Returns the seconds that each step of one run took."""
    with socket.socket(socket.AF_UNIX) as listener, tempfile.TemporaryDirectory() as folder:
        listener.bind(f"{folder}/bios")
        listener.listen()
        command = [copy / "build.sh", "--no-install", "run", "--", "-display", "none",
                   "-chardev", f"socket,id=bios,path={folder}/bios",
                   "-device", "isa-debugcon,iobase=0x402,chardev=bios"]  # fmt: skip
        begin = time.monotonic()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as running:  # fmt: skip
            try:
                ends = follow(running.stdout.fileno(), listener, begin)
            finally:
                running.send_signal(signal.SIGINT)
                running.stdout.close()
    return [after - before for before, after in zip([begin, *ends], ends)]


def follow(said, listener, begin):
    """Returns when each step ended."""
    ends, texts, waiting = [], {False: b"", True: b""}, list(STEPS)
    with selectors.DefaultSelector() as selector:
        selector.register(said, selectors.EVENT_READ, False)
        selector.register(listener, selectors.EVENT_READ, None)
        while waiting:
            left = begin + LIMIT - time.monotonic()
            for key, _ in selector.select(max(left, 0)):
                if key.data is None:
                    bios, _address = listener.accept()
                    selector.register(bios, selectors.EVENT_READ, True)
                    continue
                data = os.read(key.fd, 65536)
                texts[key.data] += data
                if not data and not key.data or left < 0:
                    break
            else:
                now = time.monotonic()
                while waiting and waiting[0].end in texts[waiting[0].is_bios]:
                    ends.append(now)
                    waiting.pop(0)
                if left > 0:
                    continue
            raise Stop(f"bench: the step \"{waiting[0].name}\" has not ended:\n"
                       + texts[False].decode("utf-8", "replace"))  # fmt: skip
    return ends


def medians(runs):
    """The median of each step: name -> seconds."""
    return {step.name: statistics.median(times) for step, times in zip(STEPS, zip(*runs))}


def ours(figures):
    """The seconds that are Longjump's and Syslinux's, not QEMU's and its firmware's."""
    return sum(figures[step.name] for step in STEPS if step.is_ours)


def show(figures):
    """Prints each step as a bar, and what it amounts to."""
    total, longest = sum(figures.values()), max(figures.values())
    say("\nFrom a changed file of the kernel to its _start, in seconds")
    for step in STEPS:
        seconds = figures[step.name]
        bar = ("#" if step.is_ours else "-") * max(1, round(BAR * seconds / longest))
        say(f"  {step.name:<18} {seconds:6.3f}  {bar}")
    say(f"  {'all':<18} {total:6.3f}")
    verdict = "met" if ours(figures) < TARGET else "missed"
    say(f"  {'ours (#)':<18} {ours(figures):6.3f}  the target, below {TARGET:.0f} s, is {verdict}")
