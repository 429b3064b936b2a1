"""source_lines.py - adds files and lines to what the fault explainer said on the serial line.

Knows the explainer's line for programs (docs/errors.md, Faults). Each step of the trace is the
address behind a call, so the line is that of the byte before.
"""

import re

from lib.symbols import place

LINE = re.compile(r"^@longjump-fault (.*?)\r?\n", re.MULTILINE)


def source_lines(said, kernel):
    """Where a fault happened and who called, each with file and line, as lines of text; none if the
    kernel says nothing of its sources, or if no fault was explained."""
    found = LINE.search(said.decode("latin-1"))
    if not found:
        return []
    fault = dict(word.split("=", 1) for word in found[1].split() if "=" in word)
    slide = int(fault.get("slide", "0"), 16)
    addresses = [int(fault["rip"], 16)] if "rip" in fault else []
    addresses += [int(step, 16) - 1 for step in fault.get("trace", "").split(",") if step]
    places = [place(kernel, address, slide) for address in addresses]
    known = [words.removeprefix(" in ") for words in places if "(" in words]
    return ["in your sources:", *(f"    {words}" for words in known)] if known else []
