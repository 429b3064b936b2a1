"""Firmware with bad habits (tests/firmware)."""

import time

import disc
import images
import pytest
import screen
import told
import uefi
import vm
from mistakes import read

CONFIG = "SERIAL 0 115200\nDEFAULT a\nLABEL a\nCOM32 longjump.c32\nAPPEND tell.elf\n"


@pytest.fixture
def boot_with(start, tmp_path):
    """Boots a kernel on a machine whose firmware has this habit."""

    def run(habit, options="", **machine):
        path = tmp_path / "disc.iso"
        files = {"loader.efi": images.BUILD / "BOOTX64.EFI", "tell.elf": read("tell")}
        config = CONFIG.replace("tell.elf", f"{options} tell.elf")
        disc.make(path, config, files, images.TESTS / f"firmware/{habit}.efi")
        return start(path, medium="cd-ahci", uefi=True, **machine)

    return run


def test_firmware_that_changes_its_map_when_it_is_left_is_left_anyway(boot_with):
    machine = boot_with("exit_fails_twice")
    machine.expect_end("exit", told.PASSED)


def test_a_map_that_is_not_sorted_and_of_large_descriptors_is_read(boot_with):
    boot_with("shuffles_the_map").expect_end("exit", told.PASSED)


def test_a_kernel_is_planned_again_when_its_place_is_taken(boot_with):
    machine = boot_with("takes_the_place")
    machine.expect_end("exit", told.PASSED)
    answers = told.Told(machine.serial())
    assert min(segment.phys for segment in answers.segments) > 0x100000
    kind = next(memory.type for memory in answers.memory if memory.begin <= 0x100000 < memory.end)
    assert kind == told.RESERVED


def test_firmware_that_cannot_be_left_is_reported(boot_with):
    machine = boot_with("exit_fails_always")
    said = machine.wait_serial("(docs/errors.md#K410)")
    assert "K410 the firmware does not hand over control" in said
    seen = page_of(machine, "docs/errors.md#K410")
    assert seen.startswith(" Longjump could not start tell.elf\n"), seen
    assert "K410 the firmware does not hand over control" in seen, seen
    machine.expect_end("hang", limit=1)
    assert machine.registers()["is_halted"]


def page_of(machine, words):
    """The text of the page that the loader itself draws, once these words are on it. On the
    firmware's 1280x800 pixels, letters are twice as large."""
    deadline = time.monotonic() + vm.LIMIT
    while True:
        picture = screen.smaller(machine.screenshot(), 2)
        seen = screen.text_of_picture(picture, screen.our_font(images.ROOT))
        if words in seen or time.monotonic() > deadline:
            return seen
        time.sleep(0.2)


@pytest.mark.parametrize("habit, code", [("gives_no_memory", "K204"), ("gives_no_map", "K404")])
def test_firmware_without_memory_is_reported_and_the_prompt_is_there(boot_with, habit, code):
    machine = boot_with(habit)
    assert code in machine.wait_serial("boot: "), machine.report()
    machine.type("exit\n", through="serial")
    machine.wait_serial("BdsDxe: ")


def test_a_refusal_after_the_mode_was_set_is_shown_in_the_previous_mode(boot_with):
    machine = boot_with("loses_the_map", options="-video=640x480")
    assert "K404" in machine.wait_serial("boot: "), machine.report()
    picture = machine.screenshot()
    assert picture.width == 1280
    rows = [any(1 in cell for cell in row) for row in uefi.cells(picture)]
    assert sum(rows) > 3, machine.report()  # the prompt alone has two
