#!/usr/bin/env python3
# manual - shows the manual page
"""The command `manual`: makes docs/longjump.1 from each command's help."""

import os
import re
import subprocess
from pathlib import Path

from image import COMMAND as IMAGE
from image import read_config
from lib.disc import open_disc
from lib.files import create, open_folder, open_regular, put, workshop
from lib.pictures import PICTURES, png_of_ppm, take
from lib.making import make
from lib.markdown import without_links
from lib.project import ROOT, Stop, need, say, shown, start
from lib.words import Option, Command

COMMAND = Command(
    "manual",
    """
Shows the manual page, docs/longjump.1: every command with all its options and examples, and the
loader's options. The page is generated from the commands' help and from docs/options.md: after a
change, run this with --write. --pictures makes the pictures in docs/ again, each from a boot in
QEMU.
""",
    (
        Option("--write", "", "rewrites docs/longjump.1 and shows nothing"),
        Option("--output", "FILE", "where --write writes it"),
        Option("--pictures", "", "makes the pictures in docs/ again, and shows nothing"),
    ),
    (
        "./build.sh manual",
        "man ./docs/longjump.1",
        "./build.sh manual --write",
        "./build.sh manual --pictures",
    ),
)

PAGE = ROOT / "docs/longjump.1"
LOADER_OPTIONS = ROOT / "docs/options.md"

BEGIN = r""".\" longjump.1 - made by `./build.sh manual --write` from the commands' own help.
.TH LONGJUMP 1 "" Longjump "User Commands"
.SH NAME
longjump \- boots 64-bit kernels: builds images, and runs, tests and debugs them
.SH SYNOPSIS
.B ./build.sh
.RI [ COMMAND ]
.RI [ OPTION ...]
.SH DESCRIPTION
Longjump boots ELF64 kernels into long mode, from Syslinux, from UEFI or without a disc. This
program packs a kernel into an image that boots as a CD, as a disk and from a USB stick, and runs,
tests and debugs the kernel. Without a COMMAND, it makes the image. Every
command explains itself with
.BR \-\-help ;
.B ./build.sh help
lists them.
.SH COMMANDS
"""

END = r""".SH FILES
.TP
.I build/
everything that was built
.TP
.I build/longjump.iso
the image, unless
.B \-\-output
names another one
.TP
.I iso/
its files are copied to the disc
.TP
.I isolinux.cfg
says what the image boots
.TP
.I longjump.conf
beside a kernel: settings for
.BR runner ;
docs/runner.md has its keys
.SH ENVIRONMENT
.TP
.BR LONGJUMP_CC ", " LONGJUMP_LD ", " LONGJUMP_NASM ", " LONGJUMP_OBJCOPY
the compiler, the linker, the assembler and objcopy for Longjump itself; CC, MAKEFLAGS and others
that are meant for a kernel change nothing here
.TP
.B SOURCE_DATE_EPOCH
the date in images, in seconds since 1970 (2026-01-01)
.TP
.B SYSLINUX_DIR
a folder to search first for the files of Syslinux
.TP
.BR XDG_CACHE_HOME ", " HOME ", " TMPDIR
where output goes if the folder build/ belongs to another user or cannot be written
.TP
.BR NO_COLOR ", " TERM
no colours on the terminal if NO_COLOR is set, or if TERM is dumb
.TP
.BR DISPLAY ", " WAYLAND_DISPLAY
where QEMU opens its window; without them, it opens none
.SH SEE ALSO
README.md; docs/protocol.md for authors of kernels, docs/errors.md for every message,
docs/runner.md for build tools, docs/debug.md for debugging;
.BR qemu\-system\-x86_64 (1),
.BR gdb (1)
"""


def manual(given):
    """Shows the page, or generates the page or the pictures."""
    if given.pictures:
        take_pictures(not given.no_install)
    if given.write:
        write(Path(given.output or PAGE))
    if given.write or given.pictures:
        return 0
    try:
        return subprocess.run(["man", "-l", PAGE], check=False).returncode
    except OSError:
        raise Stop(f"there is no man on this machine; the page is {shown(PAGE)}") from None


