#!/usr/bin/env python3
# uninstall - takes away what `install` has installed, and nothing else
"""The command `uninstall`: removes the files that are in the list that `install` has written."""

import os
from pathlib import Path

from lib.project import ROOT, Stop, say, shown, start
from lib.words import Option, Command

LIST = "share/longjump/installed"
PREFIX = ROOT.parent.parent if (ROOT / "installed").exists() else Path("/usr/local")

COMMAND = Command(
    "uninstall",
    """
Takes away every file that `install` has put below DIR, and the folders that it made and that are
empty now. Files that were added since stay where they are.
""",
    (Option("--prefix", "DIR", f"where it was installed ({PREFIX})"),),
    ("./build.sh uninstall --prefix ~/.local", "sudo ./build.sh uninstall"),
)


def uninstall(given):
    """Takes an installation away; returns 0."""
    prefix = Path(os.path.abspath(given.prefix or PREFIX))
    if not installed(prefix):
        raise Stop(f"nothing is installed in {shown(prefix)}: there is no {shown(prefix / LIST)}")
    remove_installed(prefix)
    say(f"longjump is no longer in {shown(prefix)}")
    return 0


def installed(prefix):
    """What the list in a prefix names, folders with a `/` behind; nothing if there is no list."""
    try:
        return (prefix / LIST).read_text("utf-8").splitlines()
    except OSError:
        return []


def remove_installed(prefix):
    """Takes away what the list names; the list itself goes last."""
    names = installed(prefix)
    files = [name for name in names if not name.endswith("/") and name != LIST]
    for name in [*files, LIST] if names else []:
        if os.path.lexists(prefix / name):
            os.unlink(prefix / name)
    for name in (name for name in names if name.endswith("/")):
        try:
            os.rmdir(prefix / name)
        except OSError:
            continue  # something else is in it


if __name__ == "__main__":
    start(lambda words: uninstall(COMMAND.read(words)))
