"""What isolinux.cfg offers: the first entry at once, the others at the prompt that a held key
brings up."""

import time

import disc
import images
import pytest
import told as tell
import vm

PLAIN = """\
SERIAL 0 115200
DEFAULT longjump
PROMPT 0
LABEL longjump
  COM32 longjump.c32
  APPEND kernel.elf
"""

COUNTED = ("-icount", "shift=0,sleep=off")  # the time stamp counter counts instructions


@pytest.fixture
def choose(boot):
    """Boots with a key held, and types the name of an entry at the prompt."""

    def run(entry, key="alt", kernel="tell", **options):
        machine = boot(kernel, **options)
        assert machine.hold_until(key, "boot: "), machine.report()
        machine.type(entry + "\n")
        return machine

    return run


def test_the_first_entry_is_started_at_once(boot):
    machine = boot("tell")
    machine.expect_end("exit", tell.PASSED)
    assert "boot:" not in machine.serial()


@pytest.mark.parametrize("key", ["alt", "ctrl", "shift_r"])
def test_a_held_key_brings_the_prompt(choose, key):
    machine = choose("longjump", key, debug_exit=False)
    machine.wait_serial("PASS")
    assert "Entries: longjump framebuffer verbose poweroff reboot" in machine.screen_text()


def test_the_verbose_entry_shows_the_plan(choose):
    machine = choose("verbose")
    machine.expect_end("exit", tell.PASSED)
    assert "The kernel's memory map:" in machine.serial()


@pytest.mark.parametrize("entry, end", [("poweroff", "shutdown"), ("reboot", "reset")])
def test_the_machine_can_be_switched_off_and_restarted(choose, entry, end):
    choose(entry).expect_end(end)


@pytest.mark.parametrize("entry", ["longjump", "framebuffer", "verbose"])
def test_every_entry_starts_the_chosen_kernel_with_its_words(choose, entry):
    machine = choose(entry, append="in every entry")
    machine.expect_end("exit", tell.PASSED)
    assert tell.Told(machine.serial()).command_line == "in every entry"


def start_asking(start, word, uefi=False):
    """A machine whose image asks before it starts anything."""
    image = images.make_image(images.kernel_path("tell"), append="chosen", more=[word])
    return start(image, uefi=uefi, medium="cd-ahci" if uefi else "cd-ide")


def test_a_menu_shows_the_entries_and_counts_down(start):
    machine = start_asking(start, "--menu")
    machine.wait_serial("Automatic boot in")
    shown = machine.screen_text()
    rows = [row.strip("\N{BOX DRAWINGS LIGHT VERTICAL} ") for row in shown.splitlines()]
    assert rows[1] == "Longjump", shown
    assert rows[3:8] == ["longjump", "framebuffer", "verbose", "poweroff", "reboot"], shown
    for key in ("down", "down", "ret"):
        machine.qmp.command("send-key", keys=[{"type": "qcode", "data": key}])
    machine.expect_end("exit", tell.PASSED)
    assert "The kernel's memory map:" in machine.serial()
    assert tell.Told(machine.serial()).command_line == "chosen"


def test_under_uefi_the_menu_is_a_list(start):
    machine = start_asking(start, "--menu", uefi=True)
    said = machine.wait_serial("boot: ", limit=180)
    assert said.count("Entries: longjump framebuffer verbose poweroff reboot") == 1, said
    assert "longjump starts in 10 s; any key stops it" in said
    machine.type("verbose\n", through="serial")
    machine.expect_end("exit", tell.PASSED)
    assert "The kernel's memory map:" in machine.serial()


def test_a_prompt_that_was_asked_for_waits(start):
    machine = start_asking(start, "--prompt")
    machine.wait_serial("boot: ")
    assert "Entries: longjump framebuffer" in machine.screen_text()
    machine.type("verbose\n")
    machine.expect_end("exit", tell.PASSED)
    assert "The kernel's memory map:" in machine.serial()


def test_the_menu_costs_no_time(start, tmp_path):
    files = {
        "longjump.c32": images.BUILD / "longjump.c32",
        "kernel.elf": images.kernel_path("tell"),
    }
    plain = disc.make(tmp_path / "plain.iso", PLAIN, files)
    menu = disc.make(tmp_path / "menu.iso", (images.ROOT / "isolinux.cfg").read_text(), files)
    begins = [began(start, image) for image in (plain, menu)]
    assert begins[1] - begins[0] < 500_000, "instructions: half a millisecond"


def began(start, image):
    """Instructions before the loader's first: the minimum, since interrupts come at any time."""
    return min(told.tsc_start for told in counted(start, image))


def counted(start, image):
    """What the kernel is told in three boots in which the clock counts instructions."""
    for _ in range(3):
        machine = start(image, kind=vm.Machine, extra=COUNTED)
        machine.expect_end("exit", tell.PASSED)
        yield tell.Told(machine.serial())


@pytest.mark.parametrize("options, limit", [("", 1_000_000), ("-video=1024x768", 1_500_000)])
def test_the_loader_s_own_part_takes_a_millisecond(start, options, limit):
    image = images.make_image(images.kernel_path("tell"), options=options)
    assert min(told.tsc_jump - told.tsc_start for told in counted(start, image)) < limit
