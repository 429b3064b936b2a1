"""`usb`: what it refuses and why, what it asks, and that what it writes boots. Loop devices are the
sticks."""

import os
import pty
import subprocess
import types

import pytest

from projects import ROOT, same

import usb
from lib.device import Device
from lib.drives import Drive
from lib.project import Stop
from lib.rights import as_root
from vm import Machine

MIB = 1 << 20


def told(path="/dev/sdx", **more):
    """What lsblk reports about a stick, with some of it changed."""
    usual = {"maj:min": "8:0", "type": "disk", "size": 8 << 30, "rm": True, "ro": False,
             "tran": "usb", "vendor": "Some    ", "model": "Stick", "fstype": None, "label": None,
             "mountpoint": None}  # fmt: skip
    return {"path": path, **usual, **more}


PARTS = [told("/dev/sdx1", type="part", fstype="vfat", label="PHOTOS"),
         told("/dev/sdx2", type="part", fstype="crypto_LUKS",
              children=[told("/dev/mapper/x", type="crypt", mountpoint="/media/x")])]  # fmt: skip
ROOT_INSIDE = [told("/dev/sdx1", type="part", children=[told("/dev/mapper/x", mountpoint="/")])]


@pytest.mark.parametrize("drive, words", [
    (told(rm=False, tran="sata"), "is not removable"),
    (told("/dev/sdx1", type="part"), "name the whole drive"),
    (told(type="rom"), "its type is rom"),
    (told(type="loop", rm=False, tran=None), "its type is loop"),
    (told(ro=True), "is write-protected"),
    (told(size=0), "there is no card in it"),
    (told(mountpoint="/mnt"), as_root("umount", "/dev/sdx")),
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
        "    /dev/mapper/x  8.0 GiB, nothing recognised, mounted at /media/x",
    ]
    assert Drive(told(fstype="iso9660")).lines()[1:] == ["    iso9660"]
    assert Drive(told()).lines()[1:] == ["    nothing recognised"]


@pytest.mark.parametrize("name", ["/dev/null", "/etc/passwd", "/", "/dev/nothing", "sdx"])
def test_what_is_not_a_drive_is_refused(project, name):
    assert "./build.sh usb lists the sticks" in project.bad("usb", name)


def test_the_drive_under_this_system_is_refused(project):
    said = subprocess.run(["findmnt", "-no", "SOURCE", "/"], capture_output=True, text=True).stdout
    if not said.startswith("/dev/") or not os.path.exists(said.strip()):
        pytest.skip("the running system is on no drive that can be seen")
    assert "build.sh: /dev/" in project.bad("usb", said.strip(), "--yes", "--allow-loop")


@pytest.fixture
def stick(tmp_path):
    """Makes loop devices of a size; returns the device's name and the file with its bytes."""
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


def test_a_loop_device_is_a_stick_only_if_the_user_says_so(project, stick):
    device, file = stick()
    assert "its type is loop" in project.bad("usb", device, "--yes")
    assert set(file.read_bytes()) == {0xA5}


def test_nothing_is_written_to_a_drive_that_is_too_small(project, stick, tmp_path):
    device, file = stick(MIB // 2)
    said = project.bad("usb", device, "--allow-loop", "--yes", "--output", tmp_path / "x.iso")
    assert "is too small: it has 512 KiB" in said and set(file.read_bytes()) == {0xA5}


def test_nothing_is_written_to_a_drive_that_is_in_use(project, stick, tmp_path):
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


def test_progress_is_shown_once_the_name_is_typed(project, stick, tmp_path):
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


def test_a_stick_that_loses_data_is_found_out(tmp_path, monkeypatch):
    image, stick = tmp_path / "image", tmp_path / "stick"
    image.write_bytes(os.urandom(3 * MIB + 2048))
    stick.write_bytes(bytes(4 * MIB))
    monkeypatch.setattr(usb.fcntl, "ioctl", lambda *_: None)
    drive = types.SimpleNamespace(path="/dev/sdx")
    device = types.SimpleNamespace(descriptor=os.open(stick, os.O_RDWR), sector=4096)
    with open(image, "rb") as file:
        usb.write(device, file, drive)
        usb.compare(device, file, drive)
        os.pwrite(device.descriptor, b"\0" * 8, 2 * MIB + 100)
        with pytest.raises(Stop, match=f"from byte {2 * MIB + 100} on"):
            usb.compare(device, file, drive)
    os.close(device.descriptor)
    rest = stick.read_bytes()[3 * MIB + 2048 :]
    assert rest == bytes(MIB - 2048), "the last sector is filled with zeros"


def test_an_image_that_becomes_shorter_is_not_taken_for_whole(tmp_path):
    image = tmp_path / "image"
    image.write_bytes(bytes(2 * MIB))
    device = types.SimpleNamespace(sector=512)
    with open(image, "rb") as file, pytest.raises(OSError, match="became shorter"):
        for _ in usb.pieces(device, file, ""):
            os.truncate(image, MIB)


def refused(project, tmp_path, name, path):
    """The output of `usb`, which must write nothing because of something that happens meanwhile."""
    return project.bad("usb", name, "--allow-loop", "--yes", "--output", tmp_path / "x.iso",
                       PATH=path)  # fmt: skip


def with_volume(file, label):
    """Puts a file system into a file, which may be a loop device."""
    subprocess.run(["mkfs.ext4", "-q", "-F", "-L", label, file], check=True)


def test_another_drive_that_gets_the_name_is_not_written(project, stick, meanwhile, tmp_path):
    device, file = stick()
    victim = tmp_path / "victim"
    victim.write_bytes(bytes(8 * MIB))
    with_volume(victim, "PRECIOUS")
    before = victim.read_bytes()
    path = meanwhile(f"losetup --detach {device}", f"losetup {device} '{victim}'")
    said = refused(project, tmp_path, device, path)
    assert f"{device} is no longer the drive that was checked" in said
    assert 'contents: ext4 "PRECIOUS", but it was nothing recognised' in said
    assert "nothing was written; check what is plugged in (./build.sh usb), and start again" in said
    assert same(victim, before) and set(file.read_bytes()) == {0xA5}


def test_a_twin_that_gets_the_name_is_not_written(project, stick, meanwhile, tmp_path):
    """Only the kernel's number tells the two apart."""
    device, _ = stick()
    if not os.path.exists(f"/sys/block/{os.path.basename(device)}/diskseq"):
        pytest.skip("this kernel does not count disks")
    twin = tmp_path / "twin"
    twin.write_bytes(b"\xa5" * 8 * MIB)
    path = meanwhile(f"losetup --detach {device}", f"losetup {device} '{twin}'")
    assert "disk sequence number: " in refused(project, tmp_path, device, path)
    assert set(twin.read_bytes()) == {0xA5}


def test_a_link_that_leads_elsewhere_meanwhile_is_not_followed(project, stick, meanwhile, tmp_path):
    (device, file), (other, its_file) = stick(), stick()
    link = tmp_path / "stick"
    link.symlink_to(device)
    said = refused(project, tmp_path, link, meanwhile(f"ln -sf {other} '{link}'"))
    assert f"{other} is no longer the drive that was checked" in said
    assert "device number: 7:" in said
    assert set(file.read_bytes()) == set(its_file.read_bytes()) == {0xA5}


def test_a_name_that_is_no_longer_a_drive_is_refused(project, stick, meanwhile, tmp_path):
    device, file = stick()
    link, other = tmp_path / "stick", tmp_path / "file"
    link.symlink_to(device)
    other.write_bytes(b"precious")
    said = refused(project, tmp_path, link, meanwhile(f"ln -sf '{other}' '{link}'"))
    assert "is not the name of a drive" in said and other.read_bytes() == b"precious"


@pytest.mark.parametrize("change, words", [
    ("truncate -s 9M {file} && losetup --set-capacity {device}",
     f"size in bytes: {9 * MIB}, but it was {8 * MIB}"),
    ("mkfs.ext4 -q -F -L NEW {device}", 'contents: ext4 "NEW", but it was nothing recognised'),
    ("dd if=/dev/zero of={device} bs=512 count=1 seek=16383 status=none",
     "sum of the first and last MiB: "),
])  # fmt: skip
def test_a_drive_that_changes_meanwhile_is_not_written(
    project, stick, meanwhile, tmp_path, change, words
):
    device, file = stick()
    path = meanwhile(change.format(device=device, file=f"'{file}'"))
    said = refused(project, tmp_path, device, path)
    assert words in said and "nothing was written" in said
    assert b"CD001" not in file.read_bytes(), "the image is on it"


def test_a_drive_that_changes_while_the_name_is_typed_is_not_written(project, stick, tmp_path):
    device, file = stick()
    volume = tmp_path / "volume"
    volume.write_bytes(bytes(8 * MIB))
    with_volume(volume, "PRECIOUS")
    before = volume.read_bytes()
    command = [project.root / "build.sh", "--no-install", "usb", device, "--allow-loop",
               "--output", tmp_path / "x.iso"]  # fmt: skip
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE,
                          stderr=subprocess.STDOUT) as running:  # fmt: skip
        said = b""
        while not said.endswith(f"name, {os.path.basename(device)}: ".encode()):
            assert (data := running.stdout.read1()), said
            said += data
        with open(device, "r+b") as drive:
            drive.write(before)
        said += running.communicate(f"{os.path.basename(device)}\n".encode())[0]
    assert running.returncode == 1 and b"Traceback" not in said
    assert b'contents: ext4 "PRECIOUS", but it was nothing recognised' in said
    assert same(file, before)


def test_the_contents_of_a_drive_are_read_from_it(stick):
    """udev, on which lsblk relies, need not run, and may not have got to it."""
    device, file = stick()
    with_volume(file, "a label \u00e9")
    whole, parts = Device(device, os.O_RDONLY), (4 * MIB, 2 * MIB)
    with whole:
        assert whole.contents(0, whole.size) == ("ext4", "a label \u00e9", "")
        assert whole.contents(*parts) == ("", "", "")
        assert whole.sample() == whole.sample() and whole.sector == 512
    table = bytearray(512)
    table[446:462] = bytes([0, 0, 0, 0, 0x83, 0, 0, 0, 0, 8, 0, 0, 0, 8, 0, 0])
    table[510:] = b"\x55\xaa"
    file.write_bytes(bytes(table) + bytes(8 * MIB - 512))
    with Device(device, os.O_RDONLY) as whole:
        drive = Drive(told(device, **{"maj:min": whole.number}))
        drive.examine(whole)
        assert drive.lines()[1:] == ["    a table of partitions (dos)"]


def test_volumes_in_partitions_are_found_by_where_the_kernel_says_they_lie(stick, tmp_path):
    device, file = stick()
    inside = tmp_path / "inside"
    inside.write_bytes(bytes(4 * MIB))
    with_volume(inside, "INSIDE")
    with open(file, "r+b") as disk:
        disk.seek(MIB)
        disk.write(inside.read_bytes())
    part = tmp_path / "sys/sdx1"
    part.mkdir(parents=True)
    for name, text in (("partition", "1"), ("start", "2048"), ("size", "8192"), ("dev", "8:1")):
        (part / name).write_text(text + "\n")
    partition = told("/dev/sdx1", type="part", size=4 * MIB, **{"maj:min": "8:1"})
    drive = Drive(told(children=[partition]))
    with Device(device, os.O_RDONLY) as whole:
        whole.folder = part.parent
        drive.examine(whole)
    assert drive.lines()[1:] == ['    /dev/sdx1  4.0 MiB, ext4 "INSIDE"']


def test_a_drive_whose_number_another_one_has_is_gone(stick, tmp_path):
    device, _ = stick()
    with Device(device, os.O_RDONLY) as whole:
        (tmp_path / "diskseq").write_text("1\n")
        whole.folder = tmp_path
        if not whole.sequence():
            pytest.skip("this kernel does not count disks")
        with pytest.raises(OSError, match="No such device"):
            whole.identity()
        whole.folder = tmp_path / "nothing"
        with pytest.raises(OSError, match="No such device"):
            whole.identity()


def test_the_serial_number_may_be_that_of_the_adapter(stick, tmp_path):
    device, _ = stick()
    inner = tmp_path / "usb1/host/block/sdx"
    inner.mkdir(parents=True)
    with Device(device, os.O_RDONLY) as whole:
        whole.folder = inner
        assert whole.serial() == ""
        (tmp_path / "usb1/serial").write_text("4C53\n")
        assert whole.serial() == "4C53"
        (inner / "serial").write_text("77\n")
        assert whole.serial() == "77"


def test_what_was_written_boots_as_a_stick(project, stick, tmp_path):
    device, file = stick()
    kernel = project.root / "build/tests/kernels/tell.elf"
    project.good("usb", device, "--allow-loop", "--yes", "--output", tmp_path / "x.iso",
                 "--kernel", kernel, "--append", "from a stick")  # fmt: skip
    with Machine(file, tmp_path / "log", medium="usb-xhci") as machine:
        assert "command_line=from a stick" in machine.wait_serial(" checks\n")
