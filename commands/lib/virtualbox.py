"""virtualbox.py - a virtual machine of VirtualBox, through VBoxManage of versions 5 to 7.

Knows the words of VBoxManage and what VirtualBox writes into its log; knows nothing of kernels.
"""

import os
import re
import subprocess
import time
from pathlib import Path

from lib.project import Stop, run

OURS = "Longjump/made"  # a mark in the machine's settings
OFF = ("poweroff", "saved", "aborted", "aborted-saved")
ENDED = (*OFF, "gurumeditation", "stuck")
PATIENCE = 15  # seconds until VirtualBox has let go of a machine


class VirtualBox:
    """A machine of VirtualBox with this name, whether it is there already or not."""

    def __init__(self, name):
        self.name = name
        version = re.search(r"^(\d+)\.\d+", self._manage("--version"), re.MULTILINE)
        if not version:
            raise Stop("VBoxManage does not say which version it is")
        self.is_new = int(version.group(1)) >= 7

    def _manage(self, *words):
        """What VBoxManage answers."""
        try:
            return run(["VBoxManage", *words])
        except FileNotFoundError:
            raise Stop(
                "there is no VBoxManage on this machine: install VirtualBox, from your system's"
                " packages or from https://www.virtualbox.org"
            ) from None

    def _manage_free(self, *words):
        """The same, for what can only be done once VirtualBox has let go of the machine."""
        deadline = time.monotonic() + PATIENCE
        while True:
            try:
                return self._manage(*words)
            except Stop as stop:
                # Its words are translated since 7.0; the name of the error is not.
                locked = "VBOX_E_INVALID_OBJECT_STATE" in str(stop)
                if not locked or time.monotonic() > deadline:
                    raise
                time.sleep(0.5)

    def exists(self):
        return f'"{self.name}" {{' in self._manage("list", "vms")

    def check_ours(self):
        """Stops if a machine of this name is somebody else's."""
        answer = self._manage("getextradata", self.name, OURS)  # "Value: yes", in any language
        if not re.search(r": yes\s*$", answer, re.MULTILINE):
            raise Stop(
                f'there is a virtual machine "{self.name}" that build.sh has not made, so it is'
                " left alone: choose another --name"
            )

    def told(self):
        """What VirtualBox tells of the machine, by name."""
        command = ["VBoxManage", "showvminfo", self.name, "--machinereadable"]
        done = subprocess.run(command, capture_output=True, check=False)
        if done.returncode != 0:
            why = done.stderr.decode("utf-8", "replace").strip()
            raise Stop(f'VirtualBox does not tell how "{self.name}" is:\n{why}')
        text = done.stdout.decode("utf-8", "replace")
        return dict(re.findall(r'^"?([^"=\n]+)"?="?([^"\n]*)"?$', text, re.MULTILINE))

    def state(self):
        return self.told().get("VMState", "")

    def make(self, memory, disc, serial):
        """Creates the machine, or resets its settings to these."""
        if self.exists():
            self.check_ours()
            self.halt()
        else:
            self._manage("createvm", "--name", self.name, "--ostype", "Other_64", "--register")
            self._manage("setextradata", self.name, OURS, "yes")
        audio = ["--audio-enabled", "off"] if self.is_new else ["--audio", "none"]
        mode = "--uart-mode1" if self.is_new else "--uartmode1"
        self._manage_free(
            "modifyvm", self.name, "--memory", str(memory), "--vram", "16", "--cpus", "1",
            "--ioapic", "on", "--firmware", "bios", "--graphicscontroller", "vboxvga",
            "--boot1", "dvd", "--boot2", "disk", "--boot3", "none", "--boot4", "none", *audio,
            "--uart1", "0x3F8", "4", mode, "file", str(serial),
        )  # fmt: skip
        if "IDE" not in (value for name, value in self.told().items()
                         if name.startswith("storagecontrollername")):  # fmt: skip
            self._manage("storagectl", self.name, "--name", "IDE", "--add", "ide",
                         "--controller", "PIIX4")  # fmt: skip
        for medium in ("emptydrive", str(disc)):  # else a rebuilt image may be served as it was
            self._manage("storageattach", self.name, "--storagectl", "IDE", "--port", "1",
                         "--device", "0", "--type", "dvddrive", "--medium", medium)  # fmt: skip

    def start(self, headless):
        self._manage_free("startvm", self.name, "--type", "headless" if headless else "gui")

    def halt(self):
        """Switches the machine off, in whatever state it is, and waits until it is."""
        state = self.state()
        if state.endswith("saved"):
            self._manage("discardstate", self.name)
        if state in OFF:
            return
        self._manage("controlvm", self.name, "poweroff")
        deadline = time.monotonic() + PATIENCE
        while self.state() not in OFF and time.monotonic() < deadline:
            time.sleep(0.2)

    def remove(self):
        """Takes the machine away, unless something would be lost."""
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
        try:
            return Path(self.told().get("LogFldr", ""), "VBox.log").read_text("utf-8", "replace")
        except OSError:
            return ""


def meditation(log):
    """What a guru meditation was about: its name, and the place (RIP or EIP), if the log has it.
    Before the guest's registers there may be those of the host."""
    found = re.search(r"Guru Meditation -?\d+ \((\w+)\)", log)
    if not found:
        return "", None
    guest = log.find("Guest CPUM (VCPU", found.end())
    place = re.search(r"\b[re]ip=([0-9a-f]{1,16})\b", log[guest:]) if guest >= 0 else None
    return found.group(1), int(place.group(1), 16) if place else None


def boot_failure(log):
    """The code with which VirtualBox's BIOS refused to boot from the disc; "" if it did not."""
    found = re.search(r"CDROM boot failure code : (\w+)", log)
    return found.group(1) if found else ""


def append_new(path, begin, stream):
    """Copies what has come to the end of a file since `begin`; returns where it ends now."""
    if not os.path.exists(path):
        return begin
    with open(path, "rb") as file:
        file.seek(begin)
        data = file.read()
    stream.write(data)
    stream.flush()
    return begin + len(data)
