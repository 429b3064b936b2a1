"""The harness itself: it distinguishes the ends of a boot and reads machines correctly, with no
loader involved."""

import pathlib
import subprocess

import images
import paging
import pytest
import vm

SOURCE = pathlib.Path(__file__).with_name("harness.asm")


@pytest.fixture
def sector(start):
    """Boots the boot sector of one case of harness.asm."""

    def run(case, **options):
        def make(path):
            subprocess.run(["nasm", "-f", "bin", "-D", case, "-o", path, SOURCE], check=True)

        path = images.once(".img", [SOURCE.read_bytes(), case], make)
        return start(path, medium="disk-ide", memory=32, **options)

    return run


def test_an_exit_is_seen_with_its_value(sector):
    machine = sector("EXIT")
    assert machine.wait_end() == vm.End("exit", 21)
    assert (machine.serial(), machine.debugcon()[-1]) == ("e", "e")


def test_a_triple_fault_is_seen_as_a_reset(sector):
    machine = sector("RESET")
    assert machine.wait_end() == vm.End("reset")
    assert "RIP" in machine.report() or "EIP" in machine.report()


def test_a_shutdown_is_seen(sector):
    assert sector("SHUTDOWN").wait_end() == vm.End("shutdown")


def test_a_hang_is_seen_and_described(sector):
    machine = sector("HANG")
    with pytest.raises(vm.Unexpected, match="(?s)hang.*Booting from Hard Disk.*EIP="):
        machine.expect_end("exit", 16, limit=1)


def test_a_qemu_that_fails_is_not_the_end_of_a_boot(sector):
    machine = sector("EXIT", extra=["-device", "no-such-device"])
    assert machine.wait_end().kind == "qemu-error"
    assert "no-such-device" in machine.report()


def test_words_that_never_come_are_missed(sector):
    with pytest.raises(vm.Unexpected, match="never said 'hello'"):
        sector("EXIT").wait_serial("hello", limit=10)


def test_typed_keys_arrive(sector):
    machine = sector("TALK")
    machine.wait_serial("", limit=5)
    while "Hard Disk" not in machine.screen_text():
        pass
    machine.type("Hello-World_9 /.=,\n")
    assert machine.wait_serial("\r", limit=10) == "Hello-World_9 /.=,\r"


def test_pixels_are_read_as_the_text_that_made_them(sector):
    machine = sector("HANG")
    while "Hard Disk" not in machine.screen_text():
        pass
    text = machine.screen_text()
    assert "SeaBIOS" in text
    assert (
        machine.screenshot_text().rstrip("\N{REPLACEMENT CHARACTER}\n ") == text
    )  # the cursor is not a character


def test_page_tables_are_walked_as_the_cpu_walks_them(sector):
    machine = sector("PAGING", cpu="max")
    machine.wait_serial("!", limit=10)
    registers = machine.registers()
    assert registers["efer"] & 0xD00 == 0xD00
    assert (registers["cs"].selector, registers["is_halted"]) == (8, True)
    top = 0xFFFFFF8000000000
    low = [
        paging.Mapping(0x3000, 0x4000, 0x7000, True, False, False, paging.KIB4, 0),
        paging.Mapping(0x7000, 0x8000, 0x7000, True, True, True, paging.KIB4, 1),
        paging.Mapping(0x200000, 0x600000, 0x200000, False, True, True, paging.MIB2, 0),
        paging.Mapping(0x600000, 0x800000, 0, True, True, False, paging.MIB2, 6),
        paging.Mapping(0x40000000, 0x80000000, 0x40000000, True, True, False, paging.GIB1, 0),
    ]
    high = [
        paging.Mapping(
            m.begin + top, m.end + top, m.phys, m.writable, m.executable, False, m.page, m.pat
        )
        for m in low
    ]
    tables = machine.page_tables()
    assert tables == low + high
    assert paging.translate(tables, 0x200123) == 0x200123
    assert paging.find(tables, 0x1000) is None
    # QEMU's own opinion agrees: the same pages, the same order.
    theirs = [int(line.split(":")[0], 16) for line in machine.monitor("info tlb").splitlines()]
    ours = [m.begin + offset for m in tables for offset in range(0, m.end - m.begin, m.page)]
    assert theirs == ours


@pytest.mark.parametrize("where", ["com1,", ",com1"])
def test_tests_whose_names_differ_only_in_punctuation_share_no_folder(log, where):
    """Those of test_log.py did, and failed each other side by side."""
    told = (log / "told").relative_to(log.parent)
    assert not (log / "told").exists() and len(told.parts[0].rpartition(".")[2]) == 8
    (log / "told").write_text(where)
    others = [path for path in log.parent.glob("*share_no_folder*") if path != log]
    assert all((path / "told").read_text() != where for path in others if (path / "told").exists())
