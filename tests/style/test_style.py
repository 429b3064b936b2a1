"""Checks the rules on the form of the whole tree. Knows nothing of what the code does."""

import io
import pathlib
import re
import shutil
import subprocess
import tokenize

import pytest

ROOT = pathlib.Path(__file__).resolve().parents[2]
NOT_OURS = {".git", "build", "__pycache__", ".pytest_cache"}
PYTHON = ("commands", "bench", "tests")
CODE = {".c", ".h", ".def", ".asm", ".ld", ".sh", ".py", ".inc", ".ini", "Makefile"}
COMPILERS_OWN = {
    "limits.h", "stdalign.h", "stdarg.h", "stdbool.h", "stddef.h", "stdint.h", "stdnoreturn.h",
}  # fmt: skip


TOP = {
    ".ci", ".clang-format", ".editorconfig", ".gitignore", "CHANGELOG.md", "CONTRIBUTING.md",
    "LICENSE", "Makefile", "README.md", "bench", "build.sh", "commands", "docs", "include",
    "iso", "isolinux.cfg", "kernel", "loader", "pyproject.toml", "tests",
}  # fmt: skip


def files(*suffixes):
    """The files of the tree, by their suffix; what is built is not part of it."""
    found = []
    for path in sorted(ROOT.rglob("*")):
        inside = path.relative_to(ROOT)
        if path.is_file() and not NOT_OURS & set(inside.parts) and inside.parts[0] != "iso":
            if not suffixes or (path.suffix or path.name) in suffixes:
                found.append(inside)
    return found


def lines(suffixes):
    """Each line of code with its place."""
    for path in files(*suffixes):
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
            yield f"{path}:{number}", line


def is_shell(path):
    with open(ROOT / path, "rb") as file:
        return path.suffix == ".sh" or re.match(rb"#!.*\b(ba)?sh\b", file.readline(80))


def run(*command):
    done = subprocess.run(
        command, cwd=ROOT, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
    )
    assert done.returncode == 0, done.stdout


def test_nothing_else_lies_at_the_top():
    """What a tool leaves in the folder where it was started, such as a cache, is not committed."""
    try:
        listed = subprocess.check_output(["git", "ls-files"], cwd=ROOT, text=True)
    except (OSError, subprocess.CalledProcessError):
        pytest.skip("git does not list this tree")
    assert {name.split("/")[0] for name in listed.splitlines()} == TOP


def test_shellcheck_has_nothing_to_say():
    run("shellcheck", "-x", *filter(is_shell, files()))


def test_shell_is_bash_with_its_safety_on():
    for path in filter(is_shell, files()):
        text = (ROOT / path).read_text("utf-8")
        assert text.startswith("#!/usr/bin/env bash\n"), f"{path} does not say it is for bash"
        assert "set -euo pipefail" in text, f"{path} goes on after errors"


def test_c_is_formatted():
    run("clang-format", "--dry-run", "-Werror", *files(".c", ".h"))


def test_python_is_formatted():
    run("/usr/bin/black", "--check", "--quiet", *PYTHON)


def test_python_calls_what_there_is():
    sources = [path for path in files(".py") if path.parts[0] in ("commands", "bench")]
    sources += [path for path in files(".py") if path.parts[:2] == ("tests", "lib")]
    sources = [path for path in sources if path.parts[:2] != ("commands", "new")]
    run("/usr/bin/mypy", "--no-error-summary", "--cache-dir=build/mypy", *sources)


def test_python_compiles():
    for path in files(".py"):
        compile((ROOT / path).read_text("utf-8"), path, "exec")


def test_lines_fit_into_100_columns():
    """Except catalogues (.def), which have one entry per line."""
    long = [
        f"{place}: {len(line.expandtabs(8))}"
        for place, line in lines(CODE - {".def"})
        if len(line.expandtabs(8)) > 100
    ]
    assert not long, "\n".join(long)


def test_lines_have_no_blanks_at_their_end():
    trailing = [place for place, line in lines({*CODE, ".md", ".cfg"}) if line != line.rstrip()]
    assert not trailing, "\n".join(trailing)
    for path in files(*CODE, ".md", ".cfg"):
        data = (ROOT / path).read_bytes()
        assert not data or data.endswith(b"\n"), f"{path} has no newline at its end"


def test_nothing_is_left_for_later():
    words = re.compile(r"\b(TO" + r"DO|FIX" + r"ME|XX" + r"X)\b")
    left = [place for place, line in lines({*CODE, ".md", ".cfg"}) if words.search(line)]
    assert not left, "\n".join(left)


