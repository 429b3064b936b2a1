"""QEMU's GDB stub, as far as tests need it: stops the machine, and runs single CPUs.

Knows which packets do that; the line is the one that `debug` uses.
"""

import re
import socket
import time

from lib.gdb import PATIENCE, Stub


class Gdb(Stub):
    """A connection to the stub of a machine that was started with options(). CPUs count from 1, as
    the stub has it."""

    def __init__(self, path):
        line, deadline = socket.socket(socket.AF_UNIX), time.monotonic() + 20
        while line.connect_ex(str(path)) != 0 and time.monotonic() < deadline:
            time.sleep(0.05)
        super().__init__(line)
        self.ask("qSupported:multiprocess+")

    @staticmethod
    def options(path):
        """QEMU's arguments for a machine that waits for us at a path before its first
        instruction."""
        return ["-S", "-gdb", f"unix:{path},server=on,wait=off"]

    def run_to(self, address):
        """Lets all CPUs run until one of them is at an address; returns its number."""
        self.ask_all([f"Z1,{address:x},1"])
        stopped = self.ask("vCont;c")
        self.ask_all([f"z1,{address:x},1"])
        return int(re.search(r"thread:p\d+\.(\d+)", stopped)[1])

    def run_alone(self, cpu, until):
        """Runs one CPU until a function returns, with all others stopped."""
        self.send(f"vCont;c:p1.{cpu}")
        until()
        self.interrupt()

    def interrupt(self):
        """Stops the running machine."""
        self.line.sendall(b"\x03")
        assert self.answer(PATIENCE)

    def step(self, cpu):
        """Executes one instruction on one CPU."""
        self.ask(f"vCont;s:p1.{cpu}")
