"""symbols.py - finds the function and line of an address in a kernel. Knows only addr2line."""

import subprocess
from pathlib import Path

from lib.printable import printable

LIMIT = 20  # seconds, in case a kernel's symbols are made to keep addr2line busy
MOST = 8  # functions that are named for one address


def place(kernel, address, slide=0):
    """ " in fault (main.c:12)" for an address, as far as the kernel's symbols show it; else "". For
    an inlined function, its callers are named as well."""
    command = ["addr2line", "-C", "-f", "-i", "-e", str(kernel), hex((address - slide) % 2**64)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    lines = done.stdout.splitlines()
    pairs = [*zip(lines[::2], lines[1::2])][:MOST]
    if not pairs or pairs[0][0] == "??":
        return ""
    places = [function + line_of(source) for function, source in pairs]
    return printable(f" in {', inlined into '.join(places)}", kept="")


def line_of(source):
    """ " (main.c:12)" for addr2line's output; "" if it found no line."""
    name, _, line = source.split(" ")[0].rpartition(":")
    return f" ({Path(name).name}:{line})" if line.isdigit() else ""
