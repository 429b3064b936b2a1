"""screen.py - reads a VGA text screen, and finds what a kernel has written there.

Knows the screen's memory and its character set; knows nothing of how they are read.
"""

import re

COLUMNS, ROWS = 80, 25
MEMORY, SIZE = 0xB8000, COLUMNS * ROWS * 2

# Code page 437: VGA has glyphs in place of control characters.
CONTROLS = " ☺☻♥♦♣♠•◘○◙♂♀♪♫☼►◄↕‼¶§▬↨↑↓→←∟↔▲▼"
GLYPHS = {**dict(enumerate(CONTROLS)), 0x7F: "⌂"}
TOLD = bytes(max(byte, 32) for byte in range(256))  # the loader sends a screen without those


def rows_of(memory):
    """The rows of a text screen's memory, as bytes; none if the screen is in a graphics mode, where
    no memory answers at these addresses."""
    if len(memory) != SIZE or memory == b"\xff" * SIZE:
        return []
    characters = memory[::2]
    return [characters[at : at + COLUMNS] for at in range(0, COLUMNS * ROWS, COLUMNS)]


def text_of(row):
    """A row as text, without the spaces at its end."""
    return row.decode("cp437").translate(GLYPHS).rstrip()


def written(before, after):
    """What was written since the screen was as `before`, as text: from the first row to the last
    that was not there already. The screen may have scrolled meanwhile."""
    old, new = ([text_of(row.translate(TOLD)) for row in rows] for rows in (before, after))
    _, scrolled = max((len(kept(old, new, by)), -by) for by in range(ROWS))
    known = kept(old, new, -scrolled)
    rows = [b"" if at in known else row for at, row in enumerate(after)]
    if scrolled == 0:
        rows = [changed(row, was) for row, was in zip(rows, [*before, *[b""] * ROWS])]
    texts = [text_of(row) for row in rows]
    others = [at for at, text in enumerate(texts) if text]
    return texts[others[0] : others[-1] + 1] if others else []


def changed(row, was):
    """A row from the first to the last column that differs, with spaces before it."""
    pairs = zip(row.translate(TOLD), was.ljust(COLUMNS))
    others = [at for at, (one, other) in enumerate(pairs) if one != other]
    return b" " * others[0] + row[others[0] : others[-1] + 1] if others else b""


def kept(old, new, by):
    """Which rows of the new screen are the old one's, scrolled up by `by` rows."""
    return {at for at, (one, other) in enumerate(zip(old[by:], new)) if one and one == other}


def is_said(rows, text):
    """Whether most of the words in these rows also occur in a text."""
    words, said = re.findall(r"\w\w+", " ".join(rows)), {*re.findall(r"\w\w+", text)}
    return bool(words) and sum(word in said for word in words) > len(words) * 0.7


def last_words(rows):
    """The last row that is not empty, as text; "" if there is none."""
    return next((text_of(row).strip() for row in reversed(rows) if text_of(row)), "")
