"""The pictures of README.md show what a boot shows today; how long it takes, and where things are,
may differ."""

import pathlib
import re
import struct
import zlib

import images
import pytest
import screen
from image import COMMAND, read_config
from lib.disc import open_disc
from lib.pictures import PICTURES, png_of_ppm, take

ROMS = ("/usr/share/qemu/vgabios-stdvga.bin", "/usr/share/seabios/vgabios-stdvga.bin")


def read_png(data):
    """Reads a PNG file as lib/pictures.py writes it."""
    chunks, at = {}, 8
    while at < len(data):
        size, kind = struct.unpack_from(">I4s", data, at)
        chunks[kind] = data[at + 8 : at + 8 + size]
        at += size + 12
    width, height = struct.unpack_from(">II", chunks[b"IHDR"])
    lines, row = zlib.decompress(chunks[b"IDAT"]), 3 * width + 1
    pixels = b"".join(lines[at + 1 : at + row] for at in range(0, len(lines), row))
    return screen.Picture(width, height, pixels)


def words_on(picture):
    """The words on a picture, without numbers and words with a digit."""
    rom = next(path for path in map(pathlib.Path, ROMS) if path.exists())
    font = screen.find_font(rom.read_bytes())
    text = screen.text_of_picture(picture, font, screen.cell_width(picture))
    return {word for word in re.findall(r"[\w./#-]{3,}", text) if not re.search(r"\d", word)}


def disc_of(words):
    return open_disc(read_config(COMMAND.read(words)))


@pytest.mark.parametrize("picture", PICTURES, ids=lambda picture: picture.name)
def test_a_picture_shows_what_a_boot_shows(picture):
    now = take(picture, disc_of)
    kept = read_png(picture.path.read_bytes())
    taken = screen.read_ppm(now)
    assert (kept.width, kept.height) == (taken.width, taken.height)
    assert read_png(png_of_ppm(now)) == taken
    assert words_on(kept) == words_on(taken), "it is old: ./build.sh manual --pictures"


def test_all_pictures_in_the_papers_are_taken_this_way():
    papers = [images.ROOT / "README.md", *(images.ROOT / "docs").glob("*.md")]
    shown = {name for paper in papers for name in re.findall(r"([\w-]+)\.png\)", paper.read_text())}
    there = {path.stem for path in (images.ROOT / "docs").glob("*.png")}
    assert shown == there == {picture.name for picture in PICTURES}
