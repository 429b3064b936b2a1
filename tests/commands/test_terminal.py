"""What only a person at a terminal sees: colours and progress."""

import io
import os
import pathlib
import pty
import re
import subprocess
import sys
import time

import pytest
from lib.colour import coloured
from lib.compiling import compile_watched
from lib.progress import OFTEN, SOON, Progress, watched
from lib.session import Session
from mistakes import CASES, spoil
from projects import ROOT

SEQUENCE = re.compile(r"\x1b\[[0-9;]*m")
RED, GREEN, YELLOW, END = "\x1b[1;31m", "\x1b[32m", "\x1b[1;33m", "\x1b[0m"


def on_a_terminal(*words, **environment):
    """What build.sh shows on a terminal."""
    ours, theirs = pty.openpty()
    own = {key: value for key, value in os.environ.items() if key != "NO_COLOR"}
    child = subprocess.Popen(
        [ROOT / "build.sh", "--no-install", *words],
        stdin=subprocess.DEVNULL, stdout=theirs, stderr=theirs,
        env={**own, "TERM": "xterm", **environment},
    )  # fmt: skip
    os.close(theirs)
    said = b""
    while piece := read(ours):
        said += piece
    os.close(ours)
    child.wait()
    return said.decode().replace("\r\n", "\n")


def read(end):
    """What comes next; nothing when the other end is closed, which Linux calls an error."""
    try:
        return os.read(end, 65536)
    except OSError:
        return b""


@pytest.fixture
def bad(tmp_path):
    """A kernel that is refused."""
    path = tmp_path / "bad.elf"
    path.write_bytes(spoil(CASES["big_endian"]))
    return path


def test_a_refusal_is_in_colour_on_a_terminal_and_the_same_without(bad):
    said = on_a_terminal("check", bad)
    assert f"{YELLOW}K104{END} the kernel is not" in said, said
    assert f"{GREEN}     fix:{END} compile" in said and f"{RED}Longjump cannot start{END}" in said
    piped = subprocess.run(
        [ROOT / "build.sh", "check", bad], stdout=subprocess.PIPE, text=True, check=False
    ).stdout
    assert SEQUENCE.sub("", said) == piped


@pytest.mark.parametrize("environment", [{"NO_COLOR": "1"}, {"TERM": "dumb"}], ids=str)
def test_there_are_no_colours_if_the_user_wants_none(environment, bad):
    assert "\x1b" not in on_a_terminal("check", bad, **environment)
    assert "\x1b" not in on_a_terminal("frobnicate", **environment)


def test_an_error_is_red_whoever_reports_it():
    for words in (["frobnicate"], ["image", "--frobnicate"]):
        assert on_a_terminal(*words).startswith(f"{RED}build.sh:"), words


@pytest.mark.parametrize(
    "text, expected",
    [
        ("test passed: a.elf: code 33", f"{GREEN}test passed{END}: a.elf: code 33"),
        ("test FAILED: K107: x", f"{RED}test FAILED{END}: {YELLOW}K107{END}: x"),
        ("test CRASHED: x", f"{RED}test CRASHED{END}: x"),
        ("12 passed, 1 failed", f"{GREEN}12 passed{END}, {RED}1 failed{END}"),
        ("12 passed, 0 failed", f"{GREEN}12 passed{END}, 0 failed"),
        ("  warning  K802 x", f"{YELLOW}  warning{END}  {YELLOW}K802{END} x"),
        ("  pack     a.iso", "\x1b[36m  pack     \x1b[0ma.iso"),
        ("see docs/errors.md#K107, AK47 and a test that FAILED", None),
    ],
)
def test_what_stands_out(text, expected):
    assert coloured(text) == (expected or text)


def test_a_make_that_takes_a_while_shows_its_progress(tmp_path):
    """The first steps come before the counting, and one of them may be counted twice; what is up to
    date is not counted."""
    (tmp_path / "Makefile").write_text(
        "MAKEFLAGS += --no-builtin-rules\nall: $(patsubst %,%.o,1 2 3 4 5 6 7 8 9)\n"
        "%.o:\n\t@printf '  %-9s%s\\n' compile $@\n\t@sleep 0.2; touch $@\n"
    )
    (tmp_path / "9.o").touch()
    said = []
    command = ["make", "-C", str(tmp_path), "--no-print-directory", "--silent", "all"]
    assert compile_watched(command, dict(os.environ), said.append) == 0
    assert len(said) == 8 and all(line.startswith("  compile  ") for line in said)
    shares = [int(line.split()[2]) for line in said if line.endswith(" %")]
    assert shares == sorted(shares) and 88 <= shares[-1] <= 100 and len(shares) >= 3, said


class Screen(io.StringIO):
    """A terminal that keeps what is written."""

    def isatty(self):
        return True

    def overwrite(self, text):
        self.write("\r" + text)


def test_progress_is_shown_on_a_terminal_once_it_takes_a_while(monkeypatch):
    for screen, soon, seen in (
        (Screen(), 0, True),
        (Screen(), 60, False),
        (io.StringIO(), 0, False),
    ):
        monkeypatch.setattr(sys, "stdout", screen)
        progress = Progress("  hash     it", 200, soon)
        progress.at(50)
        progress.at(200)
        progress.end()
        said = screen.getvalue()
        assert ("  hash     it  25 %" in said and "100 %" in said and said[-1] == "\n") == seen
        assert seen or not said


def test_the_progress_of_silent_programs_is_polled(monkeypatch):
    screen = Screen()
    monkeypatch.setattr(sys, "stdout", screen)
    with watched("  write    it", 200, lambda: 150):
        time.sleep(SOON + 5 * OFTEN)
    assert screen.getvalue().startswith("\r  write    it  75 %") and screen.getvalue()[-1] == "\n"
    with watched("  write    it", 200, lambda: 150):
        pass
    assert screen.getvalue().count("\n") == 1


@pytest.mark.parametrize(
    "rest, expected", [([], ["guest=my,,kernel.elf"]), (["-name", "mine"], ["mine"])], ids=str
)
def test_the_window_is_named_after_the_kernel_unless_the_user_names_it(rest, expected):
    kernel = pathlib.Path("/some/where/my,kernel.elf")
    words = Session(["qemu-system-x86_64"], rest, "gtk", sources=kernel).words
    assert [after for word, after in zip(words, words[1:]) if word == "-name"] == expected
