"""ways.py - measures the boot methods that need no disc: QEMU's -kernel by Multiboot and by PVH,
microvm, and the option ROM, with the guest's clock counting instructions.

A share is the time from the loader's first instruction to the kernel's; for microvm, whose firmware
does next to nothing, from the reset. Knows how QEMU is told; knows nothing of discs.
"""

import functools
import shutil
import statistics

from lib.bundle import make_bundle, put_into_elf
from lib.project import BUILD, Stop, say
from machine import counted
from payload import Payload

FOLDER = BUILD / "bench"
MULTIBOOT = bytes.fromhex("02b0ad1b")
COUNTS = 3  # runs, of which the median counts
MS = 1e6  # instructions in a millisecond of the guest's clock
ROMS_FILE = "name=opt/longjump/boot,file={}"

# machine.DIRECT's name -> whether by PVH, whether from the reset on, ms that a tiny kernel may take
WAYS = {
    "-kernel": (False, False, 0.35),
    "-kernel, q35": (False, False, 0.35),
    "-kernel, PVH": (True, False, 0.30),
    "microvm, from reset": (True, True, 0.40),
    "option ROM": (False, False, 0.35),
}
MORE_FOR_16 = 3.0  # ms that 16 MiB may take more


def measure(sizes):
    """Returns the milliseconds of each way with each payload: (way, size's name) -> ms."""
    found = {}
    for size in sizes:
        folder = FOLDER / f"ways-{size.name}"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        payload = Payload(size, folder)
        files = {pvh: wrapped(payload, folder, pvh) for pvh in (False, True)}
        for way, (pvh, from_reset, _most) in WAYS.items():
            say(f"  boot     {size.title}, {way}")
            file = ROMS_FILE.format(files[pvh]) if way == "option ROM" else files[pvh]
            runs = [read(counted(way, file), payload.check, from_reset) for _ in range(COUNTS)]
            found[way, size.name] = statistics.median(runs)
        shutil.rmtree(folder)
    return found


def wrapped(payload, folder, pvh):
    """The loader with the kernel of a payload in one file; by PVH alone if so asked."""
    kernel = payload.kernel(64)
    path = folder / f"wrapped-{pvh}.boot"
    loader = (BUILD / "longjump.elf").read_bytes()
    data = put_into_elf(loader, bundle_of(kernel))
    path.write_bytes(data.replace(MULTIBOOT, bytes(4), 1) if pvh else data)
    return path


@functools.lru_cache(maxsize=1)
def bundle_of(kernel):
    return make_bundle(kernel.name, {kernel.name: kernel.read_bytes()})


def read(told, check, from_reset):
    """The share of what a kernel told; stops if its payload did not arrive whole."""
    end, arrived, begin, *_stamps = told
    if arrived != check:
        raise Stop(f"the payload's check is {arrived:#x}, not {check:#x}")
    return (end - (0 if from_reset else begin)) / MS


def show(found, sizes):
    """Prints the table, and the figures that have a target."""
    print(f"\n{'without a disc, ms':<36}" + "".join(f"{size.title:>11}" for size in sizes))
    for way, (*_how, most) in WAYS.items():
        values = [found[way, size.name] for size in sizes]
        print(f"  {way:<34}" + "".join(f"{value:>11.3f}" for value in values))
    for target, value, most in targets(found):
        print(f"  {target:<34}{value:>11.3f}{most:>11.2f}  {'met' if value <= most else 'MISSED'}")


def targets(found):
    """Each target that can be judged: its name, the value, and what it may be at most."""
    for way, (*_how, most) in WAYS.items():
        if (way, "tiny") in found:
            yield f"{way}, tiny", found[way, "tiny"], most
        if {(way, "tiny"), (way, "16")} <= found.keys():
            yield f"{way}, 16 MiB more", found[way, "16"] - found[way, "tiny"], MORE_FOR_16
