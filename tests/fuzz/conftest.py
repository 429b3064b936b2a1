"""How long to fuzz: a minute in all, or longer when this folder is named (./build.sh test fuzz)."""

import pathlib

import pytest

HERE = pathlib.Path(__file__).parent
SHORT, LONG = 1, 60  # seconds for one fuzzer or one reader


def pytest_addoption(parser):
    parser.addoption("--seconds", type=int, help=f"how long each fuzzer runs ({LONG})")
    parser.addoption("--keep", action="store_true", help="add what is found to the seeds")


@pytest.fixture(scope="session")
def seconds(request):
    """How long one fuzzer runs. This file may be loaded too late for its options to be known."""
    given = request.config.getoption("--seconds", None)
    named = any(pathlib.Path(word).name == HERE.name for word in request.config.args)
    return given or (LONG if named else SHORT)
