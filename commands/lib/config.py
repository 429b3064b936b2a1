"""config.py - the runner's settings for a project, and where each comes from.

Read from longjump.conf and from [package.metadata.bootimage] in a Cargo.toml, which have the same
keys. Knows nothing of QEMU or of images.
"""

import json
import os
import re
from pathlib import Path

from lib.package import package_of
from lib.project import Stop, say, shown
from lib.record import dataclass, field

NAME = "longjump.conf"
MARK = "\ufeff"  # a byte order mark
TABLE = ("package", "metadata", "bootimage")
QEMU = ["qemu-system-x86_64", "-m", "256M", "-cdrom", "{}"]


def is_words(value):
    return isinstance(value, list) and all(isinstance(word, str) for word in value)


def is_command(value):
    return is_words(value) and bool(value)


def is_command_with_image(value):
    return is_command(value) and any("{}" in word for word in value)


def is_text(value):
    return isinstance(value, str)


def is_truth(value):
    return isinstance(value, bool)


def is_seconds(value):
    return isinstance(value, int) and not isinstance(value, bool) and value > 0


def is_code(value):
    return isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= 255


# key -> what its value must be, the same in words, and the default (None: not set)
KEYS = {
    "build-command": (is_command, "a list of one or more strings", None),
    "run-command": (is_command_with_image, "a list of strings with {} for the image", QEMU),
    "run-args": (is_words, "a list of strings", []),
    "test-args": (is_words, "a list of strings", []),
    "test-timeout": (is_seconds, "a whole number of seconds above 0", 300),
    "test-success-exit-code": (is_code, "a whole number from 0 to 255", 33),
    "test-no-reboot": (is_truth, "true or false", True),
    "disc": (is_truth, "true or false", False),
    "uefi": (is_truth, "true or false", False),
    "append": (is_text, "a string", None),
    "options": (is_text, "a string", None),
    "modules": (is_words, 'a list of strings, each "FILE" or "FILE:command line"', []),
}


@dataclass
class Place:
    """A key in a file. Its line, which takes long to find, is found when this is shown."""

    path: Path
    text: str  # of the file
    table: tuple
    key: str

    def __str__(self):
        return f"{shown(self.path)}:{line_of(self.text, self.table, self.key)}"


@dataclass
class Settings:
    """A value for every key, and where each came from."""

    values: dict = field(default_factory=lambda: {key: KEYS[key][2] for key in KEYS})
    origins: dict = field(default_factory=lambda: dict.fromkeys(KEYS, "default"))
    folders: dict = field(default_factory=dict)  # of the file that set the key
    cargo: bool = False  # build-command came from a Cargo.toml, so it is cargo's

    def __getitem__(self, key):
        return self.values[key]

    def set(self, key, value, origin):
        self.values[key], self.origins[key] = value, origin

    def say(self, key, value):
        """Applies an option of the command line; None means that it was not given."""
        if value is not None:
            self.set(key, value, "command line")

    def text(self):
        """The settings, as a longjump.conf."""
        lines = []
        for key, value in self.values.items():
            text = f"# {key} is not set" if value is None else f"{key} = {json.dumps(value)}"
            lines.append(f"{text:<56} # {self.origins[key]}")
        return "\n".join(lines) + "\n"


def read_settings(kernel, config=None):
    """The settings from a kernel's files: its Cargo.toml, overridden by longjump.conf or the file
    that was named."""
    settings = Settings()
    folder = Path(os.path.realpath(kernel)).parent if kernel else Path.cwd()
    package = package_of(kernel)
    if package:
        read_package(settings, package)
    if config:
        read_file(settings, Path(config))
    elif (folder / NAME).is_file():
        read_file(settings, folder / NAME)
    return settings


def read_package(settings, package):
    """Applies a package's settings, from cargo if possible, or else from its Cargo.toml."""
    path = package.manifest
    if package.metadata is None:
        try:
            read_file(settings, path)
        except Unreadable as error:
            say(f"  note     {shown(path)} is not read: {error}")
        return
    values = package.metadata.get(TABLE[-1], {})
    text = path.read_text(encoding="utf-8", errors="replace")
    if not isinstance(values, dict):
        raise Stop(f'{shown(path)}: "{".".join(TABLE)}" must be a table', 2)
    take(settings, path, text, values)


def read_file(settings, path):
    """Applies a file's settings."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError) as error:
        reason = getattr(error, "strerror", None) or "is not text in UTF-8"
        raise Stop(f"{shown(path)}: {reason}", 2) from None
    table = TABLE if path.suffix == ".toml" else ()
    take(settings, path, text, look_up(parse(path, text), table, path, text))


def take(settings, path, text, values):
    """Applies settings from a file. Anything invalid is an error with its line."""
    is_manifest = path.suffix == ".toml"
    for key, value in values.items():
        where = Place(path, text, TABLE if is_manifest else (), key)
        if key not in KEYS:
            raise Stop(f'{where}: unknown key "{key}"; there are: {", ".join(KEYS)}', 2)
        is_right, wanted, _default = KEYS[key]
        if not is_right(value):
            raise Stop(f'{where}: the key "{key}" must be {wanted}, not {as_toml(value)}', 2)
        settings.set(key, value, where)
        settings.folders[key] = Path(os.path.realpath(path)).parent
        if key == "build-command":
            settings.cargo = is_manifest


class Unreadable(Stop):
    """A file that only cargo, or another Python, could read."""


def toml():
    """The library that reads TOML."""
    try:
        import tomllib
    except ImportError:
        try:
            import tomli as tomllib  # type: ignore[no-redef]
        except ImportError:
            raise Unreadable(
                "to read settings, Python 3.11 or its module tomli is needed:"
                " install python3-tomli",
                2,
            ) from None
    return tomllib


def parse(path, text):
    try:
        return toml().loads(text.lstrip(MARK))
    except toml().TOMLDecodeError as error:
        import shutil

        # Ours is TOML 1.0; cargo reads more.
        kind = Unreadable if path.suffix == ".toml" and not shutil.which("cargo") else Stop
        raise kind(f"{shown(path)}: this is not valid TOML: {error}", 2) from None


def look_up(data, table, path=None, text=""):
    """The table of that name; an empty one if there is none."""
    for at, name in enumerate(table):
        data = data.get(name, {})
        if not isinstance(data, dict):
            if path is None:
                return {}
            where = Place(path, text, table[:at], name)
            raise Stop(f'{where}: "{".".join(table[: at + 1])}" must be a table', 2)
    return data


def line_of(text, table, key):
    """The line on which a key is set, found with the library: the one after the longest valid
    beginning of the file that does not have the key. Where only cargo can read the file, the first
    line that begins with the key."""
    lines, before = text.lstrip(MARK).splitlines(), 0
    try:
        toml().loads("\n".join(lines) + "\n")
    except (Unreadable, ValueError):
        named = (at for at, line in enumerate(lines, 1) if re.match(rf"\s*\W?{key}\b", line))
        return next(named, 1)
    for number in range(1, len(lines) + 1):
        try:
            data = toml().loads("\n".join(lines[:number]) + "\n")
        except toml().TOMLDecodeError:
            continue
        if key in look_up(data, table):
            break
        before = number
    return before + 1


def as_toml(value):
    """A value, roughly as in the file."""
    return json.dumps(value, default=str)
