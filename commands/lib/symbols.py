"""symbols.py - says in words where in a kernel an address lies. Knows addr2line, nothing else."""

import subprocess
from pathlib import Path

from lib.printable import printable

LIMIT = 20  # seconds, for symbols that somebody has made to take long


def place(kernel, address, slide=0):
    """ " in fault (main.c:12)" for an address, as far as the kernel's symbols tell; else ""."""
    command = ["addr2line", "-C", "-f", "-e", str(kernel), hex((address - slide) % 2**64)]
    try:
        done = subprocess.run(
            command, capture_output=True, text=True, errors="replace", check=False, timeout=LIMIT
        )
    except (OSError, subprocess.TimeoutExpired):
        return ""
    function, source, *_ = [*done.stdout.splitlines(), "??", "??"]
    if function == "??":
        return ""
    name, _, line = source.split(" ")[0].rpartition(":")
    where = f" ({Path(name).name}:{line})" if line.isdigit() else ""
    return printable(f" in {function}{where}", kept="")
