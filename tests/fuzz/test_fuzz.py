"""Replays the corpus, in every run of the tests; fuzzes, when asked for: ./build.sh test fuzz."""

import os
import pathlib
import subprocess

import pytest

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = sorted({path.stem for path in HERE.glob("*.c")} - {"replay"})
STRICT = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def run(*command):
    """Carries out a command; returns its status and the end of what it said."""
    done = subprocess.run(
        [str(word) for word in command],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        env={**os.environ, **STRICT},
        check=False,
    )
    return done.returncode, done.stdout.decode("utf-8", "replace")[-6000:]


@pytest.mark.parametrize("bits", ["64", "32"])
@pytest.mark.parametrize("name", NAMES)
def test_the_corpus_is_survived(name, bits):
    corpus = sorted((HERE / "corpus" / name).iterdir())
    assert corpus
    status, said = run(ROOT / f"build/tests/fuzz{bits}" / name, *corpus)
    assert status == 0 and f"{len(corpus)} replayed" in said, said


@pytest.mark.parametrize("bits", ["64", "32"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_new_is_found(name, bits, request, tmp_path):
    seconds = request.config.getoption("--seconds")
    found = ROOT / "build/tests/fuzz" / f"{name}{bits}-"
    found.parent.mkdir(parents=True, exist_ok=True)
    status, said = run(
        ROOT / f"build/fuzz{bits}" / name,
        f"-max_total_time={seconds}",
        f"-artifact_prefix={found}",
        "-timeout=10",
        "-print_final_stats=1",
        tmp_path,
        HERE / "corpus" / name,
    )
    assert status == 0, f"the input is kept as {found}...; put it into the corpus\n{said}"
