"""suite.py - measures the tests of a cargo project: a number of kernels, each given to the runner
as `cargo test` gives it, without a disc and from one, and to bootimage's runner if that is
installed.

Each test is a file that no disc has been made of yet, as after a change of what all tests use. The
ways take turns, so that a busy moment hits all alike. Knows the runners; knows nothing of loaders.
"""

import os
import shutil
import subprocess
import tempfile
import time
from pathlib import Path

from lib.project import BUILD, ROOT, Stop, say
from payload import SIZES, Payload

LIMIT = 300  # seconds that one test may take
PART = 0.5  # of the time from a disc, or of bootimage's, without one
RUNNER = [str(ROOT / "build.sh"), "runner"]
WAYS = {"direct": RUNNER, "disc": [*RUNNER, "--disc"]}
OTHERS = {"bootimage": ["bootimage", "runner"]}
MANIFEST = """[package]
name = "suite"
version = "0.1.0"
edition = "2021"

[package.metadata.bootimage]
test-success-exit-code = 33
"""
DEPENDENCY = '\n[dependencies]\nbootloader = "0.9"\n'  # which bootimage wants to find


def ways():
    """The runners that there are: name -> their words."""
    return {**WAYS, **{name: words for name, words in OTHERS.items() if shutil.which(words[0])}}


def measure(count):
    """The seconds of each test, on the wall and of the CPU: way -> pairs."""
    runners = ways()
    with tempfile.TemporaryDirectory(prefix="suite.", dir=BUILD) as folder:
        tests = make_project(Path(folder), count + 1, OTHERS.keys() <= runners.keys())
        found = {way: [] for way in runners}
        for number, test in enumerate(tests):
            if number % 10 == 1:
                say(f"  run      test {number} of {count}, in turn {', '.join(runners)}")
            for way, words in runners.items():
                found[way].append(one_test(words, test, folder))
    return {way: pairs[1:] for way, pairs in found.items()}  # the first waits for compilation


def make_project(folder, count, has_others):
    """A project of which these tests have just been built; their files."""
    deps = folder / "target/x86_64-unknown-none/debug/deps"
    for place in (deps, folder / "src"):
        place.mkdir(parents=True)
    (folder / "src/lib.rs").write_text("#![no_std]\n", encoding="ascii")
    text = MANIFEST + (DEPENDENCY if has_others else "")
    (folder / "Cargo.toml").write_text(text, encoding="ascii")
    kernel = Payload(SIZES["tiny"], folder).kernel(64).read_bytes()
    tests = [deps / f"suite-{number:016x}" for number in range(count)]
    for number, test in enumerate(tests):
        test.write_bytes(kernel + number.to_bytes(8, "little"))
        test.chmod(0o755)
    return tests


def one_test(words, test, folder):
    """The seconds that a runner took for a test, on the wall and of the CPU."""
    begin, before = time.monotonic(), os.times()
    done = subprocess.run(
        [*words, test],
        cwd=folder,
        env={**os.environ, "CARGO_MANIFEST_DIR": str(folder)},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=LIMIT,
        check=False,
    )
    wall, after = time.monotonic() - begin, os.times()
    if done.returncode != 0:
        said = done.stdout.decode("utf-8", "replace")
        raise Stop(f"bench: {' '.join(words)} ended with {done.returncode}:\n{said}")
    before_us, after_us = (used.children_user + used.children_system for used in (before, after))
    return wall, after_us - before_us


def sums(found):
    """What all tests together took: way -> seconds on the wall, and of the CPU."""
    return {way: tuple(map(sum, zip(*pairs))) for way, pairs in found.items()}


def show(found):
    """Prints what each way took, and holds that without a disc against the others."""
    count, totals = len(found["direct"]), sums(found)
    say(f"\n{f'{count} tests of a project':<28}{'wall, s':>10}{'CPU, s':>10}{'a test, ms':>12}")
    for way, (wall, busy) in totals.items():
        say(f"  {way:<26}{wall:>10.2f}{busy:>10.2f}{1000 * wall / count:>12.0f}")
    for way, (wall, busy) in totals.items():
        if way != "direct":
            part, of_cpu = totals["direct"][0] / wall, totals["direct"][1] / busy
            verdict = "is met" if part <= PART else "is missed"
            say(f"direct / {way:<17}{part:>10.2f}{of_cpu:>10.2f}  at most {PART}: {verdict}")
