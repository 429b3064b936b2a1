"""The loader's own prompt under UEFI: what it starts, what it refuses, and how it is left."""

import shutil

import disc
import images
import pytest
import told
import uefi
import vm
from mistakes import CASES, catalogue, file_names, read, spoil, squeeze

CONFIG = """SERIAL 0 115200
SAY Something to say
PROMPT 1
TIMEOUT 0
MENU COLOR nothing for us
LABEL good
  COM32 longjump.c32
  APPEND tell.elf from the label
LABEL menu
  COM32 menu.c32
LABEL missing
  COM32 longjump.c32
  APPEND nowhere.elf
LABEL away
  LOCALBOOT 0x80
"""


@pytest.fixture(scope="session")
def prompt_disc():
    """The disc with every bad kernel and some good ones."""
    files = {file: spoil(CASES[name]) for name, file in file_names().items()}
    files |= {name + ".elf": read(name) for name in ("tell", "placed")}
    files |= {"good.elf": read("placed"), "folder/file": b"this is a file in a folder"}
    return uefi.PromptDisc(files, CONFIG)


@pytest.fixture
def machine(prompt_disc, log):
    with prompt_disc.start(log) as started:
        yield started


def expect_told(machine, command_line):
    machine.expect_end("exit", told.PASSED)
    assert told.Told(machine.serial()).command_line == command_line


@pytest.fixture(scope="session")
def quick_disc():
    """A disc that does not ask; its machines are saved when the firmware prints its first
    message."""
    config = (
        "SERIAL 0 115200\nDEFAULT a\nLABEL a\n  COM32 longjump.c32\n  APPEND tell.elf at once\n"
    )
    return uefi.PromptDisc({"tell.elf": read("tell")}, config, until="\x1b[2J")


@pytest.mark.parametrize("key", ["alt", "ctrl", "shift_r", "spc"])
def test_a_held_key_brings_the_prompt(quick_disc, log, key):
    """The key must arrive within a second of the machine's time, which a busy computer may miss."""
    for attempt in range(5):
        with quick_disc.start(log / str(attempt)) as machine:
            if machine.hold_until(key, "boot: "):
                expect_prompt_below(machine, uefi.ALPHABET)
                machine.type("a after a key\n", through="serial")
                expect_told(machine, "at once after a key")
                return
    pytest.fail("no prompt")


def expect_prompt_below(machine, line):
    """The loader has drawn this line itself, in the firmware's cells, and the firmware has
    continued after it."""
    rows = list(uefi.cells(machine.screenshot()))
    assert uefi.drawn(line) in rows, machine.report()
    below = rows[rows.index(uefi.drawn(line)) + 1 :]
    assert [1 in cell for cell in below[0]] == [True] * len("boot:") + [False] * 95
    assert not any(1 in cell for cell in below[1])


def test_without_a_key_nothing_is_asked(quick_disc, log):
    with quick_disc.start(log) as machine:
        expect_told(machine, "at once")
        assert "boot: " not in machine.serial()


def test_a_label_is_started_with_what_is_typed_after_it(machine):
    machine.type("good and more\n", through="serial")
    expect_told(machine, "from the label and more")


def test_a_kernel_is_started_without_a_label(machine):
    machine.type("longjump.c32 tell.elf typed here\n", through="serial")
    expect_told(machine, "typed here")


def test_a_line_can_be_edited_on_the_keyboard(machine):
    """Letters, backspace, arrows, home and end, on the PS/2 keyboard."""
    machine.type("goodx\b one")
    for key, text in (("left", ""), ("home", ""), ("end", " two"), ("ret", "")):
        machine.qmp.command("send-key", keys=[{"type": "qcode", "data": key}])
        machine.type(text)
    expect_told(machine, "from the label one two")


def test_the_previous_line_comes_back(machine):
    machine.type("goodx\n", through="serial")
    machine.wait_serial("K307")
    machine.wait_serial("boot: ")
    machine.type("\x1b[A\b typed after it\n", through="serial")
    expect_told(machine, "from the label typed after it")


def test_tab_lists_what_there_is(machine):
    machine.type("go\t", through="serial")
    assert "Entries: good menu missing away" in machine.wait_serial("boot: ")
    machine.type("od\n", through="serial")
    expect_told(machine, "from the label")


@pytest.mark.parametrize(
    "typed, code, words",
    [
        ("nothing like it", "K307", "nothing"),
        ("menu", "K308", "menu.c32"),
        ("missing", "K501", "nowhere.elf"),
        ("longjump.c32", "K301", ""),
        ("longjump.c32 -video=text nowhere.elf", "K501", ""),
    ],
)
def test_what_cannot_be_started_is_reported_and_the_prompt_returns(machine, typed, code, words):
    machine.type(typed + "\n", through="serial")
    expect_refusal(machine, int(code[1:]), words)
    machine.type("good\n", through="serial")
    expect_told(machine, "from the label")


