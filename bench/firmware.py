"""firmware.py - boots an image by UEFI, any number of times, and returns each run's figures.

Firmware takes seconds, and ten times as long where the clock counts instructions; none of that is
measured. So each image is booted once, at wall-clock speed, up to the moment at which the firmware
would start the program on it (efi_start.c). Then the machine is saved, and each run continues from
there. Knows nothing of loaders.
"""

import shlex
import tempfile

from lib.ovmf import find_ovmf
from lib.project import BUILD
from machine import UEFI, at_its_end, counted, wait_until

PROGRAMS = ("build/efi_start.efi", "build/efi_floor.efi")


def runs(medium, image, count):
    """The figures of each run; the first is when the program on the image was started."""
    with tempfile.TemporaryDirectory(dir=BUILD) as folder:
        state = f"{folder}/state"
        save(medium, image, state)
        words = [*words_of_firmware(), "-incoming", f"exec:cat {shlex.quote(state)}"]
        return [counted(medium, image, *words) for _ in range(count)]


def words_of_firmware():
    """What comes before the image."""
    code = f"if=pflash,format=raw,unit=0,readonly=on,file={find_ovmf()}"
    return ["-drive", code, "-kernel", f"{BUILD}/efi_start.efi"]


def save(medium, image, state):
    """Saves a machine that is about to start the program on an image."""
    with at_its_end(*words_of_firmware(), *UEFI[medium], str(image)) as line:
        line.command("migrate", uri=f"exec:cat > {shlex.quote(state)}")
        wait_until(
            "the machine is saved",
            lambda: line.command("query-migrate").get("status") == "completed",
        )
