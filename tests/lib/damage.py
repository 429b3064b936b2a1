"""A machine at ISOLINUX's prompt on a medium that fails where a test says, and files of sizes for
which a loader might miss that."""

import array
import random

import disc
import faulty
import images
import told
import vm
from lib import iso9660
from mistakes import expect_refusal

KIB, MIB = 1 << 10, 1 << 20
BLOCK = 2048
# The sizes of units on the way from the medium to memory: a sector, a block, a page,
# what Syslinux buffers, what one call of the BIOS reads, and what the loader asks for at once.
BOUNDARIES = [512, BLOCK, 4 * KIB, 16 * KIB, 32 * KIB, 64 * KIB, MIB, MIB + 32 * KIB, 2 * MIB]
CONFIG = """SERIAL 0 115200
PROMPT 1
LABEL none
  COM32 longjump.c32
"""


def content(size):
    """What kernels/modules.c expects of a module of this size."""
    words = (at * 0x9E3779B97F4A7C15 & (1 << 64) - 1 for at in range(1, size // 8 + 2))
    return array.array("Q", words).tobytes()[:size]


class Rig:
    """The machine, its medium and its files. The medium ends at the byte `end(rig)`, if given."""

    def __init__(self, log, medium, files, end=None):
        self.files = {"kernel.elf": images.kernel_path("modules").read_bytes(), **files}
        loader = {"longjump.c32": images.BUILD / "longjump.c32"}
        image = disc.make(log / "damage.iso", CONFIG, {**loader, **self.files})
        self.medium = faulty.Medium(image)
        image.unlink()
        found = iso9660.Disc(self.medium.data).files()
        self.begin = {file.path.removeprefix("isolinux/"): file.begin for file in found}
        if end is not None:
            self.medium.data = self.medium.data[: end(self)]
        self.machine = vm.Machine(self.medium.name, log, medium=medium)
        self.machine.wait_serial("boot: ")

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.machine.stop()
        self.medium.close()

    def sectors(self, name, place):
        """The sectors of the block that holds this byte of the file."""
        first = (self.begin[name] + place) // BLOCK * (BLOCK // faulty.SECTOR)
        return range(first, first + BLOCK // faulty.SECTOR)

    def boot(self, kernel, *modules):
        """Types words that start a kernel with modules."""
        words = " --- ".join([kernel, *modules])
        self.machine.type(f"longjump.c32 {words}\n", through="serial")

    def expect_refused(self, name):
        """The file, as a kernel or as a module, is refused, since it cannot be read."""
        self.boot(*([name] if name.endswith(".elf") else ["kernel.elf", name]))
        return expect_refusal(self.machine, 502, limit=120)


def draw_sizes(chance, count):
    """Sizes on both sides of boundaries, and one anywhere."""
    drawn = [at + chance.choice([-1, 0, 1, chance.randrange(at)]) for at in BOUNDARIES]
    return [*chance.sample(drawn, count), chance.randrange(1, 3 * MIB)]


def draw_places(chance, size):
    """Two bytes of a file of this size: in its last block, and on one side of a boundary or
    anywhere."""
    near = [at + side for at in BOUNDARIES for side in (-1, 0) if at + side < size]
    return [size - 1, chance.choice([chance.randrange(size), *near])]


def try_sizes(log, medium, seed, count):
    """Files of random sizes: a block of each that cannot be read is noticed, and once they can be
    read, all of them arrive."""
    chance = random.Random(seed)
    kernel = images.kernel_path("modules").read_bytes()
    sizes = draw_sizes(chance, count)
    modules = {f"m{at}": content(size) for at, size in enumerate(sizes)}
    kernels = {f"k{at}.elf": kernel + content(size) for at, size in enumerate(sizes)}
    with Rig(log, medium, {**modules, **kernels}) as rig:
        for names in zip(modules, kernels):
            name = chance.choice(names)
            for place in draw_places(chance, len(rig.files[name])):
                rig.medium.broken, rig.medium.failures = set(rig.sectors(name, place)), 0
                rig.expect_refused(name)
                assert rig.medium.failures > 0
        rig.medium.broken = set()
        rig.boot("kernel.elf", *modules)
        rig.machine.expect_end("exit", told.PASSED)
