"""output.py - finds out whether what a child writes to our standard output comes through.

QEMU does not tell: it drops what it cannot write. Knows files and devices, nothing of machines.
"""

import errno
import os
import stat


class Output:
    """Standard output, from before a child writes to it."""

    def __init__(self):
        self._began = _position()

    def obstacle(self, size):
        """Why not all of these bytes of a child's are there; "" if nothing is known of that."""
        try:
            os.write(1, b"")  # which a full device refuses
        except OSError as error:
            return error.strerror
        if self._began is None or not 0 <= _position() - self._began < size:
            return ""
        return os.strerror(errno.ENOSPC)


def _position():
    """Where in its file standard output is; None if it is no file."""
    is_file = stat.S_ISREG(os.fstat(1).st_mode)
    return os.lseek(1, 0, os.SEEK_CUR) if is_file else None
