"""Boots one image in a real QEMU and reports how that ended.

Knows QEMU, its media and its monitor; knows nothing of Longjump. Everything a test learns here
comes from outside the guest: registers, memory and pixels are read through QMP, so no kernel's own
claims are relied on.
"""

import contextlib
import dataclasses
import os
import pathlib
import re
import shlex
import subprocess
import time

import paging
import screen
from lib import qemu

QEMU = "qemu-system-x86_64"
LIMIT = 60.0

_CD = "-drive if=none,id=medium,media=cdrom,readonly=on,format=raw,file={file}"
_DISK = "-drive if=none,id=medium,snapshot=on,format=raw,file={file}"

# medium -> machine type, drive, devices (the last holds the drive); each is what a user may have.
MEDIA = {
    "cd-ide": ("pc", _CD, ["ide-cd,bus=ide.1"]),
    "cd-isa": ("isapc", _CD, ["ide-cd,bus=ide.1"]),
    "cd-ahci": ("q35", _CD, ["ide-cd,bus=ide.2"]),
    "cd-scsi": ("pc", _CD, ["lsi53c895a,id=scsi", "scsi-cd,bus=scsi.0"]),
    "cd-virtio-scsi": ("q35", _CD, ["virtio-scsi-pci,id=scsi", "scsi-cd,bus=scsi.0"]),
    "disk-ide": ("pc", _DISK, ["ide-hd,bus=ide.0"]),
    "disk-ahci": ("q35", _DISK, ["ide-hd,bus=ide.0"]),
    "disk-virtio": ("pc", _DISK, ["virtio-blk-pci"]),
    "usb-pc": ("pc", _DISK, ["qemu-xhci,id=usb", "usb-storage,bus=usb.0"]),
    "usb-xhci": ("q35", _DISK, ["qemu-xhci,id=usb", "usb-storage,bus=usb.0"]),
    "usb-ehci": ("q35", _DISK, ["usb-ehci,id=usb", "usb-storage,bus=usb.0"]),
}

# The same for an image that is a kernel, which QEMU itself loads.
DIRECT = {
    "kernel-pc": ("pc", "-kernel {file}", []),
    "kernel-q35": ("q35", "-kernel {file}", []),
    "kernel-microvm": ("microvm", "-kernel {file}", []),
}

# The same for a folder with files, which a network card loads: the first is its `start`.
_NET = "-netdev user,id=net,tftp={file},bootfile=start -device e1000,netdev=net,bootindex=0"
NETWORK = {"net-pc": ("pc", _NET, []), "net-q35": ("q35", _NET, [])}

# Nothing that could be booted except what a test adds.
BARE = {"bare-pc": ("pc", "", []), "bare-q35": ("q35", "", [])}

# Media that only UEFI starts from, or only there in this way.
UEFI_MEDIA = {
    "disk-nvme": ("q35", _DISK, ["nvme,serial=1"]),
    "disk-scsi": ("q35", _DISK, ["virtio-scsi-pci,id=scsi", "scsi-hd,bus=scsi.0"]),
}
OVMF = "/usr/share/OVMF/OVMF_CODE_4M.fd"


class QmpError(Exception):
    """QEMU refused a command, or is gone."""


class Qmp(qemu.Qmp):
    """The tool's own connection to QEMU, except that what QEMU refuses is an error."""

    def command(self, name, **arguments):
        """Returns QEMU's answer to one command."""
        try:
            reply = self.ask(name, **arguments)
        except qemu.Gone:
            raise QmpError(f"{name}: QEMU has closed its monitor") from None
        if "error" in reply:
            raise QmpError(f"{name}: {reply['error']['desc']}")
        return reply["return"]

    def poll(self, seconds):
        """Waits up to `seconds` for events; False once QEMU has closed the connection."""
        try:
            self.take(seconds)
        except qemu.Gone:
            return False
        return True


@dataclasses.dataclass(frozen=True)
class End:
    """How a boot ended: kind is exit (value: what the guest wrote to isa-debug-exit), reset,
    shutdown, panic, hang (the limit passed) or qemu-error (value: QEMU's own exit status)."""

    kind: str
    value: int = 0


class Unexpected(AssertionError):
    """The machine did not do what the test waited for; the text says what it did instead."""


