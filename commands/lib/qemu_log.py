"""qemu_log.py - the end of QEMU's log of interrupts and exceptions, and what it means.

QEMU writes into a pipe, of which only the end is kept. An entry has all registers and takes QEMU
about 30 microseconds, so logging would slow down a machine with many interrupts: if more than ROOM
bytes come at once, or more than PACE per second, the log pauses for a while. Knows the log's format
(QEMU's target/i386/tcg); knows nothing of the process.
"""

import os
import re
import time
from collections import deque

from lib.pattern import Pattern
from lib.record import dataclass

MASKS = "int,cpu_reset"  # interrupts; and resets, which show a triple fault
FEWER = "cpu_reset"
KEPT = 1 << 16  # bytes of the end that are kept: as many as a pipe holds
ROOM = 1 << 17  # bytes that may come at once
BATCH = 0.005  # seconds, in which less comes than a pipe holds
REST = 2.0  # seconds without a log, after it was too much
STORM = 50  # faults of one instruction, after which it is assumed to fault for ever
EXCEPTIONS = 32  # the vectors below this
PACE = 3 << 16  # bytes per second that may keep coming: a timer of 100 Hz makes 150,000

ENTRY = Pattern(
    r"^ *[0-9]+: v=(?P<vector>[0-9a-f]{2}) e=(?P<code>[0-9a-f]{4}) i=(?P<soft>[01])"
    r" cpl=(?P<level>[0-3]) IP=[0-9a-f]{4}:(?P<at>[0-9a-f]{1,16}) "
)
ADDRESS = Pattern(r" CR2=([0-9a-f]{1,16})(?= |$)")


@dataclass(frozen=True)
class Entry:
    """An interrupt or exception that the CPU began to deliver."""

    vector: int
    code: int
    at: int  # RIP
    address: int = 0  # CR2, of a page fault
    is_software: bool = False
    is_external: bool = False
    level: int = 0  # CPL


def entries_in(lines):
    """The entries in lines of a log."""
    serviced = ""
    for line in lines:
        found = ENTRY.match(line)
        if found:
            address = ADDRESS.search(line.rstrip(), found.end() - 1)
            vector, code, at = (int(found[name], 16) for name in ("vector", "code", "at"))
            cr2 = int(address[1], 16) if address else 0
            is_software = found["soft"] == "1"
            is_external = serviced == f"Servicing hardware INT=0x{vector:02x}" and not is_software
            yield Entry(vector, code, at, cr2, is_software, is_external, int(found["level"]))
        serviced = line.rstrip()


def states_in(text):
    """The entries in a log, each with the lines that show the CPU's state."""
    begins = [match.start() for match in re.finditer(ENTRY.pattern, text, re.M)]
    for begin, end in zip(begins, [*begins[1:], len(text)]):
        before = text.rfind("\n", 0, max(begin - 1, 0)) + 1
        yield next(entries_in(text[before:end].split("\n"))), text[begin:end]


class QemuLog:
    """A pipe that QEMU inherits, and the last output that came through it."""

    def __init__(self, masks=""):
        """`masks` is what is logged at first, if not MASKS."""
        self._masks = masks
        self._ear, self.qemus_end = (
            open(end, mode, 0) for end, mode in zip(os.pipe(), ("rb", "wb"))
        )
        os.set_blocking(self._ear.fileno(), False)
        self._name = f"/proc/self/fd/{self.qemus_end.fileno()}"
        self._kept = bytearray()
        self._rest = b""  # of a line that is not complete yet
        self._led = deque(maxlen=8)  # the last entries; of several at one instruction, the first
        self._times = 0  # how many entries there were at the last instruction
        self._room, self._since = float(ROOM), time.monotonic()
        self._rests_until = 0.0

    def fileno(self):
        return self._ear.fileno()

    def arguments(self):
        """QEMU's arguments for logging here."""
        return ["-d", self._masks or MASKS, "-D", self._name]

    def read(self):
        """Reads what has come, up to the allowance. A full pipe would block the machine. QEMU
        writes line by line; waiting for a moment saves waking up for each."""
        if self._take():
            time.sleep(BATCH)
            self._take()

    def _take(self):
        """Reads what is in the pipe, and returns it."""
        now = time.monotonic()
        self._room = min(self._room + (now - self._since) * PACE, ROOM)
        self._since = now
        data = b"" if self._ear.closed else self._ear.read(KEPT) or b""
        self._kept += data
        del self._kept[:-KEPT]
        self._count(data)
        self._room -= len(data)
        return data

    def _count(self, data):
        """Counts how often in a row the same instruction was interrupted."""
        whole, _, self._rest = (self._rest + data).rpartition(b"\n")
        for entry in entries_in(whole.decode("latin-1").split("\n")):
            if self._led and entry.at == self._led[-1].at:
                self._times += 1
            else:
                self._led.append(entry)
                self._times = 1

    def before_storm(self, own):
        """If one instruction faults again and again: the last entry that is not in this range of
        addresses. Otherwise None."""
        if self._times < STORM or self._led[-1].vector >= EXCEPTIONS:
            return None
        return next((entry for entry in reversed(self._led) if entry.at not in own), None)

    def forgive(self):
        """Resets the allowance of bytes that may come at once."""
        self._room, self._rests_until = float(ROOM), time.monotonic() + REST

    @property
    def is_too_much(self):
        return self._room < 0

    @property
    def has_rested(self):
        """Since the last forgive()."""
        return time.monotonic() >= self._rests_until

    def close(self):
        """Reads the rest; after this, QEMU's writes fail."""
        self._take()
        self._ear.close()

    def text(self):
        """The end of the log. A stopped machine has written all of it."""
        self._take()
        return self._kept.decode("latin-1")
