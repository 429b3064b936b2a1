"""A kernel's first mistakes, each committed for real: what is said about them on COM1, on port 0xE9
and on the screen. Knows the line for programs; docs/errors.md#faults has the rest."""

import re
import subprocess
import time

import images
import pytest
from faults import FAULTS, check, screen_of
from told import HALTED, fault_line, for_people, plain

EXIT = 18  # what -onfault=exit writes to isa-debug-exit


@pytest.mark.parametrize("kernel", FAULTS)
def test_a_mistake_is_explained(boot, kernel):
    machine = boot(kernel, debug_exit=False)
    said = machine.wait_serial(HALTED)
    seen = screen_of(machine, machine.screen_text)
    check(kernel, machine, said, seen)
    assert machine.registers()["is_halted"]
    words = plain(said.split("Longjump: ")[-1])
    assert words in plain(for_people(machine.debugcon())), "port 0xE9 says the same"
    assert "@longjump-fault" not in machine.serial(), "and what is for programs"
    rows = seen.splitlines()
    assert len(rows) == 25 and rows[24].startswith(f" {HALTED}"), seen
    assert rows[24].endswith(f"docs/errors.md#{FAULTS[kernel][1]}"), seen
    for label in ("usually", "RAX", "RIP", "CR2", "code", "stack"):
        assert f"\n  {label}" in seen or f"   {label} " in seen, f"{label} has no room:\n{seen}"


def test_every_kind_has_a_section_in_the_manual():
    kinds = set()
    for path in (images.ROOT / "loader/explain").glob("*.c"):
        source = path.read_text()
        kinds |= set(re.findall(r'\bkind = "([a-z0-9-]+)"', source))
        kinds |= set(re.findall(r'\bsay\(words, "([a-z0-9-]+)"', source))
        for pair in re.findall(r'\bkind = \w+ \? "([a-z-]+)" : "([a-z-]+)"', source):
            kinds |= set(pair)
    for path in (images.ROOT / "loader/postmortem").glob("*.c"):  # what only the post-mortem says
        kinds |= set(re.findall(r'"([a-z]+-[a-z-]+)"', path.read_text()))
    session = (images.ROOT / "commands/lib/session.py").read_text()  # what only QEMU's log shows
    kinds |= set(re.findall(r"docs/errors.md#([a-z-]+)\)", session))
    manual = (images.ROOT / "docs/errors.md").read_text()
    sections = set(re.findall(r"^### ([a-z0-9-]+)$", manual, re.M))
    assert kinds == sections and len(kinds) > 40


ON_FRAMEBUFFER = ["fault_null_write", "fault_overflow", "fault_readonly", "fault_execute_stack",
                  "fault_stale_ss", "fault_sse_off", "fault_timer", "returns"]  # fmt: skip


@pytest.mark.parametrize("kernel", ON_FRAMEBUFFER)
def test_a_mistake_is_explained_on_a_framebuffer(boot, kernel):
    machine = boot(kernel, options="-video=1024x768", debug_exit=False)
    said = machine.wait_serial(HALTED)
    seen = screen_of(machine, lambda: machine.screenshot_text(8))
    check(kernel, machine, said, seen)
    assert "selectors" in seen and "stack" in seen, "there is room for everything"


@pytest.mark.parametrize("video", ["800x600x16", "640x480x24", "1024x768x15"])
def test_framebuffers_of_every_depth_are_written_on(boot, video):
    machine = boot("fault_null_write", options=f"-video={video}", debug_exit=False)
    said = machine.wait_serial(HALTED)
    check("fault_null_write", machine, said, screen_of(machine, lambda: machine.screenshot_text(8)))


def test_large_framebuffers_have_large_letters(boot):
    machine = boot("fault_null_write", options="-video=1280x1024", debug_exit=False)
    machine.wait_serial(HALTED)
    bar = bytes((0xB0, 0x20, 0x30))
    deadline = time.monotonic() + 20
    while machine.screenshot().at(1279, 1020) != bar and time.monotonic() < deadline:
        time.sleep(0.1)
    picture = machine.screenshot()
    assert all(picture.at(x, y) == bar for x in (0, 1279) for y in (0, 31, 992, 1023))
    assert picture.at(640, 32) != bar and picture.at(640, 991) != bar


def test_nothing_is_explained_if_explanations_are_off(boot):
    machine = boot("fault_ud2", options="-explain=off", debug_exit=False)
    machine.expect_end("reset")
    assert "@longjump-fault" not in machine.debugcon()


def test_a_kernel_that_returns_is_reported_in_any_case(boot):
    machine = boot("returns", options="-explain=off", debug_exit=False)
    assert "_start returned" in machine.wait_serial(HALTED)


def test_a_test_can_ask_for_an_exit(boot):
    machine = boot("fault_ud2", options="-onfault=exit")
    machine.expect_end("exit", EXIT)
    assert fault_line(machine)["kind"] == "ud2"
    assert machine.serial().count("@longjump-fault vector=6 kind=ud2 ") == 1


