#!/usr/bin/env python3
# check - shows what the loader would do with a kernel, without booting it
"""The command `check`: runs build/check, the loader up to the jump, on kernels."""

import contextlib
import json
import os
import subprocess
import sys

from image import TAKEN, read_module, readable
from lib.checking import command_of, look, read_size, words_of
from lib.making import make
from lib.project import Stop, Voice, need, start
from lib.words import Option, Command

COMMAND = Command(
    "check",
    """
Checks whether Longjump can start each FILE, without booting it: runs the loader's own code on this
computer, up to the jump, with the memory map of a QEMU machine. (On other machines, physical
addresses may differ.) Prints where everything would be loaded, the message with which the loader
would refuse the kernel, and warnings about kernels that boot but will fail later. `./build.sh
explain K107` explains a code.

Ends with status 0 if Longjump can start every kernel, 1 if it would refuse one, 2 if it cannot find
out: a file cannot be read, a tool is missing. With --json, prints a list with one object for each
FILE: file, starts, findings (code, severity, summary, detail, fix, text), segments, placements, and
what else the text shows.
""",
    (
        Option("--memory", "SIZE", "the machine's memory, such as 64M or 4G (256M)"),
        TAKEN["--options"],
        TAKEN["--append"],
        Option("--module", "FILE[:STRING]", "hands a file to the kernel, as for image", many=True),
        Option("--json", "", "prints JSON, for programs"),
    ),
    (
        "./build.sh check build/kernel.elf",
        "./build.sh check --memory 64M --options '-stack=1M -kaslr' one.elf two.elf.gz",
        "./build.sh check --json my.elf | jq '.[].findings[].code'",
    ),
    names="FILE",
)


def check(given):
    """Checks the files that these words name; returns the status."""
    if not given.names:
        raise Stop("check: name the kernel: ./build.sh check my.elf", 2)
    memory = read_size("check: --memory", given.memory or "256M")
    modules = [read_module(text) for text in given.module]
    lines = [words_of(name, given.append, given.options, modules) for name in given.names]
    with to_stderr() if given.json else contextlib.nullcontext():
        need("build", install=not given.no_install)
        make("build/check")
    if given.json:
        found = [look(words, memory) for words in lines]
        for name, kernel in zip(given.names, found):
            kernel["file"] = kernel["file"] or name  # options before it may hide it
        print(json.dumps(found, indent=2).replace("\x7f", "\\u007f"))  # ASCII that can be seen
        return max(map(status_of, found))
    statuses = []
    for name, words in zip(given.names, lines):
        if statuses:
            print(flush=True)
        statuses.append(check_one(name, command_of(words, memory)))
    return max(status if status in (0, 1) else 2 for status in statuses)


def check_one(name, command):
    """Checks one kernel, if it can be read; returns the status."""
    try:
        readable("check", name)
    except Stop as stop:
        print(stop, file=sys.stderr, flush=True)
        return 2
    Voice.show(command)
    if not getattr(sys.stdout, "is_coloured", False):
        return subprocess.run(command, check=False).returncode
    done = subprocess.run(command, stdout=subprocess.PIPE, check=False)
    print(os.fsdecode(done.stdout), end="", flush=True)
    return done.returncode


def status_of(found):
    """The status for one kernel's result, as --json prints it."""
    codes = {finding["code"] for finding in found["findings"]}
    return 0 if found["starts"] else 2 if codes & {"K501", "K502"} else 1


@contextlib.contextmanager
def to_stderr():
    """Sends what programs print to standard error for a while."""
    sys.stdout.flush()
    kept = os.dup(1)
    os.dup2(2, 1)
    try:
        yield
    finally:
        sys.stdout.flush()
        os.dup2(kept, 1)
        os.close(kept)


if __name__ == "__main__":
    start(lambda words: check(COMMAND.read(words)), failure=2)
