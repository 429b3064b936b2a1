"""cargo.py - finds out whether a Cargo project's kernel uses the crate bootloader 0.9, and how.

A kernel for 0.11 shows that in its file.

Asks `cargo metadata`, which knows the features that all parts of a project ask for; if cargo cannot
answer, reads Cargo.toml alone. Knows nothing of images.
"""

import re
from collections import namedtuple
from itertools import chain

from lib.config import Unreadable, parse
from lib.package import is_same, metadata
from lib.pattern import Pattern
from lib.project import Stop, detail, say, shown

CRATE = "bootloader"
LATER = "bootloader_api"  # what a kernel depends on from 0.11 on
FEATURES = ("map_physical_memory", "recursive_page_table", "sse", "vga_320x200")
SILENT = {"default", "binary", "bit_field", "font8x8"}  # what the crate's own features enable
KEYS = (
    "kernel-stack-address",
    "kernel-stack-size",
    "boot-info-address",
    "physical-memory-offset",
)
NUMBER = Pattern(r"0x[0-9a-fA-F]+|[0-9]+")  # as the crate reads an address
CONFIG = bytes.fromhex("743ca961093646a0bb555c158915253d")  # what .bootloader-config begins with

# Version and features are the crate's, the table is [package.metadata.bootloader].
Kernel = namedtuple("Kernel", "manifest version features table")


def bootloader_option(package):
    """The loader's option for a program that comes from a package: -protocol=bootloader-0.9
    with its features and keys, or None if the program is not made for that crate."""
    kernel = find_kernel(package)
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
    """Whether the program's file shows that it is made for version 0.11: then no Cargo.toml is
    needed, since the loader recognises it."""
    return program.is_file() and CONFIG in program.read_bytes()


# ---- from cargo ----------------------------------------------------------------------------------


def find_kernel(package):
    """The kernel as a Kernel; None if it does not depend on the crate. The dependency may be
    optional, and enabled by arguments to cargo that we do not see."""
    manifest = package.manifest
    known = metadata(manifest) or metadata(manifest, "--filter-platform", "x86_64-unknown-none")
    if not known:
        return kernel_by_manifest(manifest)
    kernel = find_crate(known, manifest)
    if kernel is None and any(is_optional(package) for package in known["packages"]):
        kernel = find_crate(metadata(manifest, "--all-features") or known, manifest)
    return kernel


def is_optional(package):
    """Whether a package may depend on the crate."""
    return any(wanted["name"] == CRATE and wanted["optional"] for wanted in package["dependencies"])


def find_crate(known, manifest):
    """The crate among all that a package is linked with, as a Kernel; 0.9 rather than another."""
    packages = {package["id"]: package for package in known["packages"]}
    root = next(
        (key for key, package in packages.items() if is_same(package["manifest_path"], manifest)),
        None,
    )
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    names, found = dict(linked(nodes, root)), []
    for key, name in names.items():
        package = packages[key]
        if {CRATE, LATER} & {name, package["name"]}:
            table = (packages[root]["metadata"] or {}).get(CRATE, {})
            found.append(Kernel(manifest, package["version"], nodes[key]["features"], table))
    found.sort(key=lambda kernel: not kernel.version.startswith("0.9."))
    return found[0] if found else None


def linked(nodes, root):
    """A package's dependencies, except build dependencies: ids, and their names in it."""
    seen, left = {root}, [root] if root in nodes else []
    while left:
        for dependency in nodes[left.pop()]["deps"]:
            kinds = {kind["kind"] for kind in dependency["dep_kinds"]}
            if kinds != {"build"} and dependency["pkg"] not in seen:
                seen.add(dependency["pkg"])
                left.append(dependency["pkg"])
                yield dependency["pkg"], dependency["name"]


# ---- from Cargo.toml alone -----------------------------------------------------------------------


def kernel_by_manifest(manifest):
    """What a Cargo.toml names itself; None if it does not depend on the crate."""
    package = read_manifest(manifest)
    keys_table = package.get("package", {}).get("metadata", {}).get(CRATE, {})
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
            return Kernel(manifest, "0.9.", features, keys_table)
        if name == CRATE and version:
            return Kernel(manifest, version, features, keys_table)
    return None


def inherited(manifest, name):
    """The workspace's settings for a dependency that a member inherits."""
    for folder in manifest.parent.parents:
        if (folder / "Cargo.toml").is_file():
            workspace = read_manifest(folder / "Cargo.toml").get("workspace", {})
            wanted = workspace.get("dependencies", {}).get(name)
            if wanted is not None:
                return wanted if isinstance(wanted, dict) else {"version": wanted}
    return {}


def version_of(manifest, table):
    """The version that a dependency asks for, or has, as a text; "" if unknown."""
    if "path" in table and "version" not in table:
        path = manifest.parent / table["path"] / "Cargo.toml"
        table = read_manifest(path).get("package", {}) if path.is_file() else {}
    return str(table.get("version", ""))


def read_manifest(manifest):
    """The contents of a Cargo.toml; empty if only cargo, which is missing, could read it."""
    try:
        return parse(manifest, manifest.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError) as error:
        raise Stop(f"{shown(manifest)}: {error}", 2) from None
    except Unreadable:
        return {}


def keys(kernel):
    """The keys of [package.metadata.bootloader], as the loader takes them."""
    table = kernel.table
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
