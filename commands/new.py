#!/usr/bin/env python3
# new - makes a small kernel project of your own
"""The command `new`: copies a project out of commands/new/, with its way to Longjump written in."""

import json
import shlex
import shutil
from pathlib import Path

from lib.project import ROOT, Stop, need, say, shown, start
from lib.words import Option, Command

LANGUAGES = {
    "c": ("make run", "make test", ["build"]),
    "rust": ("cargo run", "cargo test", ["build", "rust"]),
}

COMMAND = Command(
    "new",
    """
Makes a kernel project in the new folder DIR: a kernel that says hello, a test that passes, and
what it takes to build, boot, test and debug it. It stands by itself; only its Makefile, or its
.cargo/config.toml, knows where this Longjump is.
""",
    (Option("--lang", "c|rust", "the language it is written in (c)"),),
    (
        "./build.sh new ~/my-kernel && make -C ~/my-kernel run",
        "./build.sh new ../kernel-rs --lang rust && cd ../kernel-rs && cargo test",
    ),
    names="DIR",
)


def new(given):
    """Makes the project of these words; returns 0."""
    if len(given.names) != 1:
        raise Stop("new: say one folder to make; see ./build.sh new --help", 2)
    language = given.lang or "c"
    if language not in LANGUAGES:
        raise Stop(f"new: --lang is c or rust, not {language}", 2)
    folder = Path(given.names[0])
    make_project(language, folder)
    run, test, groups = LANGUAGES[language]
    say(f"{shown(folder)} is made; now:\n")
    say(f"    cd {shlex.quote(shown(folder))} && {run}\n    {test}\n")
    try:
        need("python", "run", *groups, install=not given.no_install)
    except Stop:
        say("it can be built when that is there")
    return 0


def make_project(language, folder):
    """Lays the project down, unless something is there already."""
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise Stop(f"{shown(folder)} is there already, and not empty: choose another folder")
    source = ROOT / "commands/new" / language
    try:
        for path in sorted(source.rglob("*")):
            if path.is_file():
                place = folder / path.relative_to(source)
                place.parent.mkdir(parents=True, exist_ok=True)
                place.write_text(fill(path.name, path.read_text("utf-8")), encoding="utf-8")
        if language == "c":
            shutil.copyfile(ROOT / "kernel/kernel.ld", folder / "kernel.ld")
            shutil.copyfile(ROOT / "include/longjump.h", folder / "longjump.h")
        ignored = "build/\n" if language == "c" else "target/\n"
        (folder / ".gitignore").write_text(ignored, encoding="utf-8")
    except OSError as error:
        raise Stop(f"{error.filename}: {error.strerror}") from None


def fill(name, text):
    """A file of the project, with the way to build.sh written into it as the file has it."""
    program = str(ROOT / "build.sh")
    if name == "Makefile":
        return text.replace("@LONGJUMP@", program.replace("$", "$$").replace("#", "\\#"))
    return text.replace("@LONGJUMP@", json.dumps(program)).replace("@BUILD@", shlex.quote(program))


if __name__ == "__main__":
    start(lambda words: new(COMMAND.read(words)))
