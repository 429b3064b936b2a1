"""Without a disc: QEMU loads Longjump as a kernel, and the kernel as a file with it, by Multiboot
or by PVH."""

import gzip
import re
import subprocess
import time

import images
import pytest
import told
import vm

LONGJUMP = images.BUILD / "longjump.elf"
MULTIBOOT = bytes.fromhex("02b0ad1b")


@pytest.fixture(scope="session")
def by_pvh():
    """Longjump without its Multiboot header, so that QEMU looks at its PVH note."""
    data = LONGJUMP.read_bytes()
    return images.once(".elf", [data], lambda path: path.write_bytes(blind(data)))


def blind(data):
    """The file with another number where Multiboot has its own."""
    at = data.index(MULTIBOOT)
    assert at < 8192, "Multiboot looks no further"
    return data[:at] + bytes(4) + data[at + 4 :]


@pytest.fixture
def direct(start):
    """Boots by -kernel: words for -append and for -initrd."""

    def run(append, *files, image=LONGJUMP, medium="kernel-pc", extra=(), **machine):
        words = ["-append", append]
        words += ["-initrd", ",".join(files)] if files else []
        return start(image, medium=medium, extra=[*words, *extra], **machine)

    return run


def prove(machine):
    """The kernel must pass; returns what it reported."""
    machine.expect_end("exit", told.PASSED)
    return told.Told(machine.serial())


@pytest.mark.parametrize("medium", vm.DIRECT)
def test_a_kernel_starts_without_a_disc(direct, medium):
    kernel = images.kernel_path("tell")
    said = prove(direct("tell.elf its words", f"{kernel} unused", medium=medium))
    assert said.command_line == "its words"


@pytest.mark.parametrize("medium", vm.DIRECT)
def test_a_kernel_starts_by_pvh(direct, by_pvh, medium):
    kernel = images.kernel_path("tell")
    said = prove(direct("tell.elf its words", str(kernel), image=by_pvh, medium=medium))
    assert said.command_line == "its words"


def test_every_byte_of_a_module_arrives(direct, tmp_path):
    module = tmp_path / "module.bin"
    module.write_bytes(b"".join(word_for(i).to_bytes(8, "little") for i in range(700))[:5555])
    machine = direct("", str(images.kernel_path("modules")), f"{module} some words")
    machine.expect_end("exit", told.PASSED)
    assert f"{module}: 5555 bytes" in machine.serial()


def word_for(index):
    """What modules.c expects there."""
    return (index + 1) * 0x9E3779B97F4A7C15 % (1 << 64)


def test_a_compressed_kernel_is_unpacked(direct, tmp_path):
    kernel = tmp_path / "kernel.gz"
    kernel.write_bytes(gzip.compress(images.kernel_path("tell").read_bytes()))
    assert prove(direct("kernel.gz x", str(kernel))).command_line == "x"


def test_the_same_facts_as_from_a_disc(direct, boot):
    """Except where it was booted from, and where things are: the loader's own memory is above
    SeaBIOS's code, since writing over that makes QEMU discard its translation."""
    here = prove(direct("tell.elf", str(images.kernel_path("tell")), memory=256))
    there = prove(boot("tell", append="", medium="cd-ide", memory=256))

    def firmware(said):
        kinds = (told.RESERVED, told.ACPI_RECLAIMABLE, told.ACPI_NVS, told.BAD)
        return [memory for memory in said.memory if memory.type in kinds]

    assert firmware(here) == firmware(there)
    assert max(m.end for m in here.memory) == max(m.end for m in there.memory)
    own = [m.begin for m in here.memory if m.type in (told.PAGE_TABLES, told.RESIDENT)]
    assert min(own) >= (256 - 16) << 20


@pytest.mark.parametrize(
    "append, files, code",
    [
        ("nowhere.elf", ["tell"], "K529"),
        ("tell.elf", ["tell", "tell"], "K529"),
        ("", [], "K530"),
        ("-verbose", [], "K301"),
        ("-stak=1M tell.elf", ["tell"], "K302"),
        ("x " * 1100, [], "K522"),
    ],
)
def test_what_is_wrong_is_said(direct, append, files, code):
    machine = direct(append, *(str(images.kernel_path(name)) for name in files))
    said = machine.wait_serial("the machine is halted.")
    assert re.search(rf"^{code} ", said.replace("\r", ""), re.MULTILINE), said
    assert f"docs/errors.md#{code}" in said


def test_a_cpu_too_old_for_the_loaders_own_code_is_refused(direct):
    machine = direct("tell.elf", str(images.kernel_path("tell")), cpu="486")
    said = machine.wait_serial("the machine is halted.")
    assert re.search(r"^K402 .*\r$", said, re.MULTILINE) and "docs/errors.md#K402" in said


