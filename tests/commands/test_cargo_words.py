"""The arguments that cargo and cargo-nextest give to a test program, as the runner understands
them."""

import os
import shutil
import subprocess
from pathlib import Path

import pytest

from lib.harness import test_name as name_of
from lib.harness import understand
from lib.project import Stop

PASS = ["mov al, 16", "out 0xf4, al", "jmp $"]

# What is said -> whether a test called heap_allocation is run, and what is left for QEMU
WORDS = {
    "": (True, ""),
    "heap": (True, ""),
    "heap-allocation": (True, ""),
    "stack": (False, ""),
    "stack heap": (True, ""),
    "--exact heap": (False, ""),
    "--exact heap_allocation": (True, ""),
    "heap_allocation --exact --nocapture": (True, ""),
    "--skip alloc": (False, ""),
    "--skip=stack": (True, ""),
    "--skip alloc --exact": (True, ""),
    "--ignored": (False, ""),
    "--include-ignored": (True, ""),
    "--bench": (True, ""),
    "-q --test-threads 1 --color always --format=pretty": (True, ""),
    "--test-threads=1 -Z unstable-options --report-time": (True, ""),
    "-Zunstable-options --format=json heap": (True, ""),
    "-m 64M -Zunstable-options": (True, "-m 64M"),
    "--skip x --exact --color always --format pretty --include-ignored": (True, ""),
    "-- --nocapture": (True, ""),
    "-- stack": (False, ""),
    "-m 64M": (True, "-m 64M"),
    "-m 64M stack": (False, "-m 64M"),
    "-snapshot heap -smp 2": (True, "-snapshot -smp 2"),
    "--enable-kvm heap": (True, "--enable-kvm"),
    "-append --quiet": (True, "-append --quiet"),
    "-drive file=x --nocapture -nographic": (True, "-drive file=x -nographic"),
}  # fmt: skip


@pytest.mark.parametrize("words", WORDS)
def test_words_belong_to_the_harness_or_to_qemu(words):
    runs, left = WORDS[words]
    harness, rest = understand(words.split(), for_qemu=True)
    assert (harness.runs("heap_allocation"), " ".join(rest)) == (runs, left)


@pytest.mark.parametrize("words", ["--skip", "heap --format"])
def test_a_missing_word_is_reported_and_skips_nothing(words):
    with pytest.raises(Stop, match="needs a word after it"):
        understand(words.split(), for_qemu=True)


def test_another_emulator_gets_all_words_but_the_harnesss():
    harness, rest = understand("-x one --nocapture --port 7 two".split(), for_qemu=False)
    assert harness.runs("any") and rest == "-x one --port 7 two".split()


def test_a_test_is_called_as_cargo_calls_it():
    for file, name in {
        "deps/heap_allocation-0123456789abcdef": "heap_allocation",
        "deps/my-kernel": "my-kernel",
        "build/paging.elf": "paging",
        "heap.test": "heap.test",
        "heap.kernel": "heap.kernel",
    }.items():
        assert name_of(Path(file)) == name


def said(project, program, *words):
    """The runner's standard output and standard error for a test, and its status."""
    command = [project.root / "build.sh", "--no-install", "runner", "--test", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
    return done.stdout, done.stderr, done.returncode


def test_a_list_names_the_test_and_boots_nothing(project, kernel):
    program = kernel("jmp $")
    assert said(project, program, "--list") == ("tiny: test\n\n1 test, 0 benchmarks\n", "", 0)
    assert said(project, program, "--list", "--format", "terse") == ("tiny: test\n", "", 0)
    assert said(project, program, "--list", "--format", "terse", "--ignored") == ("", "", 0)
    assert said(project, program, "--list", "other") == ("0 tests, 0 benchmarks\n", "", 0)


def test_a_filter_that_does_not_match_skips_it(project, kernel):
    output, errors, status = said(project, kernel("jmp $"), "other")
    assert (output, status) == ("", 0)
    assert errors == "test skipped: tiny.elf: the command line names other tests\n"


def test_help_is_about_these_words(project, kernel):
    output, _errors, status = said(project, kernel("jmp $"), "--help")
    assert status == 0 and "--list" in output


def test_a_test_runs_by_the_words_of_nextest(project, kernel):
    letter = ["mov dx, 0x3f8", "mov al, 'A'", "out dx, al"]
    program = kernel(*letter, *PASS)
    output, errors, status = said(project, program, "tiny", "--nocapture", "--exact")
    assert status == 0 and "test passed: tiny.elf" in errors and "A" in output
    _output, errors, status = said(project, kernel(*PASS), "--quiet")
    assert status == 0 and len(errors.splitlines()) == 1


BARE = """#![feature(no_core, rustc_attrs)]
#![no_core]
#![no_main]

#[rustc_builtin_macro]
macro_rules! global_asm { () => {} }
global_asm!(".globl _start", "_start: mov al, CODE", "out 0xf4, al", "0: jmp 0b");
"""


@pytest.mark.skipif(not shutil.which("cargo"), reason="there is no cargo")
def test_cargo_tests_kernels_as_it_tests_programs(project, tmp_path):
    """Without `core`, which is not available for the bare target; one of the two tests fails."""
    files = {
        "Cargo.toml": '[package]\nname = "bare"\nversion = "0.1.0"\nedition = "2021"\n'
        + "".join(
            f'[[test]]\nname = "{name}"\nharness = false\n' for name in ("good", "bad-one")
        ),
        ".cargo/config.toml": "[target.x86_64-unknown-none]\n"
        f'runner = ["{project.root}/build.sh", "runner"]\n',
        "src/lib.rs": "#![feature(no_core)]\n#![no_core]\n",
        "tests/good.rs": BARE.replace("CODE", "16"),
        "tests/bad-one.rs": BARE.replace("CODE", "17"),
    }  # fmt: skip
    for name, text in files.items():
        (tmp_path / name).parent.mkdir(exist_ok=True)
        (tmp_path / name).write_text(text)

    def cargo(*words):
        return subprocess.run(
            ["cargo", "test", "--offline", "--target", "x86_64-unknown-none", *words],
            cwd=tmp_path, capture_output=True, text=True, stdin=subprocess.DEVNULL,
            env={**{key: value for key, value in os.environ.items() if "DISPLAY" not in key},
                 "RUSTC_BOOTSTRAP": "1", "RUSTFLAGS": "-C linker=ld -C panic=abort"},
        )  # fmt: skip

    (tmp_path / "Cargo.toml").write_text(
        files["Cargo.toml"].replace("[[test]]", "[lib]\ntest = false\n[[test]]", 1)
    )
    done = cargo("--tests", "--no-fail-fast")
    assert "test passed: good-" in done.stderr and "test FAILED: bad_one-" in done.stderr, done
    assert done.returncode != 0
    done = cargo("--tests", "good")
    assert done.returncode == 0 and "test skipped: bad_one-" in done.stderr, done
    done = cargo("--quiet", "--test", "good", "--", "--nocapture", "--test-threads=1", "-m", "64M")
    assert done.returncode == 0 and "test passed: good-" in done.stderr, done
    done = cargo("--tests", "--", "--list")
    assert done.returncode == 0 and "good: test" in done.stdout, done
    assert "bad_one: test" in done.stdout
