"""The boot information, read from outside: modules, firmware, clocks, files and symbols are what
QEMU was given and what is on the disc."""

import functools
import gzip
import struct

import guests
import paging
import pytest
import told

MIB = 1 << 20
LINK = ("-melf_x86_64", "-Ttext=0xffffffff80001000", "-e", "start", "-z", "max-page-size=0x1000")
SOURCE = "bits 64\nsection .text\nglobal start:function, elsewhere:function\nstart:\n"
FIELDS = {  # offset and form, as longjump.h asserts them
    "size": (12, "I"), "command_line": (24, "Q"), "direct_map": (48, "Q"),
    "tsc_start": (168, "Q"), "tsc_read": (176, "Q"), "tsc_jump": (184, "Q"),
    "tsc_frequency": (192, "Q"), "rsdp": (200, "Q"), "smbios": (208, "Q"), "smbios3": (216, "Q"),
    "modules": (224, "Q"), "module_count": (232, "Q"), "symbols": (240, "Q"),
    "symbol_count": (248, "Q"), "kernel_file": (256, "Q"), "kernel_file_size": (264, "Q"),
    "time": (344, "HBBBBB"), "cpu_count": (352, "I"), "boot_drive": (356, "I"),
    "font": (336, "Q"), "firmware": (392, "I"),
}  # fmt: skip


class Info:
    """What the kernel's RDI points at, and whatever that points at."""

    def __init__(self, machine):
        self.machine = machine
        self.at = machine.registers()["rdi"]

    @functools.cached_property
    def mappings(self):
        return self.machine.page_tables()

    def read(self, at, size):
        return self.machine.memory(paging.translate(self.mappings, at), size)

    def string(self, at):
        return self.read(at, 200).split(b"\0")[0].decode()

    def __getattr__(self, name):
        offset, form = FIELDS[name]
        values = struct.unpack("<" + form, self.read(self.at + offset, struct.calcsize("<" + form)))
        return values if len(values) > 1 else values[0]

    def list_modules(self):
        """(contents, name, command line) of each."""
        for i in range(self.module_count):
            entry = self.read(self.modules + 40 * i, 40)
            data, size, phys, name, line = struct.unpack("<5Q", entry)
            assert data % 4096 == 0 and paging.translate(self.mappings, data) == phys
            yield self.machine.memory(phys, size), self.string(name), self.string(line)


@pytest.fixture
def ask(boot, tmp_path):
    """Boots a kernel that halts; returns its boot information and its file."""
    source = SOURCE + guests.STAND_64 + "elsewhere:\n    ret\n"
    kernel = guests.assemble(tmp_path, "asking", source, "elf64", LINK)

    def run(**words):
        machine = boot(kernel, debug_exit=False, **words)
        machine.wait_serial(guests.SAID, limit=120)
        return Info(machine), kernel

    return run


def test_modules_arrive_as_they_are_named(ask, tmp_path):
    contents = [bytes(range(256)) * 64 + b"x", b"", b"packed " * 999]
    for i, content in enumerate(contents):
        (tmp_path / f"m{i}").write_bytes(content if i < 2 else gzip.compress(content))
    info, _ = ask(modules=[f"{tmp_path}/m0:one  two", f"{tmp_path}/m1", f"{tmp_path}/m2:z"])
    assert list(info.list_modules()) == [
        (contents[0], "m0", "one two"), (b"", "m1", ""), (contents[2], "m2", "z"),
    ]  # fmt: skip
    data = struct.unpack("<Q", info.read(info.modules, 8))[0]
    end = data + len(contents[0])
    assert not any(info.read(end, -end % 4096)), "the last page ends in zeroes"


def test_a_large_initrd_fits(ask, tmp_path):
    size = 512 * MIB
    with open(tmp_path / "initrd", "wb") as file:
        file.truncate(size)
        for at in range(0, size, 32 * MIB):
            file.seek(at + 12345)
            file.write(struct.pack("<Q", at))
    info, _ = ask(modules=[f"{tmp_path}/initrd"], memory=1024, medium="cd-ahci")
    _, found, phys = struct.unpack("<3Q", info.read(info.modules, 24))
    assert found == size
    for at in range(0, size, 32 * MIB):
        assert struct.unpack("<Q", info.machine.memory(phys + at + 12345, 8))[0] == at


def test_the_firmware_is_what_qemu_was_told(ask):
    info, _ = ask(cpus=3, extra=("-rtc", "base=2031-02-03T04:05:06,clock=vm"), memory=128)
    assert info.cpu_count == 3 and info.firmware == 1
    assert info.machine.memory(info.rsdp, 8) == b"RSD PTR "
    assert info.machine.memory(info.smbios, 4) == b"_SM_"
    year, month, day, hour, minute, second = info.time
    assert (year, month, day, hour, minute) == (2031, 2, 3, 4, 5) and 6 <= second < 60
    assert info.tsc_start <= info.tsc_read <= info.tsc_jump
    glyphs = info.read(info.font, 4096)
    assert glyphs[16 * 0xDB : 16 * 0xDC] == b"\xff" * 16, "the full block"


def test_smbios_3_is_found(ask):
    info, _ = ask(machine="smbios-entry-point-type=64")
    assert info.machine.memory(info.smbios3, 5) == b"_SM3_"


@pytest.mark.parametrize("medium,drive", [("cd-ide", 0xE0), ("disk-ide", 0x80)])
def test_the_drive_is_the_one_it_came_from(ask, medium, drive):
    info, _ = ask(medium=medium)
    assert info.boot_drive == drive


def test_the_tsc_is_measured_if_asked_for(ask):
    info, _ = ask(options="-tsc")
    assert 10**7 < info.tsc_frequency < 10**10


def test_the_kernels_file_is_handed_over_if_asked_for(ask):
    info, kernel = ask(options="-kernelfile")
    found = info.read(info.kernel_file, info.kernel_file_size)
    assert found[:64] == kernel.read_bytes()[:64]
    info, _ = ask()
    assert (info.kernel_file, info.kernel_file_size) == (0, 0)


def test_symbols_are_sorted_and_named(ask):
    info, _ = ask()
    entries = struct.iter_unpack("<QQ", info.read(info.symbols, 16 * info.symbol_count))
    symbols = [(address, info.string(name)) for address, name in entries]
    assert symbols == sorted(symbols, key=lambda symbol: symbol[0])
    names = dict((name, address) for address, name in symbols)
    assert names["start"] == 0xFFFFFFFF80001000 < names["elsewhere"]


def test_a_kernel_of_version_1_knows_what_it_may_read(ask):
    info, _ = ask(append="hello there")
    assert info.size >= 376
    assert info.string(info.command_line) == "hello there"


def test_a_timer_that_does_not_count_is_reported(boot):
    machine = boot("tell", options="-tsc", machine="pit=off")
    machine.expect_end("exit", told.PASSED)
    assert "K411 the frequency of the time stamp counter cannot be measured" in machine.serial()
    assert told.Told(machine.serial()).tsc_frequency == 0
