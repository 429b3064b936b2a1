"""measure.py - boots every loader with every payload from every medium and collects the figures.

Knows how a share is computed from what guests report; knows nothing of how figures are shown.
"""

import shutil
import statistics
import sys

import firmware
import loaders
from lib.project import BUILD, Stop, say
from machine import UEFI, blocks, counted, timed
from payload import Payload

FOLDER = BUILD / "bench"
EMPTY = "empty module"
NOT_FROM = {"limine": ("pc-hd",)}
COUNTS = 5  # runs
MS = 1e6  # instructions in a millisecond of the guest's clock


class Bench:
    """Measures what was asked for; keeps a list of results and counts what failed."""

    def __init__(self, loaders, media, repeats, keep):
        self.loaders = loaders  # name -> what packs a payload for it; the floor first
        self.media = media
        self.repeats = repeats
        self.keep = keep
        self.results = []
        self.failures = 0

    def attempt(self, what, act, *arguments):
        """Carries out a step; if it fails says so, remembers it and returns nothing."""
        try:
            return act(*arguments)
        except Stop as stop:
            self.failures += 1
            print(f"bench: {what}: {stop}", file=sys.stderr)
            return None

    def size(self, size):
        """Measures every loader on every medium with one payload."""
        folder = FOLDER / size.name
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir(parents=True)
        say(f"  pack     {size.title}")
        payload = Payload(size, folder)
        images = {}
        for name, pack in self.loaders.items():
            packed = self.attempt(f"{name}, {size.title}", pack, payload)
            if packed:
                images[name] = packed if isinstance(packed, dict) else {"": packed}
        for medium in self.media:
            say(f"  boot     {size.title}, {medium}")
            able = {
                name: image
                for name, image in images.items()
                if medium not in NOT_FROM.get(name, ())
            }
            self.medium(size, medium, able, payload.check)
        if not self.keep:
            shutil.rmtree(folder)

    def medium(self, size, medium, images, check):
        """Measures every loader's images on one medium: instructions first, then time. Of several
        images the slowest counts. A BIOS hands over at one moment, which the floor tells; under
        UEFI each tells its own."""
        begin = None
        rows, slowest = {}, {}
        for name, packed in images.items():
            what = f"{name}, {size.title}, {medium}"
            for place, image in packed.items():
                told = self.attempt(what, usual, medium, image)
                if told and (name == "floor" or medium in UEFI):
                    begin, *told = told
                figures = told and self.attempt(what, read, told, begin, check)
                if not figures:
                    continue
                shares = {**rows.get(name, {}).get("places", {}), place: figures["share"]}
                if figures["share"] == max(shares.values()):
                    slowest[name] = image
                    rows[name] = {"size": size.name, "medium": medium, "loader": name, **figures}
                rows[name]["places"] = shares
        is_for_blocks = size.name == "tiny" and medium not in UEFI
        extra = [self.blocks(medium, slowest, rows)] if is_for_blocks else []
        for _ in range(self.repeats):
            for name, row in rows.items():  # in turn, so that a busy moment hits all alike
                seconds = self.attempt(name, timed, medium, slowest[name])
                if seconds:
                    row.setdefault("walls", []).append(seconds)
        for row in rows.values():
            if "walls" in row:
                row["wall"] = statistics.median(row["walls"])
            self.results.append(row)
        self.results += extra

    def blocks(self, medium, images, rows):
        """Counts the blocks that QEMU translates for each loader, and for a module that does
        nothing: what a module takes beyond these is its own. Returns the row of that one."""
        for name, image in images.items():
            rows[name]["blocks"] = self.attempt(f"{name}, blocks", blocks, medium, image)
        empty = self.attempt("empty module, blocks", blocks, medium, loaders.empty(FOLDER))
        return {"size": "tiny", "medium": medium, "loader": EMPTY, "blocks": empty}


def usual(medium, image):
    """Returns the figures of the median run: a busy host makes the guest wait for devices,
    and it counts while it waits; and now and then the firmware waits less for its clock. Under
    UEFI, where all runs begin alike and a wait can only add, it is the fastest run."""
    if medium in UEFI:
        return min(firmware.runs(medium, image, COUNTS), key=lambda told: told[1] - told[0])
    runs = sorted((counted(medium, image) for _ in range(COUNTS)), key=lambda told: told[:2])
    return runs[COUNTS // 2]


def read(told, begin, check):
    """Turns what a guest told into milliseconds; stops if its payload did not arrive whole."""
    if begin is None:
        raise Stop("nothing to measure it against: the floor did not boot")
    end, arrived, *stamps = told
    if arrived != check:
        raise Stop(f"the payload's check is {arrived:#x}, not {check:#x}")
    row = {"share": (end - begin) / MS}
    if stamps:
        times = [begin, *stamps, end]
        row["steps"] = [(after - before) / MS for before, after in zip(times, times[1:])]
    return row
