"""How long the prover may take, if this folder is named (./build.sh test proof)."""


def pytest_addoption(parser):
    parser.addoption("--patience", type=int, default=120, help="seconds for a goal")
