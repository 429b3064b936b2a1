"""configuration.py - what the user wants to be booted, and what has been made of that.

Imports nothing that makes a disc, since a boot without one has to wait for every import.
"""

import io
import os
from pathlib import Path

from lib.project import Stop, shown
from lib.record import dataclass, field


@dataclass
class BootConfiguration:
    """What the user wants on the disc. None leaves isolinux.cfg as it is."""

    kernel: Path
    output: Path
    append: str = None
    options: str = None
    modules: list = field(default_factory=list)  # of Module
    keep_debug: bool = False
    hashes: bool = False
    bios_only: bool = False
    menu: bool = False  # ... or prompt: what is asked before anything is started
    prompt: bool = False
    sign: list = field(default_factory=list)  # key and certificate, or nothing
    asks: str = ""  # what the kernel asks for, a line each, as build/check words it
    looked_at: dict = field(default_factory=dict)  # files -> what they were when they were checked

    def note_files(self):
        """Records the identity of kernel and modules, so that no others are packed."""
        self.looked_at = {path: identity(path) for path in self._files()}

    def check_files(self):
        """Stops if one of them has changed since."""
        for path in self._files():
            if self.looked_at and self.looked_at[path] != identity(path):
                raise Stop(f"{shown(path)} was changed while it was packed; do it again")

    def _files(self):
        return [self.kernel, *(module.path for module in self.modules)]


@dataclass
class OpenDisc:
    """An image, and an open copy of it without a name: whatever happens to the image, the copy is
    what the user asked for."""

    path: Path
    file: io.BufferedRandom
    modules: tuple = ()  # paths of the modules in it
    fill: object = None  # if the copy is still empty: a function that writes it, or raises Stop

    @property
    def inherited(self):
        """The copy's path for a child that inherits it."""
        return f"/proc/self/fd/{self.file.fileno()}"


def paths_of_modules(config):
    """The user's paths of the modules."""
    return tuple(module.path for module in config.modules)


def identity(path):
    """What changes if a file, or its contents, are replaced."""
    found = os.stat(path)
    return found.st_dev, found.st_ino, found.st_size, found.st_mtime_ns
