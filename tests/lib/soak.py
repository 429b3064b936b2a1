"""Injects faults one after the other, chosen at random but reproducibly by a seed, on the way from
the disc to the kernel, and reports the outcome of each. The machine is returned to ISOLINUX's
prompt each time.

Knows what the kernel `soak` prints (tests/kernels/soak.c), and what may be wrong in which file.
"""

import collections
import dataclasses
import hashlib
import random
import re
import struct
import time

import disc
import faulty
import images
import vm
from damage import BLOCK
from lib import iso9660
from moments import empty_disk

CONFIG = """SERIAL 0 115200
SAY Entries: soak
DEFAULT soak
PROMPT {prompt}
LABEL soak
  COM32 longjump.c32
  APPEND soak.elf from the config --- module.bin
"""
WORDS = "soak.elf some words --- module.bin"
LOADER, KERNEL, MODULE, SETTINGS = "longjump.c32", "soak.elf", "module.bin", "isolinux.cfg"
HALTED, PROMPT, RAN = "The machine is halted.", "boot: ", "\nEND\n"
# What Syslinux itself says about a file that it cannot use or find, or about a line.
SYSLINUX = ("Failed to load COM32 file", "Could not find kernel image", "Unknown keyword")
KERNEL_FLIP = "flip in a kernel"
LIMIT = 15  # seconds without an end, after which there will be none

# "passed on": the kernel was given what is on the disc, which is wrong, but the loader had no
# digest to notice that. "told by run": nothing in the machine can report it, so the tool does.
REFUSED, EXPLAINED, RIGHT, PASSED_ON, TOLD, WRONG, SILENT = OUTCOMES = (
    "refused", "explained", "ran right", "passed on", "told by run", "ran wrong", "silent",
)  # fmt: skip
BAD = (WRONG, SILENT)


@dataclasses.dataclass
class Fault:
    """A fault of the medium or of the machine: `name` is its kind."""

    name: str
    about: str  # where, in words
    words: str = WORDS
    data: bytes = None  # of the medium; None: as it is
    broken: frozenset = frozenset()  # sectors that cannot be read
    weak: dict = dataclasses.field(default_factory=dict)
    from_start: bool = False  # the machine starts with it, rather than at the prompt
    nmi: float = None  # seconds after the words, until an NMI comes
    is_known: bool = False  # the loader has digests of the files


def sum_of(data):
    """The sum of bytes as the kernel makes it."""
    total = len(data)
    for (word,) in struct.iter_unpack("<Q", data + bytes(-len(data) % 8)):
        total = ((total << 1 | total >> 63) + word) & (1 << 64) - 1
    return total


def pages_of(elf):
    """The segments of a kernel that it may not write to, as whole pages of memory."""
    (offset,), (count,) = struct.unpack_from("<Q", elf, 32), struct.unpack_from("<H", elf, 56)
    for at in range(offset, offset + 56 * count, 56):
        kind, rights, place, address, _, stored, size = struct.unpack_from("<IIQQQQQ", elf, at)
        if kind == 1 and not rights & 2:
            before = address % 4096
            data = bytes(before) + elf[place : place + min(stored, size)]
            rest = size - min(stored, size) + -(before + size) % 4096
            yield address - before, data + bytes(rest)


def expected(elf, module, line):
    """What the kernel prints when these have arrived."""
    sums = [f"segment {sum_of(data):x}" for _, data in pages_of(elf)]
    return [*sums, f"module {sum_of(module):x}", f"line {line}"]


