#!/usr/bin/env python3
# uninstall - removes what `install` installed
"""The command `uninstall`: removes the files in the list that `install` has written."""

import contextlib
import hashlib
import os
import re
from pathlib import Path

from lib.files import exists, open_folder, open_regular, parent_of, remove
from lib.project import ROOT, Stop, say, shown, start
from lib.rights import as_root
from lib.words import Option, Command

LIST = "share/longjump/installed"
# What the list calls the prefix and the folders above it.
OUTSIDE = (".", *("/".join([".."] * up) for up in range(1, 64)))
PREFIX = ROOT.parent.parent if (ROOT / "installed").exists() else Path("/usr/local")

COMMAND = Command(
    "uninstall",
    """
Removes every file that `install` has put below DIR, and the folders that it made, if they are now
empty. Files that were added or changed since then are kept.
""",
    (Option("--prefix", "DIR", f"where it was installed ({PREFIX})"),),
    ("./build.sh uninstall --prefix ~/.local", "sudo ./build.sh uninstall"),
)


def uninstall(given):
    """Removes an installation; returns 0."""
    prefix = Path(os.path.abspath(given.prefix or PREFIX))
    marks = installed(prefix)
    if not marks:
        raise Stop(f"nothing is installed in {shown(prefix)}: there is no {shown(prefix / LIST)}")
    try:
        changed = remove_installed(prefix, marks)
    except PermissionError as error:
        words = ["--prefix", prefix] * bool(given.prefix)
        hint = as_root("./build.sh", "uninstall", *words)
        raise Stop(f"{shown(prefix)}: {error.strerror}; {hint}") from None
    for name in changed:
        say(f"{shown(prefix / name)} has changed since it was installed, and is kept")
    say(f"longjump was removed from {shown(prefix)}")
    return 0


def installed(prefix):
    """The list in a prefix: name -> "folder", the SHA-256 of a file, or "link:" and its target;
    empty if there is no list."""
    path = prefix / LIST
    try:
        with open_regular(path) as file:
            lines = file.read().decode("utf-8", "surrogateescape").splitlines()
    except FileNotFoundError:
        return {}
    except OSError as error:
        raise Stop(f"{shown(path)}: {error.strerror}") from None
    marks = {}
    for line in lines:
        found = re.fullmatch("(folder|[0-9a-f]{64}|link:[^ ]*) (.+)", line)
        if not found:
            raise Stop(f"{shown(path)} is from an older version, which must uninstall itself:"
                       f" {prefix / 'bin/longjump'} uninstall")  # fmt: skip
        mark, name = found.groups()
        if name not in OUTSIDE and (name.startswith("/") or ".." in name.split("/")):
            raise Stop(f"{shown(path)} lists a file that cannot have been installed: {name!r}")
        marks[name] = mark
    return marks


def is_as_installed(mark):
    """A function that returns whether a file, by its name in an open folder, is unchanged."""

    def test(name, folder):
        try:
            found = "link:" + os.readlink(name, dir_fd=folder)
        except OSError:
            with open_regular(name, folder) as file:
                found = hashlib.sha256(file.read()).hexdigest()
        return mark == found

    return test


def remove_installed(prefix, marks):
    """Removes what the list names, and the list itself last; returns the names of what is kept,
    since it was changed."""
    below = open_folder(prefix)
    try:
        changed = [
            name
            for name, mark in marks.items()
            if mark != "folder" and not remove_one(name, below, is_as_installed(mark))
        ]
        remove_one(LIST, below, lambda *_: True)
        folders = [name for name, mark in marks.items() if mark == "folder"]
        for name in (name for name in folders if name not in OUTSIDE):
            with contextlib.suppress(OSError), parent_of(name, below) as folder:
                os.rmdir(os.path.basename(name), dir_fd=folder)  # unless something else is in it
    finally:
        os.close(below)
    for name in (name for name in folders if name in OUTSIDE):
        with contextlib.suppress(OSError):
            os.rmdir(os.path.normpath(prefix / name))
    return changed


def remove_one(path, below, may_go):
    """Removes a file if it may be removed; returns whether it is gone."""
    try:
        with parent_of(path, below) as folder:
            name = os.path.basename(path)
            return remove(name, folder, may_go) or not exists(name, folder)
    except (FileNotFoundError, NotADirectoryError):
        return True


if __name__ == "__main__":
    start(lambda words: uninstall(COMMAND.read(words)))
