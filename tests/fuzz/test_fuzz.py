"""Replays seeds and regressions, and fuzzes: a few seconds in every run of the tests, and longer on
request (./build.sh test fuzz). With --keep, what is found is added to the seeds."""

import os
import pathlib
import subprocess

import pytest
import seeds

HERE = pathlib.Path(__file__).parent
ROOT = HERE.parents[1]
NAMES = sorted({path.stem for path in HERE.glob("*.c")} - {"replay"})
STRICT = {"ASAN_OPTIONS": "detect_leaks=0", "UBSAN_OPTIONS": "print_stacktrace=1"}


def run(*command):
    """Runs a command; returns its status and the end of its output."""
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
def test_seeds_and_regressions_are_survived(name, bits, tmp_path):
    inputs = [*seeds.unpack(name, tmp_path), *seeds.regressions(name)]
    assert inputs
    status, said = run(ROOT / f"build/tests/fuzz{bits}" / name, *inputs)
    assert status == 0 and f"{len(inputs)} replayed" in said, said


@pytest.mark.parametrize("bits", ["64", "32"])
@pytest.mark.parametrize("name", NAMES)
def test_nothing_new_is_found(name, bits, request, seconds, tmp_path):
    found = ROOT / "build/tests/fuzz" / f"{name}{bits}-"
    found.parent.mkdir(parents=True, exist_ok=True)
    list(seeds.unpack(name, tmp_path / "seeds"))
    (tmp_path / "new").mkdir()
    status, said = run(
        ROOT / f"build/fuzz{bits}" / name,
        f"-max_total_time={seconds}",
        f"-artifact_prefix={found}",
        "-timeout=10",
        "-print_final_stats=1",
        tmp_path / "new",
        tmp_path / "seeds",
    )
    assert status == 0, f"the input is kept as {found}...; give it a name in regressions/\n{said}"
    if request.config.getoption("--keep", False):
        keep(name, bits, tmp_path)


def keep(name, bits, folder):
    """Adds to the archive of seeds what reaches more than the seeds do."""
    (folder / "kept").mkdir()
    status, said = run(
        ROOT / f"build/fuzz{bits}" / name,
        "-merge=1",
        *(folder / part for part in ("kept", "seeds", "new")),
    )
    assert status == 0, said
    paths = [*(folder / "seeds").iterdir(), *(folder / "kept").iterdir()]
    seeds.pack(name, [path.read_bytes() for path in paths])


@pytest.mark.parametrize("name", NAMES)
def test_the_same_seeds_make_the_same_archive(name, tmp_path, monkeypatch):
    packed = seeds.archive(name).read_bytes()
    contents = [path.read_bytes() for path in seeds.unpack(name, tmp_path)]
    monkeypatch.setattr(seeds, "FUZZ", tmp_path)
    seeds.pack(name, reversed(contents))
    assert seeds.archive(name).read_bytes() == packed
