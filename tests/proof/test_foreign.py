"""Checks that loader/core reads foreign bytes only through the proven functions of base.c."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "loader/core"

# What the core may do with a span's `bytes`: use their address as a number, or check that they
# exist; and a file's bytes, which are themselves a span. base.c and base.h are what is proven.
PROVEN = {"base.c", "base.h"}
# Files that search megabytes at every boot, by a pointer that ends where the span does: a call for
# each byte would cost more than the rest of the boot.
SCANNERS = {"text_screen.c", "elf/objects.c"}
ALLOWED = [
    r"physical\([\w>.-]+, [\w>.-]+(\.|->)bytes\)",
    r"(kernel\.|file->)bytes(?=[,)])",
    r"(\.|->)bytes\.size\b",
    r"bytes\.bytes != NULL",
]

# Files that turn a physical address into a pointer: machine.h makes a span of it at once; paging.c
# follows tables that it has made itself; run.c says where scratch memory begins; plan/resident.c
# fills in its copy of the resident part, which is scratch memory.
POINTERS = {"machine.h", "paging.c", "run.c", "plan/resident.c"}


def lines():
    """Each line of the core that is not a comment, with its place."""
    for path in sorted(CORE.rglob("*.[ch]")):
        code = re.sub(r"(?s)/\*.*?\*/", lambda found: "\n" * found.group().count("\n"),
                      path.read_text())  # fmt: skip
        for number, line in enumerate(code.splitlines(), 1):
            yield str(path.relative_to(CORE)), number, line


def test_foreign_bytes_are_read_in_one_place():
    bad = []
    for name, number, line in lines():
        rest = line
        for allowed in ALLOWED:
            rest = re.sub(allowed, "", rest)
        if name not in PROVEN | SCANNERS and re.search(r"(\.|->)bytes\b", rest):
            bad.append(f"loader/core/{name}:{number}: {line.strip()}")
    assert not bad, "\n".join(bad)


def test_memory_is_pointed_at_in_few_places():
    bad = [
        f"loader/core/{name}:{number}: {line.strip()}"
        for name, number, line in lines()
        if name not in POINTERS and re.search(r"machine->memory\b|\bvisible\(", line)
    ]
    assert not bad, "\n".join(bad)
