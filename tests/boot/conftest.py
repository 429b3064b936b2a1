"""What boot tests share: images made once for each kernel and its words, machines that are stopped
and whose logs are kept under build/tests/logs."""

import contextlib
import functools
import hashlib
import http.server
import pathlib
import re
import shutil
import subprocess
import threading
import time

import pytest

import bochs
import images
import told
import vm


def pytest_configure(config):
    """Builds what the tests boot, once, before any worker starts."""
    if hasattr(config, "workerinput"):
        return
    command = ["make", "-j2", "all", "test-kernels", "test-firmware", "build/check",
               "build/postmortem"]  # fmt: skip
    result = subprocess.run(command, cwd=images.ROOT, capture_output=True, text=True)
    if result.returncode:
        pytest.exit(f"make failed, so there is nothing to boot:\n{result.stdout}{result.stderr}", 2)
    a_day_ago = time.time() - 24 * 3600
    for old in (images.TESTS / "iso").glob("*"):
        if old.stat().st_mtime < a_day_ago:
            old.unlink()


def folder_of(test):
    """Where the logs of a test are, by its name from the file on."""
    digest = hashlib.sha256(test.encode()).hexdigest()[:8]  # names may differ only in punctuation
    shown = re.sub(r"[^\w.-]+", "-", test).strip("-")[:100]
    return images.TESTS / "logs" / f"{shown}.{digest}"


@pytest.fixture
def log(request):
    """An empty folder for this test's logs."""
    path = folder_of(request.node.nodeid.split("/")[-1])
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
    """Boots a kernel by its name or path; the other words are for the image and the machine."""

    def run(kernel, append="", options="", modules=(), **machine):
        path = kernel if isinstance(kernel, pathlib.Path) else images.kernel_path(kernel)
        return start(images.make_image(path, append, options, modules), **machine)

    return run


@pytest.fixture
def prove(boot):
    """Boots a test kernel, expects it to pass, and returns what it reported."""

    def run(kernel, **options):
        machine = boot(kernel, **options)
        machine.expect_end("exit", told.PASSED)
        return told.Told(machine.serial())

    return run


@pytest.fixture
def stand(boot):
    """Boots a kernel that halts once it has passed; returns the machine and what it reported."""

    def run(kernel, **options):
        machine = boot(kernel, debug_exit=False, **options)
        machine.wait_serial(" checks\n")
        assert "\nPASS" in machine.serial(), machine.report()
        return machine, told.Told(machine.serial())

    return run


@pytest.fixture
def boot_in_bochs(start):
    """Boots a kernel in Bochs, by its name or a path."""

    def run(kernel, append="", options="", **machine):
        path = kernel if isinstance(kernel, pathlib.Path) else images.kernel_path(kernel)
        return start(images.make_image(path, append, options), kind=bochs.Bochs, **machine)

    return run


class Quiet(http.server.SimpleHTTPRequestHandler):
    """Serves files without logging."""

    def log_message(self, *_words):
        pass


@pytest.fixture
def site(tmp_path):
    """A folder of files, and its address as a guest of QEMU sees it."""
    folder = tmp_path / "site"
    folder.mkdir()
    handler = functools.partial(Quiet, directory=folder)
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield folder, f"http://10.0.2.2:{server.server_address[1]}/"
        server.shutdown()
