"""`usb`: what it refuses and why, what it asks, and that what it writes boots. Loop devices are the
sticks."""

import os
import pty
import subprocess
import sys
import types

import pytest

from projects import ROOT, same

sys.path.insert(0, str(ROOT / "commands"))
sys.path.append(str(ROOT / "tests/boot"))

import usb
from lib.drives import Drive
from lib.project import Stop
from vm import Machine

MIB = 1 << 20


def told(path="/dev/sdx", **more):
    """What lsblk tells of a stick, with some of it changed."""
    usual = {"type": "disk", "size": 8 << 30, "rm": True, "ro": False, "tran": "usb",
             "vendor": "Some    ", "model": "Stick", "fstype": None, "label": None,
             "mountpoint": None}  # fmt: skip
    return {"path": path, **usual, **more}


PARTS = [told("/dev/sdx1", type="part", fstype="vfat", label="PHOTOS"),
         told("/dev/sdx2", type="part", fstype="crypto_LUKS",
              children=[told("/dev/mapper/x", type="crypt", mountpoint="/media/x")])]  # fmt: skip
ROOT_INSIDE = [told("/dev/sdx1", type="part", children=[told("/dev/mapper/x", mountpoint="/")])]


@pytest.mark.parametrize("drive, words", [
    (told(rm=False, tran="sata"), "is not removable"),
    (told("/dev/sdx1", type="part"), "name the whole drive"),
    (told(type="rom"), "of the type rom"),
    (told(type="loop", rm=False, tran=None), "of the type loop"),
    (told(ro=True), "is write-protected"),
    (told(size=0), "there is no card in it"),
    (told(mountpoint="/mnt"), "sudo umount /dev/sdx"),
    (told(children=PARTS), "/dev/mapper/x is mounted at /media/x"),
    (told(children=ROOT_INSIDE), "holds the running system"),
    (told(children=[told("/dev/sdx1", mountpoint="[SWAP]")]), "holds the running system"),
    (told("/dev/mmcblk9", rm=False, tran=None), "is not removable"),
])  # fmt: skip
def test_what_must_not_be_lost_is_refused(drive, words):
    assert words in Drive(drive).objection()


@pytest.mark.parametrize("drive", [told(), told(rm=False), told(tran=None), told(type="loop")])
def test_what_is_removable_is_taken(drive):
    assert Drive(drive).objection(allow_loop=True) == ""


def test_what_is_on_a_drive_is_shown():
    assert Drive(told(children=PARTS)).lines() == [
        "/dev/sdx  Some Stick, 8.0 GiB",
        '    /dev/sdx1  8.0 GiB, vfat "PHOTOS"',
        "    /dev/sdx2  8.0 GiB, crypto_LUKS",
        "    /dev/mapper/x  8.0 GiB, nothing that is known, mounted at /media/x",
    ]
    assert Drive(told(fstype="iso9660")).lines()[1:] == ["    iso9660"]
    assert Drive(told()).lines()[1:] == ["    nothing that is known"]


@pytest.mark.parametrize("name", ["/dev/null", "/etc/passwd", "/", "/dev/nothing", "sdx"])
def test_what_is_no_drive_is_refused(project, name):
    assert "./build.sh usb lists the sticks" in project.bad("usb", name)


def test_the_drive_under_this_system_is_refused(project):
    said = subprocess.run(["findmnt", "-no", "SOURCE", "/"], capture_output=True, text=True).stdout
    if not said.startswith("/dev/") or not os.path.exists(said.strip()):
        pytest.skip("the running system is on no drive that can be seen")
    assert "build.sh: /dev/" in project.bad("usb", said.strip(), "--yes", "--allow-loop")


@pytest.fixture
def stick(tmp_path):
    """Makes loop devices of a size; gives the device's name and the file that holds its bytes."""
    devices = []

    def make(size=8 * MIB):
        file = tmp_path / f"stick{len(devices)}"
        file.write_bytes(b"\xa5" * size)
        command = ["losetup", "--find", "--show", file]
        done = subprocess.run(command, capture_output=True, text=True, check=False)
        if done.returncode != 0:
            pytest.skip(f"there are no loop devices to be had: {done.stderr.strip()}")
        devices.append(done.stdout.strip())
        return devices[-1], file

    yield make
    for device in devices:
        subprocess.run(["losetup", "--detach", device], check=False)


