"""Limine requests one by one: a kernel makes a single request, and the answer is read from outside,
word by word as specified, and compared with QEMU's configuration."""

import datetime
import re
import struct

import images
import pytest

HHDM = 0xFFFF800000000000
TOP = 0xFFFFFFFF80000000
MIB = 1 << 20
WORDS = struct.pack("<2Q", 0x74736575716572, 0x656E6F20746E6177)  # in limine_one.c
MAGIC = (0xC7B1DD30DF4C8B88, 0x0A82E883A194F07B)
UNANSWERED = ["EFI_SYSTEM_TABLE", "EFI_MEMORY_MAP", "DEVICE_TREE", "TERMINAL", "FIVE_LEVELS",
              "HART_ID", "TPM_EVENT_LOG", "FLANTERM"]  # fmt: skip


def identity(name):
    """The four numbers that a request begins with."""
    text = (images.ROOT / "tests/kernels/limine.h").read_text()
    pair = re.search(rf"#define ID_{name} +LIMINE_ID\((\w+), (\w+)\)", text)
    return (*MAGIC, int(pair[1], 16), int(pair[2], 16))


class Answer:
    """A booted kernel and the answer that it got; pointers are followed through the HHDM."""

    def __init__(self, machine):
        self.machine = machine
        told = dict(re.findall(r"^(\w+)=(\w+)\r?$", machine.serial(), re.M))
        self.begun, self.at = told["begun"], int(told["answer"], 16)

    def read(self, form, at=None, offset=0):
        """Numbers at an address, of the answer if none is given."""
        at = self.at if at is None else at
        assert at >= HHDM
        data = self.machine.memory(at - HHDM + offset, struct.calcsize(f"<{form}"))
        return struct.unpack(f"<{form}", data)

    def string(self, at):
        return self.machine.memory(at - HHDM, 256).split(b"\0")[0].decode()

    def items(self, offset=8):
        """The pointers of a list whose length and address are at an offset."""
        count, at = self.read("2Q", offset=offset)
        return self.read(f"{count}Q", at)


@pytest.fixture
def ask(boot, tmp_path):
    """Boots a kernel with one request of some revision and members; returns the answer. The member
    "elsewhere" is a function of the kernel."""

    def run(name, *members, revision=0, **options):
        program = images.kernel_path("limine_one").read_bytes()
        at = program.index(WORDS)
        elsewhere = struct.unpack_from("<Q", program, at + 16)[0]
        words = [elsewhere if word == "elsewhere" else word for word in members]
        words = [*identity(name), revision, 0, *words]
        request = struct.pack(f"<{len(words)}Q", *words)
        path = tmp_path / "kernel.elf"
        path.write_bytes(program[:at] + request + program[at + len(request) :])
        machine = boot(path, debug_exit=False, **options)
        machine.wait_serial(" checks\n")
        assert "\nPASS" in machine.serial(), machine.report()
        return Answer(machine)

    return run


@pytest.mark.parametrize("name", UNANSWERED)
def test_what_there_is_no_answer_to_stays_unanswered(ask, name):
    assert ask(name).at == 0


def test_entropy_is_as_many_words_as_asked_for_and_differs_from_boot_to_boot(ask):
    words = []
    for _ in range(2):
        answer = ask("ENTROPY", 7)
        revision, count, at = answer.read("3Q")
        assert (revision, count) == (0, 7)
        words += answer.read("7Q", at)
    assert len(set(words)) == 14


def test_bootloader_info(ask):
    answer = ask("BOOTLOADER_INFO")
    revision, name, version = answer.read("3Q")
    assert (revision, answer.string(name)) == (0, "Longjump")
    assert re.fullmatch(r"\d+\.\d+\.\d+", answer.string(version))


@pytest.mark.parametrize("line", ["", "one two", "x" * 1000])
def test_command_line(ask, line):
    answer = ask("COMMAND_LINE", append=line)
    revision, text = answer.read("2Q")
    assert revision == 0
    assert answer.machine.memory(text - HHDM, len(line) + 1) == line.encode() + b"\0"


def test_firmware_type(ask):
    assert ask("FIRMWARE_TYPE").read("2Q") == (0, 0)


@pytest.mark.parametrize("size", [0, 4 * MIB, 4 * MIB + 1])
def test_stack_size(ask, size):
    answer = ask("STACK_SIZE", size, options="-verbose")
    assert answer.read("Q") == (0,)
    stack = re.search(r"^(\w+)-(\w+) .* stack\r?$", answer.machine.serial(), re.M)
    begin, end = int(stack[1], 16), int(stack[2], 16)
    assert end - begin >= max(size, 65536)
    assert begin < answer.machine.registers()["rsp"] - HHDM <= end


def test_higher_half_direct_map(ask):
    assert ask("HHDM").read("2Q") == (0, HHDM)


def test_framebuffer(ask):
    answer = ask("FRAMEBUFFER", extra=("-global", "VGA.xres=800", "-global", "VGA.yres=600"))
    assert answer.read("2Q") == (1, 1)
    (item,) = answer.items()
    at, width, height, pitch, bits, model = answer.read("4QHB", item)
    assert at >= HHDM and (width, height, bits, model) == (800, 600, 32, 1)
    assert pitch >= 3200 and answer.read("6B", item, 35) == (8, 16, 8, 8, 8, 0)
    size, edid, count, modes = answer.read("4Q", item, 48)
    assert size == 128 and answer.read("8B", edid) == (0, *[255] * 6, 0)
    shapes = {answer.read("3QHB", mode)[1:] for mode in answer.read(f"{count}Q", modes)}
    assert {(800, 600, 32, 1), (1024, 768, 32, 1), (640, 480, 16, 1)} <= shapes
    assert answer.machine.screenshot().width == 800


