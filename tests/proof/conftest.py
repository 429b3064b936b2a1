"""How patient the prover is. The option is known only when this folder is named (./build.sh test
proof); in the run of all tests nothing is proven."""


def pytest_addoption(parser):
    parser.addoption("--patience", type=int, default=120, help="seconds for a goal")


def pytest_collection_modifyitems(config, items):
    if config.getoption("--patience", default=None) is None:
        items[:] = [item for item in items if "test_proof.py" not in item.nodeid]
