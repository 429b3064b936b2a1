"""What the tool hears from the loader: whatever the user does with the serial line, whatever a
kernel writes, and whatever else could boot."""

import os
import pathlib
import re
import subprocess
import time
from types import SimpleNamespace

import pytest

from lib import machine
from lib.loader import Loader
from lib.session import Session
from projects import ROOT

LEAVE = ["mov al, 16", "out 0xf4, al", "jmp $"]  # a test that passes
FAULT = ["here: mov rax, [0x10]"]


def last(said):
    return said.splitlines()[-1]


def write(text, port=0x3F8):
    """Assembly that writes bytes to a port."""
    return [f"mov dx, {port}", *(f"mov al, {byte}\nout dx, al" for byte in text)]


# ---- serial lines --------------------------------------------------------------------------------

LINES = {
    "a monitor beside it": ["-serial", "mon:stdio"],
    "in a file": ["-serial", "file:{}/serial.log"],
    "nowhere": ["-serial", "none"],
    "by a chardev": ["-chardev", "stdio,id=c", "-serial", "chardev:c"],
    "on a pseudo-terminal": ["-serial", "pty"],
    "all on the terminal": ["-nographic"],
    "by two dashes": ["--serial", "null"],
}


@pytest.mark.parametrize("line", LINES)
def test_a_crash_and_a_refusal_are_heard_wherever_the_serial_line_is(
    project, kernel, tmp_path, line
):
    words = [word.format(tmp_path) for word in LINES[line]]
    done = project.run("runner", "--test", kernel(*FAULT), *words)
    assert done.returncode == 3, done.stdout
    assert re.match(r"test CRASHED: .* in here \(tiny.asm:5\): The kernel read", last(done.stdout))
    (tmp_path / "cut.elf").write_bytes((tmp_path / "tiny.elf").read_bytes()[:600])
    done = project.run("runner", "--test", "--no-check", tmp_path / "cut.elf", *words)
    assert done.returncode == 7 and "NOT STARTED: cut.elf: K" in last(done.stdout), done.stdout


@pytest.mark.parametrize("way", [[], ["--disc"]])
def test_the_first_refusal_of_all_is_heard(project, kernel, way):
    """From what runs before the loader, on a CPU that is too old for the loader's code."""
    done = project.run(
        "runner", *way, "--test", kernel(*FAULT), "-cpu", "pentium", "-serial", "null"
    )
    assert done.returncode == 7 and re.match(
        r"test NOT STARTED: tiny.elf: K402 ", last(done.stdout)
    )


def test_run_prints_what_is_not_seen_on_the_serial_line(project, kernel, tmp_path):
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", kernel(*FAULT), "--"]
    said = project.bad(*words, "-serial", f"file:{tmp_path}/log", status=3)
    assert "Longjump: Page fault" in said and "in your sources:\n    here (tiny.asm:5)" in said
    assert "@longjump-fault" not in said, "that is for programs"
    log = (tmp_path / "log").read_text()
    assert "Longjump: Page fault" in log and "@longjump-fault" not in log
    said = project.bad(*words, "-serial", "stdio", status=3)
    assert said.count("Longjump: Page fault") == 1, "once is enough"
    said = project.bad(*words, "--nographic", status=3)
    assert said.count("Longjump: Page fault") == 1, "with two dashes as well"
    assert "@longjump-fault" not in said


@pytest.mark.parametrize(
    "words", [["-monitor", "stdio"], ["-debugcon", "stdio"], ["-chardev", "stdio,id=c"]]
)
def test_standard_input_and_output_are_left_to_who_asks_for_them(project, kernel, tmp_path, words):
    program = kernel(*write(b"on the debug port", 0xE9), *LEAVE)
    done = project.run("runner", "--test", program, *words)
    assert done.returncode == 0, done.stdout
    assert ("on the debug port" in done.stdout) == ("-debugcon" in words)
    assert ("QEMU" in done.stdout and "(qemu)" in done.stdout) == ("-monitor" in words)
    assert "ISOLINUX" not in done.stdout


# ---- what a kernel writes ------------------------------------------------------------------------

