"""checking.py - checks a kernel with build/check, the loader up to its jump.

Knows how that program is called; knows nothing of what makes a kernel valid.
"""

import json
import os
import subprocess

from lib.append import append_words
from lib.project import Stop, Voice, made

PLENTY = 64 << 30  # bytes of memory, where the machine is not known
LIMIT = 30  # seconds that a check may take before an image is made; usually it takes milliseconds


class Refused(Stop):
    """The loader would not start the kernel."""

    def __init__(self, message, finding):
        super().__init__(message)
        self.line = f"{finding['code']} {finding['summary']}"


def words_of(kernel, append=None, options=None, modules=()):
    """The words after APPEND for files here."""
    named = [(module.path, module.line, module.options) for module in modules]
    return append_words(kernel, append, options, named)


def command_of(words, memory, *options):
    """The command that checks these words on a machine with this many bytes of memory."""
    return [str(made("check")), f"--memory={memory}", *options, "--", *words]


def look(words, memory=PLENTY, limit=None):
    """The result of build/check, as with --json (docs: ./build.sh check --help). Stops if it takes
    more than `limit` seconds."""
    command = command_of(words, memory, "--json")
    Voice.show(command)
    try:
        done = subprocess.run(command, capture_output=True, check=False, timeout=limit)
    except subprocess.TimeoutExpired:
        raise Stop(
            f"checking the kernel took more than {limit} seconds, and so would the loader;"
            " use --no-check to build the image anyway"
        ) from None
    try:
        return json.loads(os.fsdecode(done.stdout))
    except ValueError:
        raise Stop(f"build/check failed ({done.returncode}): {os.fsdecode(done.stderr)}") from None


def read_size(option, text):
    """A number of bytes such as 64M or 4G."""
    number, unit = (text[:-1], text[-1:].upper()) if text[-1:].isalpha() else (text, "")
    shift = {"": 0, "K": 10, "M": 20, "G": 30, "T": 40}.get(unit)
    if shift is None or not number.isdecimal() or int(number) << shift >= 1 << 52:
        raise Stop(f"{option} must be a size such as 64M or 4G, not {text!r}", 2)
    return int(number) << shift