def take_pictures(install):
    """Makes all pictures in docs/."""
    if not (ROOT / "Makefile").exists():
        raise Stop("--pictures: only a source tree has the pictures and the kernels on them")
    need("build", "image", "run", install=install)
    make(*{picture.kernel for picture in PICTURES}, "all")
    for picture in PICTURES:
        picture.path.write_bytes(png_of_ppm(take(picture, disc_of)))
        say(f"{shown(picture.path)} is ready")


def disc_of(words):
    """The disc that `image` makes from these words."""
    return open_disc(read_config(IMAGE.read(words)))


def write(path):
    """Writes the page; replaces an older page, but no other file."""
    try:
        folder = open_folder(path.parent)
        with workshop(folder, f".{path.name}.") as inside:
            with create("page", inside) as file:
                file.write(page().encode())
            put("page", inside, path.name, folder, is_page)
        os.close(folder)
    except FileExistsError:
        raise Stop(f"{shown(path)} is not a manual page of Longjump: move it away") from None
    except OSError as error:
        raise Stop(f"{path}: {error.strerror}") from None
    say(f"{shown(path)} is ready")


def is_page(name, folder):
    """Whether the file is a manual page that we have written."""
    with open_regular(name, folder) as file:
        return file.readline().startswith(b'.\\" longjump.1 - made by ')


def page():
    """The whole page."""
    files = [*(ROOT / "commands").glob("*.sh"), *(ROOT / "commands").glob("*.py")]
    names = sorted(path.stem for path in files)
    return BEGIN + "".join(map(command_section, names)) + loader_section() + END


def command_section(name):
    """A command's help, as a section of the page."""
    if name == "help":
        words = "Lists the commands, or explains one."
        return f".SS help\n.B ./build.sh help\n.RI [ COMMAND ]\n.PP\n{words}\n"
    text = subprocess.run(
        [ROOT / "build.sh", name, "--help"], capture_output=True, text=True, check=True,
        env={key: value for key, value in os.environ.items() if key != "DISPLAY"},
    ).stdout  # fmt: skip
    usage, _, rest = text.partition("\n")
    rest, _, examples = rest.partition("\nexamples:\n")
    words, _, options = rest.partition("\noptions:\n")
    lines = [f".SS {name}", ".B " + quoted(usage.replace("usage: ", "")), ".PP"]
    lines += paragraphs(words.strip("\n").splitlines())
    for option in options.splitlines():
        found = re.match(r"    (--?\S.*?)(?:  +|$)(.*)", option)
        if found:
            lines += [".TP", ".B " + quoted(found.group(1)), quoted(found.group(2))]
        elif option.strip():
            lines.append(quoted(option.strip()))
    lines += [".PP", "Examples:", ".PP", ".nf"]
    lines += [quoted(line) for line in examples.splitlines() if line.strip()]
    return "\n".join([*lines, ".fi", ""])


def loader_section():
    """The options of the loader, from the table in their document."""
    title, _, rest = LOADER_OPTIONS.read_text("utf-8").partition("\n\n")
    words = rest.partition("\n\n|")[0].replace("`", "")
    lines = [f".SH {title.strip('# ').upper()}", *paragraphs(words.splitlines())]
    for row in re.findall(r"(?m)^\| (`.*) \|$", rest):
        option, _, does = row.replace("\\|", "\0").replace("`", "").partition(" | ")
        does = without_links(does).replace("\0", "|")
        lines += [".TP", ".B " + quoted(option.replace("\0", "|")), quoted(does)]
    return "\n".join([*lines, ""])


def paragraphs(lines):
    """Text that troff fills, except for indented lines, which are kept."""
    made, is_fixed = [], False
    for line in lines:
        if line.startswith("    ") != is_fixed and line:
            is_fixed = not is_fixed
            made.append(".nf" if is_fixed else ".fi")
        made.append(quoted(line) if line else ".PP")
    return [*made, ".fi"] if is_fixed else made


def quoted(text):
    """Text in which troff finds no commands."""
    text = text.replace("\\", "\\e").replace("-", "\\-").replace("~", "\\(ti").replace("^", "\\(ha")
    text = text.replace("'", "\\(aq").replace("`", "\\(ga")
    return f"\\&{text}" if text.startswith(".") else text


if __name__ == "__main__":
    start(lambda words: manual(COMMAND.read(words)))
