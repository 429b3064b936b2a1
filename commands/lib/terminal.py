"""terminal.py - the terminal that a command may have been started on, if it is there to be used.

A process in the background of its terminal must not touch it, or it is stopped without a word.
"""

import os
import signal
import subprocess
import termios

NOBODY = subprocess.DEVNULL  # a child's standard input from which nothing comes


def _foreground(number=0):
    """The process group in the foreground of a descriptor's terminal; None if it is no terminal of
    ours."""
    try:
        return os.tcgetpgrp(number)
    except OSError:
        return None


def is_ours():
    """Standard input is a terminal, and we are in its foreground."""
    return _foreground() == os.getpgrp()


def is_in_background():
    """We have a terminal, and somebody else is in its foreground."""
    try:
        number = os.open("/dev/tty", os.O_RDWR | os.O_CLOEXEC)
    except OSError:
        return False
    try:
        return _foreground(number) not in (None, os.getpgrp())
    finally:
        os.close(number)


def input_for_a_child():
    """What a child gets as standard input: ours, unless reading there would stop it."""
    return NOBODY if _foreground() not in (None, os.getpgrp()) else None


def settings():
    """How the terminal treats what is typed; None if it is not ours."""
    try:
        return termios.tcgetattr(0) if is_ours() else None
    except termios.error:
        return None


def restore(kept):
    """Undoes what somebody has changed; QEMU does, and it may have been killed."""
    if kept and is_ours():
        before = signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        try:
            termios.tcsetattr(0, termios.TCSADRAIN, kept)
        except termios.error:
            pass
        signal.signal(signal.SIGTTOU, before)