def expect_refusal(machine, code, words=""):
    """The machine refuses in full, on COM1 and on the screen, and asks again."""
    said = machine.wait_serial("boot: ")
    summary = f"K{code} {catalogue()[code][1]}"
    assert summary in said and words in said, machine.report()
    assert "\n     fix: " in said and f"docs/errors.md#K{code})" in said, machine.report()
    assert squeeze(summary) in squeeze(uefi.screen_text(machine)), machine.report()


@pytest.mark.parametrize("name", CASES)
def test_a_mistake_is_refused_as_under_a_bios(bad_prompt, name):
    case = CASES[name]
    machine = bad_prompt.ready()
    words = case.words.format(file=file_names().get(name))
    machine.type(f"longjump.c32 {words}\n", through="serial")
    expect_refusal(machine, case.code)


@pytest.fixture(scope="module")
def bad_prompt(prompt_disc, worker_id):
    prompt = vm.Prompt(lambda _: prompt_disc.start(images.TESTS / "logs" / f"uefi-{worker_id}"))
    yield prompt
    prompt.close()


@pytest.mark.parametrize("typed", ["exit\n", "away\n", "\x1b\x1b"])
def test_leaving_goes_on_with_the_firmwares_next_entry(machine, typed):
    machine.type(typed, through="serial")
    machine.wait_serial("BdsDxe: ")


def test_text_mode_is_reported_missing(machine):
    machine.type("longjump.c32 -video=text tell.elf\n", through="serial")
    machine.expect_end("exit", told.PASSED)
    assert "K607 there is no text mode under UEFI" in machine.serial()


def files_on_a_stick(log, files):
    """QEMU's words for a FAT volume with these files, {path: bytes}."""
    folder = log / "stick"
    for name, data in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(data)
    drive = f"if=none,id=stick,format=raw,file=fat:rw:{folder}"
    return ["-drive", drive, "-device", "virtio-blk-pci,drive=stick,bootindex=1"]


def loader():
    return (images.BUILD / "BOOTX64.EFI").read_bytes()


@pytest.fixture
def empty_disc(tmp_path):
    """A medium with nothing to start."""
    path = tmp_path / "empty"
    path.write_bytes(bytes(1 << 20))
    return path


def test_a_loader_beside_a_config_is_enough(start, log, empty_disc):
    """BOOTX64.EFI, a configuration file with SYSLINUX's name, and a kernel: not one of our
    images."""
    config = b"DEFAULT a\r\nLABEL a\r\nKERNEL longjump.c32\r\nAPPEND /tell.elf dropped\r\n"
    files = {"EFI/BOOT/BOOTX64.EFI": loader(), "EFI/BOOT/syslinux.cfg": config,
             "tell.elf": read("tell")}  # fmt: skip
    extra = files_on_a_stick(log, files)
    machine = start(empty_disc, medium="disk-ahci", uefi=True, extra=extra)
    expect_told(machine, "dropped")


@pytest.fixture(scope="session")
def font(prompt_disc, tmp_path_factory):
    """Has the firmware's font learned, for machines that show no line of all characters."""
    with prompt_disc.start(tmp_path_factory.mktemp("font")):
        pass


@pytest.mark.usefixtures("font")
def test_a_loader_without_a_config_says_so_and_asks(start, log, empty_disc):
    extra = files_on_a_stick(log, {"EFI/BOOT/BOOTX64.EFI": loader(),
                                   "EFI/BOOT/tell.elf": read("tell")})  # fmt: skip
    machine = start(empty_disc, medium="disk-ahci", uefi=True, extra=extra)
    expect_refusal(machine, 512)
    machine.type("longjump.c32 tell.elf beside it\n", through="serial")
    expect_told(machine, "beside it")


def test_a_loader_from_the_network_has_no_files(start, log, empty_disc):
    folder = log / "tftp"
    folder.mkdir()
    shutil.copy(images.BUILD / "BOOTX64.EFI", folder)
    extra = ["-netdev", f"user,id=net,tftp={folder},bootfile=BOOTX64.EFI",
             "-device", "virtio-net-pci,netdev=net,bootindex=1,romfile="]  # fmt: skip
    machine = start(empty_disc, medium="disk-ahci", uefi=True, extra=extra)
    machine.wait_serial("K511 the loader was not started from a volume with files", limit=180)