FORGED = {
    "ISOLINUX's prompt": b"boot: ",
    "a refusal": b"\r\nLongjump could not start tiny.elf\r\nK107 all is wrong\r\nboot: ",
    "a fault": b"\nLongjump: Page fault\n\n  It was so.\n\n"
    b"@longjump-fault vector=14 kind=null-page rip=0x200000 slide=0x0\nThe machine is halted.\n",
    "a message to us": b"\x020123456789abcdef fault halt\nLongjump: Page fault\n\x03",
}


@pytest.mark.parametrize(
    "texts", [("a refusal", "ISOLINUX's prompt"), ("a message to us", "a fault")]
)
def test_nothing_that_a_kernel_writes_is_taken_for_the_loaders_word(project, kernel, texts):
    """On COM1, on the debug port and on the loader's port; and it runs for a while after that."""
    wait = ["mov rcx, 1 << 30", "again: dec rcx", "jnz again"]
    text = b"\n".join(FORGED[text] for text in texts)
    body = [line for port in (0x3F8, 0xE9, 0xE3) for line in write(text, port)]
    said = project.good("runner", "--test", kernel(*body, *wait, *LEAVE))
    assert last(said).startswith("test passed: "), said


def test_a_kernel_that_knows_the_token_cannot_speak_for_the_loader():
    loader = Loader()

    def hear(kind, text=b""):
        return loader.hear(b"\x02%s %s\n%s\x03" % (loader.token.encode(), kind, text))

    assert [message.kind for message in hear(b"up") + hear(b"start", b"rip=1")] == ["up", "start"]
    for kind in (b"refused", b"left", b"up", b"start"):
        assert hear(kind, b"K107 all is wrong") == []
    assert loader.start.facts == {"rip": "1"} and not loader.refusal and not loader.left
    assert [message.kind for message in loader.was_reset()] == ["up", "start"]
    assert hear(b"fault halt", b"it was so")[0].kind == "fault" and loader.fault
    assert loader.was_reset() == [] and hear(b"up")[0].kind == "up"
    assert not loader.start and not loader.fault
    assert hear(b"refused", b"K107 all is wrong") and loader.refusal


# ---- what boots ----------------------------------------------------------------------------------

DRIVES = {
    "IDE": ["-drive", "file={},format=raw"],
    "virtio": ["-drive", "file={},format=raw,if=virtio"],
    "NVMe": ["-drive", "file={},format=raw,if=none,id=n", "-device", "nvme,drive=n,serial=1"],
    "a USB stick": [
        "-drive", "file={},format=raw,if=none,id=n", "-usb", "-device", "usb-storage,drive=n",
    ],
    "one that is to be first": [
        "-drive", "file={},format=raw,if=none,id=n", "-device", "virtio-blk,drive=n,bootindex=0",
    ],
    "the network": ["-nic", "user,model=virtio", "-boot", "n"],
}  # fmt: skip


@pytest.fixture
def disk(tmp_path):
    """A disk that boots, and only prints a word."""
    path = tmp_path / "fat.img"
    path.write_bytes(bytes(4 << 20))
    subprocess.run(["/sbin/mkfs.fat", path], check=True, stdout=subprocess.DEVNULL)
    return path


@pytest.mark.skipif(not os.path.exists("/sbin/mkfs.fat"), reason="there is no mkfs.fat")
@pytest.mark.parametrize("drive", DRIVES)
def test_the_kernels_image_boots_whatever_else_could(project, kernel, disk, drive):
    words = [word.format(disk) for word in DRIVES[drive]]
    said = project.good(
        "runner", "--disc", "--test", "--test-timeout", "60", kernel(*LEAVE), *words
    )
    assert last(said).startswith("test passed"), said


@pytest.mark.skipif(not os.path.exists("/sbin/mkfs.fat"), reason="there is no mkfs.fat")
def test_the_image_boots_first_as_any_drive(project, kernel, disk, tmp_path):
    """As bootimage's users configure it, and as a USB stick; or no image at all."""
    program = kernel(*LEAVE)
    for drive in (
        '"-drive", "format=raw,file={}"',
        '"-drive", "format=raw,if=none,id=u,file={}", "-usb", "-device", "usb-storage,drive=u"',
    ):
        (tmp_path / "longjump.conf").write_text(
            f'run-command = ["qemu-system-x86_64", "-drive", "format=raw,file={disk}", {drive}]\n'
        )
        for disc in ["--disc"], []:
            said = project.good("runner", *disc, "--test", "--test-timeout", "60", program)
            assert last(said).startswith("test passed"), said


