"""direct.py - boots without a disc: QEMU loads loader, kernel and modules as one file (-kernel).

Knows which arguments of QEMU and which kernels need a disc, and says so. Knows nothing
of how the file is made.
"""

import re

from lib.internal import without_file
from lib.pattern import Pattern
from lib.qemu import with_one_dash

KERNEL = "kernel.elf"  # what the kernel is called, as on the disc
CONSOLE = ("0", "115200")  # SERIAL in isolinux.cfg: the loader's default
MODULE = "longjump.c32"
DRIVES = {"-cdrom", "-hda", "-hdb", "-hdc", "-hdd"}
PFLASH = Pattern(r"\bif=pflash\b")
MACHINES = Pattern(r"(type=)?(pc|q35|microvm|pc-(q35|i440fx)-[\d.]+)(,|$)")

# The user's arguments that affect what QEMU starts -> what they do.
OTHERS = {
    **dict.fromkeys(("-kernel", "-initrd", "-append", "-dtb"), "already names a kernel"),
    **dict.fromkeys(("-bios", "-pflash"), "selects other firmware"),
    **dict.fromkeys(("-loadvm", "-incoming"), "restores a machine that ran before"),
    "-readconfig": "may set up any machine",
}


def words_of_disc(text):
    """The words after APPEND of the entry that an isolinux.cfg starts by default, and None; or the
    reason why that entry needs the disc."""
    serial: tuple = CONSOLE
    default, entries, entry = "", {}, {}
    for line in text.splitlines():
        name, *rest = line.split(None, 1) or [""]
        value = rest[0].strip() if rest else ""
        if name.upper() == "DEFAULT":
            default = value
        elif name.upper() == "SERIAL":
            serial = tuple(value.split())
        elif name.upper() == "LABEL":
            entry = entries.setdefault(value, {})
        else:
            entry[name.upper()] = value
    found = entries.get(default, {})
    if found.get("COM32") != MODULE or KERNEL not in found.get("APPEND", "").split():
        return "", f"isolinux.cfg starts something other than {KERNEL}"
    if serial != CONSOLE:
        return "", f"isolinux.cfg sets another serial line (SERIAL {' '.join(serial)})"
    return found["APPEND"], None


def obstacle(command, rest):
    """The reason why a machine that is started by this command, with {} for the image, and the
    user's other words needs a disc; None if it does not."""
    if image_at(command) is None:
        return "run-command does not attach the image as a separate drive"
    words = [word for word in [*command, *rest] if "{}" not in word]
    for option, word, value in zip(with_one_dash(words), words, [*words[1:], ""]):
        if option in OTHERS:
            return f"{word} {OTHERS[option]}"
        if option in ("-M", "-machine") and not is_machine(value):
            return f"QEMU's machine {value.split(',')[0]} cannot load such a kernel"
        if PFLASH.search(word):
            return f"{word} selects other firmware"
        if re.search(r"\bbootindex=0*\b(?!\d)", word):
            return f"{word} boots before it"
    return None


def brings_firmware(words):
    """Whether the words choose the machine's firmware."""
    return bool({"-bios", "-pflash"} & {*with_one_dash(words)}) or any(map(PFLASH.search, words))


def is_machine(value):
    """Whether QEMU can load the loader on this machine; without a type, it can."""
    is_typed = "=" not in value.split(",")[0] or value.startswith("type=")
    return not is_typed or MACHINES.match(value) is not None


def image_at(command):
    """The place of the two words that give QEMU the image as a drive, and do nothing else; None if
    there are no such words."""
    places = [at for at, word in enumerate(command) if "{}" in word]
    if len(places) != 1 or places[0] == 0:
        return None
    option, value = command[places[0] - 1 : places[0] + 1]
    fields = value.split(",")
    is_drive = option in DRIVES and value == "{}"
    if option == "-drive" and "file={}" in fields:
        is_drive = not any(field.startswith(("id=", "if=none")) for field in fields)
    return places[0] - 1 if is_drive else None


def with_kernel(command):
    """The words with the image as QEMU's kernel, in place of a drive."""
    at = image_at(command)
    return [*command[:at], "-kernel", "{}", *command[at + 2 :]]


def need_of(words, config):
    """In words, what only a disc could provide, judging by the words after APPEND and by what the
    kernel asks for; None if there is nothing."""
    if "boot device" in config.asks.split("\n"):  # "..., optional": it can do without
        return "the kernel asks for the drive that it was booted from"
    if any(module.is_required for module in without_file(config)):
        return "the kernel asks for modules on the disc"
    if "-onerror=prompt" in words.split():
        return "-onerror=prompt asks for ISOLINUX's prompt"
    return None
