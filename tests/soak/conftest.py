"""Where the machines are, and how often to boot them (./build.sh test soak)."""

import pathlib

HERE = pathlib.Path(__file__).parent


def pytest_addoption(parser):
    parser.addoption("--boots", type=int, default=200, help="how often the soak test boots")
    parser.addoption("--faults", type=int, default=500, help="how many faults are injected")
    parser.addoption("--seed", type=int, default=1, help="which faults these are")


def pytest_generate_tests(metafunc):
    if "number" in metafunc.fixturenames:
        metafunc.parametrize("number", range(metafunc.config.getoption("--boots")))
