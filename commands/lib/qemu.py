"""qemu.py - watches QEMU over QMP, and finds out what happened to the machine.

Knows QEMU and the x86's registers; knows nothing of images or of the command line.
"""

import json
import re
import select
import time
from _socket import socketpair  # module socket makes enums of 300 constants, which takes 2 ms

from lib.pattern import Pattern
from lib.record import dataclass

PATIENCE = 60  # seconds after which a QEMU that does not answer counts as hung
HURRY = 5  # the same, once nobody waits for the answer
GLANCE = 0.5  # seconds between checks whether somebody still waits for the answer
REGISTER = Pattern(r"\b([A-Z0-9]{2,5}) ?=([0-9a-f]{1,16})\b")
INTERRUPTS = 0x200  # RFLAGS.IF, Intel SDM volume 1, 3.4.3
PROTECTED = 1  # CR0.PE, Intel SDM volume 3A, 2.5


def with_one_dash(words):
    """The words with which QEMU is started, for comparison: it also accepts --option."""
    return ["-" + word.lstrip("-") if word.startswith("--") else word for word in words]


class Gone(Exception):
    """QEMU has closed the connection: it is ending."""


class Qmp:
    """A QMP connection over a socket that QEMU inherits; events are kept until asked for."""

    def __init__(self):
        self.line, self.qemus_end = socketpair()
        self.events = []
        self.is_lost = False  # QEMU runs, but does not answer
        self.is_awaited = lambda: True  # asked while an answer is waited for: somebody wants it
        self.meanwhile = {}  # descriptors to be read while we wait -> functions that read them
        self._input = []  # pieces of a line that is not whole
        self._replies = []

    def arguments(self):
        """QEMU's arguments to use its end of the connection."""
        number = self.qemus_end.fileno()
        return ["-chardev", f"socket,id=watch,fd={number}", "-mon", "chardev=watch,mode=control"]

    def open(self, is_awaited=None):
        """Negotiates, after QEMU was started; raises Gone if it did not come up. QEMU may itself
        wait for a connection to one of its ports: we wait for it as long as is_awaited()."""
        self.qemus_end.close()
        self._send("qmp_capabilities", {})
        self._answer(is_awaited or self._patient())

    def command(self, name, **arguments):
        """Carries out a command; returns its answer, or None if QEMU refused it."""
        return self.ask(name, **arguments).get("return")

    def ask(self, name, **arguments):
        """Carries out a command; returns QEMU's reply as it is, an error if it refused."""
        self._send(name, arguments)
        return self._answer(self._patient())

    def _patient(self):
        """A function that returns whether to keep waiting for an answer."""
        began = time.monotonic()
        return lambda: time.monotonic() - began < (PATIENCE if self.is_awaited() else HURRY)

    def _send(self, name, arguments):
        request = {"execute": name, "arguments": arguments}
        try:
            self.line.sendall(json.dumps(request).encode() + b"\n")
        except OSError:
            raise Gone from None

    def _answer(self, is_awaited):
        while not self._replies:
            if not is_awaited():
                self.is_lost = True
                raise Gone
            self.take(GLANCE)
        return self._replies.pop(0)

    def wait(self, seconds):
        """Waits for events, for at most this long; returns them."""
        if not self.events:
            self.take(seconds)
        events, self.events = self.events, []
        return events

    def take(self, seconds):
        """Reads what comes first, on this connection or on a descriptor of `meanwhile`, if it comes
        in this time."""
        ready = select.select([self.line, *self.meanwhile], [], [], seconds)[0]
        for number in ready:
            if number is not self.line:
                self.meanwhile[number]()
        if self.line not in ready:
            return
        try:
            data = self.line.recv(65536)
        except OSError:
            data = b""
        if not data:
            raise Gone
        for line in self._lines(data):
            message = message_in(line)
            if "event" in message:
                self.events.append(message)
            elif "QMP" not in message:
                self._replies.append(message)

    def _lines(self, data):
        """The lines that are complete with these bytes."""
        *lines, rest = data.split(b"\n")
        if lines:
            lines[0] = b"".join([*self._input, lines[0]])
            self._input = []
        self._input.append(rest)
        return [line for line in lines if line.strip()]


def message_in(line):
    """The message in a line of QMP; an event gets a "data" field. Raises Gone if it is not QMP."""
    try:
        message = json.loads(line)
    except (ValueError, RecursionError):
        raise Gone from None
    if not isinstance(message, dict) or not isinstance(message.setdefault("data", {}), dict):
        raise Gone
    return message


@dataclass(frozen=True)
class Cpu:
    """The state of a CPU."""

    at: int  # RIP
    flags: int
    halted: bool
    fault: int  # CR2
    tables: int  # CR3
    number: int  # QEMU's
    is_64_bit: bool = False  # it runs 64-bit code
    segment: int = -1  # CS, in real mode

    @property
    def dead(self):
        """Whether it is halted with interrupts disabled."""
        return self.halted and not self.flags & INTERRUPTS


def read_cpus(qmp):
    """The state of all CPUs."""
    text = qmp.command("human-monitor-command", **{"command-line": "info registers -a"})
    return cpus_in(text) if isinstance(text, str) else []


def cpus_in(text):
    """The CPUs whose registers a text shows."""
    cpus = []
    for part in re.split(r"CPU#\d+", text):
        found = dict(REGISTER.findall(part))
        if "HLT" in found:
            is_real = not int(found.get("CR0", "1"), 16) & PROTECTED
            cpus.append(
                Cpu(
                    at=int(found.get("RIP") or found.get("EIP", "0"), 16),
                    flags=int(found.get("RFL") or found.get("EFL", "0"), 16),
                    halted=found["HLT"] == "1",
                    fault=int(found.get("CR2", "0"), 16),
                    tables=int(found.get("CR3", "0"), 16),
                    number=len(cpus),
                    is_64_bit="RIP" in found,
                    segment=int(found["CS"], 16) if is_real and "CS" in found else -1,
                )
            )
    return cpus


class Patience:
    """Measures for how many seconds something has not changed."""

    def __init__(self):
        self._what = None
        self._since = time.monotonic()

    def lasted(self, what):
        """Seconds for which `what` has been the same until now."""
        if what != self._what:
            self._what, self._since = what, time.monotonic()
        return time.monotonic() - self._since
