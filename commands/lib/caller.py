"""caller.py - finds out whether anybody still waits for us.

When a build tool or a CI is killed, its children are not: what it has started would run on, for
nobody. Knows processes and pipes, nothing of what is done.
"""

import os
import select
import signal

from lib.terminal import is_in_background


class Caller:
    """Who has started us. Made before signals are handled in ways of our own."""

    def __init__(self):
        kept = [signal.getsignal(number) for number in (signal.SIGINT, signal.SIGHUP)]
        is_left_alone = signal.SIG_IGN in kept or is_in_background()  # by &, nohup, setsid
        self._parent = 1 if is_left_alone else os.getppid()
        self._outputs = select.poll()
        for number in (1, 2):
            self._outputs.register(number, 0)

    def is_gone(self):
        """The process that waits for us has ended, or nobody reads what we say."""
        if self._parent != 1 and os.getppid() != self._parent:
            return True
        return any(event & select.POLLERR for _, event in self._outputs.poll(0))
