"""package.py - finds the package of a Cargo project that a program comes from, for the protocol and
for the settings.

Asks `cargo metadata`, which reads every Cargo.toml that cargo reads. If cargo cannot answer, the
Cargo.toml that cargo has named is used, or the nearest one above the program. Knows nothing of the
package's contents.
"""

import functools
import json
import os
import subprocess
from pathlib import Path

from lib.answers import ask
from lib.pattern import Pattern
from lib.record import dataclass

HASH = Pattern(r"-[0-9a-f]{16}$")  # after the name of what cargo builds as a test
CARGOS = ("CARGO_HOME", "RUSTUP_HOME", "RUSTUP_TOOLCHAIN")  # what decides which cargo it is
PROGRAMS = ("src", "src/bin", "tests", "examples", "benches")  # where cargo finds them by itself


@dataclass(frozen=True)
class Package:
    """A package: its Cargo.toml, and its [package.metadata], None where cargo cannot say."""

    manifest: Path
    metadata: object


def package_of(program):
    """The package of a program, or of the folder we are in; None if there is no Cargo.toml."""
    folder = Path(os.path.realpath(program)).parent if program else Path.cwd()
    manifests = candidates(folder)
    for manifest in manifests:
        found = owner(metadata(manifest, "--no-deps"), program, manifests[0]) if program else None
        if found:
            return Package(Path(found["manifest_path"]), found["metadata"] or {})
    if not manifests:
        return None
    for package in packages_in(metadata(manifests[0], "--no-deps")):
        if is_same(package["manifest_path"], manifests[0]):
            return Package(manifests[0], package["metadata"] or {})
    return Package(manifests[0], None)


def candidates(folder):
    """The Cargo.toml that cargo names to what it starts, and the nearest above a folder."""
    named = os.environ.get("CARGO_MANIFEST_DIR")
    above = [at for at in (folder, *folder.parents) if (at / "Cargo.toml").is_file()][:1]
    folders = [*([Path(named)] if named else []), *above]
    found = [at / "Cargo.toml" for at in folders if (at / "Cargo.toml").is_file()]
    return list(dict.fromkeys(found))


def owner(known, program, first):
    """The member of a workspace that has a program of this name; the one with the first Cargo.toml
    if there are several."""
    name = HASH.sub("", Path(program).stem).replace("-", "_")
    having = [
        package
        for package in packages_in(known)
        if any(target["name"].replace("-", "_") == name for target in package["targets"])
    ]
    having.sort(key=lambda package: not is_same(package["manifest_path"], first))
    return having[0] if having else None


def packages_in(known):
    """The members of the workspace, from cargo's answer."""
    if not known:
        return []
    return [package for package in known["packages"] if package["id"] in known["workspace_members"]]


def is_same(one, other):
    return os.path.realpath(one) == os.path.realpath(other)


@functools.lru_cache(maxsize=None)
def metadata(manifest, *more):
    """The answer of `cargo metadata`, or None. Nothing is fetched, so all that the project could
    need for any machine must be there, or for the one that is named. cargo reads its settings from
    the folder that it is started in."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version", "1", "--offline"]
    command += ["--manifest-path", str(manifest), *more]
    # As shutil.which() finds it: that module takes 3 ms to load.
    places = (os.path.join(folder, command[0]) for folder in os.get_exec_path())
    program = next((place for place in places if os.access(place, os.X_OK)), None)
    question = [*command, program, *map(os.environ.get, CARGOS)]
    return ask(
        question, lambda: told(command, manifest.parent), lambda found: looked_at(manifest, found)
    )


def told(command, folder):
    """What cargo says to a command, or None."""
    try:
        done = subprocess.run(
            command, cwd=folder, capture_output=True, text=True, timeout=60, check=False
        )
        return json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return None


def looked_at(manifest, known):
    """What cargo looks at to know this: files with words for it, folders with programs in them."""
    homes = [os.environ.get("CARGO_HOME"), os.path.expanduser("~/.cargo")]
    for folder in manifest.parents:
        homes.append(folder / ".cargo")
        yield folder / "Cargo.toml"
        yield folder / "rust-toolchain.toml"
    for folder in filter(None, homes):
        yield from (Path(folder, name) for name in ("config", "config.toml"))
    yield Path(known["workspace_root"], "Cargo.lock")
    for package in known["packages"]:
        yield Path(package["manifest_path"])
        if not package.get("source"):  # but the project's own
            folder = Path(package["manifest_path"]).parent
            yield from (folder / name for name in PROGRAMS)
