"""`vbox`: what it tells VBoxManage to do, in the words of old and new versions, and what it makes
of how a machine ends. VirtualBox itself is not here: vboxmanage.py stands in for it."""

import json
import os
import signal
import subprocess

import pytest

from projects import ROOT

from lib import virtualbox
from lib.kvm import unload
from lib.project import Stop
from lib.virtualbox import Meditation, meditation

pytestmark = pytest.mark.xdist_group("vbox")  # all have the serial port in the same file

STANDS_IN = ROOT / "tests/commands/vboxmanage.py"
VERSIONS = {"old": "6.1.50r161033", "new": "7.0.20_Debianr163906"}
GURU = """\
00:00:02.945981 Changing the VM state from 'RUNNING' to 'GURU_MEDITATION'
00:00:02.946420 !!         VCPU0: Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)
00:00:02.946446 Guest CPUM (VCPU 0) state:
00:00:02.946449 rax=00000000fee00000 rbx=0000000000000020 rcx=0000000000000020
00:00:02.946451 rip={at:016x} rsp=ffff800000001000 rbp=0000000000000000 iopl=0
00:00:02.946700 !! {{cpumguestinstr, verbose}}
00:00:02.946801 CPUM0: 0008:{at:016x} 0f 0b                   ud2
00:00:02.946802 !!
"""
RING0 = """\
00:00:02.946420 !!         VCPU0: Guru Meditation -2703 (VERR_VMM_RING0_ASSERTION)
00:00:02.946421 !!R0-Assertion Failed!!
00:00:02.946421 Expression: pVCpu->hm.s.fLeaveDone
00:00:02.946421 Location  : HMVMXR0.cpp(123) int HMVMXR0Do()
"""


class Box:
    """A simulated VirtualBox."""

    def __init__(self, project, home):
        self.project, self.home = project, home
        (home / "bin").mkdir(parents=True)
        (home / "bin/VBoxManage").symlink_to(STANDS_IN)
        self.environment = {"VBOX": str(home), "PATH": f"{home}/bin:{os.environ['PATH']}"}
        self.play(version=VERSIONS["new"], says="hello\n", ends="poweroff", log="")

    def play(self, **parts):
        for name, text in parts.items():
            (self.home / name).write_text(text)

    def vbox(self, *words, status=0):
        """The command's output."""
        made = ["--output", self.home / "made, here.iso"]
        done = self.project.run("vbox", *words, *made, **self.environment)
        assert done.returncode == status and "Traceback" not in done.stdout, done.stdout
        return done.stdout

    def calls(self, *commands):
        """What VBoxManage was told, of these commands, since this was last asked."""
        path = self.home / "calls"
        told = [json.loads(line) for line in path.read_text().splitlines()]
        path.unlink()
        return [words for words in told if words[0] in commands]

    def machines(self):
        return json.loads((self.home / "machines").read_text())


@pytest.fixture
def box(project, tmp_path):
    return Box(project, tmp_path / "box")


@pytest.mark.parametrize("version", VERSIONS)
def test_a_machine_is_made_and_started_in_the_words_of_the_version(box, version):
    box.play(version=VERSIONS[version], says="the kernel's words\n")
    said = box.vbox()
    assert "the kernel's words\nthe machine was switched off\n" in said
    serial = str(ROOT / "build/vbox/longjump.log")
    audio, mode = {"old": (["--audio", "none"], "--uartmode1"),
                   "new": (["--audio-enabled", "off"], "--uart-mode1")}[version]  # fmt: skip
    attach = ["storageattach", "longjump", "--storagectl", "IDE", "--port", "1", "--device", "0",
              "--type", "dvddrive", "--medium"]  # fmt: skip
    told = box.calls("createvm", "modifyvm", "storagectl", "storageattach", "startvm")
    assert told == [
        ["createvm", "--name", "longjump", "--ostype", "Other_64", "--register"],
        ["modifyvm", "longjump", "--memory", "256", "--vram", "16", "--cpus", "1", "--ioapic", "on",
         "--x2apic", "on", "--rtcuseutc", "on", "--firmware", "bios",
         "--graphicscontroller", "vboxvga", "--boot1", "dvd", "--boot2", "disk",
         "--boot3", "none", "--boot4", "none", *audio,
         "--uart1", "0x3F8", "4", mode, "file", serial],
        ["storagectl", "longjump", "--name", "IDE", "--add", "ide", "--controller", "PIIX4"],
        [*attach, "emptydrive"],
        [*attach, str(box.home / "made, here.iso")],
        ["startvm", "longjump", "--type", "headless"],
    ]  # fmt: skip


