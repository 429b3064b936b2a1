"""What tests of build.sh share: running it, a copy of the project to do things to, and a search
path from which tools have vanished."""

import os
import pathlib
import re
import shutil
import struct
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_COPIED = {".git", "build", "__pycache__", ".pytest_cache"}
PROGRAMS = ("/usr/local/bin", "/usr/bin", "/bin", "/usr/sbin", "/sbin")


def same(one, other):
    """Whether two files, or contents, are the same; said by an assert in one word."""
    read = [part if isinstance(part, bytes) else part.read_bytes() for part in (one, other)]
    return read[0] == read[1]


class Project:
    """A checkout of the project."""

    def __init__(self, root):
        self.root = root

    def run(self, *words, cwd="/", timeout=300, **environment):
        """Runs build.sh, which may install nothing; returns what came of it, with both outputs in
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
        """Runs build.sh, which must succeed; returns what it said."""
        done = self.run(*words, **more)
        assert done.returncode == 0, done.stdout
        return done.stdout

    def bad(self, *words, status=1, **more):
        """Runs build.sh, which must refuse in words; returns them."""
        done = self.run(*words, **more)
        assert done.returncode == status, done.stdout
        assert "Traceback" not in done.stdout, done.stdout
        return done.stdout


def copy_project(root):
    """Lays down a copy of the project, with nothing built."""
    shutil.copytree(ROOT, root, ignore=lambda _, names: NOT_COPIED & set(names), symlinks=True)
    return Project(root)


@pytest.fixture(scope="session")
def project():
    """The project itself; images go elsewhere by --output."""
    return Project(ROOT)


@pytest.fixture(scope="session")
def copy(tmp_path_factory):
    """A copy in a folder with an awkward name, built once; what a test changes it changes back."""
    made = copy_project(tmp_path_factory.mktemp("copy") / "it's a, folder")
    made.good()
    return made


@pytest.fixture
def path_without(tmp_path):
    """Makes a PATH on which some programs are not."""

    def make(*names):
        folder = tmp_path / "path"
        folder.mkdir()
        for place in PROGRAMS:
            for program in pathlib.Path(place).glob("*"):
                link = folder / program.name
                if program.name not in names and not link.exists():
                    link.symlink_to(program)
        return str(folder)

    return make


@pytest.fixture
def kernel(tmp_path):
    """Assembles a 64-bit kernel, whose body is a few lines of assembly."""

    def make(*body, name="tiny"):
        source, program = tmp_path / f"{name}.asm", tmp_path / f"{name}.elf"
        lines = ["bits 64", "section .text", "global _start", "_start:", *body]
        source.write_text("\n".join(lines) + "\n")
        made = tmp_path / f"{name}.o"
        subprocess.run(["nasm", "-felf64", "-g", "-Fdwarf", "-o", made, source], check=True)
        subprocess.run(
            ["ld", "-melf_x86_64", "-Ttext=0x200000", "-o", program, made], check=True
        )
        return program

    return make


class Image:
    """What isoinfo, which is none of ours, finds in an image."""

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


@pytest.fixture
def make_image(project, tmp_path):
    """Makes an image with some words; returns it."""

    def make(*words, **more):
        output = tmp_path / "made.iso"
        project.good("image", "--output", output, *words, **more)
        return Image(output)

    return make