def test_no_framebuffer(ask):
    assert ask("FRAMEBUFFER", extra=("-vga", "none")).at == 0


@pytest.mark.parametrize("cpu, mode, least, found", [
    ("max", 1, 0, 1), ("max", 0, 0, 0), ("max", 0, 1, 1), ("qemu64", 1, 0, 0),
])  # fmt: skip
def test_paging_mode(ask, cpu, mode, least, found):
    answer = ask("PAGING_MODE", mode, 1, least, revision=1, cpu=cpu)
    assert answer.read("3Q") == (0, found, 0)
    assert answer.machine.registers()["cr4"] >> 12 & 1 == found


@pytest.mark.parametrize("cpus", [1, 3])
def test_multiprocessor(ask, cpus):
    answer = ask("MP", 0, cpus=cpus)
    assert answer.read("QIIQ") == (0, 0, 0, cpus)
    for number, item in enumerate(answer.items(16)):
        assert answer.read("2I3Q", item) == (number, number, 0, 0, 0)


@pytest.mark.parametrize("memory", [48, 1024])
def test_memory_map(ask, memory):
    answer = ask("MEMORY_MAP", memory=memory)
    entries = [answer.read("3Q", item) for item in answer.items()]
    assert answer.read("Q") == (0,) and entries == sorted(entries)
    ram = sum(length for _, length, kind in entries if kind in (0, 5, 6))
    assert (memory - 2) * MIB < ram <= memory * MIB
    assert {kind for _, _, kind in entries} == {0, 1, 5, 6}


def test_entry_point(ask):
    answer = ask("ENTRY_POINT", "elsewhere")
    assert answer.begun == "elsewhere" and answer.read("Q") == (0,)


def check_file(answer, item, path, text, content):
    """A structure of a file: optical, from no partition."""
    revision, at, size, name, line = answer.read("5Q", item)
    assert (revision, answer.string(name), answer.string(line)) == (0, path, text)
    assert at % 4096 == 0 and size == len(content)
    assert answer.machine.memory(at - HHDM, size) == content
    assert answer.read("6I", item, 40) == (1, 0, 0, 0, 0, 0)
    assert answer.machine.memory(item - HHDM + 64, 48) == bytes(48)


def test_executable_file(ask):
    answer = ask("EXECUTABLE_FILE", append="its words")
    revision, item = answer.read("2Q")
    size = answer.read("5Q", item)[2]
    content = answer.machine.memory(answer.read("5Q", item)[1] - HHDM, size)
    assert revision == 0 and content[:4] == b"\x7fELF"
    assert struct.pack("<4Q", *identity("EXECUTABLE_FILE")) in content
    check_file(answer, item, "/isolinux/kernel.elf", "its words", content)


def test_modules(ask, tmp_path):
    contents = {"first.bin": bytes(range(256)) * 17, "second.txt": b"second\n"}
    for name, content in contents.items():
        (tmp_path / name).write_bytes(content)
    words = [f"{tmp_path}/first.bin:a b", f"{tmp_path}/second.txt"]
    answer = ask("MODULES", modules=words)
    assert answer.read("2Q") == (2, 2)
    for item, (name, content), line in zip(answer.items(), contents.items(), ("a b", "")):
        check_file(answer, item, f"/isolinux/{name}", line, content)


def test_no_modules(ask):
    assert ask("MODULES").at == 0


def test_rsdp(ask):
    answer = ask("RSDP")
    revision, at = answer.read("2Q")
    assert revision == 0 and answer.read("8s", at) == (b"RSD PTR ",)


def test_smbios(ask):
    answer = ask("SMBIOS")
    revision, old, new = answer.read("3Q")
    assert (revision, new) == (0, 0) and answer.read("4s", old) == (b"_SM_",)


def test_date_at_boot(ask):
    start = datetime.datetime(2040, 2, 29, 23, 59, 50, tzinfo=datetime.timezone.utc)
    answer = ask("DATE_AT_BOOT", extra=("-rtc", "base=2040-02-29T23:59:50"))
    revision, seconds = answer.read("2Q")
    assert revision == 0 and 0 <= seconds - start.timestamp() < 60


def test_executable_address(ask):
    answer = ask("EXECUTABLE_ADDRESS")
    revision, physical, virtual = answer.read("3Q")
    assert (revision, virtual) == (0, TOP)
    assert answer.machine.memory(physical, 4) == b"\x7fELF"


def test_bootloader_performance(ask):
    revision, reset, begin, end = ask("PERFORMANCE").read("4Q")
    assert (revision, reset) == (0, 0) and 0 < begin <= end < 120_000_000


def test_tsc_frequency(ask):
    revision, frequency = ask("TSC_FREQUENCY").read("2Q")
    assert revision == 0 and 10**8 < frequency < 10**10


def test_an_iommu_is_left_on(ask):
    assert ask("KEEP_IOMMU").read("Q") == (0,)