def test_the_machine_can_be_restarted(boot):
    machine = boot("fault_ud2", options="-onfault=reboot", debug_exit=False)
    machine.wait_serial("The machine restarts in 10 seconds.")
    machine.expect_end("reset")


@pytest.mark.parametrize("stack", ["", "lost"])
def test_an_nmi_is_explained(boot, stack):
    machine = boot("fault_waits", append=stack, debug_exit=False)
    machine.wait_serial("waiting")
    machine.monitor("nmi")
    said = machine.wait_serial(HALTED)
    assert fault_line(machine)["kind"] == "nmi" and "A non-maskable interrupt came" in said


@pytest.mark.parametrize("stack", ["", "lost"])
def test_a_machine_check_is_explained(boot, stack):
    machine = boot("fault_waits", append=stack, cpu="max", debug_exit=False)
    machine.wait_serial("waiting")
    machine.monitor("mce 0 4 0xbd00000000000134 0x5 0x12345000 0x8c")
    said = machine.wait_serial(HALTED)
    assert fault_line(machine)["kind"] == "machine-check"
    assert "bank 4, status 0xbd" in plain(said) and "at 0x12345000" in plain(said)


def test_a_fault_of_the_explainer_ends_in_one_line(boot):
    machine = boot("fault_explainer", debug_exit=False)
    said = machine.wait_serial("while a fault was explained. " + HALTED)
    assert len(said.split("Longjump: ")[-1].splitlines()) == 1
    machine.expect_end("hang", limit=1)
    assert machine.registers()["is_halted"]
    assert "while a fault was explained." in machine.screen_text()


@pytest.mark.parametrize("word", [0, 19, 22, 24])  # the sign, counts of segments and symbols
def test_lost_fault_info_is_admitted(boot, word):
    machine = boot("fault_info_overwritten", append=str(word), debug_exit=False)
    said = machine.wait_serial(HALTED)
    assert "exception 6" in said and "ud2" in said and "RSP" in said
    assert "The kernel has overwritten memory that Longjump needs to explain faults" in plain(said)
    assert re.search(r"Bytes 0x\w+ to 0x\w+ of physical memory hold (text )?now:", plain(said))
    shown = " ".join(screen_of(machine, machine.screen_text).split())
    assert "The kernel has overwritten memory" in shown


def test_code_of_the_explainer_that_is_overwritten_is_not_run(boot):
    machine = boot("soak", append="spoil 6000 6040 90", debug_exit=False)
    said = machine.wait_serial(HALTED)
    assert re.search(r"\nLongjump: exception 0x0e at 0xffffffff8[0-9a-f]{7}: the kernel has", said)
    assert "overwritten the code that explains faults" in machine.screen_text()


def test_a_slid_kernel_keeps_its_names(boot):
    machine = boot("fault_null_write-pie", options="-kaslr", debug_exit=False)
    machine.wait_serial(HALTED)
    line = fault_line(machine)
    assert line["in"].startswith("append") and int(line["slide"], 16) >= 0xFFFFFFFF80000000
    assert int(line["rip"], 16) > int(line["slide"], 16)


def test_a_kernel_without_symbols_is_explained_by_address(boot, tmp_path):
    stripped = tmp_path / "kernel.elf"
    subprocess.run(["strip", "-o", stripped, images.kernel_path("fault_null_write")], check=True)
    machine = boot(stripped, debug_exit=False)
    said = machine.wait_serial(HALTED)
    assert "in" not in fault_line(machine) and "the kernel has no symbols" in plain(said)


def test_five_levels_of_page_tables_are_walked(boot):
    machine = boot("fault_overflow", options="-paging=5", cpu="max", debug_exit=False)
    said = machine.wait_serial(HALTED)
    assert fault_line(machine)["kind"] == "stack-overflow" and "recurse+" in said


def test_a_stack_above_4_gib_is_read(boot):
    machine = boot("fault_null_write", machine="max-ram-below-4g=64M", memory=5000, cpu="max",
                   debug_exit=False)  # fmt: skip
    assert "build+" in machine.wait_serial(HALTED)


def test_the_kernel_is_told_its_symbols(prove):
    assert prove("symbols").symbol_count >= 10


IN_BOCHS = ["fault_null_write", "fault_overflow", "fault_stale_ss", "fault_sse_off", "fault_timer"]


@pytest.mark.parametrize("kernel", IN_BOCHS)
def test_a_mistake_is_explained_in_bochs(boot_in_bochs, kernel):
    machine = boot_in_bochs(kernel, options="-onfault=exit")
    said = machine.wait_serial(HALTED)
    check(kernel, machine, said, said)


def test_what_only_bochs_and_real_cpus_check_is_explained(boot_in_bochs):
    machine = boot_in_bochs("fault_simd", options="-onfault=exit")
    said = machine.wait_serial(HALTED)
    assert fault_line(machine)["kind"] == "floating-point"
    assert "an SSE computation" in said and "division by zero" in plain(said)
