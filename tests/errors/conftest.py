"""What the tests of messages share: small kernels made to order, and build.sh."""

import os
import subprocess

import pytest

from messages import ROOT

CHECKS = ("build/check", "build/tests/check")


def pytest_configure(config):
    """Builds what the tests examine, once, before any worker starts."""
    if hasattr(config, "workerinput"):
        return
    command = ["make", "-j2", "build/kernel.elf", "test-kernels", *CHECKS]
    result = subprocess.run(command, cwd=ROOT, capture_output=True, text=True)
    if result.returncode:
        pytest.exit(f"make failed:\n{result.stdout}{result.stderr}", 2)


GOOD_FLAGS = (
    "-m64 -O2 -ffreestanding -fno-pic -fno-pie -mno-red-zone -mgeneral-regs-only"
    " -fno-stack-protector -fno-asynchronous-unwind-tables -fcf-protection=none"
)


@pytest.fixture
def kernel(tmp_path):
    """Compiles and links a kernel from C; `without` takes flags away, and flags and ld add some."""
    compiler = os.environ.get("CC", "cc").split()

    def make(body="", flags="", ld="", without="", start="void _start(void) { for (;;); }"):
        source, made, program = (tmp_path / f"kernel.{end}" for end in ("c", "o", "elf"))
        source.write_text(f"{body}\n{start}\n")
        chosen = [flag for flag in GOOD_FLAGS.split() if flag not in without.split()]
        subprocess.run([*compiler, *chosen, *flags.split(), "-c", "-o", made, source], check=True)
        subprocess.run(
            ["ld", "-m", "elf_x86_64", "-z", "noexecstack", "-z", "max-page-size=4096",
             *ld.split(), "-o", program, made],
            check=True, stderr=subprocess.DEVNULL,
        )  # fmt: skip
        return program

    return make


class Project:
    """build.sh."""

    @staticmethod
    def run(*words, cwd="/"):
        """Runs build.sh; both outputs are in .stdout."""
        own = {key: value for key, value in os.environ.items() if key != "MAKEFLAGS"}
        return subprocess.run(
            [ROOT / "build.sh", *map(str, words)], cwd=cwd, env=own, text=True,
            stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT,
        )  # fmt: skip


@pytest.fixture(scope="session")
def project():
    return Project
