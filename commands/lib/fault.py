"""fault.py - finds the fault explainer's output in the output of a serial line.

Knows the explainer's line for programs (docs/errors.md, Faults) and the words before it. Everything
else comes from the kernel, which may write anything: only exactly such a line counts, and reading
a line takes time in proportion to its length.
"""

import itertools

from lib.pattern import Pattern
from lib.record import dataclass, replace

BEGIN = b"@longjump-fault "
LONGEST = 4096  # bytes of a line; the explainer's have at most 1,000
REPORT = 16384  # bytes before the line that are searched for its words
DEEPEST = 64  # steps of a trace; the explainer's have at most 16
ADDRESS = Pattern(rb"0x[0-9a-f]{1,16}|0")  # of 64 bits, as C's %#llx writes it
KINDS = {
    b"vector": Pattern(rb"[0-9]{1,2}"),
    b"kind": Pattern(rb"[a-z0-9-]{1,40}"),
    b"rip": ADDRESS,
    b"slide": ADDRESS,
}


@dataclass(frozen=True)
class Fault:
    """A fault that was explained."""

    rip: int
    slide: int  # to subtract from addresses, for those as linked
    trace: tuple = ()  # addresses after calls, innermost first
    title: str = ""  # "" if there are no words before the line
    words: str = ""


def for_people(words):
    """The words of an explanation without the line for programs."""
    lines = words.splitlines(keepends=True)
    return "".join(line for line in lines if not line.startswith(BEGIN.decode()))


def find_fault(said):
    """The last fault explained in these bytes, or None. After it, the machine halts or restarts, so
    anything before that looks like one comes from the kernel."""
    at = said.rfind(BEGIN)
    while at >= 0:
        fault = None
        if at == 0 or said[at - 1 : at] == b"\n":
            fault = _read(said[at : at + LONGEST].partition(b"\n")[0].rstrip(b"\r"))
        if fault:
            return _with_words(fault, said[max(at - REPORT, 0) : at])
        at = said.rfind(BEGIN, 0, at)
    return None


def _read(line):
    """The fault in a line for programs; None if it is not such a line."""
    found = {}
    for word in line.split(b" ")[1:]:
        name, _, value = word.partition(b"=")
        found.setdefault(name, value)  # a symbol's name may have spaces in it, and comes later
    if not all(kind.fullmatch(found.get(name, b"")) for name, kind in KINDS.items()):
        return None
    trace = found[b"trace"].split(b",") if b"trace" in found else []
    if len(trace) > DEEPEST or not all(map(ADDRESS.fullmatch, trace)):
        return None
    steps = tuple(int(step, 16) for step in trace)
    return Fault(int(found[b"rip"], 16), int(found[b"slide"], 16), steps)


def _with_words(fault, before):
    """The fault with the title and the first paragraph of the last explanation before its line."""
    lines = before.replace(b"\r\n", b"\n").decode("utf-8", "replace").split("\n")
    for at in range(len(lines) - 3, -1, -1):
        if lines[at].startswith("Longjump: ") and lines[at + 1] == "" and lines[at + 2][:1] == " ":
            words = itertools.takewhile(lambda line: line.startswith(" "), lines[at + 2 :])
            title = lines[at].removeprefix("Longjump: ")
            return replace(fault, title=title, words=" ".join(" ".join(words).split()))
    return fault
