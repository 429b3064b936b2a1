"""rights.py - words for what a user must type to have root's rights.

Knows sudo and su; knows nothing of what is done with the rights.
"""

import os
import shlex


def as_root(*words):
    """The line that runs a command as root: not everybody has sudo, and root does not need it."""
    import shutil  # here, since few callers get this far

    line = " ".join(shlex.quote(str(word)) for word in words)
    if os.geteuid() == 0:
        return line
    if shutil.which("sudo"):
        return f"sudo {line}"
    # su alone keeps a PATH without /sbin; with a dash it goes to another folder.
    how = "su" if words[0] == "./build.sh" else "su -"
    return f"{how} -c {shlex.quote(line)}"
