"""The examples in docs/protocol.md: compiled by the commands below them, and booted."""

import os
import re
import subprocess
import time

import images
import pytest

PAPER = images.ROOT / "docs/protocol.md"
GREEN = 0x2F


def examples():
    """Every file that the paper shows, with its name, its text and the commands under it."""
    text = PAPER.read_text("utf-8")
    for found in re.finditer(r"```(c|nasm|rust)\n(.*?)```\n\n((?:    [^\n]+\n)+)", text, re.DOTALL):
        commands = [line.strip() for line in found.group(3).splitlines()]
        before = text[: found.start()]
        name = re.findall(r"`(\w+\.(?:c|asm|rs))`", before)[-1]
        yield pytest.param(name, found.group(2), commands, id=name)


def test_every_language_of_the_paper_is_found():
    assert [case.id for case in examples()] == ["hello.c", "hello.asm", "hello.rs", "pixels.c"]


@pytest.mark.parametrize("name, text, commands", examples())
def test_an_example_does_what_it_says(boot, tmp_path, name, text, commands):
    (tmp_path / name).write_text(text)
    os.symlink(images.ROOT / "include", tmp_path / "include")
    for command in commands:
        if not command.startswith("./build.sh"):
            subprocess.run(["bash", "-ec", command], cwd=tmp_path, check=True)
    is_drawn = name == "pixels.c"
    machine = boot(tmp_path / "hello.elf", options="-video=auto" if is_drawn else "")
    machine.wait_serial("Longjump ")
    first_line = first_drawn_line if is_drawn else first_written_line
    wanted = {"hello.c": "Hello from C", "pixels.c": "Hello in pixels"}.get(name, "Longjump ")
    deadline = time.monotonic() + 60
    while not first_line(machine).startswith(wanted):
        assert time.monotonic() < deadline, machine.report()
        time.sleep(0.2)


def first_drawn_line(machine):
    """The first line of letters of 8x16 pixels."""
    return "\n".join(machine.screenshot_text(8).splitlines()[:1])


def first_written_line(machine):
    """The screen's first line, of which the examples write white on green."""
    cells = machine.memory(0xB8000, 80 * 2)
    return "".join(chr(cells[at]) for at in range(0, 160, 2) if cells[at + 1] == GREEN)
