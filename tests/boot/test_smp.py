"""The other CPUs, started for native kernels by -smp: each gets work, and its mistakes are
explained. Knows what tests/kernels/smp.c reports; test_limine.py has the same for Limine
kernels."""

import collections
import re
import time

import disc
import images
import pytest
import vm
from gdb import Gdb

from told import PASSED, fault_line

HALTED = "The machine is halted."
OFF, WAITS, FIRST = range(3)


def told_of(serial):
    """What the kernel reports: each name with all of its values."""
    values = collections.defaultdict(list)
    for name, value in re.findall(r"^(\w+)=(.*?)\r?$", serial, re.M):
        values[name].append(value)
    return values


@pytest.mark.parametrize("medium", ["cd-ide", "cd-ahci"], ids=["i440fx", "q35"])
@pytest.mark.parametrize("cpus", [1, 4, 7])
def test_every_cpu_gets_work(boot, medium, cpus):
    machine = boot("smp", options="-smp", medium=medium, cpus=cpus)
    machine.expect_end("exit", PASSED)
    told = told_of(machine.serial())
    assert told["cpus"] == [str(cpus)] and told["x2apic"] == ["0"]
    states = [FIRST] + [WAITS] * (cpus - 1)
    assert told["cpu"] == [f"{at} {at} {state}" for at, state in enumerate(states)]


def test_cpus_start_without_a_timer_to_wait_by(boot):
    """No wait may be over at once: the next CPU would wake in the data of the one before."""
    machine = boot("smp", options="-smp", cpus=4, machine="pit=off")
    machine.expect_end("exit", PASSED)
    assert told_of(machine.serial())["cpus"] == ["4"]


def test_a_cpu_that_does_not_answer_in_time_is_stopped_for_good(boot, tmp_path):
    path = tmp_path / "gdb"
    machine = boot("smp", options="-smp", cpus=2, debug_exit=False, extra=Gdb.options(path))
    gdb = Gdb(path)
    assert gdb.run_to(0x9E000) == 2, "where it wakes"
    gdb.run_alone(1, until=lambda: time.sleep(0.5))
    gdb.step(2)  # for QEMU, which would save a second start for a CPU that is stopped
    gdb.run_alone(1, until=lambda: machine.wait_serial(f"cpu=1 1 {OFF}"))
    gdb.send("vCont;c")
    time.sleep(0.5)
    assert machine.registers(cpu=1)["rip"] == 0xFFF0, "as after INIT"


def test_without_smp_the_others_are_left_alone(boot):
    machine = boot("smp", cpus=2)
    machine.expect_end("exit", PASSED)
    assert told_of(machine.serial())["cpus"] == ["0"]


@pytest.mark.parametrize(
    "options", ["-stack=1M", "-explain=off", "-paging=5", "-stack-at=0xffffc00000000000"]
)
def test_every_cpu_gets_what_the_options_say(boot, options):
    machine = boot("smp", options=f"-smp {options}", cpus=3, cpu="max")
    machine.expect_end("exit", PASSED)
    assert told_of(machine.serial())["cpus"] == ["3"]


def test_every_cpu_gets_into_x2apic_mode(boot_in_bochs):
    machine = boot_in_bochs("smp", options="-smp=x2apic", cpus=4, cpu="corei7_haswell_4770")
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial()
    told = told_of(machine.serial())
    assert told["cpus"] == ["4"] and told["x2apic"] == ["1"]


def test_a_cpu_without_an_x2apic_is_refused(boot):
    machine = boot("smp", options="-smp=x2apic", cpus=2, cpu="qemu64,-x2apic")
    assert "K408 the CPU has no x2APIC" in machine.wait_serial("boot:")


@pytest.mark.parametrize(
    ("mistake", "kind", "words"),
    [
        ("null", "null-page", "wrote to 0x8"),
        ("stack", "stack-overflow", "The stack has 64 KiB"),
        ("return", "returned", "The function given to the CPU with APIC ID 2 returned"),
    ],
)
def test_a_mistake_on_another_cpu_is_explained(boot, mistake, kind, words):
    machine = boot("fault_other_cpu", options="-smp", append=mistake, cpus=3, debug_exit=False)
    said = machine.wait_serial(HALTED)
    line = fault_line(machine)
    assert (line["kind"], line["cpu"]) == (kind, "2"), said
    assert words in " ".join(said.split())
    assert "APIC ID 2, one of 3 CPUs" in said


def test_of_mistakes_on_all_cpus_one_is_explained(boot):
    machine = boot("fault_other_cpu", options="-smp", append="all", cpus=4, debug_exit=False)
    said = machine.wait_serial(HALTED)
    assert fault_line(machine)["kind"] == "null-page"
    assert "while a fault was explained" not in said
    assert machine.debugcon().count("@longjump-fault") == 1


def test_a_cpu_that_does_not_answer_is_reported(log):
    """The firmware lists one that does not exist."""
    files = {"longjump.c32": images.BUILD / "longjump.c32", "smp.elf": images.kernel_path("smp")}
    image = disc.make(log / "smp.iso", "SERIAL 0 115200\nPROMPT 1\n", files)
    path = log / "gdb"
    with vm.Machine(image, log, cpus=2, memory=64, extra=Gdb.options(path)) as machine:
        gdb = Gdb(path)
        gdb.send("vCont;c")
        machine.wait_serial("boot: ")
        gdb.interrupt()
        memory = machine.memory(0, 64 << 20)
        at = next(found.start() for found in re.finditer(b"APIC.{4}[\1-\5].BOCHS", memory, re.S))
        assert memory[at + 44 + 8 : at + 44 + 12] == bytes([0, 8, 1, 1]), "the second CPU's entry"
        assert gdb.ask(f"M{at + 44 + 8 + 3:x},1:40") == "OK"
        gdb.send("vCont;c")
        machine.type("longjump.c32 -smp smp.elf\n", through="serial")
        said = machine.wait_serial("does not answer (docs/errors.md#K407)")
        assert "the one with APIC ID 64" in said