def test_files_open_with_what_they_know():
    for path in files(".c", ".h", ".asm", ".ld", ".sh", ".py"):
        head = (ROOT / path).read_text("utf-8").split("\n", 1)[0]
        assert re.match(r'/\*|//|;|#|"""', head), f"{path} does not say what it is"


def test_functions_fit_on_a_screen():
    """Formatted C has the braces of functions, and of nothing else, at the beginning of lines."""
    long = []
    for path in files(".c", ".h"):
        begin = None
        for number, line in enumerate((ROOT / path).read_text("utf-8").splitlines(), 1):
            if line == "{":
                begin = number
            elif line == "}" and begin is not None:
                if number - begin - 1 > 46:
                    long.append(f"{path}:{begin}: {number - begin - 1} lines")
                begin = None
    assert not long, "\n".join(long)


def code_of(path):
    """A C file without its comments, and with each macro on one line."""
    text = re.sub(r"(?s)/\*.*?\*/", "", (ROOT / path).read_text("utf-8"))
    return text.replace("\\\n", " ")


def declared(path):
    """The functions that a header declares."""
    prototype = r"(?m)^(?!static\b|typedef\b)\w[\w *]*?\b(\w+)\([^;{]*\)[^;{]*;"
    return set(re.findall(prototype, code_of(path)))


def defined(path):
    """The functions that a C file defines for others."""
    head = r"(?m)^(?!static\b)\w[\w *]*?\b(\w+)\([^;{]*\)\n\{"
    return set(re.findall(head, code_of(path)))


# What others define: base.h's functions of the C library, for each platform; and Syslinux itself.
DEFINED_ELSEWHERE = {"memcpy", "memmove", "memset", "memcmp"}
NOT_OURS_TO_DEFINE = {"loader/platform/com32/syslinux.h"}
CONTRACTS = {
    "loader/platform/platform.h",
    "loader/platform/bios/call.h",
    "loader/platform/console/clock.h",
    "loader/platform/console/screen.h",
}  # each platform defines what they declare, and the linker binds it
LINKED_APART = {"platform", "resident"}


def test_a_header_is_implemented_by_the_file_of_its_name():
    """And by no other: an archive may have two functions of a name, and takes the first."""
    sources = {path: defined(path) for path in files(".c") if path.parts[0] == "loader"}
    for path in files(".h"):
        if path.parts[0] != "loader" or str(path) in NOT_OURS_TO_DEFINE | CONTRACTS:
            continue
        own = path.with_suffix(".c")
        promised = declared(path) - DEFINED_ELSEWHERE
        missing = promised - sources.get(own, set())
        assert not missing, f"{path} declares, but {own} does not define: {sorted(missing)}"
        for other in {*sources} - {own}:
            apart = {path.parts[1], other.parts[1]} <= LINKED_APART and path.parent != other.parent
            twice = set() if apart else promised & sources[other]
            assert not twice, f"{other} and {own} define {sorted(twice)}"


def test_a_protocol_is_defined_with_its_terms():
    """PROTOCOL() names them: without terms it does not compile."""
    for path in files(".c"):
        if path.parts[:2] != ("loader", "protocols"):
            continue
        for body in re.findall(r"(?m)^const struct protocol \w+ = \{\n(.*)", code_of(path)):
            assert body.startswith("\tPROTOCOL("), f"{path}: {body}"


def includes(folder):
    """What the files of a folder include: place, and the name with its brackets."""
    for place, line in lines({".c", ".h", ".def", ".asm", ".inc"}):
        found = re.match(r'\s*[#%]\s*include\s*(<[^>]*>|"[^"]*")', line)
        if found and place.startswith(f"{folder}/"):
            yield place, found.group(1)


