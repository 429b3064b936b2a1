"""Walks x86-64 page tables from outside. Knows the format (Intel SDM volume 3, chapter 4); trusts
no kernel."""

import dataclasses
import struct

PRESENT, WRITABLE, USER, WRITE_THROUGH, CACHE_OFF, LARGE = (1 << bit for bit in (0, 1, 2, 3, 4, 7))
NO_EXECUTE = 1 << 63
ADDRESS = 0x000FFFFFFFFFF000
CR4_LA57 = 1 << 12
EFER_NXE = 1 << 11
KIB4, MIB2, GIB1 = 1 << 12, 1 << 21, 1 << 30


@dataclasses.dataclass(frozen=True)
class Mapping:
    """A run of pages that are alike in everything, with consecutive virtual and physical addresses:
    [begin, end).

    pat is the index into the page attribute table that the leaf entries choose (0: write-back after
    reset).
    """

    begin: int
    end: int
    phys: int
    writable: bool
    executable: bool
    user: bool
    page: int
    pat: int

    def __str__(self):
        rights = "r" + "-w"[self.writable] + "-x"[self.executable] + ("u" if self.user else "")
        return (
            f"{self.begin:016x}..{self.end:016x} -> {self.phys:012x} {rights} "
            f"{self.page >> 10} KiB pages, PAT {self.pat}"
        )


def walk(read, cr3, cr4, efer):
    """Returns the merged mappings, by rising virtual address. read(address, size) reads physical
    memory."""
    levels = 5 if cr4 & CR4_LA57 else 4
    merged = []
    for leaf in _leaves(
        read, cr3 & ADDRESS, levels, levels, 0, (True, True, True), bool(efer & EFER_NXE)
    ):
        last = merged[-1] if merged else None
        if last and _continues(last, leaf):
            merged[-1] = dataclasses.replace(last, end=leaf.end)
        else:
            merged.append(leaf)
    return merged


def _continues(last, leaf):
    alike = ("writable", "executable", "user", "page", "pat")
    return (
        last.end == leaf.begin
        and leaf.phys - last.phys == leaf.begin - last.begin
        and all(getattr(last, name) == getattr(leaf, name) for name in alike)
    )


def _leaves(read, table, level, levels, begin, rights, has_nx):
    """Yields one Mapping for each leaf under a table; rights are what the tables above allow."""
    span = 1 << (12 + 9 * (level - 1))
    for index, entry in enumerate(struct.unpack("<512Q", read(table, 4096))):
        if not entry & PRESENT:
            continue
        virt = _canonical(begin + index * span, levels)
        writable, user, executable = rights
        ours = (
            writable and bool(entry & WRITABLE),
            user and bool(entry & USER),
            executable and not (has_nx and entry & NO_EXECUTE),
        )
        if level > 1 and not (level <= 3 and entry & LARGE):
            yield from _leaves(
                read, entry & ADDRESS, level - 1, levels, begin + index * span, ours, has_nx
            )
            continue
        pat_bit = 1 << (7 if level == 1 else 12)
        pat = (
            bool(entry & WRITE_THROUGH) | bool(entry & CACHE_OFF) << 1 | bool(entry & pat_bit) << 2
        )
        yield Mapping(
            virt, virt + span, entry & ADDRESS & ~(span - 1), ours[0], ours[2], ours[1], span, pat
        )


def tables(read, cr3, cr4):
    """The physical addresses of all tables in use, each once."""
    found = set()
    waiting = [(cr3 & ADDRESS, 5 if cr4 & CR4_LA57 else 4)]
    while waiting:
        table, level = waiting.pop()
        if table in found:
            continue
        found.add(table)
        if level > 1:
            entries = struct.unpack("<512Q", read(table, 4096))
            waiting += [
                (entry & ADDRESS, level - 1)
                for entry in entries
                if entry & PRESENT and not (level <= 3 and entry & LARGE)
            ]
    return sorted(found)


def _canonical(virt, levels):
    bits = 12 + 9 * levels
    return virt | (1 << 64) - (1 << bits) if virt >> (bits - 1) & 1 else virt


def find(mappings, address):
    """The mapping that covers a virtual address, or None."""
    return next((mapping for mapping in mappings if mapping.begin <= address < mapping.end), None)


def translate(mappings, address):
    """The physical address of a virtual one, or None."""
    mapping = find(mappings, address)
    return None if mapping is None else mapping.phys + address - mapping.begin


def check_range(mappings, begin, end, phys_of, **rights):
    """Every page of a virtual range is mapped, at phys_of(page) if given, with these rights."""
    at = begin
    while at < end:
        mapping = find(mappings, at)
        assert mapping is not None, f"{at:#x} is not mapped"
        assert phys_of is None or mapping.phys + at - mapping.begin == phys_of(
            at
        ), f"{at:#x} lies elsewhere: {mapping}"
        for name, value in rights.items():
            assert getattr(mapping, name) == value, f"{at:#x} should be {name}={value}: {mapping}"
        at = mapping.end