def test_too_many_files_are_refused(direct, tmp_path):
    small = tmp_path / "m"
    small.write_bytes(b"m")
    machine = direct("m", *([str(small)] * 129))
    assert "K521 " in machine.wait_serial("the machine is halted.")


@pytest.fixture(scope="session")
def wrap(tmp_path_factory):
    """Wraps a kernel: words for build.sh wrap; returns the file."""

    def make(kernel, *words):
        path = tmp_path_factory.mktemp("wrap") / "my.boot"
        command = [images.ROOT / "build.sh", "wrap", kernel, "--output", path, *words]
        done = subprocess.run(command, capture_output=True, text=True, stdin=subprocess.DEVNULL)
        assert done.returncode == 0, done.stdout + done.stderr
        return path

    return make


@pytest.mark.parametrize("medium", vm.DIRECT)
def test_a_wrapped_kernel_needs_nothing_else(wrap, start, tmp_path, medium):
    module = tmp_path / "module.bin"
    module.write_bytes(b"".join(word_for(i).to_bytes(8, "little") for i in range(300000)))
    path = wrap(images.kernel_path("modules"), "--module", f"{module}:some words")
    machine = start(path, medium=medium)
    machine.expect_end("exit", told.PASSED)
    assert "module.bin: 2400000 bytes" in machine.serial()


def test_words_of_a_wrapped_kernel_come_before_those_of_qemu(wrap, start):
    path = wrap(images.kernel_path("tell"), "--append", "its own", "--options", "-stack=128K")
    said = prove(start(path, medium="kernel-pc", extra=["-append", "and more"]))
    assert said.command_line == "its own and more"
    assert said.stack_end - said.stack_begin == 128 << 10


@pytest.mark.parametrize("medium", ["kernel-pc", "kernel-microvm"])
def test_too_little_memory_for_what_qemu_puts_there_is_reported(wrap, start, medium):
    machine = start(wrap(images.kernel_path("tell")), medium=medium, memory=2)
    said = machine.wait_serial("the machine is halted.")
    assert re.search(r"^K528 ", said, re.MULTILINE), said
    assert re.search(r"\[0x200000, 0x\w+\), and there is memory up to 0x\w+", said), said


@pytest.mark.parametrize("where", ["a name", "the kernel", "the size"])
def test_a_wrapped_kernel_that_has_changed_is_refused(wrap, start, where, tmp_path):
    data = bytearray(wrap(images.kernel_path("tell")).read_bytes())
    begin = data.rindex(b"LJBUNDLE")
    if where == "a name":
        data[data.index(b"tell.elf\0", begin)] ^= 1
    elif where == "the kernel":
        data[-1] ^= 0x80
    else:
        data[begin + 16] ^= 1
    damaged = tmp_path / "damaged.boot"
    damaged.write_bytes(data)
    said = start(damaged, medium="kernel-pc").wait_serial("the machine is halted.")
    assert "K523 " in said and "docs/errors.md#K523" in said


def test_an_exception_in_the_loader_is_reported(direct, tmp_path):
    """No IDT of firmware would handle it: here an NMI while the loader unpacks a large module."""
    kernel, large = images.kernel_path("tell"), tmp_path / "large.gz"
    large.write_bytes(gzip.compress(bytes(120 << 20), 1))
    machine = direct("tell.elf --- large.gz", str(kernel), str(large), memory=512)
    machine.wait_serial(": tell.elf")
    time.sleep(0.2)  # one that comes while the BIOS is called is the BIOS's
    machine.monitor("nmi")
    said = machine.wait_serial(told.HALTED)
    assert re.search(r"Longjump: exception 0x02 in the loader, at 0x00\w{6} \(error 0x0+,", said)
    assert "exception 0x02 in the loader" in machine.screen_text()


FAILS = "Neither keyboard controller nor chipset restart the machine"


def test_a_machine_without_reset_hardware_restarts(direct):
    """microvm has no keyboard controller, no reset register, and here no clock to wait by."""
    machine = direct("-reboot", medium="kernel-microvm", debug_exit=False)
    machine.expect_end("reset")
    assert FAILS in machine.serial()
    kernel = images.kernel_path("fault_ud2")
    words = ("-onfault=reboot fault_ud2.elf", str(kernel))
    machine = direct(*words, medium="kernel-microvm", machine="rtc=off", debug_exit=False)
    machine.expect_end("reset")
    said = machine.serial()
    assert "The clock has stopped: the machine restarts now." in said
    assert FAILS in said


def test_a_refusal_restarts_a_machine_without_a_bios(direct):
    words = ("-onerror=reboot -video=800x600 tell.elf", str(images.kernel_path("tell")))
    machine = direct(*words, medium="kernel-microvm", debug_exit=False)
    machine.expect_end("reset")
    assert "K601 " in machine.serial(), "there is no screen either"
    assert "The machine restarts in 5 seconds (-onerror=reboot)." in machine.serial()
