#!/usr/bin/env python3
# doctor - checks your machine, and says how to fix what is missing
"""The command `doctor`: lists what is installed, with version and purpose, and what is missing."""

import os
import re
import shutil
import subprocess
import sys
from pathlib import Path

from lib.kvm import try_kvm, virtualbox_rows
from lib.project import BUILD, ROOT, say, shown, start, tool
from lib.rights import as_root
from lib.words import Command

COMMAND = Command(
    "doctor",
    """
Checks your machine: each tool, with its version and purpose, the files of Syslinux, KVM (tried for
3 seconds), the display, permissions, and VirtualBox if it is installed (and whether KVM blocks it).
Names what is missing, and prints the command that installs it. Ends with status 0 if building and
running need nothing more, otherwise with 1. Installs and changes nothing.
""",
    (),
    ("./build.sh doctor",),
)

NEEDED = ("python", "build", "image", "run")
GROUPS = {
    "python": "every command",
    "build": "building",
    "image": "image",
    "run": "run",
    "window": "a window",
    "debug": "debug",
    "rust": "new --lang rust",
    "test": "test",
}

IS_SOURCE = (ROOT / "Makefile").exists()  # or installed, which compiles and tests nothing
# The programs, of which the first one found counts, and what it is for
TOOLS = (
    (("make",), "compiles what changed"),
    ((tool("CC", "cc")[0],), "compiles C"),
    (("ld",), "links"),
    (("nasm",), "assembles"),
    (("genisoimage", "mkisofs", "xorriso"), "makes the image"),
    (("isohybrid", "xorriso"), "lets the image boot from a stick"),
    (("qemu-system-x86_64",), "runs the image"),
    (("gdb",), "debug"),
    (("cargo",), "new --lang rust"),
    (("clang",), "tests: another compiler"),
    (("bochs",), "tests: another machine"),
    (("shellcheck",), "tests: shell"),
    (("clang-format",), "tests: formatting"),
)
MAKERS = ("compiles", "links", "assembles", "tests")  # what only a source tree needs
SYSLINUX = ("isolinux.bin", "ldlinux.c32", "isohdpfx.bin")
WRITABLE = "writable"
LEAST = 64  # MiB that must be free


def doctor(_given):
    """Checks the machine; returns the status."""
    say("Tools")
    python = ".".join(map(str, sys.version_info[:3]))
    row("python3", python, "Longjump's commands" + python_lack())
    for names, purpose in TOOLS:
        if not IS_SOURCE and purpose.startswith(MAKERS):
            continue
        name = next((name for name in names if shutil.which(name)), None)
        row(name or names[0], version(name) if name else "missing", purpose)
    say("\nSyslinux")
    for line in syslinux():
        row(*line)
    say("\nThis machine")
    row("KVM", *try_kvm())
    for number, line in enumerate(virtualbox_rows()):
        row("" if number else "VirtualBox", *line)
    row("window", *display())
    place = folder(BUILD if BUILD.exists() else ROOT)
    row("build/", *place)
    row("packages", *packages())
    return lacks(place[0] == WRITABLE)


def row(name, what, more=""):
    say(f"  {name:<20} {what:<14} {more}".rstrip())


def python_lack():
    """What is missing to read settings: Python has tomllib since 3.11."""
    for module in ("tomllib", "tomli"):
        try:
            __import__(module)
            return ""
        except ImportError:
            continue
    return "; for longjump.conf it must be 3.11, or have tomli: install python3-tomli"


def version(name):
    """The version that a program reports."""
    for word in ("--version", "--help"):
        try:
            done = subprocess.run(
                [name, word], stdin=subprocess.DEVNULL, stdout=subprocess.PIPE,
                stderr=subprocess.STDOUT, text=True, errors="replace", timeout=20, check=False,
            )  # fmt: skip
        except (OSError, subprocess.TimeoutExpired):
            continue
        found = re.search(r"\d+(\.\d+)+", done.stdout)
        if found:
            return found.group()
        if done.returncode == 0:
            return "found"
    return "does not run"


def bash(script, *words):
    """The output of a script that can call need.sh's functions."""
    command = ["bash", "-c", f'source "$1"; shift; {script}', "-", ROOT / "commands/lib/need.sh"]
    return subprocess.run(
        [*map(str, command), *words], capture_output=True, text=True, check=False
    ).stdout


