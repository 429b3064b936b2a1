"""Proves, with Frama-C's WP and Z3, that the functions through which foreign bytes are read and
page tables written keep their contracts (comments that begin with @) for every input, and so touch
no byte that is not theirs. ./build.sh test proof runs it.

What each function may rely on is in its contract (`requires`): that a span's bytes exist, that a
table is valid. That callers keep to it is not proven; the fuzzers and checkers look for that.
"""

import os
import pathlib
import re
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
FOLDER = ROOT / "build/tests/proof"
OVERFLOW = "-warn-unsigned-overflow"  # no sum may wrap, not even where C allows it

# Addresses in page tables may wrap at the top of the address space; that is said where it is done.
FUNCTIONS = {
    "in_bounds": ("base.c", OVERFLOW),
    "span_part": ("base.c", OVERFLOW),
    "span_read": ("base.c", OVERFLOW),
    "span_string": ("base.c", OVERFLOW),
    "span_find_word": ("base.c", OVERFLOW),
    "min_u64": ("paging.c", OVERFLOW),
    "page_table_entry_size": ("paging.c",),
    "entry_index": ("paging.c",),
    "write_entry": ("paging.c",),
    "page_bits": ("paging.c",),
    "next_table": ("paging.c",),
    "fill_entries": ("paging.c",),
    "map_pages": ("paging.c",),
}


@pytest.fixture(scope="session")
def provers():
    """A configuration of Why3, which finds Z3, for this process alone."""
    FOLDER.mkdir(parents=True, exist_ok=True)
    settings = FOLDER / f"why3-{os.getpid()}.conf"
    settings.unlink(missing_ok=True)
    subprocess.run(
        ["why3", "config", "detect", "-C", settings],
        check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL,
    )  # fmt: skip
    yield settings
    settings.unlink()


@pytest.mark.parametrize("machine", ["gcc_x86_64", "gcc_x86_32"])
@pytest.mark.parametrize("function", FUNCTIONS)
def test_proven_for_every_input(function, machine, provers, request):
    file, *more = FUNCTIONS[function]
    done = subprocess.run(
        [
            "frama-c", "-machdep", machine, "-cpp-extra-args=-Iloader",
            "-wp", "-wp-model", "Typed+Cast", "-wp-rte", *more, "-wp-prover", "z3",
            "-wp-timeout", str(request.config.getoption("--patience")),
            "-wp-fct", function, f"loader/core/{file}",
        ],
        cwd=ROOT, env={**os.environ, "WHY3CONFIG": str(provers)},
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, check=False,
    )  # fmt: skip
    goals = re.search(r"Proved goals: +(\d+) / (\d+)", done.stdout)
    assert done.returncode == 0 and goals, done.stdout
    assert int(goals.group(1)) == int(goals.group(2)) > 0, done.stdout
