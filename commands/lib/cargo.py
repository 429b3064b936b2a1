"""cargo.py - whether a Cargo project's kernel is made for the crate bootloader 0.9, and how.

One for 0.11 says so in its file.

Asks `cargo metadata`, which knows the features that all of a project asks for together; where cargo
cannot answer, reads what Cargo.toml says by itself. Knows nothing of images.
"""

import json
import os
import re
import subprocess
from collections import namedtuple
from itertools import chain
from pathlib import Path

from lib.config import parse
from lib.project import Stop, detail, say, shown

CRATE = "bootloader"
LATER = "bootloader_api"  # what a kernel depends on from 0.11 on
FEATURES = ("map_physical_memory", "recursive_page_table", "sse", "vga_320x200")
SILENT = {"default", "binary", "bit_field", "font8x8"}  # what the crate's own features bring along
KEYS = (
    "kernel-stack-address",
    "kernel-stack-size",
    "boot-info-address",
    "physical-memory-offset",
)
NUMBER = re.compile(r"0x[0-9a-fA-F]+|[0-9]+")  # as the crate reads an address
HASH = re.compile(r"-[0-9a-f]{16}$")  # behind the name of what cargo builds as a test
CONFIG = bytes.fromhex("743ca961093646a0bb555c158915253d")  # what .bootloader-config begins with

Kernel = namedtuple("Kernel", "manifest version features")  # version, features: of the crate


def bootloader_option(manifest, program):
    """The loader's option for a program that belongs to a Cargo.toml: -protocol=bootloader-0.9
    with its features and keys, or None if the program is not made for that crate."""
    kernel = find_kernel(manifest, program)
    if kernel is None:
        return None
    if not kernel.version.startswith("0.9."):
        say(f"  note     {shown(kernel.manifest)}: it depends on {CRATE} {kernel.version},")
        say("           not 0.9, and has no section .bootloader-config; so it starts natively")
        return None
    words = ["-protocol=bootloader-0.9", *(name for name in FEATURES if name in kernel.features)]
    unknown = set(kernel.features) - {*FEATURES, *SILENT}
    if unknown:
        detail(f"features of {CRATE} that change nothing here: {', '.join(sorted(unknown))}")
    return ",".join(words + keys(kernel))


def speaks_for_itself(program):
    """Whether a program says in its file that it is made for version 0.11: then no Cargo.toml is
    asked, since the loader recognises it."""
    return program.is_file() and CONFIG in program.read_bytes()


# ---- what cargo says -----------------------------------------------------------------------------


def find_kernel(manifest, program):
    """The kernel as a Kernel; None if it does not depend on the crate. That it does may be a
    feature of its own, switched on by words to cargo that nobody tells us."""
    known = metadata(manifest) or metadata(manifest, "--filter-platform", "x86_64-unknown-none")
    if not known:
        return kernel_by_manifest(manifest)
    kernel = find_crate(known, owner(known, program))
    if kernel is None and any(is_optional(package) for package in known["packages"]):
        known = metadata(manifest, "--all-features") or known
        kernel = find_crate(known, owner(known, program))
    return kernel


def metadata(manifest, *more):
    """The answer of `cargo metadata`, or None. Nothing is fetched, so all that the project could
    need for any machine must be there, or for the one that is named. cargo reads its settings from
    the folder that it is started in."""
    command = [os.environ.get("CARGO", "cargo"), "metadata", "--format-version", "1", "--offline"]
    command += ["--manifest-path", str(manifest), *more]
    try:
        done = subprocess.run(
            command, cwd=manifest.parent, capture_output=True, text=True, timeout=60, check=False
        )
        known = json.loads(done.stdout) if done.returncode == 0 else {}
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        return None
    return known if known.get("resolve") else None


def is_optional(package):
    """Whether a package may depend on the crate."""
    return any(wanted["name"] == CRATE and wanted["optional"] for wanted in package["dependencies"])