class Soak:
    """The machine, its medium, and the faults."""

    def __init__(self, log, seed):
        self.log, self.chance = log, random.Random(seed)
        self.module = random.Random(0).randbytes(50_000)
        self.kernel = images.kernel_path("soak").read_bytes()
        self.media = [self._medium(prompt) for prompt in (1, 0)]
        self.starts = 0
        self.machine = None
        self.resident = 0  # bytes of RESIDENT memory
        self._start()

    def _medium(self, prompt):
        """A disc that waits at the prompt, or that starts at once."""
        files = {LOADER: images.BUILD / LOADER, KERNEL: self.kernel, MODULE: self.module}
        image = disc.make(self.log / "soak.iso", CONFIG.format(prompt=prompt), files)
        medium = faulty.Medium(image)
        image.unlink()
        found = iso9660.Disc(medium.data).files()
        self.begin = {file.path.removeprefix("isolinux/"): file.begin for file in found}
        return medium

    def _boot(self, medium, *more, **options):
        self.starts += 1
        log = self.log / str(self.starts)
        return vm.Machine(medium.name, log, memory=64, debug_exit=False, extra=more, **options)

    def _start(self):
        """A machine at the prompt, to which it can be returned."""
        self.stop()
        self.media[0].data, self.media[0].broken = self._good(0), set()
        disk = self.log / "snapshots"
        empty_disk(disk)
        drive = f"if=none,id=snapshots,format=qcow2,file={disk}"
        self.machine = self._boot(self.media[0], "-drive", drive)
        self.machine.wait_serial(PROMPT)
        time.sleep(0.2)
        self.machine.monitor("stop")
        said = self.machine.monitor("savevm prompt")
        assert not said.strip(), said

    def _good(self, number):
        """The bytes of an intact medium."""
        if not hasattr(self, "good"):
            self.good = [medium.data for medium in self.media]
        return self.good[number]

    def stop(self):
        """Ends the machine."""
        if self.machine is not None:
            self.machine.stop()

    def close(self):
        """Ends everything."""
        self.stop()
        for medium in self.media:
            medium.close()

    # ---- faults ----------------------------------------------------------------------------------

    def _flip(self, name, file, places, *, words=WORDS, medium=0, **more):
        """Flips a bit of a file."""
        place, bit = self.chance.choice(places), self.chance.randrange(8)
        data = bytearray(self._good(medium))
        data[self.begin[file] + place] ^= 1 << bit
        about = f"{file} byte {place:#x} bit {bit}"
        return Fault(name, about, words, bytes(data), from_start=medium == 1, **more)

    def _hashed(self):
        """The words, with digests."""
        kernel, module = (hashlib.sha256(data).hexdigest() for data in (self.kernel, self.module))
        return f"-sha256={kernel} {KERNEL} some words --- -sha256={module} {MODULE}"

    def loader(self):
        size = (images.BUILD / LOADER).stat().st_size
        return self._flip("flip in longjump.c32", LOADER, range(BLOCK, size))

    def loader_first(self):
        return self._flip("flip in its first block", LOADER, range(BLOCK))

    def kernel_flip(self):
        return self._flip(KERNEL_FLIP, KERNEL, range(len(self.kernel)))

    def kernel_hashed(self):
        places = range(len(self.kernel))
        words = self._hashed()
        return self._flip("flip in a file with a hash", KERNEL, places, words=words, is_known=True)

    def module_flip(self):
        return self._flip("flip in a module", MODULE, range(len(self.module)))

    def module_hashed(self):
        places = range(len(self.module))
        words = self._hashed()
        return self._flip("flip in a file with a hash", MODULE, places, words=words, is_known=True)

    def config(self):
        places = range(len(CONFIG.format(prompt=0)))
        return self._flip("flip in isolinux.cfg", SETTINGS, places, medium=1)

    def _some_sector(self):
        file = self.chance.choice([LOADER, KERNEL, MODULE])
        size = {LOADER: (images.BUILD / LOADER).stat().st_size, KERNEL: len(self.kernel)}
        place = self.chance.randrange(size.get(file, len(self.module)))
        return f"{file} byte {place:#x}", (self.begin[file] + place) // faulty.SECTOR

    def unreadable(self):
        about, sector = self._some_sector()
        count = self.chance.choice([1, 4, 64])
        return Fault("read error", about, broken=frozenset(range(sector, sector + count)))

    def weak(self):
        about, sector = self._some_sector()
        return Fault("read error that passes", about, weak={sector: self.chance.randrange(1, 4)})

    def cut(self):
        about, sector = self._some_sector()
        end = len(self._good(0)) // faulty.SECTOR
        return Fault("medium that ends", about, broken=frozenset(range(sector, end)))

    def spoiled(self):
        if not self.resident:
            self.resident = int(self._say_of_good("resident"), 16)
        begin = self.chance.randrange(self.resident)
        size = self.chance.choice([1, 8, 64, 4096, self.resident])
        word = self.chance.choice([0, (1 << 64) - 1, self.chance.getrandbits(64)])
        about = f"{begin:x} {min(begin + size, self.resident):x} {word:x}"
        words = f"{KERNEL} spoil {about}"
        return Fault("resident part overwritten", f"{about} of {self.resident:x}", words)

    def interrupted(self):
        moment = self.chance.random() * 0.5
        return Fault("NMI", f"after {moment:.3f} s", nmi=moment)

    # How often each kind is drawn.
    KINDS = (
        [loader] * 4 + [loader_first] * 4 + [kernel_flip] * 3 + [kernel_hashed] * 3
        + [module_flip] * 2 + [module_hashed] * 2 + [config] * 4 + [unreadable] * 4 + [weak]
        + [cut] * 2 + [spoiled] * 4 + [interrupted] * 3
    )  # fmt: skip

    def draw(self, count):
        """`count` random faults."""
        for _ in range(count):
            yield self.chance.choice(self.KINDS)(self)

    # ---- outcomes --------------------------------------------------------------------------------

    def _say_of_good(self, name):
        """What the kernel prints for this name when all is well."""
        said, _ = self._run(Fault("", ""))
        return next(line.split()[1] for line in said.splitlines() if line.startswith(name + " "))

    def _run(self, fault):
        """Injects a fault; returns the output, and how it ends: one of the marks, reset, hang."""
        medium = self.media[fault.from_start]
        medium.data = fault.data or self._good(fault.from_start)
        medium.broken, medium.weak = set(fault.broken), dict(fault.weak)
        if fault.from_start:
            machine = self._boot(medium)
            try:
                return self._watch(machine, 0, fault)
            finally:
                machine.stop()
        machine = self.machine
        machine.monitor("loadvm prompt")
        heard = len(machine.serial())
        machine.ended = None
        machine.qmp.events.clear()
        machine.monitor("cont")
        machine.type(f"{LOADER} {fault.words}\n", through="serial")
        if fault.nmi is not None:
            time.sleep(fault.nmi)
            machine.monitor("nmi")
        said = self._watch(machine, heard, fault)
        if fault.name == KERNEL_FLIP and said[1] != "\n" + PROMPT:
            self._was_given = self._is_given(machine, fault)
        if machine.ended is not None:  # a machine that was reset cannot be taken back
            self._start()
        return said

    def _watch(self, machine, heard, fault):
        """Waits for the end."""
        deadline = time.monotonic() + LIMIT
        while True:
            machine._watch(0.02)
            said = machine.serial()[heard:].replace("\r", "")
            for mark in (RAN, HALTED, "\n" + PROMPT):
                if mark in said:
                    return said, mark
            if machine.ended is not None:
                return said, machine.ended.kind
            if time.monotonic() > deadline:
                screen = machine.screen_text() if machine.process.poll() is None else ""
                return said + screen, "hang"

    def judge(self, fault):
        """The outcome of a fault, one of OUTCOMES, and the output."""
        self._was_given = False
        said, end = self._run(fault)
        if re.search(r"\bK\d{3} ", said) and end != RAN:  # the line's own end may be what is wrong
            return REFUSED, said
        if HALTED in said:
            return EXPLAINED, said
        if end == RAN:
            return self._compare(fault, said), said
        if any(words in said for words in SYSLINUX):
            return REFUSED, said
        if fault.from_start and end == "\n" + PROMPT:
            return REFUSED, said  # ISOLINUX says what it reads, and asks
        if self._was_given:
            return PASSED_ON, said
        # A loader that never came up, or a kernel that has overwritten the way into the explainer.
        is_told = "\nLongjump " not in said or "\nline " in said
        return TOLD if is_told else SILENT, f"{said}\n({end})"

    def _compare(self, fault, said):
        """The kernel ran: with what there should be, with what is on the disc, or neither?"""
        lines = [line for line in said.splitlines() if line.startswith(("segm", "modu", "line"))]
        line = "from the config" if fault.from_start else "some words"
        good = expected(self.kernel, self.module, line)
        if lines == good:
            return RIGHT
        if fault.is_known:
            return WRONG
        if fault.from_start:  # other words, perhaps without a module
            is_same = lines[:-1] in (good[:-1], good[:-2])
            return PASSED_ON if is_same else WRONG
        kernel, module = self._on_disc(fault)
        if lines == expected(kernel, module, line) or self._was_given:
            return PASSED_ON
        return WRONG

    def _on_disc(self, fault):
        """The bytes of kernel and module with the fault."""
        data = fault.data or self._good(0)
        for name, good in ((KERNEL, self.kernel), (MODULE, self.module)):
            yield data[self.begin[name] : self.begin[name] + len(good)]

    def _is_given(self, machine, fault):
        """Whether the kernel's memory has what is on the disc: the rest is the kernel's own
        doing."""
        kernel, _ = self._on_disc(fault)
        found = machine.page_tables()
        for address, data in pages_of(kernel):
            page = next((it for it in found if it.begin <= address < it.end), None)
            if not page or machine.memory(page.phys + address - page.begin, len(data)) != data:
                return False
        return True


def table(counts):
    """The outcomes of each kind of fault, in columns."""
    names = sorted({name for name, _ in counts})
    width = max(map(len, names), default=0)
    rows = ["  ".join([" " * width, *(f"{outcome:>11}" for outcome in OUTCOMES)])]
    for name in [*names, "all"]:
        numbers = [
            sum(
                n for (kind, what), n in counts.items() if what == outcome and name in (kind, "all")
            )
            for outcome in OUTCOMES
        ]
        rows.append("  ".join([f"{name:{width}}", *(f"{number:11}" for number in numbers)]))
    return "\n".join(rows)


def run(log, seed, count, tell=print):
    """Tries `count` faults; returns counts by kind and outcome, and the bad ones in words."""
    soak, counts, bad = Soak(log, seed), collections.Counter(), []
    try:
        for number, fault in enumerate(soak.draw(count)):
            outcome, said = soak.judge(fault)
            counts[fault.name, outcome] += 1
            tell(f"{number} {fault.name}: {fault.about}: {outcome}")
            if outcome in BAD:
                bad.append(f"{fault.name}: {fault.about}: {outcome}\n{said}")
    finally:
        soak.close()
    return counts, bad
