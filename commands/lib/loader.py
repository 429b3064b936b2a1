"""loader.py - the loader's messages to the tool that watches the machine, on a separate port.

Knows the messages (loader/x86/watcher.h); knows nothing of QEMU's process, or of how the end of a
run is reported. Anything without the token of this run is ignored. A kernel could read the token
where the loader did, so from its start until the machine is reset, only faults are accepted.
"""

import os
import re

from lib.pattern import Pattern
from lib.project import shown
from lib.record import dataclass, field

PORT, ANSWER = 0xE3, 0x4C
FILE, NAMES = "opt/longjump/token", "opt/longjump/names"
ON_DISC = "kernel.elf"  # what the kernel is called in an image
LONGEST_NAME = 96  # bytes of the user's name for a file
ALL_NAMES = 510  # bytes of all such names for the loader (KNOWN_SIZE)
LONGEST = 1 << 16  # bytes that a message may have

REFUSED = Pattern(r"^(K[0-9]{3} [^\n]*)", re.MULTILINE)


@dataclass(frozen=True)
class Message:
    """One message: its kind; for a fault, what follows it; its text."""

    kind: str
    then: str
    text: bytes

    @property
    def words(self):
        return self.text.decode("utf-8", "replace").replace("\r\n", "\n")


@dataclass
class Start:
    """What is known about a kernel at its start. Addresses are virtual, ranges half open."""

    facts: dict = field(default_factory=dict)
    screen: list = field(default_factory=list)  # rows of bytes; empty if it is not a text screen

    def number(self, name):
        return number_in(self.facts.get(name, ""))

    def range(self, name):
        begin, _, end = self.facts.get(name, "").partition("-")
        return range(number_in(begin), number_in(end))


def number_in(text):
    """A hexadecimal number of at most 64 bits; 0 if the text is not one."""
    return int(text, 16) if re.fullmatch(r"(0x)?[0-9a-fA-F]{1,16}", text) else 0


class Loader:
    """The loader's messages since it last came up."""

    def __init__(self):
        self._names = []  # "NAME=WORDS": a file's name in the image, and the user's name for it
        self.token = os.urandom(8).hex()
        self.has_spoken = False  # ever
        self._forget()
        self._head = b"\x02" + self.token.encode() + b" "
        self._input = b""

    def _forget(self):
        self.refusal = None  # Message
        self.left = ""  # what the loader did after the refusal: "prompt", "halt" or "reboot"
        self.start = None  # Start
        self.fault = None  # Message
        self._held = []  # messages after the start, which can be genuine only after a reset
        self._may_come_up = False  # there was one

    def call(self, name, path):
        """Makes messages use the user's path for a file of the image, if there is room for it."""
        words = shown(path).encode("utf-8", "replace")[-LONGEST_NAME:].decode("utf-8", "ignore")
        names = [*self._names, f"{name}={words}"]
        if words != name and len("\n".join(names).encode("utf-8", "replace")) <= ALL_NAMES:
            self._names = names

    def arguments(self, chardev):
        """QEMU's arguments that connect the loader's port to a chardev."""
        text = "\n".join(self._names).replace(",", ",,")
        known = ["-fw_cfg", f"name={NAMES},string={text}"]
        return (known if text else []) + [
            "-fw_cfg", f"name={FILE},string={self.token}",
            "-device", f"isa-debugcon,iobase={PORT:#x},readback={ANSWER:#x},chardev={chardev}",
        ]  # fmt: skip

    def hear(self, data):
        """Reads bytes from the port; returns the messages that are complete now. A message that is
        interrupted by another one counts as complete."""
        rest, *pieces = (self._input + data).split(self._head)
        said = []
        for number, piece in enumerate(pieces, 1):
            text, end, rest = piece.partition(b"\x03")
            if not end and number == len(pieces) and len(piece) < LONGEST:
                self._input = self._head + piece
                return said
            said += self._take(text)
        self._input = rest[1 - len(self._head) :]  # in which the next one may have begun
        return said

    def hear_end(self):
        """Nothing more will come: returns the messages that were cut short."""
        return self.hear(b"\x03")

    def _take(self, data):
        line, _, text = data.partition(b"\n")
        kind, _, then = line.decode("ascii", "replace").partition(" ")
        message = Message(kind, then, text)
        self.has_spoken = True
        if self.start and kind != "fault" and not self._may_come_up:
            self._held.append(message)
            return []
        return [self._note(message)]

    def was_reset(self):
        """The machine was reset, so the loader may come up again; returns its messages, if it has
        done so already."""
        if not self.start:
            return []
        ups = [at for at, message in enumerate(self._held) if message.kind == "up"]
        messages, self._held, self._may_come_up = self._held[ups[-1] :] if ups else [], [], True
        return [self._note(message) for message in messages]

    def _note(self, message):
        """Records a message; returns it."""
        kind, text = message.kind, message.text
        if kind == "up":
            self._forget()
        elif kind == "refused":
            self.refusal = message
        elif kind == "left":
            self.left = message.words
        elif kind == "start":
            facts, _, screen = text.partition(b"\n")
            words = (word.partition("=") for word in facts.decode("ascii", "replace").split())
            self.start = Start({name: value for name, _, value in words}, screen.splitlines())
        elif kind == "fault" and self.fault is None:
            self.fault = message
        return message


def refused_because(message):
    """The line of a refusal that says what is wrong."""
    found = REFUSED.findall(message.words)
    return found[-1] if found else "the loader did not say why"
