"""What takes long or needs much runs only when its folder is named: ./build.sh test soak."""

import pathlib

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
