"""Tests that take long or need much run only if their folder is named: ./build.sh test soak. The
folders of a test that has passed are removed, and at the end what tests have shared, if none has
failed; the folders of failed tests stay."""

import pathlib
import shutil
import signal

import pytest

# A shell that starts us in the background makes us ignore Ctrl-C, and so would all programs that
# the tests interrupt.
signal.signal(signal.SIGINT, signal.default_int_handler)

ONLY_WHEN_NAMED = {  # folder -> the tests in it, by the beginning of their names
    "proof": "test_proven",
    "soak": "test_",
}


def pytest_collection_modifyitems(config, items):
    words = [pathlib.Path(str(word)).parts for word in config.invocation_params.args]
    named = {folder for folder in ONLY_WHEN_NAMED if any(folder in parts for parts in words)}
    items[:] = [item for item in items if wanted(item, named)]


def wanted(item, named):
    """The test is one of those that always run, or its folder was named."""
    folder = item.path.parent.name
    begin = ONLY_WHEN_NAMED.get(folder)
    return begin is None or folder in named or not item.name.startswith(begin)


FOLDERS = ("tmp_path", "log")  # fixtures that are a test's own folder


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item):
    """Remembers of a test whether it has failed in any of its parts."""
    report = (yield).get_result()
    item.has_failed = getattr(item, "has_failed", False) or report.failed


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_teardown(item):
    found = getattr(item, "funcargs", None) or {}
    folders = [found[name] for name in FOLDERS if isinstance(found.get(name), pathlib.Path)]
    yield
    if not getattr(item, "has_failed", True):
        for folder in folders:
            shutil.rmtree(folder, ignore_errors=True)


def pytest_sessionfinish(session):
    """What the tests of one process share is beside their own folders."""
    folders = getattr(session.config, "_tmp_path_factory", None)
    if folders is not None and not session.testsfailed:
        shutil.rmtree(folders.getbasetemp(), ignore_errors=True)
