"""drives.py - the drives of this machine, their contents, and why one must not be overwritten.

Knows lsblk and the kernel's names; knows nothing of images.
"""

import json
import subprocess
from pathlib import Path

from lib.printable import printable
from lib.project import Stop
from lib.rights import as_root

COLUMNS = "PATH,MAJ:MIN,TYPE,SIZE,RM,RO,TRAN,VENDOR,MODEL,FSTYPE,LABEL,MOUNTPOINT"
SYSTEM = ("/", "/boot", "/boot/efi", "/home", "/usr", "/var", "[SWAP]")
NOTHING = "nothing recognised"


class Drive:
    """A drive, or a part of one, as lsblk describes it."""

    def __init__(self, told):
        told = {name: in_a_line(value) for name, value in told.items()}
        self.path, self.type, self.size = told["path"], told["type"], int(told["size"] or 0)
        self.number = told["maj:min"]
        self.is_removable = told["rm"] or told["tran"] == "usb" or is_card(self.path)
        self.is_read_only = told["ro"]
        model = " ".join(filter(None, map(str.strip, (told["vendor"] or "", told["model"] or ""))))
        self.model = model or {"loop": "loop device"}.get(self.type, "unnamed")
        self.contents = (told["fstype"] or "").strip()
        self.label = told["label"] or ""
        self.mounted = told["mountpoint"] or ""
        self.table = ""  # of partitions that the kernel does not know
        self.parts = [Drive(part) for part in told.get("children", [])]

    def all_parts(self):
        """The drive itself, its partitions, and what is inside these."""
        return [self, *(inner for part in self.parts for inner in part.all_parts())]

    def examine(self, device):
        """Reads from the open drive what is on it: lsblk only knows what udev has recorded, if udev
        runs and has already done so."""
        self.size = device.size
        places = {self.number: (0, self.size), **device.places()}
        for part in self.all_parts():
            if part.number in places:
                kind, label, table = device.contents(*places[part.number])
                part.contents = in_a_line(kind) or part.contents
                part.label = in_a_line(label) or part.label
                part.table = table if part is self and not self.parts else ""

    def lines(self):
        """What the drive is, and what is on it, one line each."""
        inside = [part.line() for part in self.all_parts()[1:]]
        if self.contents or not inside:
            inside.insert(0, self.said_of_contents())
        return [f"{self.path}  {self.model}, {in_units(self.size)}", *map("    ".__add__, inside)]

    def line(self):
        """A part of a drive, and what is on it."""
        return f"{self.path}  {in_units(self.size)}, {self.said_of_contents()}"

    def said_of_contents(self):
        """What is on it, in words."""
        label = f' "{self.label}"' if self.label else ""
        mounted = f", mounted at {self.mounted}" if self.mounted else ""
        table = f"a table of partitions ({self.table})" if self.table else ""
        return (f"{self.contents}{label}" if self.contents else table or NOTHING) + mounted

    def objection(self, allow_loop=False):
        """Why it must not be overwritten, and what to do about that; "" if it may be."""
        mounted = next((part for part in self.all_parts() if part.mounted), None)
        if self.type == "part":
            return "is only a part of a drive: name the whole drive"
        if any(part.mounted in SYSTEM for part in self.all_parts()):
            return "holds the running system"
        if self.type == "loop" and not allow_loop or self.type not in ("disk", "loop"):
            return f"is not a stick, a card or a disk; its type is {self.type}"
        if not self.is_removable and self.type != "loop":
            return "is not removable: it is built into this machine"
        if mounted:
            return f"is in use: {mounted.path} is mounted at {mounted.mounted};\n" \
                   f"    {as_root('umount', mounted.path)}"  # fmt: skip
        if self.is_read_only:
            return "is write-protected: there may be a switch on it"
        return "is empty: there is no card in it" if self.size == 0 else ""


def in_a_line(value):
    """A drive's own description in printable form, if it is text."""
    return printable(value, kept="") if isinstance(value, str) else value


def read_drives():
    """All drives that lsblk finds."""
    command = ["lsblk", "--all", "--json", "--bytes", "--output", COLUMNS]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise Stop(f"lsblk failed: {done.stderr.strip()}")
    return [Drive(told) for told in json.loads(done.stdout)["blockdevices"]]


def is_card(path):
    """It is an SD card, not memory that is soldered in and has the same kind of name."""
    try:
        return (Path("/sys/block") / Path(path).name / "device/type").read_text().strip() == "SD"
    except OSError:
        return False


def in_units(size):
    """A size in the units that are usual for drives."""
    for shift, unit in ((30, "GiB"), (20, "MiB")):
        if size >= 1 << shift:
            return f"{size / (1 << shift):.1f} {unit}"
    return f"{size // 1024} KiB"