# What each folder may include besides itself and the compiler's headers: folders, or single files.
# docs/design.md, "Dependencies", says the same. The first that fits a file's path counts.
WIRE = ("core/base.h", "core/fault_info.h")
MAY_INCLUDE = {
    "x86": (),
    "core/run.c": ("core", "platform/platform.h"),
    "core": ("x86/registers.h",),
    "protocols": ("core", "longjump.h"),
    "explain": (*WIRE, "core/colour.h", "core/palette.h", "core/text.h", "x86/registers.h"),
    "resident": (*WIRE, "core/launch.h", "core/elf/relative.h", "core/palette.h", "core/sum.h",
                 "core/text.h", "explain", "x86"),
    "standalone": ("core/base.h", "core/text.h", "core/machine.h", "core/display.h"),
    "postmortem": ("core/text.h", "explain"),
    "platform/platform.h": ("core",),
    "platform/e820": ("core",),
    "platform/files": ("core",),
    "platform/pc": ("core", "x86", "longjump.h", "resident/launch.inc"),
    "platform/optionrom": ("core", "x86", "build/rom_messages.inc"),
    "platform/handover": ("core", "platform/e820", "protocols/multiboot/abi.h"),
    "platform/console": ("core", "x86", "platform/platform.h"),
    "platform/bios": ("core", "x86", "platform/platform.h", "platform/e820"),
    "platform/host": (
        "core", "protocols", "x86/registers.h", "platform/platform.h", "platform/e820",
        "platform/files",
    ),
    "platform/remote": ("core", "explain", "postmortem"),
    "platform/uefi": (
        "core", "x86", "standalone", "explain/draw.h", "platform/platform.h", "platform/console",
        "platform/files", "platform/handover", "platform/pc",
    ),
    "platform": (
        "core", "x86", "standalone", "platform/platform.h", "platform/bios", "platform/console",
        "platform/files", "platform/handover", "platform/pc",
    ),
}  # fmt: skip


def resolve(name, place):
    """An included file's path below loader/: C names it from there or from beside the file,
    assembly from the top."""
    beside = (ROOT / place.split(":")[0]).parent
    for base in (ROOT / "loader", beside, ROOT):
        if (base / name).is_file() and (base / name).is_relative_to(ROOT / "loader"):
            return (base / name).resolve().relative_to(ROOT / "loader").as_posix()
    return name


def is_part(path, whole):
    return path == whole or path.startswith(f"{whole}/")


def may_include(place, name):
    path = place.split(":")[0][len("loader/") :]
    if name[0] == "<":
        return name[1:-1] in COMPILERS_OWN or path.startswith(
            ("platform/host/", "platform/remote/")
        )
    key = next(key for key in MAY_INCLUDE if is_part(path, key))
    own = "/".join(path.split("/")[:2]) if path.startswith("platform/") else path.split("/")[0]
    wanted = resolve(name[1:-1], place)
    return any(is_part(wanted, folder) for folder in (own, *MAY_INCLUDE[key]))


def test_files_include_only_what_their_folder_may():
    """So dependencies point one way, and what is said about a folder is true of its files."""
    wrong = [
        f"{place}: {name}" for place, name in includes("loader") if not may_include(place, name)
    ]
    assert not wrong, "\n".join(wrong)


def circle(arrows):
    """The names of a circle in a graph: a dictionary of what each name leads to. [] if none."""
    done = set()

    def walk(name, path):
        if name in path:
            return path[path.index(name) :]
        found = []
        if name not in done:
            for other in sorted(arrows.get(name, ())):
                found = found or walk(other, [*path, name])
            done.add(name)
        return found

    for start in sorted(arrows):
        found = walk(start, [])
        if found:
            return found
    return []


def test_no_two_files_need_each_other():
    """Nor more of them in a circle; a header and the file that implements it are one."""
    arrows = {}
    for place, name in includes("loader"):
        own = place.split(":")[0][len("loader/") :].rsplit(".", 1)[0]
        other = resolve(name[1:-1], place).rsplit(".", 1)[0]
        if other != own:
            arrows.setdefault(own, set()).add(other)
    assert len(arrows) > 100
    assert not circle(arrows), " -> ".join(circle(arrows))


def test_the_rules_on_includes_are_those_of_the_design():
    """docs/design.md has a row for each, with all that may be included."""
    text = (ROOT / "docs/design.md").read_text("utf-8")
    table = text.split("\n## Dependencies\n")[1].split("\n## ")[0]
    rows = dict(re.findall(r"(?m)^\| `([^`]+)` \| (.*) \|$", table))
    assert set(rows) == set(MAY_INCLUDE)
    for key, row in rows.items():
        assert set(re.findall(r"`([^`]+)`", row)) == set(MAY_INCLUDE[key]), key


def test_every_folder_of_the_loader_has_its_rule():
    folders = {path.parts[1] for path in files(".c", ".h") if path.parts[0] == "loader"}
    assert folders == {key.split("/")[0] for key in MAY_INCLUDE}


def test_the_design_names_every_folder():
    """In its tree; a folder of a protocol is like the others."""
    text = (ROOT / "docs/design.md").read_text("utf-8")
    tree = text.split("\n## Folders\n")[1].split("\n## ")[0]
    for path in files():
        for folder in path.parents:
            if folder.parts[:1] in (("loader",), ("tests",)) and len(folder.parts) < 4:
                known = str(folder.parent) in ("loader/protocols", "tests/fuzz")
                assert known or f"{folder.name}/" in tree, f"docs/design.md lacks {folder}"


