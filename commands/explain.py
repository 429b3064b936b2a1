#!/usr/bin/env python3
# explain - explains the code of a message or a kind of fault, such as K107
"""The command `explain`: finds the section on a code in docs/errors.md."""

import difflib
import re

from lib.project import ROOT, Stop, start
from lib.words import Command

COMMAND = Command(
    "explain",
    """
Prints the section of docs/errors.md about a message: what it means, what usually causes it, how to
investigate it and how to fix it. CODE is the code at the beginning of the message, with or without
the K, or the name of a kind of fault, such as null-page.
""",
    (),
    ("./build.sh explain K107", "./build.sh explain 107 802", "./build.sh explain null-page"),
    names="CODE",
)

HEADING = re.compile(r"^##+ (K\d{3}|[a-z][a-z0-9-]+)(?: (.*))?$")


def sections():
    """The sections on codes: code -> (title, lines)."""
    found, current = {}, None
    for line in (ROOT / "docs/errors.md").read_text("utf-8").splitlines():
        heading = HEADING.match(line)
        if heading:
            current = heading.group(1)
            found[current] = (heading.group(2) or "", [])
        elif line.startswith("#"):
            current = None
        if current and not line.startswith("<a id="):
            found[current][1].append(line)
    return found


def explain(given):
    """Prints the sections that these words name; returns the status."""
    found = sections()
    if not given.names:
        print(listing(found), flush=True)
        raise Stop("explain: name a code, such as K107; they are listed above", 2)
    for number, name in enumerate(given.names):
        code = name if name in found else "K" + name.upper().lstrip("K")
        if code not in found:
            near = difflib.get_close_matches(name, (key for key in found if key[0] != "K"), 1)
            hint = f" (did you mean {near[0]}?)" if near else ""
            raise Stop(f"explain: there is no {name}{hint}; ./build.sh explain lists them", 2)
        print("\n" * (number > 0) + "\n".join(found[code][1]).strip())
    return 0


def listing(found):
    """All codes with their titles."""
    return "\n".join(f"    {code}  {title}".rstrip() for code, (title, _) in sorted(found.items()))


if __name__ == "__main__":
    start(lambda words: explain(COMMAND.read(words)))
