#!/usr/bin/env python3
# install - installs the command `longjump`, the module and the header
"""The command `install`: installs files below a prefix, and lists them for `uninstall`."""

import errno
import hashlib
import os
import re
import tempfile
from itertools import takewhile
from pathlib import Path

from lib.files import create, errors_named, open_folder, parent_of
from lib.making import make
from lib.project import BUILD, ROOT, Stop, need, run, say, shown, start, tool
from lib.rights import as_root
from lib.words import Option, Command
from uninstall import LIST, OUTSIDE, PREFIX, installed, is_as_installed, remove_installed

COMMAND = Command(
    "install",
    """
Compiles, and installs below DIR:
    bin/longjump                             this command: `longjump run` and so on
    include/longjump.h                       the header
    share/pkgconfig/longjump.pc              where the header is, for pkg-config
    lib/syslinux/modules/bios/longjump.c32   the module
    share/man/man1/longjump.1                the manual page; also completion for bash
    lib/longjump/, share/longjump/           everything else that the command needs
The installed command does not need this folder. It writes to ~/.cache/longjump instead of build/.
Files that `install` did not put there are never overwritten. `uninstall` removes what was
installed, and nothing else.
""",
    (Option("--prefix", "DIR", f"the folder to install into ({PREFIX})"),),
    (
        "./build.sh install --prefix ~/.local",
        "sudo ./build.sh install",
        "longjump run --kernel my.elf",
        "cc $(pkg-config --cflags longjump) -c kernel.c",
    ),
)

HOME = "share/longjump"
PROGRAMS_HOME = "lib/longjump"  # of compiled files
PROGRAMS = ("check", "postmortem")
MODULE = "lib/syslinux/modules/bios/longjump.c32"
# What else is compiled.
BUILT = ("BOOTX64.EFI", "longjump.elf", "longjump.rom", "kernel.elf", *PROGRAMS)
TARGETS = [f"build/{name}" for name in ("longjump.c32", *BUILT)]
NOT_INSTALLED = ("bench.py", "debian.py", "dist.py", "install.py", "test.py",
                 "third_party.py")  # fmt: skip
LINKS = {
    "bin/longjump": f"../{HOME}/build.sh",
    "share/man/man1/longjump.1": "../../longjump/docs/longjump.1",
    "share/bash-completion/completions/longjump": "../../longjump/commands/lib/completion.bash",
    f"{PROGRAMS_HOME}/longjump.c32": "../" + MODULE.removeprefix("lib/"),
}
IN_THE_WAY = (
    "{} already exists, and install did not put it there:"
    " move it away, or choose another --prefix"
)
PKG_CONFIG = """\
prefix={prefix}
includedir=${{prefix}}/include
module=${{prefix}}/{module}

Name: longjump
Description: The header for 64-bit kernels that Longjump starts
Version: {version}
Cflags: -I"${{includedir}}"
"""


def install(given):
    """Installs what these words say; returns 0."""
    prefix = Path(os.path.abspath(given.prefix or PREFIX))
    need("build", install=not given.no_install)
    make(*TARGETS)
    files = gather(prefix)
    before = installed(prefix)
    try:
        if prefix.is_dir():
            for name in (*files, *LINKS):
                check_unchanged(prefix, name, before.get(name))
            remove_installed(prefix, before)
        lay_down(prefix, files)
    except FileExistsError as error:
        raise Stop(IN_THE_WAY.format(error.filename)) from None
    except OSError as error:
        words = ["--prefix", prefix] * bool(given.prefix)
        ways = ["./build.sh install --prefix ~/.local"]
        if isinstance(error, PermissionError) and os.geteuid() != 0:
            ways.insert(0, as_root("./build.sh", "install", *words))
        where = error.filename if os.path.isabs(error.filename or "") else prefix
        raise Stop(f"{where}: {error.strerror}; {', or '.join(ways)}") from None
    say(f"longjump is installed in {shown(prefix)}")
    if str(prefix / "bin") not in os.environ.get("PATH", "").split(":"):
        say(f"add {prefix / 'bin'} to PATH to use it")
    return 0


def check_unchanged(prefix, name, mark):
    """Stops unless there is no such file, or only one that an earlier `install` has put there,
    according to its list."""
    if not os.path.lexists(prefix / name):
        return
    try:
        if mark and is_as_installed(mark)(prefix / name, None):
            return
    except OSError:
        pass  # it is not even a file
    raise FileExistsError(errno.EEXIST, os.strerror(errno.EEXIST), prefix / name)