def test_no_file_of_the_core_is_long():
    long = [str(path) for path in files(".c", ".h") if path.parts[:2] == ("loader", "core")
            and (ROOT / path).read_text("utf-8").count("\n") > 400]  # fmt: skip
    assert not long, long


# A hardware name (of a register, a bit or a port), where it is given a value.
HARDWARE = r"(CR[0-4]|R?E?FLAGS|IA32|MSR|EFER|CPUID_\d\w*|A?PIC|LVT|VECTOR|DESCRIPTOR|PTE|PORT)_\w+"
DEFINES = re.compile(rf"^\s*(#\s*define\s+({HARDWARE})|({HARDWARE})\s*(=|equ\b)(?!=))")
# Files that know an emulator's device, each of which no other file knows.
ONE_FILE = ("loader/x86/fw_cfg.c", "loader/x86/watcher.c", "loader/resident/fault.c",
            "loader/platform/uefi/interrupts.c")  # fmt: skip


def test_registers_bits_and_descriptors_are_defined_once():
    table = (ROOT / "loader/x86/registers.def").read_text("utf-8")
    names_once = re.findall(r"(?m)^(?:BIT|VALUE)\((\w+),", table)
    assert len(names_once) == len(set(names_once)) > 100
    again = re.compile(rf"^\s*(#\s*define\s+)?({'|'.join(names_once)})\b\s*(=(?!=)|equ\b|\()?")
    raw = re.compile(r"0x00(af|cf|00)9[3b]000000ffff|0xc000008[0-4]\b|\b0x000[fF]{10}000\b")
    for place, line in lines({".c", ".h", ".asm", ".inc"}):
        if not place.startswith("loader/"):
            continue
        found = again.match(line)
        assert not (
            found and (found.group(1) or (found.group(3) or "") in ("=", "equ"))
        ), f"{place} defines {found.group(2)} again"
        assert not raw.search(
            re.sub(r'".*"', "", line)
        ), f"{place} has a number that x86/registers.def has a name for"
        if not place.startswith(ONE_FILE):
            assert not DEFINES.match(line), f"{place}: that belongs into x86/registers.def"


def constants(path):
    """The constants that a C file defines, by macro or in an enumeration, with their values."""
    text = code_of(path)
    found = re.findall(r"(?m)^[ \t]*#[ \t]*define[ \t]+([A-Z]\w+)[ \t]+(\S.*)$", text)
    found += re.findall(r"(?m)(?:^|[{,])\s*([A-Z][A-Z0-9_]+)\s*=\s*([^,}\n]+)", text)
    return {(name, re.sub(r"[\s()]|UINT\d+_C", "", value)) for name, value in found}


def test_no_constant_is_defined_in_two_files():
    """Of the same name and value: what two files know belongs into a header that both include."""
    first = {}
    for path in files(".c", ".h"):
        if path.parts[0] == "loader":
            for constant in constants(path):
                other = first.setdefault(constant, path)
                assert other == path, f"{path} and {other} define {constant[0]}"


def test_elf_is_read_in_one_place():
    """Others ask core/elf for headers, sections, symbols and words, and get their 64-bit form; the
    resident part applies a table that was checked there."""
    raw = re.compile(r"\belf32_|\belf_(rela|dynamic)\b|core/elf/format\.h|\(const struct elf_")
    variable = re.compile(r"\bstruct elf_\w+ (\w+)[;,]")
    for path in files(".c", ".h"):
        place = str(path)
        if place.startswith(("loader/core/elf/", "loader/resident/carry_out.c")):
            continue
        if path.parts[0] == "loader":
            text = code_of(path)
            assert not raw.search(text), f"{place} reads ELF by itself: {raw.search(text).group()}"
            for name in set(variable.findall(text)):
                copied = re.search(rf"\b(span_read|memcpy)\([^;]*&{name}\b", text)
                assert not copied, f"{place} reads ELF by itself: {copied.group()}"


def test_the_core_has_no_assembly_and_no_conditions():
    """`#if` is for guards around headers; differences are other files on the link line."""
    for place, line in lines({".c", ".h"}):
        if not place.startswith(("loader/core/", "loader/protocols/")):
            continue
        assert not re.search(r"\b(__asm__|asm)\b\s*(volatile\b|__volatile__\b)?\s*\(", line), place
        if ".c:" in place:
            assert not re.match(r"\s*#\s*(if|ifdef|ifndef|elif)\b", line), place


