"""internal.py - the modules that a Limine kernel names itself ("internal modules"): they are packed
with it if they lie beside it.
"""

from pathlib import Path, PurePosixPath

from lib.project import say
from lib.record import dataclass


@dataclass
class InternalModule:
    """A file that the kernel names."""

    path: PurePosixPath  # as the kernel names it
    is_required: bool
    file: Path = None  # beside the kernel; None if it is not there


def internal_modules(config):
    """Those of a kernel that has been checked; a path that begins with a slash, or leads out of the
    kernel's folder, has no file."""
    if "internal module " not in config.asks:
        return []
    import re  # most kernels have none

    row = re.compile(r"internal module (.+?)(, required)?(, to be unpacked)?(: .*)?")
    found = {}
    for match in filter(None, map(row.fullmatch, config.asks.split("\n"))):
        path = PurePosixPath(match[1])
        is_inside = not path.is_absolute() and ".." not in path.parts
        file = config.kernel.parent / path
        found[path] = InternalModule(
            path, match[2] is not None, file if is_inside and file.is_file() else None
        )
    return [*found.values()]


def without_file(config):
    """Those that a loader without a disc will not find, neither there nor among the user's modules,
    which it compares by their names without folders."""
    named = {module.path.name for module in config.modules}
    modules = internal_modules(config)
    named |= {module.path.name for module in modules if module.file}
    return [module for module in modules if module.path.name not in named]


def warn_of_missing(modules):
    """Warns of modules that will not be found."""
    for module in modules:
        say(f"  warning  the kernel asks for the file {module.path}: it is not beside the kernel")
