"""What decides whether make is started at all."""

import os

import pytest
from lib import answers, caller, making
from lib.project import Stop


@pytest.fixture
def asked(tmp_path, monkeypatch):
    """A small checkout, and what make was asked for in it, without carrying that out."""
    for name in (*making.SOURCES - {"Makefile"}, "build"):
        (tmp_path / name / "inside").mkdir(parents=True)
    for name in ("Makefile", "loader/inside/main.c", "kernel/main.c", "build/check"):
        (tmp_path / name).write_text("as it was")
        os.utime(tmp_path / name, (1, 1))
    monkeypatch.setattr(making, "ROOT", tmp_path)
    monkeypatch.setattr(making, "BUILD", tmp_path / "build")
    monkeypatch.setattr(answers, "FOLDER", tmp_path / "build/answers")
    targets = []
    monkeypatch.setattr(making, "compile_changed", targets.extend)
    return targets


def test_make_is_not_asked_again_if_nothing_has_changed(asked):
    for _ in range(3):
        making.make("build/check", "build/kernel.elf")
    assert asked == ["build/check", "build/kernel.elf"]


@pytest.mark.parametrize(
    "changed, wanted",
    [
        ("Makefile", ["build/check", "build/kernel.elf"]),
        ("loader/inside/main.c", ["build/check", "build/kernel.elf"]),
        ("loader/inside/new.c", ["build/check", "build/kernel.elf"]),
        ("kernel/main.c", ["build/kernel.elf"]),
        ("build/check", ["build/check"]),
    ],
)
def test_make_is_asked_for_what_may_depend_on_a_change(asked, tmp_path, changed, wanted):
    making.make("build/check", "build/kernel.elf")
    asked.clear()
    (tmp_path / changed).write_text("as it is")
    os.utime(tmp_path / changed, (2, 2))
    making.make("build/check", "build/kernel.elf")
    assert asked == wanted


def test_make_is_asked_again_for_other_tools(asked, tmp_path, monkeypatch):
    (tmp_path / "nasm").write_text("")
    os.utime(tmp_path / "nasm", (1, 1))
    monkeypatch.setenv("PATH", f"{tmp_path}:{os.environ['PATH']}")
    making.make("build/check")
    os.utime(tmp_path / "nasm", (2, 2))
    making.make("build/check")
    monkeypatch.setenv("LONGJUMP_CC", "another")
    making.make("build/check")
    assert asked == ["build/check"] * 3


@pytest.mark.parametrize("is_gone", [False, True])
def test_a_reader_that_goes_away_is_not_called_an_error_of_the_compiler(monkeypatch, is_gone):
    monkeypatch.setattr(making, "carry_out", lambda *_: 2)
    monkeypatch.setattr(caller.Caller, "is_gone", lambda _: is_gone)
    with pytest.raises(SystemExit if is_gone else Stop) as raised:
        making.compile_changed(["all"])
    assert raised.value.args[0] == (
        129 if is_gone else "it did not compile; the messages are above"
    )