def test_where_there_is_a_display_there_is_a_window(box):
    box.environment["DISPLAY"] = ":0"
    box.vbox("--name", "other one", "--memory", "2G")
    *_, start = box.calls("modifyvm", "startvm")
    assert start == ["startvm", "other one", "--type", "gui"]
    assert box.machines()["other one"]["settings"]["memory"] == ["2048"]
    box.vbox("--headless")
    assert box.calls("startvm")[0][-1] == "headless"


@pytest.mark.parametrize("state", ["poweroff", "running", "gurumeditation", "saved"])
def test_an_existing_machine_is_reset(box, state):
    box.vbox()
    machines = box.machines()
    machines["longjump"].update(state=state, looks=0)
    box.play(machines=json.dumps(machines))
    box.calls()
    box.vbox("--memory", "64M")
    told = box.calls("createvm", "controlvm", "discardstate", "storagectl", "startvm")
    before = {"poweroff": [], "saved": [["discardstate", "longjump"]]}
    assert told[:-1] == before.get(state, [["controlvm", "longjump", "poweroff"]])
    assert box.machines()["longjump"]["settings"]["memory"] == ["64"]


def test_somebody_elses_machine_is_left_alone(box):
    box.vbox("--name", "mine")
    machines = box.machines()
    machines["mine"]["extra"] = {}
    box.play(machines=json.dumps(machines))
    for words in ([], ["--remove"]):
        assert "choose another --name" in box.vbox("--name", "mine", *words, status=1)
    assert box.machines() == machines


def test_it_is_removed_but_no_disk_is(box):
    assert "there is no virtual machine" in box.vbox("--remove")
    box.vbox()
    machines = box.machines()
    machines["longjump"]["media"]["IDE-0-0"] = "/home/me/precious.vdi"
    box.play(machines=json.dumps(machines))
    assert "/home/me/precious.vdi, which would be deleted" in box.vbox("--remove", status=1)
    del machines["longjump"]["media"]["IDE-0-0"]
    box.play(machines=json.dumps(machines))
    box.calls()
    assert '"longjump" is removed' in box.vbox("--remove")
    assert box.calls("unregistervm") == [["unregistervm", "longjump", "--delete"]]
    assert box.machines() == {}


def test_a_guru_meditation_is_put_into_words(box, kernel):
    program = kernel("ud2", "wrong: jmp wrong")
    box.play(ends="gurumeditation", log=GURU.format(at=0x200002))
    said = box.vbox("--kernel", program, status=1)
    assert "a triple fault at RIP 0x200002 in wrong" in said
    assert box.machines()["longjump"]["state"] == "poweroff", "it would stay, and nobody see it"
    assert "the instruction there is: ud2\n" in said
    box.play(log=RING0)
    said = box.vbox("--kernel", program, status=1)
    assert "VERR_VMM_RING0_ASSERTION\n" in said and "is not to blame" in said
    assert "the check that failed in VirtualBox: pVCpu->hm.s.fLeaveDone\n" in said
    box.play(log="!! VCPU0: Guru Meditation -1234 (VERR_SOMETHING)\n")
    assert "stopped the machine: VERR_SOMETHING" in box.vbox("--kernel", program, status=1)
    box.play(ends="aborted")
    assert "VirtualBox itself has failed" in box.vbox(status=1)


def test_what_the_log_does_not_say_is_not_made_up():
    assert meditation("") == Meditation()
    assert meditation("rip=1 Guru Meditation 1155 (VINF_EM_TRIPLE_FAULT)").at is None
    guest = "Guest CPUM (VCPU 0) state:\neip=001010f4 esp=00007c00"
    assert meditation(f"Guru Meditation 1155 (X)\n{guest}").at == 0x1010F4
    host = "!! Host registers\nrip=ffffffffc0801234"
    assert meditation(f"Guru Meditation -2700 (X)\n{host}\n{guest}") == Meditation("X", 0x1010F4)
    assert meditation(f"Guru Meditation -2700 (X)\n{host}") == Meditation("X")
    second = "Guest CPUM (VCPU 1) state:\r\nrip=00000000002000aa rsp=0\r\n"
    log = f"!! VCPU1: Guru Meditation 1155 (X)\r\n{guest}\r\n{second}"
    assert meditation(log) == Meditation("X", 0x2000AA)
    unknown = "Unknown Status -1602 (0xfffff9be)"
    assert meditation(f"!! VCPU0: Guru Meditation -1602 ({unknown})\n") == Meditation(unknown)


