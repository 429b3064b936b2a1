"""Checks that a table with a gap does not compile. Knows the tables' names and who reads them."""

import pathlib
import re
import shutil
import subprocess

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
TYPES = "core/memory_types.def"
WORDED_BY = {
    "NATIVE": "loader/protocols/native/native_info.c",
    "LIMINE": "loader/protocols/limine/limine_answers.c",
    "BOOTLOADER09": "loader/protocols/bootloader09/bootloader09.c",
    "BOOTLOADER011": "loader/protocols/bootloader011/bootloader011_answers.c",
    "MULTIBOOT": "loader/protocols/multiboot/multiboot.c",
}


def compiles(source, table, folder):
    """True if a source file compiles with this text in place of the table of memory types."""
    (folder / "core").mkdir(exist_ok=True)
    (folder / TYPES).write_text(table)
    done = subprocess.run(
        ["cc", "-std=c11", "-fsyntax-only", f"-I{folder}", "-Iinclude", "-Iloader", source],
        cwd=ROOT,
        capture_output=True,
    )
    return done.returncode == 0


def test_every_protocol_s_names_are_known_here():
    table = (ROOT / "loader" / TYPES).read_text("utf-8")
    assert set(re.findall(r"^#define (\w+)\(name\)$", table, re.MULTILINE)) == set(WORDED_BY)


@pytest.mark.skipif(not shutil.which("cc"), reason="there is no compiler")
@pytest.mark.parametrize("protocol", WORDED_BY)
def test_a_type_of_memory_that_a_protocol_forgets_does_not_compile(protocol, tmp_path):
    table = (ROOT / "loader" / TYPES).read_text("utf-8")
    gap = re.sub(rf"(\(BAD,(?:[^()]|\(\w+\))*?\s){protocol}\(\w+\)", r"\1", table)
    assert gap != table
    assert compiles(WORDED_BY[protocol], table, tmp_path)
    assert not compiles(WORDED_BY[protocol], gap, tmp_path)


def test_every_option_has_its_row_in_the_papers():
    """And the page names no option that does not exist."""
    table = (ROOT / "loader/core/options.def").read_text("utf-8")
    options = set(re.findall(r'^OPTION\("([\w-]+)"', table, re.MULTILINE))
    section = (ROOT / "docs/options.md").read_text("utf-8")
    names = set(re.findall(r"`-([a-z0-9-]+)", "\n".join(re.findall(r"^\|[^|]*\|", section, re.M))))
    assert names == options | {"raw", "poweroff", "reboot"}


def test_every_request_of_limine_s_has_its_row_in_the_papers():
    """Also one that is not answered."""
    table = (ROOT / "loader/protocols/limine/requests.def").read_text("utf-8")
    requests = set(re.findall(r'^REQUEST\(\w+, \w+, \w+, "([^"]+)"', table, re.MULTILINE))
    section = (ROOT / "docs/protocol.md").read_text("utf-8").split("| request | answer |\n")[1]
    rows = re.findall(r"^\| ([^|]+) \|", section.split("\n\n")[0], re.MULTILINE)
    named = {re.sub(r" \(.*", "", name) for row in rows for name in row.split(", ")}
    assert len(requests) > 20 and requests == named
