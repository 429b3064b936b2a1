"""machine.py - boots an image in QEMU and returns the guest's figures, or how long it took.

Knows QEMU; knows nothing of loaders. There are three kinds of run: with a listener on port 0xE9 and
one nanosecond per instruction, so that the guest's clock counts instructions; without one, for
wall-clock time, where the kernel ends the machine as soon as it is reached; and one that continues
then, so that QEMU can be asked how much code it has translated.
"""

import contextlib
import re
import struct
import subprocess
import tempfile
import time
from pathlib import Path

from lib.project import BUILD, Stop
from lib.qemu import Gone, Qmp

ENDED_WELL = 16 << 1 | 1  # isa-debug-exit's status for SUCCESS in kernel.c and floor.asm
LIMIT = 120  # seconds

MEDIA = {
    "q35-cd": ("-M", "q35", "-cdrom"),  # AHCI
    "pc-cd": ("-M", "pc", "-cdrom"),  # IDE
    "pc-hd": ("-M", "pc", "-snapshot", "-hda"),  # IDE
}
DIRECT = {  # without a disc (ways.py)
    "-kernel": ("-M", "pc", "-kernel"),
    "-kernel, q35": ("-M", "q35", "-kernel"),
    "-kernel, PVH": ("-M", "pc", "-kernel"),
    "microvm, from reset": ("-M", "microvm", "-kernel"),
    "option ROM": ("-M", "pc", "-option-rom", f"{BUILD}/longjump.rom,bootindex=0", "-fw_cfg"),
}
UEFI = {  # firmware.py
    "uefi-hd": ("-M", "q35", "-snapshot", "-hda"),  # AHCI
    "uefi-cd": ("-M", "q35", "-cdrom"),
}
COMMON = (
    "qemu-system-x86_64 -m 512 -display none -nic none -serial null -monitor none -no-reboot"
).split()
EXIT = ("-device", "isa-debug-exit,iobase=0xf4,iosize=4")
COUNTED = ("-accel", "tcg", "-icount", "shift=0,sleep=off")
PLAIN = ("-accel", "tcg")


def boot(medium, image, *arguments):
    """Runs one machine to its end and returns the seconds it took."""
    command = [*COMMON, *EXIT, *arguments, *{**MEDIA, **DIRECT, **UEFI}[medium], str(image)]
    begin = time.perf_counter()
    try:
        done = subprocess.run(
            command,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.PIPE,
            timeout=LIMIT,
        )
    except subprocess.TimeoutExpired:
        raise Stop(f"did not end within {LIMIT} s: {' '.join(command)}") from None
    if done.returncode != ENDED_WELL:
        raise Stop(
            f"ended with status {done.returncode}, not {ENDED_WELL}: "
            f"{' '.join(command)}\n{done.stderr.decode()}"
        )
    return time.perf_counter() - begin


def counted(medium, image, *arguments):
    """Boots with a listener and returns the numbers that the guest told."""
    with tempfile.TemporaryDirectory() as folder:
        told = Path(folder) / "told"
        boot(medium, image, *COUNTED, "-debugcon", f"file:{told}", *arguments)
        data = told.read_bytes()
    return struct.unpack(f"<{len(data) // 8}Q", data[: len(data) // 8 * 8])


def timed(medium, image):
    """Boots without a listener and returns the seconds of the whole process."""
    return boot(medium, image, *PLAIN)


def blocks(medium, image):
    """Boots without a listener and returns how many blocks of code QEMU has translated until the
    kernel wanted to end the machine: it is the same on every host, and most of what a short boot
    waits for."""
    with at_its_end(*MEDIA[medium], str(image)) as line:
        told = line.command("human-monitor-command", **{"command-line": "info jit"})
        return int(re.search(r"TB count +(\d+)", told)[1])


@contextlib.contextmanager
def at_its_end(*arguments):
    """A QMP connection to a machine without a listener that has tried to end, and is kept
    running."""
    line = Qmp()
    with tempfile.TemporaryDirectory() as folder:
        ended = Path(folder) / "ended"
        command = [*COMMON, *PLAIN, *line.arguments(), "-chardev", f"file,id=end,path={ended}",
                   "-device", "isa-debugcon,iobase=0xf4,chardev=end", *arguments]  # fmt: skip
        with subprocess.Popen(
            command, stdin=subprocess.DEVNULL, pass_fds=[line.qemus_end.fileno()]
        ) as running:
            try:
                line.open()
                wait_until("it is reached", lambda: ended.exists() and ended.stat().st_size)
                yield line
            except Gone:
                raise Stop(f"QEMU is gone: {' '.join(command)}") from None
            finally:
                running.kill()


def wait_until(what, is_so):
    """Polls until a condition holds; stops after a time limit."""
    deadline = time.monotonic() + LIMIT
    while not is_so():
        if time.monotonic() > deadline:
            raise Stop(f"waited in vain, for {LIMIT} s, until {what}")
        time.sleep(0.02)
