"""doing.py - finds out what the CPUs of a running or halted machine are doing: where each one is,
what it was called for, and what it waits for.

Knows QEMU's output for CPUs and interrupt controllers; knows nothing of how the end of a run is
reported.
"""

import re

from lib import postmortem
from lib.pattern import Pattern
from lib.qemu import INTERRUPTS, Gone
from lib.qemu_log import EXCEPTIONS, states_in
from lib.symbols import place
from lib.trace import NAMES

MOVE = Pattern(r": (?:0x4[0-9a-b] )?0x0f 0x22 (0x(?:d[89a-f]|e[0-7]))\b")  # to CR3 or CR4
STUCK = (
    ": it sets a bit of CR4 that this CPU lacks; CPUs raise #GP, QEMU hangs",
    ": it loads CR3 with an invalid address; CPUs raise #GP, QEMU hangs",
)
RAISED = re.compile(r"check_exception old: 0xffffffff new 0x([0-9a-f]+)$")
LOCK = " (where a lock that is held is not freed meanwhile)"
PIC = Pattern(r"^pic([01]): irr=([0-9a-f]{2}) imr=([0-9a-f]{2}) isr=([0-9a-f]{2})", re.M)
LOCAL = Pattern(r"^ISR\s+([0-9]+)", re.M)
OFTEN = 10  # entries in the log, from which number on they are called repeated
CASCADE = 2  # the line of the first PIC at which the second one is
LINES = {0: " (the timer)", 1: " (the keyboard)", 8: " (the clock)"}


