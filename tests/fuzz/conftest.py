"""How long to fuzz, when this folder is named (./build.sh test fuzz)."""


def pytest_addoption(parser):
    parser.addoption("--seconds", type=int, default=60, help="how long each fuzzer runs")
    parser.addoption("--keep", action="store_true", help="add what is found to the seeds")
