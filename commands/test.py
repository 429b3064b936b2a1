#!/usr/bin/env python3
# test - runs every test, or some
"""The command `test`: builds what the tests need, runs them with pytest, and counts the results."""

import argparse
import os
import re
import shutil
import signal
import subprocess
import tempfile
import xml.etree.ElementTree as xml
from pathlib import Path

from lib.making import make
from lib.project import BUILD, ROOT, Stop, Voice, need, own_environment, say, shown, start
from lib.words import Command

COMMAND = Command(
    "test",
    """
Builds everything, installs what the tests need (as root, on Debian and systems based on it), and
runs the tests. NAME is a folder of tests/, a file in it, or a part of a test's name. The first line
says how much time and disk space they take, then each test is named as it runs, and the last line
counts them: N passed, N failed. Ends with status 0 if all passed, 1 if one failed, 2 if they cannot
be run.

`unit64` runs only the 64-bit unit tests, for machines that cannot run 32-bit programs.

Three folders do more if you name them: `fuzz` runs each fuzzer for 60 seconds (--seconds=N for
longer), `proof` runs the proofs in Frama-C, and `soak` boots 200 times in a row (--boots=N for
more) and injects 500 faults into discs, loader, kernels and memory (--faults=N, --seed=N).
""",
    (),
    (
        "./build.sh test",
        "./build.sh test unit style",
        "./build.sh test unit64",
        "./build.sh test tests/boot/test_harness.py",
        "./build.sh test fuzz -- --seconds=600",
        "./build.sh test -- --exitfirst --capture=no",
    ),
    names="NAME",
    rest="ARGUMENT OF PYTEST",
)

PYTHON = "/usr/bin/python3"  # the one that Debian's pytest belongs to
RESULTS = BUILD / "tests/results.xml"
ALL_TAKE, ALL_FILL = 42, 2  # minutes of one CPU, and GB
MOST_WORKERS = 8


def test(given):
    """Runs the tests that these words name; returns the status."""
    only_64 = given.names == ["unit64"]
    chosen = choose(["unit"] if only_64 else given.names)
    prepare(given, only_64)
    results = results_in(given.rest)
    results.unlink(missing_ok=True)
    workers = min(os.cpu_count() or 1, MOST_WORKERS)
    announce(given.names, workers)
    # If a shell has started us in the background, SIGINT is ignored, and would be in all programs
    # that the tests interrupt.
    signal.signal(signal.SIGINT, signal.default_int_handler)
    command = [PYTHON, "-m", "pytest", "--verbose", "--no-header", "--tb=short", "-rfE"]
    command += ["-n", str(workers), "--dist=loadgroup"]
    command += [f"--junitxml={results}", *chosen, *given.rest]
    Voice.show(command)
    status = subprocess.run(
        command, cwd=ROOT, stdin=subprocess.DEVNULL, env=own_environment(), check=False
    ).returncode
    if status == 5:
        raise no_test(given.names)
    return count(status, results)


def results_in(words):
    """Where pytest writes the results: these words for it may name another file."""
    parser = argparse.ArgumentParser(add_help=False, allow_abbrev=False)
    parser.add_argument("--junitxml", "--junit-xml", default=RESULTS)
    return ROOT / parser.parse_known_args(words)[0].junitxml


def announce(names, workers):
    """Prints how much time and space the tests take."""
    what = f"{', '.join(names)}; all tests" if names else "all tests; they"
    cpus = f"{workers} CPU" + "s" * (workers > 1)
    free = shutil.disk_usage(BUILD).free // 10**9
    space = f"{ALL_FILL} GB in {shown(BUILD)} and {tempfile.gettempdir()} ({free} GB are free)"
    say(f"  test     {what} take about {ALL_TAKE // workers} minutes on {cpus}, and up to {space}")


def prepare(given, only_64):
    """Installs and builds what the chosen tests need."""
    if BUILD != ROOT / "build":
        raise Stop("the tests write to build/, which you may not write to: test a copy", 2)
    if only_64:
        need("python", "build", "pytest", install=not given.no_install)
        make("unit-tests64")
        os.environ["LONGJUMP_TEST_BITS"] = "64"
        return
    more = ["proof"] if "proof" in given.names else []
    need(
        "python",
        "build",
        "image",
        "run",
        "pytest",
        "test",
        "fuzz",
        *more,
        install=not given.no_install,
    )
    make("all", "tests", "fuzzers")


def choose(names):
    """pytest's arguments for what the user named."""
    paths, parts = [], []
    for name in names:
        for path in (ROOT / "tests" / name, ROOT / name):
            if path.exists():
                paths.append(str(path))
                break
        else:
            parts.append(name)
    if parts and not may_match(parts):
        raise no_test(parts)
    if paths and parts:
        raise Stop("name either folders and files, or parts of tests' names, not both", 2)
    return (
        ["-k", " or ".join(parts), str(ROOT / "tests")] if parts else paths or [str(ROOT / "tests")]
    )


def may_match(parts):
    """Whether any word of these parts of tests' names occurs where pytest takes the names from; if
    not, nothing need be installed or built to know that there is no such test."""
    if any("/" in part for part in parts):
        return False
    words = {*re.findall(r"\w+", " ".join(parts).lower())} - {"and", "or", "not"}
    for folder in ("tests", "docs", "loader", "include"):
        for path in filter(Path.is_file, (ROOT / folder).rglob("*")):
            text = f"{path}\n".lower().encode() + path.read_bytes().lower()
            if any(word.encode() in text for word in words):
                return True
    return False


def no_test(names):
    return Stop("no test is called " + " or ".join(names or ["anything"]))


def count(status, results):
    """Prints the last line; returns the status of the command."""
    total = dict.fromkeys(("tests", "failures", "errors", "skipped"), 0)
    if results.exists():
        for suite in xml.parse(results).iter("testsuite"):
            for name in total:
                total[name] += int(suite.get(name, 0))
    failed = total["failures"] + total["errors"]
    if status != 0 and failed == 0:
        say(f"pytest ended with status {status}, so this does not count as passed")
        failed = 1
    passed = max(0, total["tests"] - total["failures"] - total["errors"] - total["skipped"])
    skipped = f", {total['skipped']} skipped" if total["skipped"] else ""
    say(f"{passed} passed, {failed} failed{skipped}")
    return 1 if failed else 0


if __name__ == "__main__":
    start(lambda words: test(COMMAND.read(words)), failure=2)
