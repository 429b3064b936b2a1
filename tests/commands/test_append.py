"""The words after APPEND: the disc has the words that were checked, whatever files are called."""

import re

import pytest
from lib.append import Module, append_words
from projects import ROOT

KERNEL = ROOT / "build/kernel.elf"
AWKWARD = ["-raw", "---", "-sha256=00", "--append", "plain"]


def test_names_are_not_taken_for_options_or_separators():
    words = append_words("-k", "a  b", " -quiet ", [("---", "x y", "-raw"), ("m", "", "")])
    assert words == ["-quiet", "./-k", "a", "b", "---", "-raw", "./---", "x", "y", "---", "m"]


def test_a_module_has_a_path_a_line_and_options():
    assert Module("m") == Module("m", "", "")


@pytest.mark.parametrize("how", ["image", "wrap"])
def test_modules_of_any_name_are_packed(project, tmp_path, how):
    words = []
    for name in AWKWARD:
        (tmp_path / name).write_text("bytes of " + name)
        words += ["--module", f"{tmp_path / name}:its line"]
    words += ["--output", tmp_path / "made"]
    first = ["image", "--kernel", KERNEL] if how == "image" else ["wrap", KERNEL]
    project.good(*first, *words)
    data = (tmp_path / "made").read_bytes()
    found = re.search(rb"kernel\.elf (--- \./-raw its line [^\n\0]*)", data).group(1).decode()
    names = [name if name == "plain" else f"./{name}" for name in AWKWARD]
    assert found == " ".join(f"--- {name} its line" for name in names)


def test_a_module_s_options_come_before_its_name(project, tmp_path):
    (tmp_path / "m.gz").write_text("not compressed")
    words = ["--module", f"-raw {tmp_path / 'm.gz'}:words", "--output", tmp_path / "made"]
    project.good("image", "--kernel", KERNEL, *words)
    assert b"kernel.elf --- -raw m.gz words\n" in (tmp_path / "made").read_bytes()


@pytest.mark.parametrize("option", ["--append", "--options"])
def test_values_may_be_empty(project, tmp_path, option):
    project.good("image", "--kernel", KERNEL, option, "", "--output", tmp_path / "made")


@pytest.mark.parametrize("size, said", [("64X", "must be a size"), ("1M", "use 8M or more")])
def test_an_impossible_size_of_memory_is_reported(project, tmp_path, size, said):
    words = ["run", "--output", tmp_path / "x.iso", "--memory", size]
    assert said in project.bad(*words, status=2)
