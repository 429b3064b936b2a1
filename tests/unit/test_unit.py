"""Runs the unit tests, which are separate C programs, in 64 and in 32 bits. Each sentence in such a
program (tests/check.h) is shown as a separate test."""

import functools
import os
import pathlib
import re
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
STRICT = {
    "ASAN_OPTIONS": "detect_leaks=0:detect_stack_use_after_return=1",
    "UBSAN_OPTIONS": "print_stacktrace=1",
}
BITS = os.environ.get("LONGJUMP_TEST_BITS", "64 32").split()  # "64": without a 32-bit C library
TEST = re.compile(r'^TEST\(((?:\s*"(?:[^"\\]|\\.)*")+)\)', re.MULTILINE)


def sentences(source):
    """The sentences in a C file; one too long for a line is written as several strings."""
    return [
        "".join(re.findall(r'"((?:[^"\\]|\\.)*)"', found)).replace('\\"', '"')
        for found in TEST.findall(source.read_text("utf-8"))
    ]


def points():
    """Every sentence of every program, in both widths. One worker runs all of a program."""
    for source in sorted(HERE.glob("*.c")):
        for bits in BITS:
            group = pytest.mark.xdist_group(f"unit{bits}-{source.stem}")
            for sentence in sentences(source):
                name = f"{source.stem}{bits}: {sentence}"
                yield pytest.param(source.stem, bits, sentence, id=name, marks=group)


@functools.lru_cache(maxsize=None)
def run(name, bits):
    """Runs a program once; returns its output for each sentence, and the output at its end."""
    program = ROOT / f"build/tests/unit{bits}" / name
    done = subprocess.run(
        [program], capture_output=True, text=True, timeout=600, env={**os.environ, **STRICT}
    )
    said, notes = {}, []
    for line in done.stdout.splitlines():
        found = re.match(r"(ok|not ok) \d+ - (.*)", line)
        if found:
            said[found.group(2)] = (found.group(1) == "ok", "\n".join(notes))
            notes = []
        else:
            notes.append(line)
    return said, "\n".join([*notes, done.stderr[:4000], f"ended with status {done.returncode}"])


@pytest.mark.parametrize("name, bits, sentence", points())
def test_unit(name, bits, sentence):
    said, end = run(name, bits)
    if sentence not in said:
        pytest.fail(f"the program ended before this test did:\n{end}", pytrace=False)
    good, notes = said[sentence]
    if not good:
        pytest.fail(notes, pytrace=False)


@pytest.mark.parametrize("source", sorted(HERE.glob("*.c")), ids=lambda source: source.stem)
def test_every_sentence_occurs_once(source):
    found = sentences(source)
    written = len(re.findall(r"^TEST\(", source.read_text("utf-8"), re.MULTILINE))
    assert len(set(found)) == written > 0
