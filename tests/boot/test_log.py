"""Where the loader's messages go, how fast, and when."""

import re

import disc
import images
import pytest
import told as tell
import vm
from mistakes import expect_refusal

BANNER = "Longjump 2.0.0: kernel.elf"
MAP = "The kernel's memory map:"
MIB = 1 << 20

CONFIG = """\
{serial}
DEFAULT it
LABEL it
  COM32 longjump.c32
  APPEND {options} kernel.elf
"""


@pytest.fixture
def boot_with(start, log):
    """Boots a disc whose isolinux.cfg has this SERIAL line, on a machine with two serial ports; the
    output of COM2 goes to a file."""

    def run(serial, options="-verbose", kernel="tell", **machine):
        files = {"longjump.c32": images.BUILD / "longjump.c32", "kernel.elf": kernel_bytes(kernel)}
        config = CONFIG.format(serial=serial, options=options)
        image = disc.make(log / "disc.iso", config, files)
        extra = ["-serial", f"file:{log / 'com2.log'}"]
        return start(image, kind=vm.Machine, extra=extra, **machine)

    def kernel_bytes(kernel):
        return kernel if isinstance(kernel, bytes) else images.kernel_path(kernel).read_bytes()

    return run


def com2(log):
    """The output of COM2."""
    return (log / "com2.log").read_text(encoding="latin-1")


@pytest.mark.parametrize(
    "where",
    [{"com1"}, {"com2"}, {"e9"}, {"screen"}, {"com1", "e9"}, {"screen", "com1", "com2", "e9"}],
    ids=lambda where: "+".join(sorted(where)),
)
def test_the_loader_speaks_where_it_is_told_to(boot_with, log, where):
    options = f"-verbose -log={','.join(sorted(where))}"
    machine = boot_with("SERIAL 0 115200", options, debug_exit=False)
    machine.wait_serial("PASS")
    before = machine.debugcon()[: machine.debugcon().index("loader=")]
    said = {
        "com1": MAP in machine.serial(),
        "com2": MAP in com2(log),
        "e9": MAP in before,
        "screen": "usable" in machine.screen_text(),
    }
    assert {name for name, has_said in said.items() if has_said} == where


@pytest.mark.parametrize("where", ["com3", "", "com1,", ",com1", "screencom1"])
def test_a_place_that_does_not_exist_is_refused(boot, where):
    expect_refusal(boot("tell", options=f"-log={where}"), 303)


def test_a_failure_is_always_on_the_screen(boot_with):
    machine = boot_with("SERIAL 0 115200", "-quiet -log=e9", kernel=b"no ELF file" * 9)
    machine.wait_serial("boot:")
    assert "K102" in machine.screen_text() and "K102" in machine.debugcon()
    assert "K102" not in machine.serial()


def test_the_prompt_comes_below_the_message(boot):
    machine = boot("tell", options="-log=nowhere")
    machine.wait_serial("boot: ")
    assert machine.screen_text().splitlines()[-1] == "boot:"


def test_without_a_serial_line_com1_is_set_up_and_used(boot_with):
    machine = boot_with("")
    machine.expect_end("exit", tell.PASSED)
    assert BANNER in machine.serial() and MAP in machine.serial()


@pytest.mark.parametrize("port", ["1", "0x2f8"])
def test_the_port_of_the_serial_line_is_used(boot_with, log, port):
    machine = boot_with(f"SERIAL {port} 57600")
    machine.expect_end("exit", tell.PASSED)
    assert MAP in com2(log) and MAP not in machine.serial()


def divisor(machine):
    """The speed of COM1 as 115200 / baud, from the monitor's side: the kernel has stopped."""
    machine.monitor("o /b 0x3fb 0x83")
    low, high = (int(machine.monitor(f"i /b {port}").split("=")[1], 16) for port in (0x3F8, 0x3F9))
    return low | high << 8


@pytest.mark.parametrize(
    "line, expected",
    [("SERIAL 0 9600", 12), ("SERIAL 0 115200", 1), ("SERIAL 0 57600 0x33", 2), ("", 1)],
)
def test_the_speed_of_the_serial_line_is_kept(boot_with, line, expected):
    machine = boot_with(line, debug_exit=False)
    machine.wait_serial("PASS")
    assert divisor(machine) == expected


def test_another_port_gets_the_speed_of_the_serial_line(boot_with):
    machine = boot_with("SERIAL 1 38400", "-verbose -log=com1", debug_exit=False)
    machine.wait_serial(MAP)
    machine.wait_serial("PASS")
    assert divisor(machine) == 3


def test_quiet_hides_warnings_and_verbose_does_not(boot):
    loud = boot("placed-window")
    loud.expect_end("exit", tell.PASSED)
    assert "K210" in loud.serial()
    quiet = boot("placed-window", options="-quiet")
    quiet.expect_end("exit", tell.PASSED)
    assert "K210" not in quiet.serial() and BANNER not in quiet.serial()


def test_one_short_line_is_all_that_is_said_by_default(boot):
    machine = boot("tell")
    machine.expect_end("exit", tell.PASSED)
    before = machine.serial()[: machine.serial().index("loader=")]
    lines = [line.strip() for line in before.splitlines() if line.strip()]
    assert [line for line in lines if not line.startswith("ISOLINUX")] == [BANNER]


def test_verbose_lines_fit_the_screen(boot):
    machine = boot("tell", options="-verbose", memory=6144)
    machine.expect_end("exit", tell.PASSED)
    said = machine.serial()
    plan = said[said.index("The firmware's memory map") : said.index("loader=")]
    assert max(len(line) for line in plan.splitlines()) < 80


def test_verbose_shows_the_firmware_s_map_even_if_the_kernel_is_refused(boot_with):
    machine = boot_with("SERIAL 0 115200", kernel=b"no ELF file" * 9)
    expect_refusal(machine, 102)
    assert "type 1   usable" in machine.serial()


@pytest.mark.parametrize("firmware", [{}, {"medium": "cd-ahci", "uefi": True}])
def test_the_progress_of_a_long_file_is_shown(boot, tmp_path, firmware):
    large = tmp_path / "large.bin"
    large.write_bytes(bytes(48 * MIB))
    machine = boot("tell", modules=[str(large)], memory=256, **firmware)
    slow = {"bps": 12 * MIB, "bps_rd": 0, "bps_wr": 0, "iops": 0, "iops_rd": 0, "iops_wr": 0}
    machine.qmp.command("block_set_io_throttle", device="medium", **slow)
    machine.expect_end("exit", tell.PASSED)
    steps = re.findall(r"\rreading large\.bin: (\d+) of 48 MiB, (\d+) MiB/s", machine.serial())
    assert len(steps) >= 3
    assert [int(done) for done, _ in steps] == sorted(int(done) for done, _ in steps)
    assert 0 < int(steps[-1][1]) <= 12