def test_sticks_are_listed(project, stick):
    device, _ = stick()
    assert device not in project.good("usb")
    assert f"{device}  loop device, 8.0 MiB" in project.good("usb", "--allow-loop")


def test_a_loop_device_is_no_stick_unless_it_is_said(project, stick):
    device, file = stick()
    assert "of the type loop" in project.bad("usb", device, "--yes")
    assert set(file.read_bytes()) == {0xA5}


def test_nothing_is_written_on_what_is_too_small(project, stick, tmp_path):
    device, file = stick(MIB // 2)
    said = project.bad("usb", device, "--allow-loop", "--yes", "--output", tmp_path / "x.iso")
    assert "is too small: it has 512 KiB" in said and set(file.read_bytes()) == {0xA5}


def test_nothing_is_written_on_what_is_in_use(project, stick, tmp_path):
    device, file = stick()
    held = os.open(device, os.O_RDONLY | os.O_EXCL)  # what a mounted volume of several drives does
    try:
        said = project.bad("usb", device, "--allow-loop", "--yes", "--output", tmp_path / "x.iso")
    finally:
        os.close(held)
    assert "this system uses it" in said and set(file.read_bytes()) == {0xA5}


@pytest.mark.parametrize("typed", ["", "\n", "yes\n", "sdx\n", "loop\n"])
def test_nothing_is_written_unless_the_name_is_typed(project, stick, tmp_path, typed):
    device, file = stick()
    command = [project.root / "build.sh", "--no-install", "usb", device, "--allow-loop",
               "--output", tmp_path / "x.iso"]  # fmt: skip
    done = subprocess.run(command, input=typed, capture_output=True, text=True, check=False)
    assert done.returncode == 1 and done.stderr == "build.sh: nothing was written\n"
    assert "This will be lost:" in done.stdout and set(file.read_bytes()) == {0xA5}


def test_who_types_the_name_sees_how_far_it_is(project, stick, tmp_path):
    device, file = stick()
    ours, theirs = pty.openpty()
    command = [project.root / "build.sh", "--no-install", "usb", device, "--allow-loop",
               "--output", tmp_path / "x.iso"]  # fmt: skip
    with subprocess.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs) as running:
        os.close(theirs)
        said = b""
        while not said.endswith(f"name, {os.path.basename(device)}: ".encode()):
            said += os.read(ours, 1024)
        os.write(ours, f"{os.path.basename(device)}\n".encode())
        try:
            while data := os.read(ours, 1024):
                said += data
        except OSError:
            pass  # the end of a terminal
    os.close(ours)
    assert running.returncode == 0, said
    assert b"100 %" in said and b"can be unplugged" in said
    size = (tmp_path / "x.iso").stat().st_size
    assert same(file.read_bytes()[:size], tmp_path / "x.iso")
    assert set(file.read_bytes()[size:]) == {0xA5}


def test_a_stick_that_forgets_is_found_out(tmp_path, monkeypatch):
    image, stick = tmp_path / "image", tmp_path / "stick"
    image.write_bytes(os.urandom(3 * MIB + 2048))
    stick.write_bytes(bytes(4 * MIB))
    monkeypatch.setattr(usb.fcntl, "ioctl", lambda *_: (4096).to_bytes(4, sys.byteorder))
    drive = types.SimpleNamespace(path="/dev/sdx")
    device = os.open(stick, os.O_RDWR)
    with open(image, "rb") as file:
        usb.write(device, file, drive)
        usb.compare(device, file, drive)
        os.pwrite(device, b"\0" * 8, 2 * MIB + 100)
        with pytest.raises(Stop, match=f"from byte {2 * MIB + 100} on"):
            usb.compare(device, file, drive)
    os.close(device)
    rest = stick.read_bytes()[3 * MIB + 2048 :]
    assert rest == bytes(MIB - 2048), "the last sector is filled with zeros"


def test_what_was_written_boots_as_a_stick(project, stick, tmp_path):
    device, file = stick()
    kernel = project.root / "build/tests/kernels/tell.elf"
    project.good("usb", device, "--allow-loop", "--yes", "--output", tmp_path / "x.iso",
                 "--kernel", kernel, "--append", "from a stick")  # fmt: skip
    with Machine(file, tmp_path / "log", medium="usb-xhci") as machine:
        assert "command_line=from a stick" in machine.wait_serial(" checks\n")
