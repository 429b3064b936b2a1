"""output.py - finds out whether a child could write all of its output to our standard output.

QEMU does not report that: it drops what it cannot write. Knows files and devices, nothing of
machines.
"""

import errno
import os
import stat


class Output:
    """Standard output, from before a child writes to it."""

    def __init__(self):
        self._began = _position()

    def obstacle(self, size):
        """Why not all of a child's `size` bytes were written; "" if they were, or if unknown."""
        try:
            os.write(1, b"")  # which a full device refuses
        except OSError as error:
            return error.strerror
        if self._began is None or not 0 <= _position() - self._began < size:
            return ""
        return os.strerror(errno.ENOSPC)


def _position():
    """The offset of standard output in its file; None if it is not a file."""
    is_file = stat.S_ISREG(os.fstat(1).st_mode)
    return os.lseek(1, 0, os.SEEK_CUR) if is_file else None
