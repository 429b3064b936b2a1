"""Kernels of the Limine boot protocol: each answer is compared with QEMU's configuration; the
machine's state and the page tables are read from outside."""

import collections
import datetime
import re
import socket
import struct
import subprocess

import images
import paging
import pytest
import told

GIB = 1 << 30
HHDM = 0xFFFF800000000000
TOP = 0xFFFFFFFF80000000
(
    USABLE,
    RESERVED,
    ACPI_RECLAIMABLE,
    ACPI_NVS,
    BAD,
    RECLAIMABLE,
    EXECUTABLE,
    FRAMEBUFFER,
    TABLES,
) = range(9)
PASSED = 16
WRITE_COMBINING = 5  # its entry in the page attribute table
REVISIONS = [0, 1, 2, 3, 4, 5, 6]


class Answers:
    """What a kernel of limine_all.c says: the last value of each name, and lists of all."""

    def __init__(self, serial):
        self.all = collections.defaultdict(list)
        for line in serial.splitlines():
            name, separator, value = line.partition("=")
            if separator and name.isidentifier():
                self.all[name].append(value)

    def __getattr__(self, name):
        return self.all[name][-1]

    def numbers(self, name, base=16):
        return [int(word, base) for word in self.all[name][-1].split()]

    def number(self, name):
        return self.numbers(name)[0]

    @property
    def memory(self):
        """(begin, end, type) of each entry of the map."""
        for line in self.all["memory"]:
            begin, end, kind = line.split()
            yield int(begin, 16), int(end, 16), int(kind)

    def kind_of(self, address):
        """The type that the map gives to a physical address."""
        return next((kind for begin, end, kind in self.memory if begin <= address < end), None)


@pytest.fixture
def inner(tmp_path):
    """The module that the kernel itself asks for, as a word for the image."""
    path = tmp_path / "inner.txt"
    path.write_text("what is within\n")
    return str(path)


@pytest.fixture
def ask(boot, inner):
    """Boots a kernel that asks for everything. Returns the halted machine, and the answers."""

    def run(revision=3, modules=(), **options):
        kernel = f"limine_r{revision}"
        machine = boot(kernel, modules=(inner, *modules), debug_exit=False, **options)
        machine.wait_serial(" checks\n")
        assert "\nPASS" in machine.serial(), machine.report()
        return machine, Answers(machine.serial())

    return run


@pytest.mark.parametrize("revision", REVISIONS)
def test_each_base_revision_is_kept(ask, revision):
    machine, answers = ask(revision)
    if revision:
        assert answers.numbers("tag") == [revision, 0]
    check_state(machine, answers)
    check_views(machine, answers, revision)
    check_tables(machine, answers, revision)
    if revision >= 5:
        check_strict(machine, cpus=1)


@pytest.mark.parametrize("revision", REVISIONS)
def test_without_explanations_the_state_is_exactly_as_documented(ask, revision):
    """There are no descriptor tables but the GDT, which the document requires from revision 5 on.
    The machine is not the one above."""
    machine, answers = ask(revision, options="-explain=off", medium="cd-ahci", cpus=4)
    check_state(machine, answers)
    registers = machine.registers()
    assert (registers["idt"].base, registers["idt"].limit) == (0, 0)
    assert registers["ldt"].selector == 0
    assert (registers["tr"].base, registers["tr"].limit) == (0, 0)
    if revision >= 5:
        check_strict(machine, cpus=1)


@pytest.mark.parametrize("options", ["", "-explain=off"])
@pytest.mark.parametrize("medium", ["cd-ide", "cd-ahci"], ids=["i440fx", "q35"])
def test_from_revision_5_on_the_state_of_every_cpu_is_as_documented(boot, medium, options):
    machine = boot("limine_mp6", medium=medium, cpus=4, options=options, debug_exit=False)
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial(), machine.report()
    check_strict(machine, cpus=4)
    for cpu in range(4):
        registers = machine.registers(cpu)
        if options:
            assert (registers["idt"].base, registers["idt"].limit) == (0, 0)
            assert registers["ldt"].selector == 0
            assert (registers["tr"].base, registers["tr"].limit) == (0, 0)


