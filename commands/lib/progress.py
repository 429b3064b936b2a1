"""progress.py - shows the progress of something slow on a terminal, in a line that is rewritten.

Knows nothing of the work itself.
"""

import contextlib
import sys
import threading
import time

SOON = 1.0  # seconds after which progress is shown
OFTEN = 0.1  # seconds between two polls


class Progress:
    """Shows a title, from `soon` seconds on, and how much of `size` is done."""

    def __init__(self, title, size, soon=SOON):
        self.title, self.size = title, size
        self._begin = time.monotonic()
        self._next = self._begin + soon
        self._is_shown = False

    def at(self, done, more=""):
        """Notes that so much is done."""
        now = time.monotonic()
        is_end = done >= self.size and self._is_shown
        if self.size and sys.stdout.isatty() and (now >= self._next or is_end):
            self._next, self._is_shown = now + OFTEN, True
            line = f"{self.title} {100 * done // self.size:3} %  {more:<16}"
            sys.stdout.overwrite(line)  # type: ignore[attr-defined]  # printable.guard() made it

    def speed(self, done):
        """Bytes per second so far; 0 if no time has passed."""
        seconds = time.monotonic() - self._begin
        return int(done / seconds) if seconds > 0 else 0

    def end(self):
        """Ends the line, if there is one."""
        if self._is_shown:
            print(flush=True)


@contextlib.contextmanager
def watched(title, size, look):
    """Shows a title, and how much of `size` is done, by polling look()."""
    progress, ended = Progress(title, size), threading.Event()

    def watch():
        while not ended.wait(OFTEN):
            progress.at(min(look(), size))

    watcher = threading.Thread(target=watch, daemon=True)
    watcher.start()
    try:
        yield
    finally:
        ended.set()
        watcher.join()
        progress.end()
