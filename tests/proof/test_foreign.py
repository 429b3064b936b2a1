"""Holds that loader/core reads what others wrote only through the proven functions of base.c."""

import pathlib
import re

ROOT = pathlib.Path(__file__).resolve().parents[2]
CORE = ROOT / "loader/core"

# What may stand in the core with a span's `bytes`: where they lie, as a number, or whether they are
# there; and a file's bytes, which are a span themselves. base.c and base.h are what is proven.
PROVEN = {"base.c", "base.h"}
# What walks over megabytes before a start, by a pointer that ends where the span does: a call for
# each byte would cost more than the rest of the boot.
SCANNERS = {"text_screen.c", "elf/objects.c"}
ALLOWED = [
    r"physical\([\w>.-]+, [\w>.-]+(\.|->)bytes\)",
    r"(kernel\.|file->)bytes(?=[,)])",
    r"(\.|->)bytes\.size\b",
    r"bytes\.bytes != NULL",
]

# Who turns a physical address into a pointer: machine.h makes a span of it at once; paging follows
# tables of its own making; run.c says where scratch memory begins; plan/resident.c fills in its
# copy of the resident part, which is scratch memory.
POINTERS = {"machine.h", "paging.c", "run.c", "plan/resident.c"}


def lines():
    """Each line of the core that is no comment, with its place."""
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