@pytest.mark.skipif(not shutil.which("git"), reason="there is no git")
def test_nothing_built_is_kept():
    if not (ROOT / ".git").exists():
        pytest.skip("not a clone")
    kept = subprocess.run(
        ["git", "ls-files"], cwd=ROOT, capture_output=True, text=True
    ).stdout.splitlines()
    built = [name for name in kept if name.endswith((".o", ".d", ".elf", ".iso", ".c32", ".pyc"))]
    assert not built, "\n".join(built)


def test_what_tests_share_lies_in_one_folder():
    """No test module imports another, and none tinkers with the search path: pytest.ini sets it."""
    for place, line in lines({".py"}):
        if place.startswith("tests/") and not place.startswith("tests/style/"):
            assert not re.match(r"\s*(import|from) test_\w+", line), place
            assert "sys.path" not in line, place


# Retired words; docs/glossary.md has the current ones. Licences and wire formats may have them.
RETIRED = {
    r"verbs?": "command",
    r"wish(es)?": "request",
    r"landmarks?": "fault info",
    r"shelter(s|ed)?": "bounce buffer",
    r"boot_wish|plan_landmarks|order_read|moves_sort|memory_claim": "see docs/glossary.md",
    r"loader/(front|handoff)": "loader/platform, loader/protocols",
    r"CR4_(FXSR|WIDE|5_LEVELS|NO_USER_\w+)|CR0_(EMULATE|SWITCHED|PAGING)": "as in the Intel SDM",
}
# Words that prose may use, but names in loader/ may not; the first, not even names in Python.
RETIRED_NAMES = {
    r"order|order_(read|check|init)|[Oo]rders?|read_order|check_order": "boot configuration",
    r"seal(s|ed|_\w+)?": "to write the memory map",
    r"plan_moves?|moves_\w+": "copies",
    r"(\w+_)?slots?(_\w+)?": "PML4 entry, index, mailbox",
    r"narrow(_\w+)?|(\w+_)?legacy": "32-bit code, long mode off",
    r"claims?|claim_\w+": "typed region",
    r"fronts?|front_\w+": "platform",
    r"busy|is_busy": "reserved",
    r"(\w+_)?reach": "identity limit",
    r"room|(\w+_)room": "capacity",
}
NOT_RETIRED = {
    "ELF_R_X86_64_JUMP_SLOT",  # the psABI's
    "DIAG_MAP_NO_ROOM",
    "MAP_NO_ROOM",
}


def names(path):
    """All names in a file of C, assembly or Python, without its comments and texts."""
    text = (ROOT / path).read_text("utf-8")
    if path.suffix == ".py":
        tokens = tokenize.generate_tokens(io.StringIO(text).readline)
        return {token.string for token in tokens if token.type == tokenize.NAME}
    if path.suffix in (".asm", ".inc"):
        text = re.sub(r";.*", "", text)
    else:
        text = re.sub(r"(?s)/\*.*?\*/", "", text)
    return set(re.findall(r"[A-Za-z_]\w*", re.sub(r'"(\\.|[^"\\\n])*"', "", text)))


def test_retired_words_are_gone():
    for place, line in lines({*CODE, ".md", ".cfg"}):
        if place.startswith("tests/style/") or '"landmark"' in line:
            continue
        for word, now in RETIRED.items():
            found = re.search(rf"\b({word})\b", line, re.IGNORECASE)
            assert not found, f"{place} says {found.group()}; it is called {now} now"


def test_retired_names_are_gone():
    for path in files(".c", ".h", ".def", ".asm", ".inc", ".py"):
        for word, now in RETIRED_NAMES.items():
            if path.parts[0] != "loader" and (now != "boot configuration" or path.suffix != ".py"):
                continue
            found = {name for name in names(path) - NOT_RETIRED if re.fullmatch(word, name)}
            assert not found, f"{path}: {sorted(found)}; the word is {now} now"


def test_linker_scripts_and_functions_share_no_name():
    """A script's symbol would silently take the function's place."""
    scripts = "\n".join((ROOT / path).read_text("utf-8") for path in files(".ld"))
    symbols = set(re.findall(r"(?m)^\s*(\w+) = ", scripts)) - {"_start"}
    for path in files(".c"):
        if path.parts[0] == "loader":
            assert not symbols & defined(path), f"{path}: {sorted(symbols & defined(path))}"