class Machine:
    """A QEMU with one medium, running from the moment it is made until stop()."""

    def __init__(
        self,
        image,
        log,
        *,
        medium="cd-ide",
        memory=256,
        cpus=1,
        cpu="qemu64",
        debug_exit=True,
        vga="std",
        machine="",
        uefi=False,
        faults=None,
        extra=(),
    ):
        """Image and log are paths; faults, if given, is a configuration of QEMU's blkdebug."""
        self.log = pathlib.Path(log)
        self.log.mkdir(parents=True, exist_ok=True)
        self.ended = None
        self._heard = 0
        file = _escape(f"blkdebug:{faults}:{image}" if faults else str(image))
        self.qmp = Qmp()
        board, drive, devices = {**MEDIA, **DIRECT, **NETWORK, **BARE, **UEFI_MEDIA}[medium]
        command = [QEMU, "-nodefaults", "-no-user-config"]
        for option in (
            ("-machine", f"{board},accel=tcg{',' if machine else ''}{machine}"),
            ("-cpu", cpu),
            ("-smp", str(cpus)),
            ("-m", f"{memory}M"),
            () if board == "microvm" else ("-vga", vga),  # it has none
            ("-display", "none"),
            ("-serial", "stdio"),
            ("-chardev", "file,id=e9,path=" + _escape(self._path("e9.log"))),
            ("-device", "isa-debugcon,iobase=0xe9,chardev=e9"),
            self.qmp.arguments(),
            ("-action", "reboot=shutdown,shutdown=pause"),
            ("-d", "cpu_reset,guest_errors"),
            ("-D", self._path("cpu.log")),
            [word.format(file=file) for word in drive.split()],
        ):
            command += option
        if devices:
            devices = [*devices[:-1], devices[-1] + ",drive=medium,bootindex=0"]
        for device in devices:
            command += ["-device", device]
        if uefi:
            command += ["-drive", f"if=pflash,format=raw,unit=0,readonly=on,file={OVMF}"]
        if debug_exit:
            command += ["-device", "isa-debug-exit,iobase=0xf4,iosize=4"]
        command += extra
        (self.log / "command.txt").write_text(shlex.join(command) + "\n")
        with (
            open(self.log / "serial.log", "wb") as serial,
            open(self.log / "qemu.log", "wb") as errors,
        ):
            self.process = subprocess.Popen(
                command,
                stdin=subprocess.PIPE,
                stdout=serial,
                stderr=errors,
                pass_fds=[self.qmp.qemus_end.fileno()],
            )
        self._socket = self.qmp.line
        try:
            self.qmp.open()
        except qemu.Gone:
            self.qmp = None
            self.ended = End("qemu-error", self.process.wait(10))

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def _path(self, name):
        return str(self.log / name)

    def stop(self):
        """Ends QEMU, whatever state it is in."""
        if self.process.poll() is None:
            self.process.kill()
        self.process.wait()
        self.process.stdin.close()
        self._socket.close()

    # ---- what the guest says ---------------------------------------------------------------------

    def serial(self):
        """The output of COM1 so far."""
        return (self.log / "serial.log").read_bytes().decode("latin-1")

    def debugcon(self):
        """The output of port 0xE9 so far."""
        path = self.log / "e9.log"
        return path.read_bytes().decode("latin-1") if path.exists() else ""

    def wait_serial(self, text, limit=LIMIT):
        """Waits until COM1 prints the text, after what the last such call found; returns the output
        up to it."""
        deadline = time.monotonic() + limit
        while True:
            is_over = self.ended is not None or not self._watch(0.02)
            said = self.serial()
            found = said.find(text, self._heard)
            if found >= 0:
                start, self._heard = self._heard, found + len(text)
                return said[start : self._heard]
            if is_over or time.monotonic() > deadline:
                if not is_over:
                    self.ended = End("hang")
                raise Unexpected(f"COM1 never said {text!r}\n{self.report()}")

    def wait_end(self, limit=LIMIT):
        """Waits until the boot ends and tells how."""
        deadline = time.monotonic() + limit
        while self.ended is None and time.monotonic() < deadline:
            self._watch(0.2)
        if self.ended is None:
            self.ended = End("hang")
        return self.ended

    def expect_end(self, kind, value=0, limit=LIMIT):
        """Asserts how the boot ends."""
        end = self.wait_end(limit)
        if end != End(kind, value):
            raise Unexpected(
                f"the boot should end in {End(kind, value)}, but ended in {end}\n{self.report()}"
            )

    def _watch(self, seconds):
        """Waits a moment for events from QEMU; True while the guest runs."""
        if self.ended is not None:
            return False
        is_there = self.qmp.poll(seconds)
        for event in self.qmp.events:
            if event["event"] == "SHUTDOWN" and event["data"]["guest"]:
                reason = event["data"]["reason"].removeprefix("guest-")
                self.ended = End(reason if reason in ("reset", "shutdown", "panic") else "shutdown")
            elif event["event"] == "GUEST_PANICKED":
                self.ended = End("panic")
        if self.ended is None and not is_there:
            status = self.process.wait(10)
            # isa-debug-exit ends QEMU with (value << 1) | 1; QEMU's own failures are 1 and signals
            # are negative.
            self.ended = (
                End("exit", status >> 1) if status > 1 and status & 1 else End("qemu-error", status)
            )
        return self.ended is None

    # ---- what a user does ------------------------------------------------------------------------

    def type(self, text, through="keyboard"):
        """Types text on the PS/2 keyboard, or sends it down the serial line."""
        if through == "serial":
            self.process.stdin.write(text.encode())
            self.process.stdin.flush()
            return
        for character in text:
            keys = [{"type": "qcode", "data": code} for code in screen.key_codes(character)]
            self.qmp.command("send-key", keys=keys, **{"hold-time": 10})
            time.sleep(0.03)

    def hold(self, key, down=True):
        """Presses a key of the keyboard, once, and keeps it down; or lets it go."""
        event = {"type": "key", "data": {"down": down, "key": {"type": "qcode", "data": key}}}
        self.qmp.command("input-send-event", events=[event])

    def hold_until(self, key, text):
        """Keeps a key down until COM1 prints the text: presses it again and again, as keyboards do
        by themselves, since firmware resets them. False if the machine has ended before."""
        deadline = time.monotonic() + LIMIT
        while text not in self.serial() and time.monotonic() < deadline:
            if not self._watch(0.02):
                return False
            with contextlib.suppress(QmpError):  # it may be ending
                self.hold(key)
        self.wait_serial(text)
        self.hold(key, False)
        return True

    # ---- what the machine is like ----------------------------------------------------------------

    def monitor(self, line):
        """Answers one line of QEMU's human monitor."""
        return self.qmp.command("human-monitor-command", **{"command-line": line})

    def memory(self, address, size):
        """Reads guest-physical memory."""
        path = self.log / "memory.bin"
        self.qmp.command("pmemsave", val=address, size=size, filename=str(path))
        data = path.read_bytes()
        path.unlink()
        return data

    def registers(self, cpu=0):
        """A CPU's registers by their lower-case names; segments and tables as Segment."""
        words = {"command-line": "info registers", "cpu-index": cpu}
        return parse_registers(self.qmp.command("human-monitor-command", **words))

    def page_tables(self):
        """The mappings that CPU 0's page tables make, merged; see paging.Mapping."""
        registers = self.registers()
        return paging.walk(self.memory, registers["cr3"], registers["cr4"], registers["efer"])

    def screen_text(self):
        """The 80x25 characters of VGA text memory, one line each, without trailing blanks."""
        return screen.text_of_memory(self.memory(0xB8000, 80 * 25 * 2))

    def screenshot(self, name="screen.ppm"):
        """Takes a picture of the screen as it is displayed; returns it as screen.Picture."""
        path = self.log / name
        self.qmp.command("screendump", filename=str(path))
        return screen.read_ppm(path.read_bytes())

    def screenshot_text(self, cell_width=None):
        """The text that the displayed pixels show, read with the font of the machine's own VGA
        BIOS."""
        font = screen.find_font(self.memory(0xC0000, 0x10000))
        picture = self.screenshot()
        return screen.text_of_picture(picture, font, cell_width or screen.cell_width(picture))

    def report(self):
        """What a developer wants to know about a failed boot; also left in the log folder."""
        said = self.serial().splitlines()[-25:]
        parts = [f"end: {self.ended}", f"log: {self.log}", "last lines of COM1:", *said]
        if self.process.poll() is None and self.qmp is not None:
            try:
                self.screenshot()
                parts += ["screen:", *self.screen_text().splitlines()]
                parts.append(self.monitor("info registers").split("FCW=")[0])
            except QmpError as error:
                parts.append(f"QEMU would not tell more: {error}")
        else:
            parts += ["QEMU said:", (self.log / "qemu.log").read_text(errors="replace")]
        text = "\n".join(parts)
        (self.log / "report.txt").write_text(text)
        return text