def test_cpus_and_a_screen_that_the_bios_lacks_are_given(box):
    box.vbox("--cpus", "4", "--options", "-video=1920x1080x32,any")
    machine = box.machines()["longjump"]
    assert machine["settings"]["cpus"] == ["4"] and machine["settings"]["vram"] == ["16"]
    assert machine["extra"]["CustomVideoMode1"] == "1920x1080x32"
    box.vbox("--options", "-video=3840x2160")
    machine = box.machines()["longjump"]
    assert machine["extra"]["CustomVideoMode1"] == "3840x2160x32"
    assert int(machine["settings"]["vram"][0]) * 2**20 > 3840 * 2160 * 4
    box.vbox("--options", "-video=1024x768")
    assert "CustomVideoMode1" not in box.machines()["longjump"]["extra"]
    for number in ("0", "65", "many"):
        assert "a number from 1 to 64" in box.vbox("--cpus", number, status=2)


def test_a_machine_with_uefi_gets_its_firmware_and_the_screen_from_it(box):
    box.vbox("--efi", "--options", "-video=1440x900")
    machine = box.machines()["longjump"]
    assert machine["settings"]["firmware"] == ["efi64"]
    assert machine["extra"]["VBoxInternal2/EfiGraphicsResolution"] == "1440x900"
    assert "CustomVideoMode1" not in machine["extra"]
    box.vbox()
    machine = box.machines()["longjump"]
    assert machine["settings"]["firmware"] == ["bios"]
    assert [*machine["extra"]] == ["Longjump/made"]


def test_kvm_that_is_in_the_way_is_reported_with_the_fix(box):
    for name, module in (("VMX_IN_VMX_ROOT_MODE", "kvm_intel"), ("SVM_IN_USE", "kvm_amd")):
        box.play(refuses=f"VT-x wird verwendet (VERR_{name}).\nDetails: code NS_ERROR_FAILURE")
        said = box.vbox(status=1)
        assert f"VERR_{name}" in said and f"{unload(module)}\n" in said
        assert "kvm.enable_virt_at_load=0" in said


@pytest.fixture
def machine():
    """A machine that is not asked for the version."""
    made = virtualbox.VirtualBox.__new__(virtualbox.VirtualBox)
    made.name = "longjump"
    return made


def answer_with(monkeypatch, output):
    def run(command, **_):
        return subprocess.CompletedProcess(command, 0, output, b"")

    monkeypatch.setattr(virtualbox.subprocess, "run", run)


@pytest.mark.parametrize(
    "output, state, folder",
    [
        (b'VMState="running"\nLogFldr="/l"\n', "running", b"/l"),
        (b'LogFldr="/l"\r\nVMState="gurumeditation"\r\n', "gurumeditation", b"/l"),
        (b'name="\xff"\nLogFldr="/l\xe9"\nVMState="aborted-saved"', "aborted-saved", b"/l\xe9"),
        (b'LogFldr="/my "own" logs"\nVMState="paused"\n', "paused", b'/my "own" logs'),
        (b'LogFldr="/a=b"\nVMState="starting"\nVMStateChangeTime="2"', "starting", b"/a=b"),
        (b'description="VMState"\nLogFldr=""\nVMState="stuck"\n', "stuck", b""),
    ],
)  # fmt: skip
def test_what_showvminfo_says_is_understood(monkeypatch, machine, output, state, folder):
    answer_with(monkeypatch, output)
    assert machine.state() == state
    assert os.fsencode(machine.told()["LogFldr"]) == folder


@pytest.mark.parametrize("output", [b"", b"\r\n", b'name="longjump"\n', b'VMState=""\n'])
def test_an_answer_without_a_state_is_not_followed_for_ever(monkeypatch, machine, output):
    answer_with(monkeypatch, output)
    with pytest.raises(Stop, match='does not report the state of "longjump"'):
        machine.state()
    assert machine.log() == "", "of the current folder"


@pytest.mark.parametrize(
    "output, exists",
    [
        ('"longjump" {1-2}\n', True),
        ('WARNING: x\n"other" {3}\n"longjump" {1-2}\n', True),
        ('"my "longjump" {1-2}" {3}\n', False),
        ('"not longjump" {1}\n"<inaccessible>" {2}\n', False),
        ("", False),
    ],
)
def test_only_a_machine_of_that_name_is_the_one(monkeypatch, machine, output, exists):
    monkeypatch.setattr(virtualbox, "run", lambda _: output)
    assert machine.exists() == exists


BUSY = "VBoxManage failed (1):\nerreur\nDetails: code VBOX_E_INVALID_{}_STATE (0x80bb0002)"
ENDINGS = {  # states in turn, and which answers to `poweroff` fail -> how often it was tried
    "starting": (["starting", "starting", "running", "stopping", "poweroff"], 2, 3),
    "stopping": (["stopping", "poweroff"], 1, 1),
    "paused": (["paused", "poweroff"], 0, 1),
    "gurumeditation": (["gurumeditation", "stopping", "aborted"], 0, 1),
    "aborted": (["aborted"], 0, 0),
}


