"""Reads a VGA screen, from text memory or from pixels, and knows which keys write which
character."""

import collections
import dataclasses
import re

GLYPH_HEIGHT = 16
FULL_BLOCK = "\N{FULL BLOCK}"
# Capital A of the 8x16 font that every VGA BIOS carries; the font is found by it.
_GLYPH_A = bytes.fromhex("000010386cc6c6fec6c6c6c600000000")

_KEYS = {
    " ": "spc",
    "\n": "ret",
    "\t": "tab",
    "\b": "backspace",
    "\x1b": "esc",
    "-": "minus",
    "=": "equal",
    ".": "dot",
    ",": "comma",
    "/": "slash",
    "\\": "backslash",
    ";": "semicolon",
    "'": "apostrophe",
    "[": "bracket_left",
    "]": "bracket_right",
    "`": "grave_accent",
}
_SHIFTED = dict(zip('!@#$%^&*()_+:"<>?{}|~', "1234567890-=;',./[]\\`"))


def key_codes(character):
    """QEMU's names of the keys to press together for one character on a US keyboard."""
    if character in _SHIFTED:
        return ["shift", *key_codes(_SHIFTED[character])]
    if character.isalpha():
        return (["shift"] if character.isupper() else []) + [character.lower()]
    return [_KEYS.get(character, character)]


def text_of_memory(memory, columns=80):
    """The characters of VGA text memory, one line each, without trailing blanks."""
    characters = memory[0::2].decode("cp437").replace("\0", " ")
    lines = (characters[at : at + columns].rstrip() for at in range(0, len(characters), columns))
    return "\n".join(lines).rstrip()


@dataclasses.dataclass(frozen=True)
class Picture:
    """Pixels: rows of three bytes each, red, green, blue."""

    width: int
    height: int
    pixels: bytes

    def at(self, x, y):
        """One pixel's colour."""
        start = (y * self.width + x) * 3
        return self.pixels[start : start + 3]


def read_ppm(data):
    """Reads a binary PPM as QEMU writes it."""
    kind, width, height, depth, pixels = (
        data.split(maxsplit=4) if data[:2] == b"P6" else (b"", 0, 0, b"", b"")
    )
    if kind != b"P6" or depth != b"255":
        raise ValueError("not a PPM with 8 bits a colour")
    pixels = data[len(data) - int(width) * int(height) * 3 :]
    return Picture(int(width), int(height), pixels)


def find_font(rom):
    """The 256 glyphs of 8x16 pixels that a VGA BIOS carries."""
    start = rom.find(_GLYPH_A) - ord("A") * GLYPH_HEIGHT
    if start < 0:
        raise ValueError("no 8x16 font in this ROM")
    return [
        rom[at : at + GLYPH_HEIGHT] for at in range(start, start + 256 * GLYPH_HEIGHT, GLYPH_HEIGHT)
    ]


def smaller(picture, by):
    """The picture scaled down: each `by` by `by` pixels become one."""
    rows = [
        picture.pixels[y * picture.width * 3 : (y + 1) * picture.width * 3]
        for y in range(0, picture.height, by)
    ]
    width = picture.width // by
    pixels = b"".join(
        bytes(row[x * by * 3 + part] for x in range(width) for part in range(3)) for row in rows
    )
    return Picture(width, len(rows), pixels)


def our_font(root):
    """The loader's own font, as its source has it: ASCII; the other glyphs match nothing."""
    text = (root / "loader/standalone/font.c").read_text()
    glyphs = [bytes([code]) * GLYPH_HEIGHT for code in range(256)]
    rows = re.findall(r"\['(\\?.)' - FIRST\] = \{ 0x(\w{16}), 0x(\w{16}) \}", text)
    for character, upper, lower in rows:
        glyphs[ord(character[-1])] = bytes.fromhex(upper + lower)
    assert len(rows) == 95
    return glyphs


def cell_width(picture):
    """VGA text mode shows its 8 pixel wide glyphs in cells of 9; framebuffers use 8."""
    return 9 if (picture.width, picture.height) == (720, 400) else 8


def text_of_picture(picture, font, width=8):
    """Turns pixels into text: cells that show no glyph of the font in two colours become U+FFFD."""
    known = {}
    for code in reversed(range(256)):
        # Plain ASCII wins where the font draws two characters alike (0, 32 and 255 are all blank).
        character = chr(code) if 32 <= code < 127 else bytes([code]).decode("cp437")
        if code >= 32 or font[code] not in known:
            known[font[code]] = " " if not any(font[code]) else character
    lines = []
    for top in range(0, picture.height - GLYPH_HEIGHT + 1, GLYPH_HEIGHT):
        cells = range(0, picture.width - width + 1, width)
        lines.append("".join(_character(picture, left, top, known) for left in cells).rstrip())
    return "\n".join(lines).rstrip()


def _character(picture, left, top, known):
    rows = [[picture.at(left + x, top + y) for x in range(8)] for y in range(GLYPH_HEIGHT)]
    colours = collections.Counter(colour for row in rows for colour in row)
    if len(colours) == 1:
        return " "
    for paper in list(colours)[:2]:
        glyph = bytes(
            sum((colour != paper) << (7 - x) for x, colour in enumerate(row)) for row in rows
        )
        if len(colours) == 2 and glyph in known:
            return known[glyph]
    return "\N{REPLACEMENT CHARACTER}"
