"""NMIs and machine checks on the way from the firmware to the kernel: whenever they occur, they are
explained, on every CPU; the machine never resets."""

import time

import images
from guests import SAID
from moments import Moment
from multiboot import multiboot1

NMI = "A non-maskable interrupt came"
# Steps from the first instruction of enter64() on: its own, the resident part's first, its tables,
# the copying.
STEPS = [*range(12, 48, 3), 33, 34, 35, 50, 80, 200, 500, 1000, 1500, 2000]
# bank 1: valid, uncorrected, with an address; to CPU 0
MACHINE_CHECK = "mce 0 1 0xbd00000000000134 0x5 0x1234000 0x8c"


def test_an_nmi_on_the_way_to_the_kernel_is_explained(start, tmp_path):
    moment = Moment(start, tmp_path, images.make_image(images.kernel_path("tell")))
    for steps in STEPS:
        moment.back(steps)
        moment.machine.qmp.command("inject-nmi")
        assert NMI in moment.go_on("The machine is halted."), steps


def test_an_nmi_on_the_way_to_protected_mode_is_explained(start, tmp_path):
    image = images.make_image(multiboot1(tmp_path))
    moment = Moment(start, tmp_path, image, "enter64", "to_protected_mode", says=SAID)
    for steps in range(40):
        moment.back(steps)
        moment.machine.qmp.command("inject-nmi")
        assert NMI in moment.go_on("The machine is halted."), steps


def test_an_nmi_after_uefi_has_been_left_is_explained(start, tmp_path):
    """Once the loader's own tables are loaded, the firmware's handlers are not called."""
    image = images.make_image(images.kernel_path("tell"))
    uefi = {"medium": "cd-ahci", "uefi": True}
    moment = Moment(start, tmp_path, image, "take_over", **uefi)
    for steps in (20, 60, 200, 1000):
        moment.back(steps)
        moment.machine.qmp.command("inject-nmi")
        assert NMI in moment.go_on("The machine is halted."), steps


def test_a_machine_check_on_the_way_to_the_kernel_is_reported(start, tmp_path):
    moment = Moment(start, tmp_path, images.make_image(images.kernel_path("tell")))
    for steps in [*range(34, 48, 3), 60, 500]:
        moment.back(steps)
        moment.machine.monitor(MACHINE_CHECK)
        said = moment.go_on("The machine is halted.")
        assert "Longjump: exception 18 at" in said, steps
        assert "before the kernel was started" in said, steps
    for steps in (6000, 8000):
        moment.back(steps)
        moment.machine.monitor(MACHINE_CHECK)
        assert "Machine check (#MC" in moment.go_on("The machine is halted."), steps


def test_an_nmi_with_explanations_off_does_no_harm_before_the_kernel(start, tmp_path):
    image = images.make_image(images.kernel_path("tell"), options="-explain=off")
    moment = Moment(start, tmp_path, image)
    for steps in STEPS[:-2:3]:
        moment.back(steps)
        moment.machine.qmp.command("inject-nmi")
        assert "\nPASS" in moment.go_on(" checks\n"), steps


def test_an_nmi_while_other_cpus_start_is_explained(start, tmp_path):
    image = images.make_image(images.kernel_path("smp"), options="-smp")
    moment = Moment(start, tmp_path, image, cpus=8)
    for milliseconds in range(0, 30, 3):
        moment.back(0)
        moment.gdb.send("vCont;c")
        time.sleep(milliseconds / 1000)
        moment.gdb.interrupt()
        moment.machine.qmp.command("inject-nmi")
        said = moment.go_on("\n")  # anything: the kernel may be there already
        assert moment.machine.ended is None and said, milliseconds


def test_another_cpu_survives_an_nmi_at_each_of_its_first_instructions(start, tmp_path):
    image = images.make_image(images.kernel_path("smp"), options="-smp")
    moment = Moment(start, tmp_path, image, "enter64", "trampoline", cpus=2)
    for steps in range(0, 32):
        moment.back(steps)
        moment.machine.qmp.command("inject-nmi")
        moment.gdb.run_alone(moment.cpu, lambda: time.sleep(0.02))
        assert moment.machine.registers(moment.cpu - 1)["cr0"] & 1 << 31, steps
        assert NMI in moment.go_on("The machine is halted."), steps