def poked(boot, tmp_path, kernel, writes, extra=()):
    """Boots a kernel on a machine whose 32-bit registers were written to from outside while the
    firmware, which does not notice, was running."""
    qtest = tmp_path / "qtest"
    extra = (*extra, "-qtest", f"unix:{qtest},server=on,wait=off", "-qtest-log", "none")
    machine = boot(kernel, medium="cd-ahci", debug_exit=False, extra=extra)
    with socket.socket(socket.AF_UNIX) as wire:
        wire.connect(str(qtest))
        lines = wire.makefile("rw")
        for register, value in writes:
            print(f"writel {register:#x} {value:#x}", file=lines, flush=True)
            assert lines.readline() == "OK\n"
    return machine


# QEMU's remapping unit (VT-d 11.4.4): its command and status registers and the address of its
# interrupt table; the command bits that set the table, enable remapping, and allow interrupts of
# the old form.
IOMMU = 0xFED90000
COMMAND, STATUS, TABLE = IOMMU + 0x18, IOMMU + 0x1C, IOMMU + 0xB8
SET_TABLE, REMAP, OLD_FORM = 1 << 24, 1 << 25, 1 << 23


@pytest.mark.parametrize("keep", [False, True])
def test_an_iommu_is_switched_off_unless_the_kernel_keeps_it(boot, tmp_path, keep):
    devices = ("-machine", "q35,kernel-irqchip=off", "-device", "intel-iommu,intremap=on")
    writes = [(TABLE, 0x1000), (COMMAND, SET_TABLE), (COMMAND, REMAP | OLD_FORM)]
    kernel = "limine_keep" if keep else "limine_mp6"
    machine = poked(boot, tmp_path, kernel, writes, devices)
    assert status_of(machine) & REMAP
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial(), machine.report()
    assert bool(status_of(machine) & REMAP) == keep


# The I/O APIC's registers (Intel 82093AA, 3.1 and 3.2.4), and delivery modes.
SELECT, WINDOW, LINES = 0xFEC00000, 0xFEC00010, 0x10
SMI, NMI, EXTERNAL = 2 << 8, 4 << 8, 7 << 8


@pytest.mark.parametrize("kernel, masked", [("limine_mp", False), ("limine_mp6", True)])
def test_from_revision_5_on_special_lines_of_the_io_apic_are_masked(boot, tmp_path, kernel, masked):
    """Except those that belong to the firmware."""
    lines = {20: NMI, 21: EXTERNAL, 22: SMI}
    writes = [(at, value) for line, mode in lines.items()
              for at, value in ((SELECT, LINES + 2 * line), (WINDOW, mode))]  # fmt: skip
    machine = poked(boot, tmp_path, kernel, writes)
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial(), machine.report()
    pins = dict(re.findall(r"^ +pin (\d+) +(.*)$", machine.monitor("info pic"), re.MULTILINE))
    for line, mode in lines.items():
        assert (" masked " in pins[str(line)]) == (masked and mode != SMI), pins[str(line)]
    assert all(" masked " in pins[str(line)] for line in range(20))


def status_of(machine):
    return int(machine.monitor(f"xp /1wx {STATUS:#x}").split()[-1], 16)


