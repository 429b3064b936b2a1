"""cargo.py - whether a Cargo project's kernel is made for the crate bootloader 0.9, and how.

Asks `cargo metadata`, which knows the features that all of a project asks for together; where cargo
cannot answer, reads what Cargo.toml says by itself. Knows nothing of images.
"""

import json
import subprocess
import tomllib

from lib.project import Stop, detail, shown

CRATE = "bootloader"
FEATURES = ("map_physical_memory", "recursive_page_table", "sse", "vga_320x200")
KEYS = (
    "kernel-stack-address",
    "kernel-stack-size",
    "boot-info-address",
    "physical-memory-offset",
)


def bootloader_option(manifest):
    """The loader's option for the kernel of a Cargo.toml: -protocol=bootloader-0.9 with its
    features and keys, or None if the kernel is not made for that crate."""
    package = read_package(manifest)
    features = features_by_cargo(manifest)
    if features is None:
        features = features_by_manifest(package)
    if features is None:
        return None
    words = ["-protocol=bootloader-0.9", *(name for name in FEATURES if name in features)]
    unknown = set(features) - {*FEATURES, "default", "binary"}
    if unknown:
        detail(f"features of {CRATE} that change nothing here: {', '.join(sorted(unknown))}")
    return ",".join(words + keys(manifest, package))


def read_package(manifest):
    """All of a Cargo.toml."""
    try:
        return tomllib.loads(manifest.read_text(encoding="utf-8"))
    except (OSError, tomllib.TOMLDecodeError) as error:
        raise Stop(f"{shown(manifest)}: {error}", 2) from None


def features_by_cargo(manifest):
    """The crate's features as cargo resolves them; None if it is not there or cargo cannot say."""
    command = ["cargo", "metadata", "--format-version", "1", "--offline"]
    command += ["--manifest-path", str(manifest)]
    try:
        done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)
        known = json.loads(done.stdout) if done.returncode == 0 else None
    except (OSError, subprocess.TimeoutExpired, json.JSONDecodeError):
        known = None
    if not known or not known.get("resolve"):
        return None
    crates = {
        package["id"]
        for package in known["packages"]
        if package["name"] == CRATE and package["version"].startswith("0.9.")
    }
    nodes = {node["id"]: node for node in known["resolve"]["nodes"]}
    root = nodes.get(known["resolve"].get("root"), {"dependencies": []})
    direct = [name for name in root["dependencies"] if name in crates]
    return nodes[direct[0]]["features"] if direct else None


def features_by_manifest(package):
    """The features that the Cargo.toml itself names; None if it does not depend on the crate."""
    for name, wanted in package.get("dependencies", {}).items():
        table = wanted if isinstance(wanted, dict) else {"version": wanted}
        version = str(table.get("version", "")).lstrip("^=~ ")
        if table.get("package", name) == CRATE and (version == "0.9" or version.startswith("0.9.")):
            return table.get("features", [])
    return None


def keys(manifest, package):
    """The keys of [package.metadata.bootloader], as the loader takes them."""
    table = package.get("package", {}).get("metadata", {}).get(CRATE, {})
    for key, value in table.items():
        if key not in KEYS:
            raise Stop(f"{shown(manifest)}: package.metadata.bootloader has no key {key}", 2)
        wanted = int if key == "kernel-stack-size" else str
        if type(value) is not wanted:
            kind = "a number of pages" if wanted is int else 'a text, such as "0x18000000000"'
            raise Stop(f"{shown(manifest)}: package.metadata.bootloader.{key} is {kind}", 2)
    return [f"{key}={value}" for key, value in table.items()]
