"""A kernel that is made to take long does not hold up the user who packs or runs it."""

import importlib
import time
from types import SimpleNamespace

import image
import pytest
import run
import vbox
from lib import checking, elf, symbols
from lib.configuration import BootConfiguration
from lib.project import Stop


@pytest.fixture
def sleeper(tmp_path):
    """A program that does nothing for a long time."""
    program = tmp_path / "sleeper"
    program.write_text("#!/bin/sh\nexec sleep 60\n")
    program.chmod(0o755)
    return program


@pytest.fixture(autouse=True)
def soon():
    """The test must end long before the sleeper does."""
    began = time.monotonic()
    yield
    assert time.monotonic() - began < 30


def test_a_check_that_takes_long_ends_the_packing(sleeper, monkeypatch, tmp_path):
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(b"\x7fELF")
    monkeypatch.setattr(checking, "made", lambda _: sleeper)
    monkeypatch.setattr(image, "LIMIT", 1)
    with pytest.raises(Stop, match="took more than 1 seconds.*--no-check"):
        image.check_config(BootConfiguration(kernel, tmp_path / "made.iso"))


def test_a_kernel_is_packed_unchanged_if_its_debug_data_cannot_go(sleeper, monkeypatch, tmp_path):
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(b"\x7fELF")
    monkeypatch.setenv("OBJCOPY", str(sleeper))
    monkeypatch.setattr(elf, "LIMIT", 1)
    assert not elf.strip_debug(kernel, tmp_path / "copy")


def test_an_address_without_a_name_in_time_has_none(sleeper, monkeypatch, tmp_path):
    monkeypatch.setattr(symbols, "LIMIT", 1)
    (tmp_path / "addr2line").symlink_to(sleeper)
    monkeypatch.setenv("PATH", f"{tmp_path}:/usr/bin:/bin")
    assert symbols.place("kernel.elf", 0x1000) == ""


def test_many_segments_of_the_same_bytes_are_not_compared(tmp_path):
    """65,535 times a megabyte."""
    count, size = 0xFFFF, 1 << 20
    header = elf.HEADER.pack(
        b"\x7fELF\x02\x01\x01" + bytes(9), 2, 62, 1, 0, 64, 0, 0, 64, 56, count, 0, 0, 0
    )
    segment = elf.SEGMENT.pack(1, 7, 0, 0, 0, size, size, 0)
    kernel = tmp_path / "kernel.elf"
    kernel.write_bytes(header + segment * count + bytes(size))
    assert not elf.strip_debug(kernel, tmp_path / "copy")


@pytest.mark.parametrize(
    "words",
    ["image --module", "image --kernel", "image --output", "check", "usb", "explain", "new", "wrap",
     "run --memory", "debug --log", "vbox --cpus", "runner", "install --prefix"],
)  # fmt: skip
def test_an_empty_word_is_reported_as_that(words):
    name, *options = words.split()
    with pytest.raises(Stop, match="needs .*, not an empty word") as stop:
        importlib.import_module(name).COMMAND.read([*options, ""])
    assert stop.value.status == 2


def test_an_empty_text_is_a_value():
    found = image.COMMAND.read(["--append", "", "--options="])
    assert found.append == "" and found.options == ""


@pytest.mark.parametrize("size, why", [("64X", "a size such as"), ("1M", "needs 8M")])
def test_impossible_memory_is_reported_before_anything_is_made(size, why):
    given = SimpleNamespace(memory=size, kvm=False, uefi=False, direct=False)
    for make in (lambda: run.choose_way(given), lambda: vbox.mebibytes(size)):
        with pytest.raises(Stop, match=why) as stop:
            make()
        assert stop.value.status == 2
