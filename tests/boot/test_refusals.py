"""Bad kernels and bad words: each is refused with its code, on the screen and on COM1, and the
prompt comes back.

One disc has them all. A machine waits at ISOLINUX's prompt and is given one after the other, so
each refusal also proves that the previous one left a working prompt.
"""

import json
import pathlib
import subprocess
import tempfile

import disc
import images
import modules
import pytest
import told
import vm
from mistakes import CASES, expect_refusal, file_names, read, spoil


WHITE_ON_RED, YELLOW, WHITE, CYAN, GREEN, GREY = 0x4F, 0x0E, 0x0F, 0x03, 0x0A, 0x07


@pytest.fixture(scope="session")
def bad_disc():
    """The disc with every bad kernel and a good one."""
    files = {file: spoil(CASES[name]) for name, file in file_names().items()}
    files |= {
        "longjump.c32": (images.BUILD / "longjump.c32").read_bytes(),
        "good.elf": read("placed"),
        "folder/file": b"this is a file in a folder",
    }
    config = "SERIAL 0 115200\nPROMPT 1\nLABEL good\n  COM32 longjump.c32\n  APPEND good.elf\n"
    ingredients = [config] + [part for name, data in files.items() for part in (name, data)]
    return images.once(".iso", ingredients, lambda path: disc.make(path, config, files))


@pytest.fixture(scope="module")
def prompt(bad_disc, worker_id):
    """One prompt for each worker."""
    log = images.TESTS / "logs" / f"refusals-{worker_id}"

    def start(number):
        machine = vm.Machine(bad_disc, log / str(number))
        machine.wait_serial("boot: ")
        return machine

    prompt = vm.Prompt(start)
    yield prompt
    prompt.close()


def words_on_this_machine(name):
    """What build/check, the loader's core on this machine, says about the same file."""
    with tempfile.TemporaryDirectory() as folder:
        path = pathlib.Path(folder, file_names()[name])
        path.write_bytes(spoil(CASES[name]))
        command = [images.BUILD / "check", "--json", "--", path]
        found = json.loads(subprocess.run(command, capture_output=True).stdout)
    return found["findings"][-1]["text"]


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_refused_in_words(prompt, name):
    case = CASES[name]
    machine = prompt.ready()
    try:
        words = case.words.format(file=file_names().get(name))
        machine.type(f"longjump.c32 {words}\n", through="serial")
        said = expect_refusal(machine, case.code)
        if case.code < 200:
            assert words_on_this_machine(name) in said.replace("\r", ""), machine.report()
    except AssertionError:
        machine.ended = machine.ended or vm.End("hang")  # the next case gets a fresh machine
        raise


def test_a_refusal_has_a_page_of_its_own_in_colours_on_the_screen_only(prompt):
    machine = prompt.ready()
    machine.type("longjump.c32 nowhere.elf\n", through="serial")
    said = expect_refusal(machine, 501)
    assert "\x1b" not in said.partition("Longjump could")[2], "no colours there"
    memory = machine.memory(0xB8000, 80 * 25 * 2)
    lines, colours = memory[0::2].decode("cp437").split("K501", 1), memory[1::2]
    assert lines[0].split() == "Longjump could not start nowhere.elf".split(), "nothing above"
    assert {*colours[:80]} == {WHITE_ON_RED}, "the bar takes the whole line, and no other"
    for words, colour in (
        ("K501", YELLOW),
        ("the file cannot be opened", WHITE),
        ("fix:", CYAN),
        ("check the name", GREEN),
        ("Type an entry", GREY),
        ("Tab", WHITE),
    ):
        at = memory[0::2].index(words.encode())
        assert {*colours[at : at + len(words)]} == {colour}, words


def test_a_good_kernel_boots_after_a_refusal(bad_disc, start):
    machine = start(bad_disc)
    machine.wait_serial("boot: ")
    for name in ("empty", "an_alignment_of_three", "a_bss_larger_than_memory"):
        machine.type(f"longjump.c32 {file_names()[name]}\n")
        expect_refusal(machine, CASES[name].code)
    machine.type("good\n")
    machine.expect_end("exit", told.PASSED)


@pytest.mark.parametrize("option, end", [("-onerror=halt", "hang"), ("-onerror=reboot", "reset")])
def test_a_machine_without_a_keyboard_may_halt_or_reboot(boot, tmp_path, option, end):
    bad = tmp_path / "bad.elf"
    bad.write_bytes(spoil(CASES["big_endian"]))
    machine = boot(bad, options=option)
    machine.wait_serial("docs/errors.md#K104")
    machine.expect_end(end, limit=60 if end == "reset" else 3)
    assert end == "reset" or "boot:" not in machine.serial()


def test_a_refusal_costs_no_memory_but_what_syslinux_loses_with_each_module(log):
    """Syslinux's execute() keeps a buffer of 2 KiB whenever a module comes back to the prompt."""
    files = {f"{name}.c32": modules.module(name) for name in ("heap", "idle")}
    files |= {"longjump.c32": images.BUILD / "longjump.c32", "bad.elf": b"no kernel"}
    image = disc.make(log / "heap.iso", "SERIAL 0 115200\nPROMPT 1\n", files)
    with vm.Machine(image, log) as machine:

        def left(words, times):
            for command in [words] * times + ["heap.c32"]:
                machine.wait_serial("boot: ")
                machine.type(command + "\n", through="serial")
            machine.wait_serial("\nheap ")
            return int(machine.wait_serial("\n"))

        begin = left("longjump.c32 bad.elf", 1)
        refused = begin - left("longjump.c32 bad.elf", 10)
        missing = begin - refused - left("longjump.c32 missing.elf", 10)
        idle = begin - refused - missing - left("idle.c32 bad.elf", 10)
    assert max(refused, missing) <= idle + 10 * 32, "bytes that stay lost after ten of each"