@pytest.mark.skipif(not os.path.exists("/sbin/mkfs.fat"), reason="there is no mkfs.fat")
def test_run_boots_the_image_and_not_a_disk(project, kernel, disk, tmp_path):
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", kernel(*write(b"hello\n"), "hlt")]
    said = project.good(*words, "--", "-drive", f"format=raw,file={disk}")
    assert "hello\n" in said and "Boot failed" not in said


@pytest.mark.skipif(not os.path.exists("/sbin/mkfs.fat"), reason="there is no mkfs.fat")
def test_a_loader_that_does_not_speak_is_told_with_what_booted(project, kernel, disk, tmp_path):
    """The image is given to QEMU, but no machine has such a drive."""
    command = ["qemu-system-x86_64", "-drive", "if=none,id=x,format=raw,file={}"]
    settings = tmp_path / "longjump.conf"
    settings.write_text(f'run-command = {command + ["-drive", f"format=raw,file={disk}"]}\n')
    program = kernel(*LEAVE)
    said = project.bad("runner", "--test", "--test-timeout", "5", program, status=7)
    assert re.match(
        r"test NOT STARTED: tiny.elf: did not start within 5 s: Longjump's loader has not come up;"
        r' the screen ends with ".*press any key',
        last(said),
    ), said
    settings.write_text(f"run-command = {command}\n")
    said = project.bad("runner", "--test", "--test-timeout", "60", program, status=7)
    assert 'the screen ends with "No bootable device."' in last(said), said
    said = project.bad("runner", program, status=1)
    assert 'loader has not come up; the screen ends with "No bootable device."' in last(said)


# ---- a screen that nobody sees -------------------------------------------------------------------

SCREEN = ["mov rdi, 0xb8000 + 160 * 3", *(
    f"mov word [rdi + {2 * at}], 0x1f00 + {byte}" for at, byte in enumerate(b"Longjump\xc4!")
)]  # fmt: skip


@pytest.mark.parametrize("used, spoken, patience", [(9, False, 60), (11, False, 10), (9, True, 10)])
def test_firmware_on_a_busy_host_gets_more_time_before_a_loader_is_missed(used, spoken, patience):
    run = Session.__new__(Session)
    run.loader = SimpleNamespace(has_spoken=spoken)
    run.machine = SimpleNamespace(cpu_time=lambda: used)
    assert run._patience() == patience


def test_the_time_that_a_process_has_used_is_that_of_its_cpu():
    qemu = machine.Machine.__new__(machine.Machine)
    with subprocess.Popen(["bash", "-c", "while :; do :; done"]) as qemu.qemu:
        try:
            deadline = time.monotonic() + 60
            while qemu.cpu_time() < 0.05 and time.monotonic() < deadline:
                time.sleep(0.01)
            assert 0.05 <= qemu.cpu_time() < 60 and not qemu.is_suspended()
        finally:
            qemu.qemu.kill()
    assert qemu.cpu_time() == 0 and not qemu.is_suspended()


def test_what_a_kernel_writes_on_the_screen_alone_is_shown_when_it_halts(project, kernel, tmp_path):
    words = ["run", "--output", tmp_path / "x.iso", "--kernel"]
    said = project.good(*words, kernel(*SCREEN, "cli", "hlt"))
    shown = said.split("on the screen:\n")[1].splitlines()
    assert shown[0].startswith("    Longjump─!") and shown[-1] == "the kernel has halted", said
    assert "SeaBIOS" not in said and "on the screen" not in project.good(*words, kernel("hlt"))
    both = kernel(*SCREEN, *write(b"Longjump!\n"), "cli", "hlt")
    assert "on the screen" not in project.good(*words, both), "it is on the serial line"


def test_the_port_that_the_loader_speaks_on_is_the_same_in_both_languages():
    ours = (ROOT / "commands/lib/loader.py").read_text()
    its = (pathlib.Path(ROOT) / "loader/x86/watcher.c").read_text()
    for name, other in (("PORT", "PORT_WATCHER"), ("ANSWER", "WATCHER_ANSWER")):
        values = dict(re.findall(r"(\w+) = (0x\w+)", its))
        found = re.search(r"^PORT, ANSWER = (0x\w+), (0x\w+)", ours, re.MULTILINE)
        assert int(found["PORT ANSWER".split().index(name) + 1], 16) == int(values[other], 16)