def check_strict(machine, cpus):
    """What base revision 5 adds: exact control registers, and masked interrupt controllers."""
    for cpu in range(cpus):
        registers = machine.registers(cpu)
        assert registers["cr0"] == 0x80010011, "PG, WP, ET, PE"
        assert registers["cr4"] == 0x20, "PAE"
        assert registers["efer"] == 0xD00, "LME, LMA, NXE"
        apic = machine.monitor(f"info lapic {cpu}")
        values = dict(re.findall(r"^(\w+)\s+0x([0-9a-f]+)", apic, re.MULTILINE))
        assert int(values["SPIV"], 16) == 0x1FF
        assert re.search(r"TPR 0x0*\b", apic), apic
        for name in ("LVT0", "LVT1", "LVTPC", "LVTERR", "LVTTHMR", "LVTT"):
            assert int(values[name], 16) >> 16 & 1 == 1, f"{name} is masked"
        assert int(values["LVT1"], 16) == 0x10400, "NMIs, as the MADT has it: edges, active high"
    lines = re.findall(r"^ +pin \d+ .*$", machine.monitor("info pic"), re.MULTILINE)
    assert len(lines) == 24 and all(" masked " in line for line in lines), "the I/O APIC's lines"


def check_state(machine, answers):
    registers = machine.registers()
    assert registers["cs"].selector == 0x28 and registers["cs"].flags >> 20 & 6 == 2
    for name in ("ds", "es", "fs", "gs", "ss"):
        assert (registers[name].selector, registers[name].base) == (0x30, 0)
    assert registers["cr0"] & 0x80010001 == 0x80010001, "PG, WP, PE"
    assert registers["efer"] == 0xD00, "LME, LMA, NXE"
    mappings = machine.page_tables()
    table = paging.translate(mappings, registers["gdt"].base)
    assert answers.kind_of(table) == RECLAIMABLE
    descriptors = struct.unpack("<7Q", machine.memory(table, 56))
    kinds = [(d >> 53 & 3, d >> 43 & 1) for d in descriptors]  # L and D/B, code
    assert descriptors[0] == 0
    assert kinds[1:] == [(0, 1), (0, 0), (2, 1), (2, 0), (1, 1), (2, 0)]
    assert machine.monitor("info pic").count("imr=ff") == 2, "both PICs are masked"
    lines = re.findall(r"^ +pin \d+ .*$", machine.monitor("info pic"), re.MULTILINE)
    assert len(lines) == 24 and all(" masked " in line for line in lines), "the I/O APIC's lines"
    for table in paging.tables(machine.memory, registers["cr3"], registers["cr4"]):
        assert answers.kind_of(table) == RECLAIMABLE, f"a page table at {table:#x}"


def check_views(machine, answers, revision):
    """The direct map, and at revision 0 the identity map, show what they should, and no more."""
    mappings = machine.page_tables()
    expected = [(0, 4 * GIB)] if revision < 3 else []
    for begin, end, kind in answers.memory:
        hidden = revision in (1, 2) and kind in (RESERVED, BAD)
        shown = kind in (USABLE, RECLAIMABLE, EXECUTABLE, FRAMEBUFFER) or revision < 3
        shown |= kind in (ACPI_RECLAIMABLE, ACPI_NVS, TABLES) and revision >= 4
        assert kind != TABLES or revision >= 4
        if shown and not hidden:
            expected.append((begin, end))
    bases = {HHDM: 0, 0: 4096} if revision == 0 else {HHDM: 0}
    for base, first in bases.items():
        for begin, end in expected:
            check_view(mappings, answers, base, max(begin, first), end)
    expected = [(begin + HHDM, end + HHDM) for begin, end in expected]
    for mapping in mappings:
        if HHDM <= mapping.begin < HHDM + (1 << 44):
            for at in {mapping.begin, mapping.end - 1}:
                assert any(b <= at < e for b, e in expected), f"not to be seen: {mapping}"
    assert paging.find(mappings, 0) is None
    assert revision == 0 or paging.find(mappings, 0x1000) is None
    code, data = paging.find(mappings, TOP + 0x1000), paging.find(mappings, TOP)
    assert (code.writable, code.executable) == (False, True)
    assert (data.writable, data.executable) == (False, False)


