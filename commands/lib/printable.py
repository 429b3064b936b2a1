"""printable.py - makes text safe for a terminal: visible characters, and no control sequences.

Names of files and volumes, words of kernels, of Cargo.toml and of other programs are foreign text.
All that a command prints goes through here (project.start sees to that), so none of it can move the
cursor, change colours or hide what stands beside it; colours are added after that. What a kernel
writes on its serial port is its own, and is passed on as it is.
"""

import sys

from lib.colour import coloured, is_wanted

UNSAID = "the output cannot be written"


def printable(text, kept="\n\t"):
    """The text, with everything that is not printable, except the characters in `kept`, written as
    \\x1b; for a name in a line, keep nothing."""
    if text.isprintable():
        return text
    return "".join(
        letter if letter.isprintable() or letter in kept else _escaped(ord(letter))
        for letter in text
    )


def _escaped(number):
    if 0xDC80 <= number <= 0xDCFF:  # a byte that was not UTF-8, as os.fsdecode() has it
        number -= 0xDC00
    if number < 0x100:
        return f"\\x{number:02x}"
    return f"\\u{number:04x}" if number < 0x10000 else f"\\U{number:08x}"


class Printable:
    """A text stream that passes only printable text, in colour on a terminal."""

    def __init__(self, stream):
        self._stream = stream
        self.is_coloured = is_wanted(stream)
        stream.reconfigure(errors="backslashreplace")  # for what its encoding does not have

    def write(self, text):
        self._reach(self._stream.write, self._shown(printable(text)))
        return len(text)

    def flush(self):
        self._reach(self._stream.flush)

    def overwrite(self, text):
        """Overwrites the line that the cursor is on."""
        self._reach(self._stream.write, "\r" + self._shown(printable(text, "")))
        self.flush()

    def _reach(self, function, *words):
        """Calls a function of the stream. If that fails, the error has UNSAID in place of a file's
        name."""
        try:
            function(*words)
        except OSError as error:
            error.filename = UNSAID
            raise

    def _shown(self, text):
        return coloured(text) if self.is_coloured else text

    def __getattr__(self, name):
        return getattr(self._stream, name)


def guard():
    """Makes both output streams of this process printable."""
    for name in ("stdout", "stderr"):
        stream = getattr(sys, name)
        if stream is not None:
            setattr(sys, name, Printable(stream))