class Prompt:
    """A machine at a prompt, started again when a case has ended the one before. `start` starts the
    first, the second and so on, by their number."""

    def __init__(self, start):
        self.start, self.count, self.machine = start, 0, None

    def ready(self):
        """The machine, waiting for words."""
        if self.machine is None or self.machine.ended is not None:
            self.close()
            self.count += 1
            self.machine = self.start(self.count)
        return self.machine

    def close(self):
        """Stops the machine."""
        if self.machine is not None:
            self.machine.stop()


@dataclasses.dataclass(frozen=True)
class Segment:
    """A segment register with what the CPU has cached of its descriptor (flags: its upper four
    bytes)."""

    selector: int
    base: int
    limit: int
    flags: int


def parse_registers(text):
    """Turns `info registers` into a dictionary."""
    registers: dict = {}
    for name, value in re.findall(
        r"\b([ER][A-Z0-9]{1,2}|CR[0-9]|EFER|DR[0-7]|MXCSR)=([0-9a-f]+)", text
    ):
        name = name.lower() if name == "EFER" else re.sub("^E", "R", name).lower()
        registers[{"rfl": "rflags"}.get(name, name)] = int(value, 16)
    pattern = r"\b([CDEFGS]S|TR|LDT) *=([0-9a-f]{4}) ([0-9a-f]{8,16}) ([0-9a-f]{8}) ([0-9a-f]{8})"
    for name, selector, base, limit, flags in re.findall(pattern, text):
        registers[name.lower()] = Segment(
            int(selector, 16), int(base, 16), int(limit, 16), int(flags, 16)
        )
    for name, base, limit in re.findall(r"\b(GDT|IDT)= *([0-9a-f]{8,16}) ([0-9a-f]{8})", text):
        registers[name.lower()] = Segment(0, int(base, 16), int(limit, 16), 0)
    registers["is_halted"] = "HLT=1" in text
    return registers


def _escape(path):
    """QEMU's option syntax writes a comma within a value twice."""
    return path.replace(",", ",,")
