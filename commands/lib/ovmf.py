"""ovmf.py - UEFI for QEMU: finds the firmware, and makes QEMU's arguments for it.

Knows nothing of images.
"""

import os
import subprocess

from lib.project import ROOT, Stop, need


def uefi_arguments(install=True):
    """QEMU's arguments for a machine with UEFI. Its variables are not kept, so each start is like
    the first."""
    named = os.environ.get("OVMF_CODE")
    if named and not os.path.isfile(named):
        raise Stop(f"OVMF_CODE names {named}, which is not a file")
    need("uefi", install=install)
    return ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={find_ovmf()}"]


def find_ovmf():
    """Where the firmware is; need.sh knows the places."""
    command = ["bash", "-c", 'source "$1"; find_ovmf', "-", str(ROOT / "commands/lib/need.sh")]
    found = subprocess.run(command, capture_output=True, text=True, check=False).stdout.strip()
    if not found:
        raise Stop("there is no UEFI for QEMU on this machine: install ovmf")
    return found.replace(",", ",,")
