"""How long to fuzz. The option is known only when this folder is named (./build.sh test fuzz); in
the run of all tests nothing is fuzzed, and only the corpus is replayed."""


def pytest_addoption(parser):
    parser.addoption("--seconds", type=int, default=60, help="how long each fuzzer runs")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--seconds", default=None) is None:
        items[:] = [item for item in items if not item.name.startswith("test_nothing_new_")]
