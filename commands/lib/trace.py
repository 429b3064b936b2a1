"""trace.py - reads QEMU's log of interrupts, and describes the faults in it.

Knows that log and the x86's exceptions (Intel SDM volume 3A, 6.15); nothing of running machines.
"""

from collections import Counter, deque

from lib.qemu_log import entries_in

NAMES = {  # as in loader/explain
    0: "#DE divide error", 1: "#DB debug exception", 2: "NMI", 3: "#BP breakpoint",
    4: "#OF overflow", 5: "#BR bound range exceeded", 6: "#UD invalid opcode",
    7: "#NM FPU not available", 8: "#DF double fault", 10: "#TS invalid TSS",
    11: "#NP segment not present", 12: "#SS stack segment fault",
    13: "#GP general protection fault", 14: "#PF page fault", 16: "#MF x87 floating-point error",
    17: "#AC alignment check", 18: "#MC machine check", 19: "#XM SIMD floating-point error",
    20: "#VE virtualization exception", 21: "#CP control protection",
}  # fmt: skip

LAST = 5  # faults that are shown


def faults_in_words(log, place):
    """Describes a log, in lines of text; `place` finds the place of an address in the kernel."""
    faults, count, interrupts = deque(maxlen=LAST), 0, Counter()
    triple, before = [], 0
    for entry in entries_in(watched(log, triple)):
        if is_exception(entry):
            faults.append((entry, before))
            count += 1
        else:
            interrupts[entry.vector, entry.is_software and entry.vector in NAMES] += 1
        before = entry.vector
    shown = f", the last {LAST}" if count > LAST else ""
    lines = [f"exceptions: {count}{shown}:"] if count else ["there was no exception"]
    for fault, before in faults:
        lines.append("    " + fault_in_words(fault, before, place))
    if triple:
        lines.append("then a triple fault: no handler could run, and the machine reset")
    for (vector, is_software), number in sorted(interrupts.items()):
        line = f"interrupts with vector {vector:#x}: {number}"
        if vector in NAMES:  # which an exception would have as well
            who = "by int" if is_software else "from hardware"
            line += f", {who}, not {NAMES[vector].split()[0]}"
        lines.append(line)
    return lines


def is_exception(entry):
    """True if the CPU itself raised it. QEMU's log does not tell int3 and into from int 3 and 4."""
    if entry.is_software:
        return entry.vector in (3, 4)
    return entry.vector < 32 and not entry.is_external


def watched(log, triple):
    """The lines of a log; the line of a triple fault is added to a list."""
    for line in log:
        if line.startswith("Triple fault"):
            triple.append(line)
        yield line


def fault_in_words(fault, before, place):
    """One exception: what it was, where, and why; with the vector that came before it."""
    words = f"{NAMES.get(fault.vector, f'exception {fault.vector}')} at RIP {fault.at:#x}"
    words += place(fault.at) + (", at CPL 3" if fault.level == 3 else "")
    if fault.vector == 14:
        return f"{words}: {page_fault(fault.code, fault.address)}"
    if fault.code and fault.vector in (10, 11, 12, 13):
        return f"{words}: {selector(fault.code, before)}"
    return words


def page_fault(code, address):
    """The error code of a page fault (SDM volume 3A, 4.7)."""
    what = "an instruction fetch from" if code & 16 else "a write to" if code & 2 else "a read of"
    who = " by user code" if code & 4 else ""
    if code & 8:
        why = "whose page table entry has reserved bits set"
    elif not code & 1:
        why = "which is not mapped"
    elif code & 32:
        why = "which its protection key does not allow"
    else:
        why = "which its page does not allow"
    return f"{what} {address:#x}{who}, {why}"


def selector(code, before):
    """An error code with a selector (SDM volume 3A, 6.13). In long mode, where an entry of the IDT
    has 16 bytes, QEMU up to 7.2 counts in units of 8 bytes; that is recognised by the vector that
    came before, which could not be delivered."""
    if code & 2:
        return f"because of IDT entry {before if code >> 4 == before else code >> 3:#x}"
    return f"because of selector {code & 0xFFFC:#x} in the {'LDT' if code & 4 else 'GDT'}"
