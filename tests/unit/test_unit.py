"""Runs the unit tests, which are programs of their own: each NAME.c in 64 and in 32 bits."""

import os
import pathlib
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NAMES = sorted(path.stem for path in pathlib.Path(__file__).parent.glob("*.c"))
STRICT = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


@pytest.mark.parametrize("bits", ["64", "32"])
@pytest.mark.parametrize("name", NAMES)
def test_unit(name, bits):
    program = ROOT / f"build/tests/unit{bits}" / name
    done = subprocess.run(
        [program], capture_output=True, text=True, timeout=600, env={**os.environ, **STRICT}
    )
    bad = [line for line in done.stdout.splitlines() if not line.startswith("ok ")]
    assert done.returncode == 0, "\n".join([*bad, done.stderr])
