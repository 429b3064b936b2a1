"""virtualbox.py - a virtual machine of VirtualBox, through VBoxManage of versions 5 to 7.

Knows VBoxManage's output and VirtualBox's log; knows nothing of kernels.
"""

import os
import re
import subprocess
import time
from pathlib import Path
from typing import Optional

from lib.kvm import NAMES, unload
from lib.project import Stop, run
from lib.record import dataclass
from lib.rights import as_root

OURS = "Longjump/made"  # a mark in the machine's settings
CUSTOM_MODE = "CustomVideoMode1"  # of the BIOS
EFI_MODE = "VBoxInternal2/EfiGraphicsResolution"  # that UEFI sets
OFF = ("poweroff", "saved", "aborted", "aborted-saved", "teleported")
ENDED = (*OFF, "gurumeditation", "stuck")
PATIENCE = 15  # seconds in which VirtualBox must release a machine
BIOS_MODES = (  # the usual ones of the BIOS of versions 6 and 7
    (320, 200), (640, 400), (640, 480), (800, 600), (1024, 768), (1152, 864), (1280, 1024),
    (1400, 1050), (1440, 900), (1600, 1200),
)  # fmt: skip
LEAST_SCREEN = 16  # MiB for the screen

# VirtualBox's errors -> what they mean. Their names are the same in all languages.
KVM_IN_THE_WAY = """\
KVM holds the CPU's virtualization, so VirtualBox cannot run. End all virtual machines of KVM, and
unload it:
{unload}
Since Linux 6.12 KVM holds it as soon as it is loaded; kvm.enable_virt_at_load=0 on the command line
of the host's kernel prevents that."""
REASONS = {
    **{error: KVM_IN_THE_WAY.format(unload=unload(name)) for name, error in NAMES.items()},
    "VERR_VMM_RING0_ASSERTION": """\
VirtualBox's part in the host's kernel found an error in itself and gave up. That is a defect of
VirtualBox, or it is not compatible with the host's kernel or with another hypervisor; the kernel
that ran in the machine is not to blame. Update VirtualBox and its modules (vboxconfig).""",
    **dict.fromkeys(
        (
            "VERR_VM_DRIVER_NOT_INSTALLED",
            "VERR_VM_DRIVER_NOT_ACCESSIBLE",
            "VERR_VM_DRIVER_LOAD_ERROR",
            "VERR_VM_DRIVER_OPEN_ERROR",
            "VERR_VM_DRIVER_VERSION_MISMATCH",
            "VERR_SUPLIB_OWNER_NOT_ROOT",
        ),
        f"""\
VirtualBox's part in the host's kernel, vboxdrv, is not loaded or is of another version:
{as_root("modprobe", "vboxdrv")}
If there is no such module, install the headers of the host's kernel; then
{as_root("vboxconfig")}""",
    ),
    **dict.fromkeys(
        (
            "VERR_VMX_NO_VMX",
            "VERR_VMX_MSR_ALL_VMX_DISABLED",
            "VERR_VMX_MSR_VMX_DISABLED",
            "VERR_VMX_MSR_VMXON_DISABLED",
            "VERR_SVM_NO_SVM",
            "VERR_SVM_DISABLED",
        ),
        """\
The CPU's virtualization (VT-x, AMD-V) is missing or switched off: switch it on in the host's
firmware, or, if the host is a virtual machine itself, in that machine's settings.""",
    ),
    "VERR_EM_INTERNAL_DISAS_ERROR": """\
VirtualBox cannot read the next instruction: the kernel runs where there is no code.""",
    "VERR_IEM_INSTR_NOT_IMPLEMENTED": "VirtualBox cannot emulate this instruction.",
    "VERR_IEM_ASPECT_NOT_IMPLEMENTED": "VirtualBox cannot emulate what this instruction does here.",
}


