"""Checks that each message of the catalogue has a section in the manual and a test that provokes
it."""

import pathlib
import re

import pytest
import mistakes

import lints
from messages import ROOT, catalogue, check

MANUAL = ROOT / "docs/errors.md"
MESSAGES = catalogue()
HEADING = re.compile(r"^##+ (K\d+) (.*)$", re.MULTILINE)

# Provoked by words to build/check, beside the mistakes of tests/lib/mistakes.py and the
# warnings of lints.py.
WORDS = {
    204: ({"memory": 3 << 20}, ["good.elf"]),
    207: (
        {"memory": 127 << 40},
        ["-protocol=bootloader-0.9,map_physical_memory,recursive_page_table", "good.elf"],
    ),
    210: ({}, ["window.elf"]),
    214: ({"memory": 32 << 40}, ["-protocol=bootloader-0.9,map_physical_memory", "good.elf"]),
    305: ({}, ["good.elf", *["word" * 500] * 5]),
    306: ({}, ["-protocol=bootloader-0.9", "-identity=1M", "good.elf"]),
    503: ({"memory": 6 << 20}, ["large"]),
    702: ({}, ["-protocol=bootloader-0.9,nonsense", "good.elf"]),
}

# What no machine available here does, in code that no unit test reaches.
OUT_OF_REACH = {
    406: "every BIOS here switches off",
    603: "every BIOS here sets the modes that it lists",
}


def test_every_line_of_the_catalogue_is_understood_here():
    lines = (ROOT / "loader/core/diag.def").read_text().splitlines()
    assert len(MESSAGES) == sum(line.startswith("DIAG(") for line in lines)


def test_every_number_is_used_once():
    numbers = [message.number for message in MESSAGES]
    assert len(numbers) == len(set(numbers))


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.code)
def test_a_message_is_short_and_has_no_full_stop(message):
    assert len(f"{message.code} {message.summary}") <= 79
    assert not message.summary.endswith(".") and not message.fix.endswith(".")
    assert message.summary[0].islower() or message.summary[0] in "-P", message.summary


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.code)
def test_every_message_has_a_page(message):
    text = MANUAL.read_text()
    assert f"## {message.code} {message.summary}\n" in text, "no such heading"
    assert re.search(rf"^\| \[{message.code}\]\(#\S+\) \|", text, re.MULTILINE), "not in the index"
    page = text.split(f"## {message.code} ")[1].split("\n## ")[0]
    assert len(page.split()) > 30, "a page says more than that"


def test_every_page_has_a_message_and_its_place():
    codes = [code for code, _ in HEADING.findall(MANUAL.read_text())]
    assert set(codes) == {message.code for message in MESSAGES}
    assert codes == sorted(codes)


def anchor(heading):
    """What GitHub makes of a heading."""
    return re.sub(r"[^\w\- ]", "", heading.lower()).replace(" ", "-")


def test_links_within_the_manual_lead_somewhere():
    text = MANUAL.read_text()
    headings = re.findall(r"^#+ (.*)$", text, re.MULTILINE)
    there = {anchor(heading) for heading in headings} | set(re.findall(r'<a id="([^"]+)">', text))
    for target in re.findall(r"\]\(#([^)]+)\)", text):
        assert target in there, target
    for message in MESSAGES:
        assert message.code in there, f"docs/errors.md#{message.code} leads nowhere"


@pytest.fixture(scope="session")
def folder(tmp_path_factory):
    """A folder with the same files as the disc of mistakes.py, and some more."""
    path = tmp_path_factory.mktemp("files")
    for name, file in mistakes.file_names().items():
        (path / file).write_bytes(mistakes.spoil(mistakes.CASES[name]))
    (path / "good.elf").write_bytes(mistakes.read("placed"))
    (path / "window.elf").write_bytes(mistakes.read("placed-window"))
    (path / "large").write_bytes(bytes(8 << 20))
    (path / "folder").mkdir()
    return path


def on_any_machine(code):
    """True for codes that do not depend on the machine, judging by a case's words."""
    return code < 400 or code in (501, 504, 505) or 700 <= code < 800


@pytest.mark.parametrize(
    "name", [name for name, case in mistakes.CASES.items() if on_any_machine(case.code)]
)
def test_a_mistake_is_refused_without_a_boot(folder, name):
    case = mistakes.CASES[name]
    words = case.words.format(file=mistakes.file_names().get(name)).split()
    found = check(*words, cwd=folder)
    assert found["refusals"] == [f"K{case.code}"]
    assert found["status"] == (2 if case.code == 501 else 1)


@pytest.mark.parametrize("number", WORDS)
def test_words_provoke_a_message(folder, number):
    options, words = WORDS[number]
    found = check(*words, cwd=folder, **options)
    assert f"K{number}" in found["refusals"] + found["warnings"]


def test_a_file_that_ends_early_is_refused():
    """Files of the kernel say that they have a page of bytes, and have fewer."""
    path = pathlib.Path("/sys/kernel/mm/transparent_hugepage/enabled")
    if not path.exists() or path.stat().st_size <= len(path.read_bytes()):
        pytest.skip("there is no such file here")
    found = check(path)
    assert found["refusals"] == ["K502"] and found["status"] == 2


def named_in_tests(message):
    """True if a test names the message where it expects it."""
    units = [path.read_text() for path in (ROOT / "tests/unit").glob("*.[ch]")]
    folders = (ROOT / "tests/boot", ROOT / "tests/errors")
    others = [path.read_text() for folder in folders for path in folder.glob("test_*.py")]
    number = rf'"K{message.number}\b|refusal\(.*, {message.number}\b'
    return any(re.search(rf"\bDIAG_{message.name}\b", text) for text in units) or any(
        re.search(number, text) for text in others
    )


@pytest.mark.parametrize("message", MESSAGES, ids=lambda message: message.code)
def test_every_message_is_provoked_by_a_test(message):
    here = {case.code for case in mistakes.CASES.values()} | set(WORDS)
    here |= {int(lint.code[1:]) for lint in lints.LINTS.values()}
    assert message.number in here | set(OUT_OF_REACH) or named_in_tests(message)
