#!/usr/bin/env python3
# install - puts a command `longjump`, the module and the header where a system expects them
"""The command `install`: lays files down below a prefix, and writes down which, for `uninstall`."""

import os
import re
import shutil
from pathlib import Path

from lib.project import BUILD, ROOT, Stop, make, need, run, say, shown, start
from lib.words import Option, Command
from uninstall import LIST, PREFIX, installed, remove_installed

COMMAND = Command(
    "install",
    """
Compiles, and installs below DIR:
    bin/longjump                             this command, as `longjump run` and so on
    include/longjump.h                       the header, and for pkg-config
    share/pkgconfig/longjump.pc              ... where it is
    lib/syslinux/modules/bios/longjump.c32   the module
    share/man/man1/longjump.1                and completion for bash beside it
    share/longjump/                          all that belongs to these
The command does not need this folder any more. What it makes is put into ~/.cache/longjump, not
into build/. A file that is there already and was not installed by this is not overwritten.
`uninstall` takes away what was installed, and nothing else.
""",
    (Option("--prefix", "DIR", f"where to ({PREFIX})"),),
    (
        "./build.sh install --prefix ~/.local",
        "sudo ./build.sh install",
        "longjump run --kernel my.elf",
        "cc $(pkg-config --cflags longjump) -c kernel.c",
    ),
)

HOME = "share/longjump"
MODULE = "lib/syslinux/modules/bios/longjump.c32"
NOT_INSTALLED = ("bench.py", "install.py", "test.py")
LINKS = {
    "bin/longjump": f"../{HOME}/build.sh",
    "share/man/man1/longjump.1": "../../longjump/docs/longjump.1",
    "share/bash-completion/completions/longjump": "../../longjump/commands/lib/completion.bash",
    f"{HOME}/built/longjump.c32": f"../../../{MODULE}",
}
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
    make("build/longjump.c32", "build/kernel.elf", "build/check")
    files = gather(prefix)
    before = installed(prefix)
    in_the_way = [name for name in (*files, *LINKS)
                  if os.path.lexists(prefix / name) and name not in before]  # fmt: skip
    if in_the_way:
        raise Stop(f"{prefix / in_the_way[0]} is there already, and was not put there by install:"
                   " move it away, or choose another --prefix")  # fmt: skip
    try:
        remove_installed(prefix)
        lay_down(prefix, files)
    except OSError as error:
        hint = "sudo ./build.sh install, or ./build.sh install --prefix ~/.local"
        raise Stop(f"{error.filename}: {error.strerror}; {hint}") from None
    say(f"longjump is installed in {shown(prefix)}")
    if str(prefix / "bin") not in os.environ.get("PATH", "").split(":"):
        say(f"to be found, {prefix / 'bin'} must be in PATH")
    return 0


def gather(prefix):
    """What is laid down: its name below the prefix -> a file here, or its contents."""
    files = {
        "include/longjump.h": ROOT / "include/longjump.h",
        MODULE: BUILD / "longjump.c32",
        f"{HOME}/built/kernel.elf": BUILD / "kernel.elf",
        f"{HOME}/built/check": BUILD / "check",
        "share/pkgconfig/longjump.pc": PKG_CONFIG.format(
            prefix=prefix, module=MODULE, version=version()
        ),
    }
    for name in ("build.sh", "isolinux.cfg", "LICENSE", "README.md", "kernel/kernel.ld",
                 "include/longjump.h"):  # fmt: skip
        files[f"{HOME}/{name}"] = ROOT / name
    for folder in ("commands", "docs", "iso"):
        for path in sorted((ROOT / folder).rglob("*")):
            name = path.relative_to(ROOT)
            if path.is_file() and not {*NOT_INSTALLED, "__pycache__"} & set(name.parts):
                files[f"{HOME}/{name}"] = path
    return {name: as_installed(name, what) for name, what in files.items()}


def as_installed(name, what):
    """A file as it is installed: there the command is called longjump."""
    if name.startswith(f"{HOME}/") and what.suffix in (".py", ".sh", ".1"):
        text = what.read_text("utf-8").replace("./build.sh", "longjump")
        text = text.replace("build/longjump.iso", "~/.cache/longjump/longjump.iso")
        return text.replace('"build.sh: ', '"longjump: ')
    return what


def version():
    """The version that the loader says it has."""
    text = (ROOT / "loader/core/version.h").read_text("utf-8")
    return re.search(r'LOADER_VERSION "(.*)"', text).group(1)


def lay_down(prefix, files):
    """Makes the files, each readable by everybody, and the list of them, which comes first, so that
    half an installation can be taken away, too."""
    names = [*sorted({*files, *LINKS}), LIST]
    folders = sorted({str(folder) for name in names for folder in Path(name).parents})
    new = [name for name in folders if not (prefix / name).exists()]
    for name in new:
        (prefix / name).mkdir(parents=True, exist_ok=True)
        (prefix / name).chmod(0o755)
    list_text = "\n".join([*(f"{name}/" for name in reversed(new)), *reversed(names)])
    (prefix / LIST).write_text(list_text + "\n", encoding="utf-8")
    (prefix / LIST).chmod(0o644)
    for name, what in files.items():
        if isinstance(what, Path):
            shutil.copyfile(what, prefix / name)
        else:
            (prefix / name).write_text(what, encoding="utf-8")
        is_program = name in (f"{HOME}/build.sh", f"{HOME}/built/check")
        (prefix / name).chmod(0o755 if is_program else 0o644)
    for name in (f"{HOME}/built/kernel.elf", f"{HOME}/built/check"):  # the sources stay here
        run([os.environ.get("OBJCOPY", "objcopy"), "--strip-debug", prefix / name])
    for name, target in LINKS.items():
        (prefix / name).symlink_to(target)


if __name__ == "__main__":
    start(lambda words: install(COMMAND.read(words)))
