"""How long to fuzz, when this folder is named (./build.sh test fuzz); otherwise the corpus is
replayed, and nothing more."""


def pytest_addoption(parser):
    parser.addoption("--seconds", type=int, default=60, help="how long each fuzzer runs")