def gather(prefix):
    """The files to install: name below the prefix -> contents."""
    files = {
        "include/longjump.h": ROOT / "include/longjump.h",
        MODULE: BUILD / "longjump.c32",
        **{f"{PROGRAMS_HOME}/{name}": BUILD / name for name in BUILT},
        "share/pkgconfig/longjump.pc": PKG_CONFIG.format(
            prefix=prefix, module=MODULE, version=version()
        ),
    }
    for name in ("build.sh", "isolinux.cfg", "LICENSE", "README.md", "CHANGELOG.md",
                 "kernel/kernel.ld", "include/longjump.h", "loader/core/version.h"):  # fmt: skip
        files[f"{HOME}/{name}"] = ROOT / name
    for folder in ("commands", "docs", "iso"):
        for path in sorted((ROOT / folder).rglob("*")):
            inside = path.relative_to(ROOT)
            if path.is_file() and not {*NOT_INSTALLED, "__pycache__"} & set(inside.parts):
                files[f"{HOME}/{inside}"] = path
    return {name: as_installed(name, what) for name, what in files.items()}


def as_installed(name, what):
    """The contents of a file for the installation, where the command is called longjump and there
    are no sources."""
    if isinstance(what, str):
        return what.encode()
    if name == f"{PROGRAMS_HOME}/kernel.elf":
        return stripped(what, "--strip-debug").replace(b"./build.sh\0", b"longjump\0\0\0")
    if name in {f"{PROGRAMS_HOME}/{program}" for program in PROGRAMS}:
        return stripped(what, "--strip-all")
    if name.startswith(f"{HOME}/") and (
        what.suffix in (".py", ".sh", ".1") or (what.suffix, what.parent.name) == (".md", "docs")
    ):
        text = what.read_text("utf-8").replace("./build.sh", "longjump")
        text = text.replace("build/longjump.iso", "~/.cache/longjump/longjump.iso")
        return text.replace("build.sh:", "longjump:").encode()
    return what.read_bytes()


def stripped(program, how):
    """The bytes of a program, stripped with this option of objcopy."""
    with tempfile.TemporaryDirectory(prefix="install.", dir=BUILD) as folder:
        copy = Path(folder, "copy")
        run([*tool("OBJCOPY", "objcopy"), how, program, copy])
        return copy.read_bytes()


def version():
    """The loader's version."""
    text = (ROOT / "loader/core/version.h").read_text("utf-8")
    return re.search(r'LOADER_VERSION "(.*)"', text).group(1)


def lay_down(prefix, files):
    """Makes the files, readable by everybody, and the list of them, which comes first, so that an
    incomplete installation can be removed. Replaces nothing: FileExistsError."""
    marks = {name: hashlib.sha256(data).hexdigest() for name, data in files.items()}
    marks.update({name: f"link:{target}" for name, target in LINKS.items()})
    above = list(takewhile(lambda folder: not folder.exists(), (prefix, *prefix.parents)))
    prefix.parent.mkdir(parents=True, exist_ok=True)
    make_folder(prefix, None)
    below = open_folder(prefix)
    try:
        folders = [*make_folders(prefix, below, {*marks, LIST}), *OUTSIDE[: len(above)]]
        lines = [f"{mark} {name}\n" for name, mark in sorted(marks.items())]
        lines += [f"folder {name}\n" for name in folders]
        contents: dict = {LIST: "".join(lines).encode(), **files, **LINKS}
        for name, what in contents.items():
            with errors_named(prefix / name), parent_of(name, below) as folder:
                lay(name, what, folder)
    finally:
        os.close(below)


def make_folders(prefix, below, names):
    """Makes the folders for files of these names; returns those that are new, each after the
    folders in it."""
    folders = sorted({str(folder) for name in names for folder in Path(name).parents})
    made = []
    for name in folders[1:]:  # all except the first, "."
        with errors_named(prefix / name), parent_of(name, below) as folder:
            if make_folder(os.path.basename(name), folder):
                made.insert(0, name)
    return made


def make_folder(name, folder):
    """Makes a folder; returns whether it is new."""
    try:
        os.mkdir(name, dir_fd=folder)
    except FileExistsError:
        return False
    os.chmod(name, 0o755, dir_fd=folder)
    return True


def lay(name, what, folder):
    """Makes one file of these bytes, or a link to this path."""
    if isinstance(what, str):
        os.symlink(what, os.path.basename(name), dir_fd=folder)
        return
    is_program = what.startswith(b"#!") or os.path.basename(name) in (*PROGRAMS, "xorriso")
    with create(os.path.basename(name), folder) as file:
        os.fchmod(file.fileno(), 0o755 if is_program else 0o644)
        file.write(what)


if __name__ == "__main__":
    start(lambda words: install(COMMAND.read(words)))
