#!/usr/bin/env python3
# new - makes a small kernel project to start from
"""The command `new`: copies a project from commands/new/, with the path to Longjump written in."""

import json
import shlex
from pathlib import Path

from lib.files import create
from lib.printable import printable
from lib.project import ROOT, Stop, need, say, shown, start
from lib.words import Option, Command

LANGUAGES = {
    "c": ("make run", "make test", ["build", "image", "kernel"]),
    "rust": ("cargo run", "cargo test", ["build", "image", "rust"]),
}

COMMAND = Command(
    "new",
    """
Makes a kernel project in the new folder DIR: a kernel that says hello, a test that passes, and
everything to build, boot, test and debug it. Only one file refers to this Longjump: the Makefile,
or .cargo/config.toml.
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
        raise Stop("new: name one folder to make; see ./build.sh new --help", 2)
    language = given.lang or "c"
    if language not in LANGUAGES:
        raise Stop(f"new: --lang is c or rust, not {language}", 2)
    folder = Path(given.names[0])
    make_project(language, folder)
    run, test, groups = LANGUAGES[language]
    say(f"{shown(folder)} is ready; now:\n")
    say(f"    cd {shlex.quote(shown(folder))} && {run}\n    {test}\n")
    try:
        need("python", "run", *groups, install=not given.no_install)
    except Stop:
        say("the project can be built once that is installed")
    return 0


def make_project(language, folder):
    """Makes the project, unless something is there already, or appears meanwhile."""
    if folder.exists() and (not folder.is_dir() or any(map(is_something, folder.rglob("*")))):
        raise Stop(f"{shown(folder)} already exists and is not empty: choose another folder")
    source = ROOT / "commands/new" / language
    files = {
        path.relative_to(source): fill(path.name, path.read_text("utf-8"))
        for path in sorted(source.rglob("*")) if path.is_file()
    }  # fmt: skip
    if language == "c":
        files["kernel.ld"] = (ROOT / "kernel/kernel.ld").read_text("utf-8")
        files["longjump.h"] = (ROOT / "include/longjump.h").read_text("utf-8")
    files[".gitignore"] = "build/\n" if language == "c" else "target/\n"
    made = []
    try:
        for name, text in files.items():
            (folder / name).parent.mkdir(parents=True, exist_ok=True)
            with create(folder / name) as file:
                made.append(folder / name)
                file.write(text.encode())
    except OSError as error:
        for path in made:
            path.unlink(missing_ok=True)
        raise Stop(f"{error.filename or shown(made[-1])}: {error.strerror}") from None


def is_something(path):
    """Whether it is more than a folder: folders are all that is left of a project that could not be
    laid down."""
    return path.is_symlink() or not path.is_dir()


def fill(name, text):
    """A file of the project, with the path of build.sh in it, quoted as the file needs."""
    program = str(ROOT / "build.sh")
    if name == "Makefile":
        if "\n" in program:
            raise Stop(
                f"new: a Makefile cannot name {printable(program, kept='')}: rename a folder"
            )
        return text.replace("@LONGJUMP@", program.replace("$", "$$").replace("#", "\\#"))
    return text.replace("@LONGJUMP@", json.dumps(program)).replace("@BUILD@", shlex.quote(program))


if __name__ == "__main__":
    start(lambda words: new(COMMAND.read(words)))
