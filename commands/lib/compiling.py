"""compiling.py - runs make, and shows the progress at each step.

If it takes a while, a second make, which only counts, finds out how much there is to do. Knows the
form of the Makefile's output; knows nothing of what is made.
"""

import shutil
import subprocess
import threading
from pathlib import Path

MANY = 3  # steps after which counting is worth its time
STEP = "  "  # what each line of a step begins with
KEPT = ("core", "flags", "link", "visible")  # changes only when its contents do
COUNTED = "printf '  %-9s"  # ... and what prints it


def compile_watched(command, environment, say):
    """Runs make with these words; prints each line. Returns its status."""
    done, count = 0, None
    with subprocess.Popen(
        command, stdout=subprocess.PIPE, env=environment, text=True, errors="replace"
    ) as child:
        assert child.stdout is not None
        for line in map(str.rstrip, child.stdout):
            done += line.startswith(STEP)
            if count is None and done == MANY:
                count = Count(command, environment, done)
            say(with_share(line, done, count.total if count else 0))
    return child.returncode


def with_share(line, done, total):
    """The line, with the progress in the last columns, if it is known."""
    if not line.startswith(STEP) or not 0 < done <= total:
        return line
    return f"{line:<{shutil.get_terminal_size().columns - 8}}{100 * done // total:4} %"


class Count:
    """Counts the steps that are left when `done` are done; .total is 0 until that is known."""

    def __init__(self, command, environment, done):
        self.total = 0
        self._command = [*command, "--dry-run", *kept(command)]
        self._environment = environment
        threading.Thread(target=self._run, args=(done,), daemon=True).start()

    def _run(self, done):
        found = subprocess.run(
            self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL, env=self._environment, text=True, errors="replace",
            check=False,
        )  # fmt: skip
        self.total = done + found.stdout.count(COUNTED)


def kept(command):
    """Arguments for make, so that it does not count files that it always examines but rarely
    changes."""
    folder = Path(command[command.index("-C") + 1])
    found = (folder / "build/obj").glob("*/*")
    return [f"--assume-old={path.relative_to(folder)}" for path in found if path.name in KEPT]
