"""caller.py - finds out whether our caller is still there.

When a build tool or a CI is killed, its children keep running, and so would QEMU. Knows processes
and pipes, nothing of the work.
"""

import os
import select
import signal

from lib.terminal import is_in_background


class Caller:
    """The process that has started us. To be made before we install signal handlers."""

    def __init__(self):
        kept = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
        is_left_alone = signal.SIG_IGN in kept or is_in_background()  # by &, nohup, setsid
        self._parent = 1 if is_left_alone else os.getppid()
        self._outputs = select.poll()
        for number in (1, 2):
            self._outputs.register(number, 0)

    def end_if_gone(self):
        """Ends this process if the caller has gone."""
        if self.is_gone():
            raise SystemExit(128 + signal.SIGHUP)

    def is_gone(self):
        """Whether the process that waits for us has ended, or nobody reads our output."""
        if self._parent != 1 and os.getppid() != self._parent:
            return True
        return any(event & select.POLLERR for _, event in self._outputs.poll(0))
