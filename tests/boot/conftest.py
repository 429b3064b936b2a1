"""What boot tests share: images made once for each kernel and its words, machines that are stopped
and whose logs are kept under build/tests/logs."""

import contextlib
import fcntl
import hashlib
import os
import pathlib
import re
import shutil
import subprocess
import time

import pytest

import bochs
import told
import vm

ROOT = pathlib.Path(__file__).resolve().parents[2]
BUILD = ROOT / "build"
TESTS = BUILD / "tests"
PASSED = 16


def pytest_configure(config):
    """Builds what the tests boot, once, before any worker starts."""
    if hasattr(config, "workerinput"):
        return
    result = subprocess.run(
        ["make", "-j2", "all", "test-kernels"], cwd=ROOT, capture_output=True, text=True
    )
    if result.returncode:
        pytest.exit(f"make failed, so there is nothing to boot:\n{result.stdout}{result.stderr}", 2)
    a_day_ago = time.time() - 24 * 3600
    for image in (TESTS / "iso").glob("*.iso"):
        if image.stat().st_mtime < a_day_ago:
            image.unlink()


@contextlib.contextmanager
def lock(name):
    """Lets one process at a time, of all workers, do something."""
    TESTS.mkdir(parents=True, exist_ok=True)
    with open(TESTS / f"{name}.lock", "w") as file:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield


def test_kernel(name):
    """The path of a test kernel; "sample" is the sample kernel."""
    return BUILD / "kernel.elf" if name == "sample" else TESTS / "kernels" / f"{name}.elf"


test_kernel.__test__ = False


def once(suffix, ingredients, make):
    """Returns the file that make(path) writes, made anew only if an ingredient (bytes or text) has
    changed."""
    digest = hashlib.sha256()
    for ingredient in ingredients:
        data = ingredient if isinstance(ingredient, bytes) else str(ingredient).encode()
        digest.update(b"%d:" % len(data) + data)
    path = TESTS / "iso" / (digest.hexdigest()[:24] + suffix)
    with lock("iso"):
        if path.exists():
            os.utime(path)
            return path
        path.parent.mkdir(parents=True, exist_ok=True)
        new = path.with_name("new-" + path.name)
        make(new)
        return new.rename(path)


def make_image(kernel, append="", options="", modules=()):
    """The ISO that `./build.sh image` makes of a kernel; modules are texts FILE[:command line]."""
    arguments = ["--kernel", str(kernel)]
    arguments += ["--append", append] if append else []
    arguments += ["--options", options] if options else []
    for module in modules:
        arguments += ["--module", module]
    ingredients = [
        pathlib.Path(kernel).read_bytes(),
        (BUILD / "longjump.c32").read_bytes(),
        (ROOT / "isolinux.cfg").read_bytes(),
        *arguments,
    ]
    ingredients += [pathlib.Path(module.split(":")[0]).read_bytes() for module in modules]
    ingredients += [
        path.read_bytes() for path in sorted((ROOT / "verbs").rglob("*")) if path.is_file()
    ]

    def make(path):
        command = [ROOT / "build.sh", "image", *arguments, "--output", str(path)]
        result = subprocess.run(command, capture_output=True, text=True)
        assert result.returncode == 0, f"build.sh image failed:\n{result.stdout}{result.stderr}"

    return once(".iso", ingredients, make)


@pytest.fixture
def image():
    """make_image, for tests that need the file itself."""
    return make_image


@pytest.fixture
def log(request):
    """An empty folder for this test's logs."""
    name = re.sub(r"[^\w.-]+", "-", request.node.nodeid.removeprefix("tests/boot/")).strip("-")[:120]
    path = TESTS / "logs" / name
    shutil.rmtree(path, ignore_errors=True)
    path.mkdir(parents=True)
    return path


@pytest.fixture
def start(log):
    """Starts machines from an image file and stops them when the test ends."""
    with contextlib.ExitStack() as stack:
        count = 0

        def run(path, kind=vm.Machine, **options):
            nonlocal count
            count += 1
            return stack.enter_context(
                kind(path, log / str(count) if count > 1 else log, **options)
            )

        yield run


@pytest.fixture
def boot(start):
    """Boots a kernel by its name, or a path; words for the image and for the machine alike."""

    def run(kernel, append="", options="", modules=(), **machine):
        path = kernel if isinstance(kernel, pathlib.Path) else test_kernel(kernel)
        return start(make_image(path, append, options, modules), **machine)

    return run


@pytest.fixture
def prove(boot):
    """Boots a test kernel, expects it to pass, and returns what it told."""

    def run(kernel, **options):
        machine = boot(kernel, **options)
        machine.expect_end("exit", PASSED)
        return told.Told(machine.serial())

    return run


@pytest.fixture
def boot_in_bochs(start):
    """Boots a kernel in Bochs."""

    def run(kernel, append="", options="", **machine):
        return start(make_image(test_kernel(kernel), append, options), kind=bochs.Bochs, **machine)

    return run
