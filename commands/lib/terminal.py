"""terminal.py - the terminal that a command was started on, if it may be used.

A process in the background of its terminal must not use it, or it is stopped without a message.
"""

import os
import signal
import subprocess
import termios

NOBODY = subprocess.DEVNULL  # an empty standard input for a child


def _foreground(number=0):
    """The process group in the foreground of a descriptor's terminal; None if it is not our
    terminal."""
    try:
        return os.tcgetpgrp(number)
    except OSError:
        return None


def is_ours():
    """Whether standard input is a terminal, and we are in its foreground."""
    return _foreground() == os.getpgrp()


def is_in_background():
    """Whether we have a terminal, and another process group is in its foreground."""
    try:
        number = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _foreground(number) not in (None, os.getpgrp())
    finally:
        os.close(number)


def input_for_a_child():
    """The standard input for a child: ours, unless reading it would stop the child."""
    return NOBODY if _foreground() not in (None, os.getpgrp()) else None


def settings():
    """The terminal's settings; None if it is not ours."""
    try:
        return termios.tcgetattr(0) if is_ours() else None
    except termios.error:
        return None


def restore(kept):
    """Restores the terminal's settings: QEMU changes them, and may have been killed."""
    if kept and is_ours():
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            termios.tcsetattr(0, termios.TCSADRAIN, kept)
        except termios.error:
            pass
        signal.signal(signal.SIGTTOU, before)
