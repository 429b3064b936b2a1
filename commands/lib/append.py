"""append.py - the words that follow APPEND. The disc, a bundle and the checking tool get them from
one function, so that what is checked is what is booted. Knows nothing of where files are.
"""

from pathlib import Path

from lib.record import dataclass


@dataclass(frozen=True)
class Module:
    """A file for the kernel, its command line, and the loader's options for it (-raw)."""

    path: Path
    line: str = ""
    options: str = ""


def append_words(kernel, append=None, options=None, modules=()):
    """The words for a kernel of this name; modules are triples of name, command line, options."""
    words = [*(options or "").split(), plain(kernel), *(append or "").split()]
    for name, line, own in modules:
        words += ["---", *own.split(), plain(name), *line.split()]
    return words


def plain(name):
    """A name that cannot be mistaken for an option or for the separator of files."""
    return f"./{name}" if str(name).startswith("-") else str(name)
