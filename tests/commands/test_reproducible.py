"""The same tree gives the same bytes, wherever, whenever and by whomever it is built."""

import datetime
import os

import pytest

from projects import same

pytestmark = pytest.mark.xdist_group("copy")
KEPT = ("build/longjump.c32", "build/BOOTX64.EFI", "build/longjump.iso")


def test_neither_clock_nor_place_nor_habits_matter(copy, project, tmp_path):
    """Everything is compiled again in a folder with spaces in its name, with other dates on the
    files and in another environment."""
    output = tmp_path / "the project's.iso"
    project.good("image", "--output", output)
    copy.good("clean")
    for number, path in enumerate(sorted(copy.root.rglob("*"))):
        os.utime(path, (1e9 + 1000 * number, 1e9 + 1000 * number))
    mask = os.umask(0o077)
    try:
        copy.good(TZ="Asia/Tokyo", LC_ALL="C", USER="somebody", HOME=str(tmp_path))
    finally:
        os.umask(mask)
    for name, made in zip(KEPT, (*(project.root / name for name in KEPT[:2]), output)):
        assert same(copy.root / name, made), name


def test_the_date_is_the_one_that_is_asked_for(make_image):
    wanted = datetime.datetime.fromtimestamp(1700000000, datetime.timezone.utc)
    usual = make_image()
    assert usual.data[16 * 2048 + 813 :][:8] == b"20260101"
    other = make_image(SOURCE_DATE_EPOCH="1700000000")
    assert other.data[16 * 2048 + 813 :][:14] == wanted.strftime("%Y%m%d%H%M%S").encode()
    assert not same(usual.data, other.data)


def test_nothing_on_the_disc_knows_where_it_was_built(project, make_image):
    image = make_image()
    programs = [path for path in image.files() if path.endswith((".c32", ".elf", ".EFI"))]
    assert len(programs) == 4
    for path in programs:
        assert str(project.root).encode() not in image.read(path), path
