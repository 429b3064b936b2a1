"""kvm.py - finds out whether machines run in KVM, and what to do if they do not.

KVM may be there and hang, or QEMU may fail with it: so it is tried. Also knows when KVM and
VirtualBox are in each other's way. Knows nothing of images.
"""

import os
import re
import subprocess
from pathlib import Path

from lib.qemu import with_one_dash
from lib.rights import as_root

SECONDS = 3  # for a machine that ends itself at its first instructions
WORKS = 33  # the status with which it does
MODULES = Path("/sys/module")
NAMES = {"kvm_intel": "VERR_VMX_IN_VMX_ROOT_MODE", "kvm_amd": "VERR_SVM_IN_USE"}
WITHOUT = "do not use --kvm"

# QEMU's options whose values may be anything.
WITH_ANY_WORDS = {"-name", "-append", "-kernel", "-initrd"}

# QEMU's messages about KVM -> their cause
REASONS = {
    "resource busy": "VirtualBox or another hypervisor has the CPU: end its machines, or "
    + WITHOUT,
    "Permission denied": "the user must be in the group kvm",
}


def try_kvm(device="/dev/kvm"):
    """Whether machines run in KVM, in a word, and what to do: one is started that ends itself."""
    import shutil  # here, since few users of this module need it
    import tempfile

    if not os.path.exists(device):
        return "not there", "QEMU emulates the CPU, which is slower"
    if not os.access(device, os.R_OK | os.W_OK):
        user = os.environ.get("USER", "YOU")
        return "not allowed", f"{as_root('usermod', '-aG', 'kvm', user)}; log in again"
    if not shutil.which("qemu-system-x86_64"):
        return "not tried", "QEMU is missing"
    sector = bytes.fromhex("b010e6f4faf4")  # mov al, 16; out 0xf4, al; cli; hlt
    try:
        with tempfile.NamedTemporaryFile(suffix=".img") as disk:
            disk.write(sector.ljust(510, b"\0") + b"\x55\xaa")
            disk.flush()
            command = ["qemu-system-x86_64", "-accel", "kvm", "-display", "none", "-nodefaults"]
            command += ["-drive", f"format=raw,snapshot=on,file={disk.name}"]
            command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
            status, said = in_time(command, SECONDS)
    except OSError as error:
        return "not tried", f"{error.strerror}: {error.filename or tempfile.gettempdir()}"
    if status == WORKS:
        return "usable", "run --kvm"
    if status is None:
        return "hangs", f"a trial run did not end within {SECONDS} s: {WITHOUT}"
    return "fails", advice_on(status, said)


def advice_on(status, said):
    """What to do about a QEMU that ended with this status."""
    last = said.strip().rpartition("\n")[2].rpartition("x86_64: ")[2]
    why = last or (f"killed by signal {-status}" if status < 0 else f"status {status}")
    cure = next((cure for words, cure in REASONS.items() if words in said), WITHOUT)
    return f"{why}: {cure}"


def in_time(command, seconds):
    """The status of a command and what it said; None and nothing if it takes too long. Then it is
    not waited for at all, since what hangs in the system cannot even be killed."""
    import tempfile

    with tempfile.TemporaryFile("w+", errors="replace") as said:
        running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, stdout=said, stderr=subprocess.STDOUT
        )
        try:
            status = running.wait(seconds)
        except subprocess.TimeoutExpired:
            running.kill()
            return None, ""
        said.seek(0)
        return status, said.read()


def is_kvm(words):
    """True if these words make QEMU run the machine in KVM."""
    words = with_one_dash(words)
    return any(
        re.match(r"-enable-kvm$|kvm\b|(.*,)?accel=kvm\b", word) and option not in WITH_ANY_WORDS
        for option, word in zip(["", *words], words)
    )


def unload(name, modules=MODULES):
    """The line that unloads a module of the host's kernel, or words for one that is built in."""
    if (modules / name).exists() and not (modules / name / "initstate").exists():
        return f"{name} is built into the host's kernel, so it cannot be unloaded"
    return as_root("modprobe", "-r", name)


def virtualbox_rows(modules=MODULES):
    """Whether KVM blocks VirtualBox: rows of a word and an explanation or a fix; none if VirtualBox
    is not on this machine."""
    import shutil

    if not ((modules / "vboxdrv").exists() or shutil.which("VBoxManage")):
        return []
    kvm = next((name for name in NAMES if (modules / name).exists()), None)
    if not kvm:
        return [("found", "KVM is not loaded, so it does not block VirtualBox")]
    way_out = unload(kvm, modules)
    try:
        at_load = (modules / "kvm/parameters/enable_virt_at_load").read_text().strip()
    except OSError:
        at_load = ""  # before Linux 6.12
    if at_load in ("Y", "1"):
        return [
            ("blocked", f"KVM holds the CPU, so VirtualBox ends with {NAMES[kvm]}:"),
            ("", f"{way_out}; or kvm.enable_virt_at_load=0 for the host's kernel"),
        ]
    return [
        ("found", "but VirtualBox and KVM cannot run machines at the same time"),
        ("", f"({NAMES[kvm]}); if that is a problem: {way_out}"),
    ]