def check_view(mappings, answers, base, begin, end):
    at = begin
    while at < end:
        mapping = paging.find(mappings, base + at)
        assert mapping is not None, f"{base + at:#x} is not mapped"
        assert mapping.phys + base + at - mapping.begin == at, f"{at:#x} lies elsewhere: {mapping}"
        assert mapping.writable and mapping.executable and not mapping.user, mapping
        pixels = answers.kind_of(at) == FRAMEBUFFER
        assert mapping.pat == (WRITE_COMBINING if pixels else 0), mapping
        at = min([mapping.end - base] + [e for _, e, kind in answers.memory if at < e < end])


def check_tables(machine, answers, revision):
    """RSDP and SMBIOS are where they should be, and so are the tables that they lead to."""
    rsdp = answers.number("rsdp") - (0 if revision == 3 else HHDM)
    assert machine.memory(rsdp, 8) == b"RSD PTR "
    offset = 0 if revision in (3, 4) else HHDM
    old, new = (at and at - offset for at in answers.numbers("smbios"))
    assert (machine.memory(old, 4) == b"_SM_") if old else True
    assert (machine.memory(new, 5) == b"_SM3_") if new else True
    assert old or new
    if revision >= 4:
        tables = dict(acpi_tables(machine, rsdp))
        assert {b"FACP", b"FACS", b"DSDT", b"APIC"} <= set(tables.values()), tables
        for at in (rsdp, *tables):
            assert answers.kind_of(at) in (ACPI_RECLAIMABLE, ACPI_NVS, TABLES), f"{at:#x}"
    if revision >= 5:
        assert answers.kind_of(old or new) == TABLES
        assert answers.kind_of(smbios_structures(machine, old, new)[0]) == TABLES


def acpi_tables(machine, rsdp):
    """Address and signature of each table that the root pointer leads to."""
    rsdt = struct.unpack("<I", machine.memory(rsdp + 16, 4))[0]
    yield rsdt, machine.memory(rsdt, 4)
    length = struct.unpack("<I", machine.memory(rsdt + 4, 4))[0]
    for at in struct.unpack(f"<{(length - 36) // 4}I", machine.memory(rsdt + 36, length - 36)):
        yield at, machine.memory(at, 4)
        if machine.memory(at, 4) == b"FACP":
            for other in struct.unpack("<2I", machine.memory(at + 36, 8)):
                yield other, machine.memory(other, 4)


def smbios_structures(machine, old, new):
    """Address and size of the structures."""
    entry = machine.memory(old or new, 32)
    size, table = (
        struct.unpack_from("<HI", entry, 0x16) if old else struct.unpack_from("<IQ", entry, 0x0C)
    )
    return table, size


@pytest.mark.parametrize(
    "options",
    [
        {"memory": 6144},
        {"memory": 6144, "medium": "cd-ahci", "cpu": "max"},
        {"memory": 3072, "medium": "cd-ahci"},
        {"memory": 32},
    ],
    ids=str,
)
@pytest.mark.parametrize("revision", [0, 2, 3, 6])
def test_the_maps_are_right_on_other_machines(ask, revision, options):
    machine, answers = ask(revision, **options)
    check_views(machine, answers, revision)
    total = sum(end - begin for begin, end, kind in answers.memory if kind in (0, 5, 6))
    assert (options["memory"] - 2) << 20 < total <= options["memory"] << 20


