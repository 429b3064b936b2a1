"""projects.py - runs build.sh as a user does, and examines what it made with other tools."""

import os
import pathlib
import re
import shutil
import struct
import subprocess

from day import copy_built

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_COPIED = {".git", "build", "__pycache__", ".pytest_cache"}


def same(one, other):
    """Whether two files, or contents, are the same; keeps a failed assert short."""
    read = [part if isinstance(part, bytes) else part.read_bytes() for part in (one, other)]
    return read[0] == read[1]


class Project:
    """A checkout of the project."""

    def __init__(self, root):
        self.root = root

    def run(self, *words, cwd="/", timeout=300, **environment):
        """Runs build.sh, which may install nothing; returns the result, with both outputs in
        .stdout."""
        own = {key: value for key, value in os.environ.items()
               if key not in ("CC", "DISPLAY", "WAYLAND_DISPLAY", "MAKEFLAGS")}  # fmt: skip
        return subprocess.run(
            [self.root / "build.sh", "--no-install", *map(str, words)],
            cwd=cwd,
            env={**own, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            timeout=timeout,
        )

    def good(self, *words, **more):
        """Runs build.sh, which must succeed; returns its output."""
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def bad(self, *words, status=1, **more):
        """Runs build.sh, which must fail with a message; returns its output."""
        done = self.run(*words, **more)
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout


def copy_project(root, built=False):
    """Copies the project, with nothing built or with what an image needs."""
    if built:
        copy_built(root)
        return Project(root)
    shutil.copytree(ROOT, root, ignore=lambda _, names: NOT_COPIED & set(names), symlinks=True)
    return Project(root)


class Image:
    """What isoinfo, an independent tool, finds in an image."""

    def __init__(self, path):
        self.path = path
        self.data = path.read_bytes()

    def _isoinfo(self, *words):
        command = ["isoinfo", "-i", self.path, *words]
        return subprocess.run(command, stdout=subprocess.PIPE, stderr=subprocess.DEVNULL,
                              check=True).stdout  # fmt: skip

    def files(self, names="-R"):
        """The paths of files and folders, by Rock Ridge (-R) or Joliet (-J)."""
        return set(self._isoinfo(names, "-f").decode().splitlines())

    def read(self, path, names="-R"):
        return self._isoinfo(names, "-x", path)

    def about(self, label):
        found = re.search(rf"^\s*{label}:? (.*)$", self._isoinfo("-d").decode(), re.MULTILINE)
        return found and found.group(1).strip()

    def number(self, offset, kind="<I"):
        return struct.unpack_from(kind, self.data, offset)[0]