@pytest.mark.parametrize("state", ENDINGS)
def test_a_machine_in_any_state_is_switched_off(monkeypatch, machine, state):
    states, failing, expected = ENDINGS[state]
    states, tries = [*states], []

    def run(command):
        tries.append(command)
        if len(tries) <= failing:
            raise Stop(BUSY.format("VM"))
        return ""

    monkeypatch.setattr(virtualbox, "run", run)
    monkeypatch.setattr(virtualbox.time, "sleep", lambda _: None)
    monkeypatch.setattr(machine, "state", lambda: states.pop(0) if states[1:] else states[0])
    machine.halt()
    assert len(tries) == expected


def test_what_cannot_be_switched_off_is_told(monkeypatch, machine):
    def run(_):
        raise Stop("VBoxManage failed (1):\nE_ACCESSDENIED (0x80070005)")

    monkeypatch.setattr(virtualbox, "run", run)
    monkeypatch.setattr(machine, "state", lambda: "running")
    with pytest.raises(Stop, match="E_ACCESSDENIED"):
        machine.halt()


@pytest.mark.parametrize(
    "name, words",
    [
        ("VERR_VM_DRIVER_NOT_INSTALLED", "vboxdrv, is not loaded"),
        ("VERR_VM_DRIVER_VERSION_MISMATCH", "of another version"),
        ("VERR_VMX_MSR_ALL_VMX_DISABLED", "switched off: switch it on in the host's"),
        ("VERR_SVM_DISABLED", "switched off: switch it on in the host's"),
    ],
)
def test_a_machine_that_cannot_start_is_told_why(name, words):
    told = virtualbox.reasons_in(f"\xabException\xbb ({name}).\nDetails: code NS_ERROR_FAILURE")
    assert len(told) == 1 and words in told[0]
    assert all(len(line) <= 100 for line in told[0].splitlines())


def test_a_virtualbox_that_falls_silent_is_not_followed_for_ever(monkeypatch):
    def run(command, **_):
        return subprocess.CompletedProcess(command, 1, b"", b"VBoxManage: error: \xff")

    monkeypatch.setattr(virtualbox.subprocess, "run", run)
    machine = virtualbox.VirtualBox.__new__(virtualbox.VirtualBox)
    machine.name = "longjump"
    with pytest.raises(Stop, match='does not report the state of "longjump"'):
        machine.state()


def test_what_virtualbox_says_is_understood_in_every_language(monkeypatch):
    machine = virtualbox.VirtualBox.__new__(virtualbox.VirtualBox)
    machine.name = "longjump"
    for answer in (
        "Wert: yes\n",
        "Valeur : yes\r\n",
        "\u5024\uff1ayes\n",
        "WARNING: x\nValue: yes",
    ):
        monkeypatch.setattr(virtualbox, "run", lambda _, answer=answer: answer)
        machine.check_ours()
    for answer in ("Kein Wert gesetzt!\n", "Wert: yes, sir\n"):
        monkeypatch.setattr(virtualbox, "run", lambda _, answer=answer: answer)
        with pytest.raises(Stop, match="left alone"):
            machine.check_ours()


def test_a_disc_that_virtualbox_does_not_boot_is_reported(box):
    box.play(says="", ends="", log="Guest Log: BIOS: CDROM boot failure code : 0009\n")
    running = begin(box)
    assert any("gives the code 0009" in line for line in running.stdout)


def begin(box):
    """The command on a machine that does not end; it is interrupted when it first says so."""
    command = [box.project.root / "build.sh", "--no-install", "vbox"]
    command += ["--output", box.home / "x.iso"]
    environment = {key: value for key, value in os.environ.items() if "DISPLAY" not in key}
    running = subprocess.Popen(
        command, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True,
        stdin=subprocess.DEVNULL, env={**environment, **box.environment},
    )  # fmt: skip
    lines = []
    for line in running.stdout:
        lines.append(line)
        if "gives the code" in line or "no output for" in line:
            running.send_signal(signal.SIGINT)
    assert running.wait(30) == 130 and lines[-1] == "ended by Ctrl-C\n", lines
    running.stdout = lines
    return running


def test_ctrl_c_switches_it_off(box):
    box.play(says="waiting\n", ends="")
    assert "waiting\n" in begin(box).stdout
    assert box.machines()["longjump"]["state"] == "poweroff"


def test_without_virtualbox_it_says_so(project, tmp_path, path_without):
    said = project.bad("vbox", "--output", tmp_path / "x.iso", PATH=path_without("VBoxManage"))
    assert "install VirtualBox" in said
    assert "64M or 4G" in project.bad("vbox", "--memory", "much", status=2)
    assert "cannot be the name" in project.bad("vbox", "--name", "--x", status=2)
