"""nameless.py - files without a name, which vanish with the last process that has them open."""

import os


def nameless_file(folder):
    """A new one in a folder, open to be read and written."""
    try:
        handle = os.open(folder, os.O_TMPFILE | os.O_RDWR | os.O_CLOEXEC, 0o600)
    except OSError:  # not every file system has them; Python's library takes longer to load
        import tempfile

        return tempfile.TemporaryFile(dir=folder)
    return open(handle, "w+b")