def test_words_and_files_arrive(ask, tmp_path):
    other = tmp_path / "other.bin"
    other.write_bytes(bytes(range(256)) * 20)
    machine, answers = ask(append="one two", modules=[f"{other}:its words"])
    kernel = images.kernel_path("limine_r3")
    assert re.fullmatch(r"Longjump\|\d+\.\d+\.\d+", answers.bootloader)
    assert answers.command_line == "one two"
    assert answers.firmware == "0"
    path, words, size, digest, media, kind = answers.executable.split("|")
    assert (path, words, media, int(kind)) == ("/isolinux/kernel.elf", "one two", "1", EXECUTABLE)
    assert 0 < int(size) <= kernel.stat().st_size
    modules = [line.split("|") for line in answers.all["module"]]
    assert [(m[0], m[1]) for m in modules] == [
        ("/isolinux/inner.txt", "words for inner"),
        ("/isolinux/inner.txt", "from the root on"),
        ("/isolinux/inner.txt", ""),
        ("/isolinux/other.bin", "its words"),
    ]
    for module, data in zip(modules, [b"what is within\n"] * 3 + [other.read_bytes()]):
        assert module[2:] == [str(len(data)), f"{digest_of(data):x}", "1", str(EXECUTABLE)]
    assert machine.memory(answers.number("physical"), 4) == b"\x7fELF"
    assert answers.number("virtual") == TOP


def digest_of(data):
    """As limine_all.c computes it."""
    digest = 0
    for byte in data:
        digest = (digest * 31 + byte) & (1 << 64) - 1
    return digest


def test_the_clocks_are_told(ask):
    _, answers = ask(extra=("-rtc", "base=2031-03-01T12:00:00"))
    date = datetime.datetime.fromtimestamp(answers.number("date"), datetime.timezone.utc)
    start = datetime.datetime(2031, 3, 1, 12, tzinfo=datetime.timezone.utc)
    assert start <= date < start + datetime.timedelta(minutes=2)
    reset, begin, end = answers.numbers("usec")
    assert reset == 0 and 0 < begin < end < 120_000_000
    assert 100_000_000 < answers.number("tsc") < 10_000_000_000


