"""Returns a machine, any number of times, to one moment between the firmware and the kernel. Knows
QEMU's snapshots, and the bytes of the loader's code."""

import re
import struct
import subprocess

import images
import vm
from gdb import Gdb

CLUSTER = 1 << 16


def symbol(program, name):
    """The value of a symbol of a program in build/."""
    said = subprocess.run(["nm", images.BUILD / program], capture_output=True, text=True).stdout
    return int(re.search(rf"^([0-9a-f]+) . {name}$", said, re.MULTILINE)[1], 16)


def empty_disk(path, size=1 << 30):
    """Writes an empty qcow2 image: QEMU keeps snapshots in it."""
    entries = -(-size // (CLUSTER * CLUSTER // 8))
    header = (b"QFI\xfb", 2, 0, 0, 16, size, 0, entries, 3 * CLUSTER, CLUSTER, 1, 0, 0)
    data = bytearray(4 * CLUSTER)
    struct.pack_into(">4sIQIIQIIQQIIQ", data, 0, *header)
    struct.pack_into(">Q", data, CLUSTER, 2 * CLUSTER)
    struct.pack_into(">4H", data, 2 * CLUSTER, 1, 1, 1, 1)
    path.write_bytes(data)


def place(name, memory):
    """Where code on the way to the kernel is, found in the memory of a machine that has executed
    it."""
    module = (images.BUILD / "longjump.c32").read_bytes()
    resident = (images.BUILD / "resident.bin").read_bytes()

    def pages_with(code):
        return [at for at in range(0, len(memory), 4096) if memory.startswith(code, at)]

    def page_with(code):  # Syslinux's buffers may have it as well, but not at a page
        return pages_with(code)[0]

    if name == "enter64":
        at = symbol("com32.elf", name)
        return memory.index(module[at : at + 32])
    if name == "take_over":  # called in a copy of this code
        loader, at = (images.BUILD / "BOOTX64.EFI").read_bytes(), symbol("uefi.elf", name)
        return page_with(loader[at : at + 32])
    at = symbol("resident.elf", name)
    if name == "trampoline":  # other CPUs wake in a copy of it, above Syslinux's buffers
        return [page for page in pages_with(resident[at : at + 32]) if page < 1 << 20][-1]
    return page_with(resident[:64]) + at


class Moment:
    """The machine of an image at a moment of its boot: at the last of the places that it has to
    pass. back() returns to it. An undisturbed boot prints `says` at its end."""

    def __init__(self, start, folder, image, *stops, says=" checks\n", **options):
        options = {"debug_exit": False, "cpu": "max", **options}
        machine = start(image, **options)
        machine.wait_serial(says)
        memory = machine.memory(0, 256 << 20)
        self._stops = [place(name, memory) for name in stops or ["enter64"]]
        machine.stop()
        disk, path = folder / "snapshots", folder / "gdb"
        empty_disk(disk)
        snapshots = ["-drive", f"if=none,id=snapshots,format=qcow2,file={disk}"]
        self._again = lambda: start(image, extra=[*Gdb.options(path), *snapshots], **options)
        self._path, self._heard = path, 0
        self._begin()

    def _begin(self):
        self.machine = self._again()
        self.gdb = Gdb(self._path)
        for address in self._stops:
            self.cpu = self.gdb.run_to(address)
        self.machine.monitor("savevm moment")

    def back(self, steps):
        """Returns the machine to the moment, plus `steps` instructions of its CPU."""
        if self.machine.ended is not None:
            self.machine.stop()
            self._begin()
        self.machine.monitor("loadvm moment")
        self._heard = len(self.machine.serial())
        for _ in range(steps):
            self.gdb.step(self.cpu)

    def go_on(self, until, limit=20):
        """Runs the machine until it prints `until`; returns its output since back()."""
        self.machine.qmp.events.clear()
        self.machine.ended = None
        self.machine._heard = self._heard
        self.gdb.send("vCont;c")
        try:
            self.machine.wait_serial(until, limit)
        finally:
            if self.machine.ended is None:
                self.gdb.interrupt()
        return self.machine.serial()[self._heard :]