def syslinux():
    """The files of Syslinux, each with its version, which must be the same for all."""
    versions = {}
    for name in SYSLINUX:
        path = bash('find_syslinux "$1"', name).strip()
        if path:
            versions[name] = package_version(path) or archive_version(path)
            yield name, versions[name] or "version ?", path
        elif name != "isohdpfx.bin":
            yield name, "missing", "./build.sh setup"
    pair = {versions.get(name) for name in SYSLINUX[:2]} - {None}
    if len(pair) > 1:
        yield "together", "do not match", "isolinux.bin and ldlinux.c32 must have the same version:"
        yield "", "", "install both from the same source, or set SYSLINUX_DIR"


def package_version(path):
    """The version of the package that a file belongs to, or None."""
    path = os.path.realpath(path)
    scripts = {
        "dpkg-query": 'p=$(dpkg-query -S "$1" | cut -d: -f1) &&'
        " dpkg-query -W -f '${source:Version}' \"$p\"",
        "rpm": "rpm -qf --qf '%{VERSION}' \"$1\"",
        "pacman": 'pacman -Qo "$1" | sed "s/.* //"',
    }
    for tool, script in scripts.items():
        if shutil.which(tool):
            found = re.search(r"\d+\.\d+[\w.]*", bash(f"({script}) 2>/dev/null", path))
            return found and found.group()
    return None


def archive_version(path):
    """The version of a file of Syslinux, if an archive of `dist` names it; or None."""
    prefix = Path(path).parent / "../../.."
    try:
        source = (prefix / "share/doc/longjump/third-party/SOURCE").read_text()
    except OSError:
        return None
    found = re.search(r"source syslinux=(?:\d+:)?(\d+\.\d+[\w.]*)", source)
    return found and found.group(1)


def has_display():
    return bool(os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY"))


def display():
    """Whether QEMU can open a window."""
    if not has_display():
        return "no display", "QEMU boots without a window, with COM1 on the terminal"
    if bash("has_window && echo yes").strip():
        return "yes", ""
    return "missing", "QEMU has no window: see below"


def folder(path):
    """Whether files can be made in a folder."""
    free = shutil.disk_usage(path).free // 2**20
    if os.statvfs(path).f_flag & os.ST_RDONLY:
        return "read-only", "set XDG_CACHE_HOME to a folder that you can write to"
    if os.access(path, os.W_OK | os.X_OK):
        where = "" if path in (BUILD, ROOT) and BUILD == ROOT / "build" else f" in {path}"
        return WRITABLE if free >= LEAST else "full", f"{free} MiB free{where}"
    fix = as_root("chown", "-R", os.geteuid(), path)
    return "not allowed", f"it belongs to another user: {fix}"


def packages():
    """What installs missing packages."""
    if os.geteuid() == 0 and shutil.which("apt-get"):
        return "automatic", "Longjump installs what is missing: you are root"
    return "by hand", "Longjump prints the command that installs what is missing"


def lacks(is_writable):
    """Names what is missing, with the command that installs it; returns the status."""
    groups = [name for name in GROUPS if name != "window" or has_display()]
    groups = [name for name in groups if name != "test" or IS_SOURCE]
    script = """for group; do
        look "$group"
        for what in "${missing[@]}"; do printf '%s\\t%s\\n' "$group" "$what"; done
    done
    look "$@"
    ((${#missing[@]} == 0)) || install_command"""
    compiler = tool("CC", "cc")[0]
    if IS_SOURCE and not (shutil.which(compiler) or re.match("gcc|cc|.*clang", compiler)):
        say(f"\nLONGJUMP_CC: there is no program {compiler} here")
        return 1
    *found, command = [*bash(script, *groups).splitlines(), ""][:-1] or [""]
    if not found:
        say("\nNothing is missing" + ("." if is_writable else ", but build/ cannot be written."))
        return 0 if is_writable else 1
    say("\nMissing")
    purposes = {}
    for group, what in (line.split("\t") for line in found):
        purposes.setdefault(what, []).append(GROUPS[group])
    for what, some in purposes.items():
        row(what, "", "for " + ", ".join(some))
    say(f"\nThis installs it:\n\n    {command}")
    return 1 if any(line.split("\t")[0] in NEEDED for line in found) or not is_writable else 0


if __name__ == "__main__":
    start(lambda words: doctor(COMMAND.read(words)))
