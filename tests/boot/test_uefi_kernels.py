"""Good kernels under UEFI: what each proves under a BIOS it proves here as well."""

import time

import images
import pytest
import screen
import told
import uefi
import vm
from faults import check
from shown import Shown

KERNELS = [*images.PLACES, "gaps", "shared", "tls", "pie", "pie-relr", "stack", "entry", "tell",
           "memory", "symbols"]  # fmt: skip
CLOCKS, FIRMWARE = 3, 4  # enum longjump_entropy


@pytest.fixture(scope="session")
def kernels():
    """A disc with all test kernels."""
    files = {path.name: path.read_bytes()
             for path in sorted((images.TESTS / "kernels").glob("*.elf"))}  # fmt: skip
    return uefi.PromptDisc(files)


@pytest.fixture
def begin(kernels, log):
    """Starts a kernel by its name; returns the machine, which is stopped at the end."""
    started = []

    def run(kernel, words="", options="", **machine):
        started.append(kernels.start(log / str(len(started)), **machine))
        typed = f"longjump.c32 {options} {kernel}.elf {words}"
        started[-1].type(f"{typed.strip()}\n", through="serial")
        return started[-1]

    yield run
    for machine in started:
        machine.stop()


@pytest.fixture
def prove(begin):
    """Starts a kernel, expects it to pass, and returns what it reported."""

    def run(kernel, words="", options="", **machine):
        running = begin(kernel, words, options, **machine)
        running.expect_end("exit", told.PASSED)
        return told.Told(running.serial())

    return run


@pytest.fixture
def show(begin):
    """Starts the kernel that draws and then halts; returns what it said about the screen."""

    def run(video, **options):
        machine = begin("video", options=video and f"-video={video}", debug_exit=False, **options)
        machine.wait_serial(" checks\n")
        assert "\nPASS" in machine.serial(), machine.report()
        return Shown(machine, told.Told(machine.serial()))

    return run


@pytest.mark.parametrize("kernel", KERNELS)
def test_a_promise_is_kept(prove, kernel):
    prove(kernel)


def test_randomness_is_the_firmwares_where_the_cpu_has_none(prove):
    generator = ["-device", "virtio-rng-pci"]
    random = [prove("pie", options="-kaslr", extra=generator) for _ in range(3)]
    assert {told.kaslr_entropy for told in random} == {FIRMWARE}
    assert len({told.kernel_slide for told in random}) > 1, "three boots, one slide"
    assert prove("pie", options="-kaslr").kaslr_entropy == CLOCKS


def test_other_cpus_start(prove):
    prove("smp", options="-smp", cpus=4)


def test_five_levels_are_entered_and_four_left_alone(prove):
    assert prove("tell", options="-paging=5", cpu="max").paging_levels == 5


def test_a_kernel_that_asks_for_nothing_gets_the_mode_that_is_set(show):
    shown = show("")
    assert shown.size == (1280, 800) and shown.depth == 32
    shown.check_pattern(shown.machine.screenshot())
    letters = b"".join(screen.our_font(images.ROOT)[32:127])
    assert shown.read(shown.told.font, 4096)[16 * 32 : 16 * 127] == letters


@pytest.mark.parametrize("video", ["1024x768", "800x600x32", "1920x1080"])
def test_a_size_is_what_the_kernel_gets_and_draws_on(show, video):
    shown = show(video)
    assert "{}x{}".format(*shown.size) == video.removesuffix("x32")
    shown.check_pattern(shown.machine.screenshot())
    modes = [size for size, _, _ in shown.modes]
    assert video.removesuffix("x32") in modes and "1280x800" in modes and len(modes) > 5


def test_a_size_that_does_not_exist_is_refused_with_those_that_do(begin):
    machine = begin("video", options="-video=1023x767")
    said = machine.wait_serial("boot: ")
    assert "K602" in said and "1024x768" in said, machine.report()


def test_a_machine_without_a_screen_is_reported_on_com1(begin):
    machine = begin("video", options="-video=1024x768", vga="none")
    assert "K601" in machine.wait_serial("boot: "), machine.report()


def test_a_kernel_starts_without_a_screen(prove):
    assert not prove("tell", vga="none").of_type(told.FRAMEBUFFER)


FAULTS = ["fault_null_write", "fault_overflow", "fault_stale_ss", "fault_gdt_order", "fault_double",
          "fault_lost_stack", "fault_timer", "fault_own_tables", "returns"]  # fmt: skip


@pytest.mark.parametrize("kernel", FAULTS)
def test_a_mistake_is_explained_on_the_firmwares_framebuffer(begin, kernel):
    """On its 1280x800 pixels, letters are twice as large."""
    machine = begin(kernel, debug_exit=False)
    said = machine.wait_serial(told.HALTED)
    check(kernel, machine, said, page_of(machine, 2))
    assert told.plain(said.split("Longjump: ")[-1]) in told.plain(
        told.for_people(machine.debugcon())
    )


def test_a_mistake_is_explained_in_a_mode_that_was_asked_for(begin):
    machine = begin("fault_readonly", options="-video=1024x768", debug_exit=False)
    said = machine.wait_serial(told.HALTED)
    check("fault_readonly", machine, said, page_of(machine, 1))


def page_of(machine, scale):
    """The text of the fault's page, once it is drawn."""
    deadline = time.monotonic() + vm.LIMIT
    while True:
        picture = screen.smaller(machine.screenshot(), scale)
        seen = screen.text_of_picture(picture, screen.our_font(images.ROOT))
        if told.HALTED in seen or time.monotonic() > deadline:
            return seen
        time.sleep(0.2)
