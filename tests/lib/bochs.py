"""Boots a CD in Bochs, as a second opinion: with another BIOS, VGA BIOS and model of x86-64. Knows
Debian's Bochs."""

import contextlib
import os
import pathlib
import pty
import signal
import subprocess
import threading
import time

BIOS = "/usr/share/bochs/BIOS-bochs-latest"
VGA_BIOS = "/usr/share/bochs/VGABIOS-lgpl-latest"
LIMIT = 300.0

_CONFIG = """\
megs: {memory}
cpu: model={cpu}, count={cpus}, ips=50000000, reset_on_triple_fault=0
romimage: file={bios}
vgaromimage: file={vga_bios}
vga: extension=vbe
ata0: enabled=1, ioaddr1=0x1f0, ioaddr2=0x3f0, irq=14
ata0-master: type=cdrom, path="{image}", status=inserted
boot: {first}
{rom}
com1: enabled=1, mode=file, dev="{log}/serial.log"
port_e9_hack: enabled=1
sound: driver=dummy
speaker: enabled=0
display_library: {display}
clock: sync=none
log: "{log}/bochs.log"
panic: action=fatal, term=report
error: action=report
info: action=ignore
debug: action=ignore
"""


class Bochs:
    """A Bochs with a CD, running from the moment it is made until stop()."""

    def __init__(self, image, log, *, memory=64, cpus=1, cpu="corei7_sandy_bridge_2600k", rom=None):
        """`rom` is an option ROM that is booted before the CD."""
        self.log = pathlib.Path(log)
        self.log.mkdir(parents=True, exist_ok=True)
        (self.log / "serial.log").write_bytes(b"")
        (self.log / "commands").write_text("c\n")
        (self.log / "bochsrc").write_text(
            _CONFIG.format(
                memory=memory,
                cpus=cpus,
                cpu=cpu,
                bios=BIOS,
                vga_bios=VGA_BIOS,
                image=image,
                log=self.log,
                display="term",
                first="network, cdrom" if rom else "cdrom",
                rom=f"optromimage1: file={rom}, address=0xd0000" if rom else "",
            )
        )
        # Bochs needs a terminal for its display; its output is kept.
        self.terminal, end = pty.openpty()
        self.process = subprocess.Popen(
            ["bochs", "-q", "-f", self.log / "bochsrc", "-rc", self.log / "commands"],
            stdin=end,
            stdout=end,
            stderr=end,
            start_new_session=True,
            env={**os.environ, "TERM": "xterm"},
        )
        os.close(end)
        self.reader = threading.Thread(target=self._keep, daemon=True)
        self.reader.start()

    def __enter__(self):
        return self

    def __exit__(self, *error):
        self.stop()

    def stop(self):
        """Ends Bochs, and whatever it has started."""
        if self.process.poll() is None:
            os.killpg(self.process.pid, signal.SIGKILL)
        self.process.wait()
        self.reader.join()
        os.close(self.terminal)

    def _keep(self):
        """Copies what is drawn on the terminal until Bochs has closed it."""
        with open(self.log / "output.log", "wb") as output, contextlib.suppress(OSError):
            while drawn := os.read(self.terminal, 4096):
                output.write(drawn)

    def serial(self):
        """The output of COM1 so far."""
        return (self.log / "serial.log").read_bytes().decode("latin-1")

    def debugcon(self):
        """The output for programs, which with -onfault=exit is on COM1 as well."""
        return self.serial()

    def wait_serial(self, text, limit=LIMIT):
        """Waits until COM1's output has the text; returns all of it."""
        deadline = time.monotonic() + limit
        while text not in self.serial():
            is_over = self.process.poll() is not None
            if is_over and text in self.serial():
                break
            if is_over or time.monotonic() > deadline:
                raise AssertionError(
                    f"COM1 never said {text!r}; Bochs {'ended' if is_over else 'still runs'}\n"
                    f"log: {self.log}\n{self.serial()[-2000:]}\n{self._complaints()}"
                )
            time.sleep(0.1)
        return self.serial()

    def _complaints(self):
        path = self.log / "bochs.log"
        return path.read_text(errors="replace")[-2000:] if path.exists() else "no bochs.log"
