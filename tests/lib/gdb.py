"""QEMU's GDB stub, as far as tests need it: stops the machine, and lets single CPUs of it run.

Knows GDB's remote protocol (GDB manual, appendix E); knows nothing of what runs in the machine.
"""

import re
import socket
import time


class Gdb:
    """A connection to the stub of a machine that was started with options(). CPUs count from 1, as
    the stub has it."""

    def __init__(self, path):
        self.connection, self.pending = socket.socket(socket.AF_UNIX), b""
        deadline = time.monotonic() + 20
        while self.connection.connect_ex(str(path)) != 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        self.connection.settimeout(60)
        self.command("qSupported:multiprocess+")

    @staticmethod
    def options(path):
        """QEMU's words for a machine that waits for us at a path before its first instruction."""
        return ["-S", "-gdb", f"unix:{path},server=on,wait=off"]

    def command(self, words):
        """Sends a command and returns the answer: for one that lets CPUs run, why they stopped."""
        self.send(words)
        return self.answer()

    def send(self, words):
        """Sends a command, and does not wait."""
        self.connection.sendall(b"$%s#%02x" % (words.encode(), sum(words.encode()) & 0xFF))

    def answer(self):
        """The answer to the last command."""
        while not (found := re.search(rb"\$([^#]*)#..", self.pending)):
            data = self.connection.recv(4096)
            assert data, "QEMU has hung up"
            self.pending += data
        self.pending = self.pending[found.end() :]
        self.connection.sendall(b"+")
        return found[1].decode()

    def run_to(self, address):
        """Lets all CPUs run until one of them is at an address; returns its number."""
        assert self.command(f"Z1,{address:x},1") == "OK"
        stopped = self.command("vCont;c")
        assert self.command(f"z1,{address:x},1") == "OK"
        return int(re.search(r"thread:p\d+\.(\d+)", stopped)[1])

    def run_alone(self, cpu, until):
        """Lets one CPU run until a function returns, all others standing still."""
        self.send(f"vCont;c:p1.{cpu}")
        until()
        self.interrupt()

    def interrupt(self):
        """Stops the machine that was sent running."""
        self.connection.sendall(b"\x03")
        self.answer()

    def step(self, cpu):
        """One instruction of one CPU."""
        self.command(f"vCont;s:p1.{cpu}")