class Doing:
    """What the CPUs of a machine with this kernel are doing."""

    def __init__(self, machine, kernel, is_kvm):
        self._machine, self._kernel, self._is_kvm = machine, kernel, is_kvm

    def place(self, cpu):
        """Where in the kernel a CPU is, as " in main (main.c:5)"; "" if that is not known."""
        return self._place(cpu.at)

    def words(self, cpus, busy):
        """Where each of the busy CPUs is, whether interrupts are off, and why it is there."""
        names = [f"CPU {cpu.number}" for cpu in busy] if len(busy) > 1 else ["the CPU"]
        waits = busy and all(cpu.halted or cpu.flags & INTERRUPTS for cpu in cpus)
        idle = self.waits_for() if waits else ""
        return "; ".join(
            f"{name} is {self._where(cpu)}"
            + ("" if cpu.flags & INTERRUPTS else ", with interrupts off")
            + self._stuck(cpu)
            + self.within(cpu)
            for name, cpu in zip(names, busy)
        ) + (idle and f"; {idle}")

    def _where(self, cpu):
        """Where a CPU is: by an address, or in real mode by a segment and an offset."""
        if cpu.segment < 0:
            return f"at RIP {cpu.at:#x}{self.place(cpu)}"
        return f"in real mode, at {cpu.segment:04x}:{cpu.at:04x}"

    def _place(self, address):
        start = self._machine.loader.start
        known = self._kernel and start
        return place(self._kernel, address, start.number("slide")) if known else ""

    def _stuck(self, cpu):
        """Words for a CPU at which QEMU 7.2 hangs: a mov to CR3 or CR4 that sets a reserved bit."""
        if self._is_kvm or not self._machine.loader.start:
            return ""
        try:
            said = self._machine.monitor(f"x /4xb {cpu.at:#x}", **{"cpu-index": cpu.number})
        except Gone:  # by Ctrl-C
            return ""
        found = MOVE.search(said)
        return STUCK[found[1] < "0xe0"] if found else ""

    # ---- what it was called for ------------------------------------------------------------------

    def within(self, cpu):
        """Words for the handler that a CPU is in; "" if it is not in one."""
        if cpu.segment >= 0:
            return self._real_mode_faults()
        try:
            entry, story = self.handled(cpu)
        except Gone:  # by Ctrl-C
            return ""
        if story is None:
            return ""
        if entry is None:
            at = int(story.first("interrupted").split()[0], 16)
            return f", in a handler that interrupted RIP {at:#x}{self._place(at)}"
        if not is_exception(entry):
            kind = "int" if entry.is_software else "hardware interrupt"
            where = f"RIP {entry.at:#x}{self._place(entry.at)}"
            lock = "" if cpu.halted or entry.is_software or cpu.flags & INTERRUPTS else LOCK
            return f", in the handler of {kind} {entry.vector:#x}, which came at {where}{lock}"
        times = [seen for seen, _ in states_in(self._machine.log())].count(entry)
        again = " again and again," if times >= OFTEN else ""
        return f", in the handler of what came{again} {story.line(self._kernel)}"

    def _real_mode_faults(self):
        """Words for an exception that repeats itself in real mode, of which QEMU logs no more than
        its vector; "" if there is none."""
        last = self._machine.log().rstrip("\n").split("\n")[-OFTEN:]
        found = RAISED.match(last[0])
        if not found or last != last[:1] * OFTEN:
            return ""
        vector = int(found[1], 16)
        return f", where {NAMES.get(vector, f'exception {vector}')} comes again and again"

    def handled(self, cpu):
        """The last that was interrupted by the handler that a CPU is in, as QEMU's log has it, and
        its story. If the log does not have it, None and the story of where the CPU is. None and
        None if it is not in a handler, or that is not known."""
        if not self._machine.loader.start:
            return None, None
        here = postmortem.explain(self._machine, "place", cpu.number)
        if not here:
            return None, None
        logged = [*states_in(self._machine.log())]
        wanted = tuple(int(word, 16) for word in here.first("interrupted").split())
        again = [state for entry, state in logged if is_fault(entry) and entry.at == cpu.at]
        if len(again) >= OFTEN:
            wanted = cpu.at, postmortem.facts_in(again[-1]).get("rsp")  # it begins once more
        for entry, state in reversed(logged):
            if wanted in came_at(entry, postmortem.facts_in(state).get("rsp")):
                entries = [seen for seen, _ in logged[: logged.index((entry, state)) + 1]]
                return entry, postmortem.explain_handled(self._machine, entries, state)
        return None, here if wanted and cpu.is_64_bit else None

    # ---- what it waits for -----------------------------------------------------------------------

    def waits_for(self, are_off=False):
        """Why no interrupt wakes a halted machine, if the interrupt controllers show it. If its
        interrupts are off, which of them are pending."""
        try:
            pics, local = self._machine.monitor("info pic"), self._machine.monitor("info lapic")
        except Gone:  # by Ctrl-C
            return ""
        served, waiting = [], []
        for number, wanted, mask, service in PIC.findall(pics):
            for line in range(8):
                name, bit = line + 8 * int(number), 1 << line
                if name == CASCADE:
                    continue
                served += [name] if int(service, 16) & bit else []
                is_masked = bool(int(mask, 16) & bit)
                waiting += [name] if int(wanted, 16) & bit and is_masked != are_off else []
        if served:
            return "; ".join(map(unacknowledged, served))
        if found := LOCAL.search(local):
            return (f"vector {int(found[1]):#x} is still in service in the local APIC: until its "
                    "handler writes to the EOI register, no further one arrives")  # fmt: skip
        why = "interrupts are off" if are_off else "its PIC masks it"
        return "; ".join(f"IRQ {n}{LINES.get(n, '')} is pending, but {why}" for n in waiting)


def is_exception(entry):
    """Whether it is an exception, or has the vector of one."""
    return entry.vector < EXCEPTIONS and not entry.is_software


def is_fault(entry):
    """It is an exception."""
    return entry.vector < EXCEPTIONS and not (entry.is_software or entry.is_external)


def came_at(entry, stack):
    """The RIP and RSP that a handler's frame can have for an entry: for an int instruction, the log
    has its address, but the frame has that of the next instruction."""
    return [(entry.at + size, stack) for size in ((0, 1, 2) if entry.is_software else (0,))]


def unacknowledged(line):
    """Words for a line of the PICs that was not acknowledged."""
    ports = "0x20 to port 0xa0 and then to port 0x20" if line >= 8 else "0x20 to port 0x20"
    return (f"IRQ {line}{LINES.get(line, '')} is still in service: until its handler sends an EOI "
            f"({ports}), no further interrupt arrives on that line")  # fmt: skip
