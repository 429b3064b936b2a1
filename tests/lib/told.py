"""Parses the output on COM1: by a test kernel (kit.h's tell()), with the names of longjump.h's
fields and types, and by the fault explainer."""

import dataclasses
import re

HALTED = "The machine is halted."  # the last words of an explained fault
PASSED = 16  # what kit.h's finish() writes to isa-debug-exit when all is well

(
    USABLE,
    RESERVED,
    ACPI_RECLAIMABLE,
    ACPI_NVS,
    BAD,
    KERNEL,
    MODULE,
    STACK,
    BOOT_INFO,
    PAGE_TABLES,
    RESIDENT,
    KERNEL_FILE,
    FRAMEBUFFER,
) = range(1, 14)
READ, WRITE, EXECUTE = 1, 2, 4


@dataclasses.dataclass(frozen=True)
class Memory:
    """An entry of the memory map: physical [begin, end)."""

    begin: int
    end: int
    type: int


@dataclasses.dataclass(frozen=True)
class Segment:
    """A piece of the kernel: virtual [begin, end)."""

    begin: int
    end: int
    phys: int
    rights: int


class Told:
    """The boot information in a kernel's own words: numbers as attributes, and the lists."""

    def __init__(self, serial):
        self.memory, self.segments = [], []
        for line in serial.splitlines():
            name, separator, value = line.partition("=")
            if not separator or not name.isidentifier():
                continue
            if name in ("loader", "command_line"):
                setattr(self, name, value)
            elif name in ("memory", "segment"):
                *numbers, last = value.split()
                words = [int(number, 16) for number in numbers] + [int(last)]
                if name == "memory":
                    self.memory.append(Memory(*words))
                else:
                    self.segments.append(Segment(*words))
            else:
                setattr(self, name, [int(word, 16) for word in value.split()])
        for name, value in vars(self).items():
            if name not in ("memory", "segments", "loader", "command_line") and len(value) == 1:
                setattr(self, name, value[0])

    def of_type(self, *types):
        """The map's entries of some types."""
        return [memory for memory in self.memory if memory.type in types]


def fault_line(machine):
    """What a machine tells programs about a fault, in the line that begins with @longjump-fault, as
    a dictionary."""
    said = machine.debugcon()
    line = re.search(r"^@longjump-fault (.*?)\r?$", said, re.M)
    assert line, said
    return dict(word.split("=", 1) for word in line[1].split())


def for_people(said):
    """The output without the line for programs."""
    return re.sub(r"(?m)^@longjump-fault .*\n", "", said)


def plain(text):
    """The text without its lines and columns."""
    return " ".join(text.split())
