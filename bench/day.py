"""day.py - measures what a user waits for all day: from a changed file of the kernel to its _start.

Watches an ordinary `./build.sh run`, with a disc and without, through its output and the debug port
of SeaBIOS, and notes when each message arrives. Knows those messages; knows nothing of how anything
is built.
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
from typing import Dict, List, Tuple

from lib.project import BUILD, ROOT, Stop, say

LIMIT = 120  # seconds
FLAVOURS = {"com32", "kernel32", "uefi", "resident", "plain", "kernel"}  # what images are made of
BAR = 40  # characters
TARGET = 1.0  # seconds that are Longjump's
PART = 0.5  # of the disc's time, without one


@dataclass(frozen=True)
class Step:
    """A part of the wait: it ends when a text has come, on stdout or from the BIOS."""

    name: str
    end: bytes
    is_ours: bool = True
    is_bios: bool = False


MADE = (
    Step("look what changed", b"  compile"),
    Step("compile", b"  link"),
    Step("link and check", b"  pack"),
)
QEMU = Step("QEMU", b"\n", is_ours=False, is_bios=True)
STEPS = (
    *MADE,
    Step("package", b" is ready"),
    Step("look for QEMU", b"  boot"),
    QEMU,
    Step("firmware", b"Booting from 0000:7c00", is_ours=False, is_bios=True),
    Step("ISOLINUX", b"\nLongjump "),
    Step("loader", b"\nHello"),
)
DIRECT_STEPS = (
    *MADE,
    Step("package and look for QEMU", b"  boot"),
    QEMU,
    Step("firmware", b"Booting from ROM", is_ours=False, is_bios=True),
    Step("QEMU's ROM", b"\nLongjump "),
    Step("loader", b"\nHello"),
)
# words for run, and its steps
WAYS: Dict[str, Tuple[List[str], Tuple[Step, ...]]] = {
    "disc": ([], STEPS),
    "direct": (["--direct"], DIRECT_STEPS),
}


def copy_built(folder):
    """Copies the project, with what is compiled for images, so that it does not have to be
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
    """Returns the seconds that each step took, of each run: way -> runs. Works in a copy of the
    project, and changes a file before each run."""
    with tempfile.TemporaryDirectory(prefix="day.", dir=BUILD) as folder:
        copy = Path(folder) / "longjump"
        copy_built(copy)
        runs = {way: [] for way in WAYS}
        for number in range(repeats + 1):
            for way, those in runs.items():
                with open(copy / "kernel/main.c", "a", encoding="utf-8") as file:
                    file.write(f"const char changed_{way}_{number}[] = {{ {number + 1}, 0 }};\n")
                which = f"{number} of {repeats}" if number else "the first, which does not count"
                say(f"  run      {which}, {way}")
                those.append(one_run(copy, way))
        return {way: those[1:] for way, those in runs.items()}


def one_run(copy, way):
    """Returns the seconds that each step of one run took."""
    words, steps = WAYS[way]
    with socket.socket(socket.AF_UNIX) as listener, tempfile.TemporaryDirectory() as folder:
        listener.bind(f"{folder}/bios")
        listener.listen()
        command = [copy / "build.sh", "--no-install", "run", *words, "--", "-display", "none",
                   "-chardev", f"socket,id=bios,path={folder}/bios",
                   "-device", "isa-debugcon,iobase=0x402,chardev=bios"]  # fmt: skip
        begin = time.monotonic()
        with subprocess.Popen(command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                              stderr=subprocess.STDOUT) as running:  # fmt: skip
            try:
                ends = follow(running.stdout.fileno(), listener, begin, steps)
            finally:
                running.send_signal(signal.SIGINT)
                running.stdout.close()
    return [after - before for before, after in zip([begin, *ends], ends)]


def follow(said, listener, begin, steps):
    """Returns when each step ended."""
    ends, texts, waiting = [], {False: b"", True: b""}, list(steps)
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


def medians(runs, steps=STEPS):
    """The median of each step: name -> seconds."""
    return {step.name: statistics.median(times) for step, times in zip(steps, zip(*runs))}


def ours(figures, steps=STEPS):
    """The seconds that are Longjump's and Syslinux's, not QEMU's and its firmware's."""
    return sum(figures[step.name] for step in steps if step.is_ours)


def show(figures, steps=STEPS):
    """Prints each step as a bar, and what it amounts to."""
    total, longest = sum(figures.values()), max(figures.values())
    for step in steps:
        seconds = figures[step.name]
        bar = ("#" if step.is_ours else "-") * max(1, round(BAR * seconds / longest))
        say(f"  {step.name:<26} {seconds:6.3f}  {bar}")
    say(f"  {'all':<26} {total:6.3f}")


def show_both(found):
    """Prints both ways, and holds them against the targets; `found`: way -> figures."""
    for way, (_words, steps) in WAYS.items():
        say(f"\nFrom a changed file of the kernel to its output, {way}, in seconds")
        show(found[way], steps)
    disc, part = ours(found["disc"]), share(found)
    say(
        f"\nours (#), from a disc  {disc:.3f}; the target, below {TARGET:.0f}, {met(disc < TARGET)}"
    )
    say(f"direct / disc, all     {part:.3f}; the target, at most {PART}, {met(part <= PART)}")


def share(found):
    """The part of the disc's time that it takes without one."""
    return sum(found["direct"].values()) / sum(found["disc"].values())


def met(is_met):
    return "is met" if is_met else "is missed"