class VirtualBox:
    """A machine of VirtualBox with this name, which may not exist yet."""

    def __init__(self, name):
        self.name = name
        version = re.search(r"^(\d+)\.\d+", self._manage("--version"), re.MULTILINE)
        if not version:
            raise Stop("VBoxManage does not say which version it is")
        self.is_new = int(version.group(1)) >= 7

    def _manage(self, *words):
        """Runs VBoxManage; returns its output."""
        try:
            return run(["VBoxManage", *words])
        except (FileNotFoundError, PermissionError):  # of a folder in PATH
            raise Stop(
                "there is no VBoxManage on this machine: install VirtualBox, from your system's"
                " packages or from https://www.virtualbox.org"
            ) from None

    def _manage_free(self, *words):
        """The same, for commands that fail until VirtualBox has released the machine."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._manage(*words)
            except Stop as stop:
                if not is_busy(stop) or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def exists(self):
        line = rf'^"{re.escape(self.name)}" \{{[0-9a-f-]+\}}\s*$'
        return re.search(line, self._manage("list", "vms"), re.MULTILINE) is not None

    def check_ours(self):
        """Stops if there is a machine of this name that we did not make."""
        answer = self._manage("getextradata", self.name, OURS)  # "Value: yes", in any language
        if not re.search(r"[:\uff1a]\s*yes\s*$", answer, re.MULTILINE):
            raise Stop(
                f'there is a virtual machine "{self.name}" that Longjump did not make, so it is'
                " left alone: choose another --name"
            )

    def told(self):
        """What VirtualBox reports about the machine: name -> value."""
        command = ["VBoxManage", "showvminfo", self.name, "--machinereadable"]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            self._stop_untold(done.stderr)
        # A folder's name may have bytes that are not UTF-8.
        text = done.stdout.decode("utf-8", "surrogateescape").replace("\r\n", "\n")
        return dict(re.findall(r'^"?([^"=\n]+)"?="?(.*?)"?$', text, re.MULTILINE))

    def _stop_untold(self, why):
        why = why.decode("utf-8", "replace").strip() or "VBoxManage showvminfo names none"
        raise Stop(f'VirtualBox does not report the state of "{self.name}":\n{why}')

    def state(self):
        state = self.told().get("VMState", "")
        if not state:
            self._stop_untold(b"")
        return state

    def make(self, memory, cpus, screen, disc, serial, is_efi=False):
        """Creates the machine, or resets its settings to these. `screen` is the size that its
        firmware must have, or None."""
        if self.exists():
            self.check_ours()
            self.halt()
        else:
            self._manage("createvm", "--name", self.name, "--ostype", "Other_64", "--register")
            self._manage("setextradata", self.name, OURS, "yes")
        audio = ["--audio-enabled", "off"] if self.is_new else ["--audio", "none"]
        mode = "--uart-mode1" if self.is_new else "--uartmode1"
        self._manage_free(
            "modifyvm", self.name, "--memory", str(memory), "--vram", str(memory_of(screen)),
            "--cpus", str(cpus), "--ioapic", "on", "--x2apic", "on", "--rtcuseutc", "on",
            "--firmware", "efi64" if is_efi else "bios", "--graphicscontroller", "vboxvga",
            "--boot1", "dvd", "--boot2", "disk", "--boot3", "none", "--boot4", "none", *audio,
            "--uart1", "0x3F8", "4", mode, "file", str(serial),
        )  # fmt: skip
        self._set_mode(CUSTOM_MODE, "{}x{}x32", None if is_efi or screen in BIOS_MODES else screen)
        self._set_mode(EFI_MODE, "{}x{}", screen if is_efi else None)
        if "IDE" not in (value for name, value in self.told().items()
                         if name.startswith("storagecontrollername")):  # fmt: skip
            self._manage("storagectl", self.name, "--name", "IDE", "--add", "ide",
                         "--controller", "PIIX4")  # fmt: skip
        # Without taking it out first, VirtualBox may serve the old contents of a rebuilt image.
        for medium in ("emptydrive", str(disc)):
            self._manage("storageattach", self.name, "--storagectl", "IDE", "--port", "1",
                         "--device", "0", "--type", "dvddrive", "--medium", medium)  # fmt: skip

    def _set_mode(self, key, words, screen):
        """Sets the size of a screen in the machine's settings, or removes it from them."""
        self._manage("setextradata", self.name, key, *([words.format(*screen)] if screen else []))

    def start(self, headless):
        try:
            self._manage_free("startvm", self.name, "--type", "headless" if headless else "gui")
        except Stop as stop:
            raise Stop("\n".join([str(stop), *reasons_in(str(stop))])) from None

    def halt(self):
        """Switches the machine off, in whatever state it is, and waits until it is."""
        deadline = time.monotonic() + PATIENCE
        told = False  # to switch it off
        while (state := self.state()) not in OFF and time.monotonic() < deadline:
            try:
                if not told:
                    self._manage("controlvm", self.name, "poweroff")
                told = True
            except Stop as stop:  # it is just starting, saving or stopping
                if not is_busy(stop) and self.state() not in OFF:
                    raise
            time.sleep(0.2)
        if state.endswith("saved"):
            self._manage_free("discardstate", self.name)

    def remove(self):
        """Deletes the machine, unless something would be lost."""
        self.check_ours()
        disks = [
            value
            for name, value in self.told().items()
            if re.search(r"-\d+-\d+$", name)
            and "ImageUUID" not in name
            and "/" in value
            and not value.endswith(".iso")
        ]
        if disks:
            raise Stop(f'"{self.name}" has a disk, {disks[0]}, which would be deleted with it:'
                       " detach that in VirtualBox first")  # fmt: skip
        self.halt()
        self._manage_free("unregistervm", self.name, "--delete")

    def log(self):
        """VirtualBox's log of the last start; "" if there is none."""
        folder = self.told().get("LogFldr", "")
        try:
            return Path(folder, "VBox.log").read_text("utf-8", "replace") if folder else ""
        except OSError:
            return ""