def owner(known, program):
    """The id of the package that a program comes from: the one whose Cargo.toml it is, unless only
    another one of the workspace has a program of that name."""
    name, root = HASH.sub("", program.stem), known["resolve"].get("root")
    having = [
        package["id"]
        for package in known["packages"]
        if package["id"] in known["workspace_members"]
        and any(target["name"] == name for target in package["targets"])
    ]
    return root if root in having or not having else having[0]


def find_crate(known, root):
    """The crate among all that a package is linked with, as a Kernel; 0.9 rather than another."""
    packages = {package["id"]: package for package in known["packages"]}
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    names, found = dict(linked(nodes, root)), []
    for key, name in names.items():
        package = packages[key]
        if {CRATE, LATER} & {name, package["name"]}:
            manifest = Path(packages[root]["manifest_path"])
            found.append(Kernel(manifest, package["version"], nodes[key]["features"]))
    found.sort(key=lambda kernel: not kernel.version.startswith("0.9."))
    return found[0] if found else None


def linked(nodes, root):
    """All that a package depends on but to build it: ids, and the names under which."""
    seen, left = {root}, [root] if root in nodes else []
    while left:
        for dependency in nodes[left.pop()]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            if kinds != {"build"} and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                left.append(dependency["pkg"])
                yield dependency["pkg"], dependency["name"]


# ---- what Cargo.toml says by itself --------------------------------------------------------------


def kernel_by_manifest(manifest):
    """What a Cargo.toml names itself; None if it does not depend on the crate."""
    package = read_manifest(manifest)
    tables = [package, *package.get("target", {}).values()]
    for name, wanted in chain(*(table.get("dependencies", {}).items() for table in tables)):
        table = wanted if isinstance(wanted, dict) else {"version": wanted}
        features = table.get("features", [])
        if table.get("workspace"):
            table = inherited(manifest, name)
            features = [*features, *table.get("features", [])]
        if CRATE not in (name, table.get("package")):
            continue
        version = version_of(manifest, table)
        if re.match(r"[\^=~>< ]*0\.9\b", version):
            return Kernel(manifest, "0.9.", features)
        if name == CRATE and version:
            return Kernel(manifest, version, features)
    return None


def inherited(manifest, name):
    """What the workspace says of a dependency that a member takes from it."""
    for folder in manifest.parent.parents:
        if (folder / "Cargo.toml").is_file():
            workspace = read_manifest(folder / "Cargo.toml").get("workspace", {})
            wanted = workspace.get("dependencies", {}).get(name)
            if wanted is not None:
                return wanted if isinstance(wanted, dict) else {"version": wanted}
    return {}


def version_of(manifest, table):
    """The version that a dependency asks for, or has, as a text; "" if nobody knows."""
    if "path" in table and "version" not in table:
        path = manifest.parent / table["path"] / "Cargo.toml"
        table = read_manifest(path).get("package", {}) if path.is_file() else {}
    return str(table.get("version", ""))


def read_manifest(manifest):
    """All of a Cargo.toml."""
    try:
        return parse(manifest, manifest.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{shown(manifest)}: {error}", 2) from None


def keys(kernel):
    """The keys of [package.metadata.bootloader], as the loader takes them."""
    table = read_manifest(kernel.manifest).get("package", {}).get("metadata", {}).get(CRATE, {})
    for key, value in table.items():
        where = f"{shown(kernel.manifest)}: package.metadata.bootloader"
        if key not in KEYS:
            raise Stop(f"{where} has no key {key}; there are: {', '.join(KEYS)}", 2)
        if key == "kernel-stack-size":
            if type(value) is not int or value <= 0:
                raise Stop(f"{where}.{key} is a number of pages, not {value!r}", 2)
        elif type(value) is not str or not NUMBER.fullmatch(value):
            raise Stop(f'{where}.{key} is a text such as "0x18000000000", not {value!r}', 2)
    return [f"{key}={value}" for key, value in table.items()]
