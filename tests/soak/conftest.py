"""Where the machines are, and how often to boot them (./build.sh test soak)."""

import pathlib

HERE = pathlib.Path(__file__).parent


def pytest_addoption(parser):
    parser.addoption("--boots", type=int, default=200, help="how often the soak test boots")


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("--boots")))
