"""source_lines.py - adds files and lines to the fault explainer's output on the serial line.

Each step of the trace is the address after a call, so the line is that of the byte before.
"""

from lib.fault import find_fault
from lib.symbols import place


def source_lines(said, kernel):
    """Where a fault happened and who called, each with file and line, as lines of text; none if the
    kernel has no debug data, or if no fault was explained."""
    fault = find_fault(said)
    if not fault:
        return []
    addresses = [fault.rip, *(step - 1 for step in fault.trace)]
    places = [place(kernel, address, fault.slide) for address in addresses]
    known = [words.removeprefix(" in ") for words in places if "(" in words]
    return ["in your sources:", *(f"    {words}" for words in known)] if known else []