@pytest.mark.parametrize(
    "options, size",
    [
        ("", None),
        ("-video=800x600x32", (800, 600)),
        ("-video=640x480x16", (640, 480)),
        ("-video=text", "none"),
    ],
)
def test_the_screen_is_what_was_asked_for(ask, options, size):
    machine, answers = ask(options=options)
    if size == "none":
        assert answers.framebuffer == "none"
        return
    at, width, height, pitch, bits = answers.framebuffer.split()
    assert size is None or (int(width), int(height)) == size
    assert answers.kind_of(int(at, 16)) == FRAMEBUFFER
    picture = machine.screenshot()
    assert (picture.width, picture.height) == (int(width), int(height))
    assert f"{width} {height} {pitch} {bits}" in {
        mode.rsplit(" ", 1)[0] for mode in answers.all["mode"]
    }
    assert answers.edid.startswith("128 ff ")
    last_row = int(at, 16) + int(pitch) * (int(height) - 1)
    pixel = machine.memory(last_row + int(width) * int(bits) // 8 - 1, 1)
    assert pixel == b"\xff", "the kernel's pixel"


@pytest.mark.parametrize("size", [(1024, 768), (1600, 900)])
def test_the_monitors_edid_is_passed_on_and_chooses_the_mode(ask, size):
    width, height = size
    extra = ("-global", f"VGA.xres={width}", "-global", f"VGA.yres={height}")
    _, answers = ask(extra=extra)
    assert answers.edid == f"128 ff {width} {height}"
    assert answers.framebuffer.split()[1:3] == [str(width), str(height)]


@pytest.mark.parametrize("revision", [2, 3, 4, 5])
@pytest.mark.parametrize("bits", [32, 64])
def test_the_smbios_tables_are_the_machines(ask, revision, bits):
    extra = ("-machine", f"pc,smbios-entry-point-type={bits}",
             "-smbios", "type=1,manufacturer=A maker of machines")  # fmt: skip
    machine, answers = ask(revision, extra=extra)
    offset = 0 if revision in (3, 4) else HHDM
    old, new = (at and at - offset for at in answers.numbers("smbios"))
    assert bool(old) == (bits == 32) and bool(new) == (bits == 64)
    assert b"A maker of machines\0" in machine.memory(*smbios_structures(machine, old, new))


def test_5_levels_are_given_where_the_cpu_has_them(ask):
    machine, answers = ask(cpu="max")
    assert answers.number("paging") == 1
    assert machine.registers()["cr4"] >> 12 & 1 == 1
    check_views(machine, answers, 3)


def test_a_module_that_the_kernel_needs_must_be_there(boot):
    machine = boot("limine_r3")
    said = machine.wait_serial("boot: ")
    assert "K501" in said and "inner.txt" in said


def test_the_check_names_what_a_kernel_asks_for():
    """Request by request, without looking for the modules that the kernel names."""
    kernel = images.kernel_path("limine_r6")
    done = subprocess.run(
        [images.ROOT / "build.sh", "check", kernel], capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout + done.stderr
    assert "protocol  limine, for base revision 6" in done.stdout
    for request in ("memory map", "framebuffer", "device tree (stays unanswered)"):
        assert f"asks for  {request}\n" in done.stdout


def test_a_base_revision_that_nobody_knows_is_refused_at_the_prompt(boot):
    said = boot("limine_r9").wait_serial("boot: ")
    assert "K718" in said and "asks for base revision 9; those known here are 0 to 6" in said


@pytest.mark.parametrize("medium", ["cd-ide", "cd-ahci"], ids=["i440fx", "q35"])
@pytest.mark.parametrize("cpus", [1, 4, 7])
def test_every_cpu_gets_work(boot, medium, cpus):
    machine = boot("limine_mp", medium=medium, cpus=cpus)
    machine.expect_end("exit", PASSED)
    answers = Answers(machine.serial())
    assert (answers.count, answers.flags, answers.bsp) == (str(cpus), "0", "0")
    assert sorted(answers.all["cpu"]) == [f"{at} {at}" for at in range(1, cpus)]


def test_every_cpu_gets_the_memory_types_of_the_first(boot):
    """Even those that the firmware gave only to the first CPU."""
    machine = boot("limine_mp", cpus=3, extra=images.option_rom("uneven.asm"))
    machine.expect_end("exit", PASSED)
    assert Answers(machine.serial()).mtrr == "d0000004 ffffff0800"


def test_a_kernel_on_a_cpu_without_an_x2apic_is_told_so(boot):
    machine = boot("limine_x2apic", cpus=2, cpu="qemu64,-x2apic")
    machine.expect_end("exit", PASSED)
    assert Answers(machine.serial()).flags == "0"


def test_every_cpu_gets_into_x2apic_mode(boot_in_bochs):
    machine = boot_in_bochs("limine_x2apic", cpus=4, cpu="corei7_haswell_4770")
    machine.wait_serial(" checks\n")
    assert "\nPASS" in machine.serial()
    answers = Answers(machine.serial())
    assert (answers.count, answers.flags) == ("4", "1")


# The mistakes of limine_faults.c: exception, kind, and what must be said.
MISTAKES = {
    "unanswered": (14, "null-page", "read from 0x8", "Limine request that was not answered"),
    "table": (14, "not-in-direct-map", "physical 0xf", "which does not cover it", "Map devices"),
    "beyond": (14, "beyond-memory", "where there is no memory", "RAM ends at"),
    "device": (14, "physical-address", "not even the HHDM covers it, at 0xffff8000fee00030"),
    "memory": (14, "physical-address", "it is at 0xffff800000100000, in the HHDM", "revision 0"),
    "instruction": (6, "ud2", "executed ud2"),
    "returns": (14, "returned", "the entry point returned", "endless loop"),
}


@pytest.mark.parametrize("mistake", MISTAKES)
def test_a_mistake_is_explained_in_the_protocols_words(boot, mistake):
    vector, kind, *words = MISTAKES[mistake]
    machine = boot("limine_faults", append=mistake, debug_exit=False)
    said = told.plain(machine.wait_serial(told.HALTED))
    line = told.fault_line(machine)
    assert (line["vector"], line["kind"]) == (str(vector), kind), said
    for word in words:
        assert word in said, said