def is_busy(stop):
    """True if a command failed because the machine is in use or on its way to another state. Its
    messages are translated since 7.0; the names of the errors are not."""
    return re.search(r"VBOX_E_INVALID_(OBJECT|VM)_STATE", str(stop)) is not None


def memory_of(screen):
    """MiB of video memory that a screen of this size needs; None: the usual amount."""
    width, height = screen or (0, 0)
    return max(LEAST_SCREEN, -(-width * height * 4 >> 20) + 1)


def reasons_in(text):
    """Explanations of VirtualBox's errors whose names are in a text."""
    return [REASONS[name] for name in dict.fromkeys(re.findall(r"V(?:ERR|INF)_\w+", text))
            if name in REASONS]  # fmt: skip


@dataclass(frozen=True)
class Meditation:
    """What the log says about a guru meditation."""

    name: str = ""
    at: Optional[int] = None  # RIP or EIP
    instruction: str = ""  # there, in assembly
    failed: str = ""  # the assertion in VirtualBox that failed


def meditation(log):
    """Finds a guru meditation in the log. The host's registers may come before the guest's."""
    found = re.search(r"(?:VCPU(\d+): )?Guru Meditation -?\d+ \(([^\r\n]+)\)", log)
    if not found:
        return Meditation()
    guest = log.find(f"Guest CPUM (VCPU {found[1]})", found.end())
    guest = guest if guest >= 0 else log.find("Guest CPUM (VCPU", found.end())
    state = log[guest:] if guest >= 0 else ""
    place = re.search(r"\b[re]ip=([0-9a-f]{1,16})\b", state)
    code = re.search(
        r"\bCPUM\d*: [0-9a-f]{4}:[0-9a-f]{4,16} (?:[0-9a-f]{2} )+ *(\S[^\r\n]*)", state
    )
    failed = re.search(r"^(?:[\d:.]+ )?Expression: *([^\r\n]+)", log[found.end() :], re.MULTILINE)
    return Meditation(
        found.group(2),
        int(place.group(1), 16) if place else None,
        code.group(1).strip() if code else "",
        failed.group(1).strip() if failed else "",
    )


def boot_failure(log):
    """The code with which VirtualBox's BIOS refused to boot from the disc; "" if it did not."""
    found = re.search(r"CDROM boot failure code : (\w+)", log)
    return found.group(1) if found else ""


def append_new(path, begin, stream):
    """Copies what was appended to a file since `begin`; returns the file's end."""
    if not os.path.exists(path):
        return begin
    with open(path, "rb") as file:
        file.seek(begin)
        data = file.read()
    stream.write(data)
    stream.flush()
    return begin + len(data)
