"""colour.py - colours errors, warnings, codes and verdicts on a terminal.

Recognises our own messages by their form; the text is the same without colours.
"""

import os
import re

from lib.pattern import Pattern

RED, GREEN, YELLOW, CYAN = "1;31", "32", "1;33", "36"

# A step that is carried out, as make and say() word it: "  pack     build/longjump.iso".
STEP = "|".join(f"[a-z]{{{length}}} {{{9 - length}}}" for length in range(3, 9))
VERDICTS = "FAILED|CRASHED|TIMED OUT|NOT STARTED|NOT RUN|ENDED WITHOUT A CODE|INTERRUPTED"

# Each is looked for at every place, in this order.
RULES = (
    (RED, r"^(?:build\.sh|longjump):(?= )|\b[1-9]\d* failed\b|^the machine reset\b"),
    (RED, rf"^test (?:{VERDICTS})(?=:)"),
    (RED, r"^Longjump (?:can|could )not start\b|(?<=  )missing(?=  )|^Missing$"),
    (YELLOW, r"^warning(?= )|^  warning\b|(?<!#)\bK[1-8]\d\d\b"),
    (GREEN, r"^test passed(?=:)|\b\d+ passed\b|^OK:(?= )|^Nothing is missing\b"),
    (GREEN, r"^ +(?:fix|note):(?= )"),
    (CYAN, rf"^  (?:{STEP})(?=\S)"),
)
WORDS = Pattern("|".join(f"({pattern})" for _, pattern in RULES), re.MULTILINE)


def is_wanted(stream):
    """Whether this stream should get colours."""
    is_smart = os.environ.get("TERM", "dumb") != "dumb" and not os.environ.get("NO_COLOR")
    return is_smart and stream.isatty()


def coloured(text):
    """The text with colour sequences. It must begin at the start of a line."""
    return WORDS.sub(_paint, text)


def _paint(found):
    style, _ = RULES[(found.lastindex or 1) - 1]
    return f"\x1b[{style}m{found.group()}\x1b[0m"
