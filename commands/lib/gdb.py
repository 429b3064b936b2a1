"""gdb.py - a client for QEMU's gdb server: packets and their answers.

Knows gdb's remote protocol (GDB manual, appendix E); knows nothing of what runs in the machine.
"""

import select
import socket
import time

from lib.project import Stop
from lib.qemu import Gone

PATIENCE = 60  # seconds after which a server that does not answer counts as hung


def packet_in(data):
    """The first complete packet in these bytes, as text, and the bytes after it; else None."""
    begin = data.find(b"$")
    end = data.find(b"#", begin)
    if begin < 0 or end < 0 or len(data) < end + 3:
        return None
    return data[begin + 1 : end].decode("ascii", "replace"), data[end + 3 :]


class Stub:
    """A connection to QEMU's gdb server, over a connected socket."""

    def __init__(self, line):
        self.line, self.input = line, b""

    @classmethod
    def at(cls, address):
        """Connects to a server at a host and TCP port."""
        return cls(socket.create_connection(address))

    def close(self):
        self.line.close()

    def ask(self, text):
        """Sends a packet; returns the answer."""
        self.send(text)
        answer = self.answer(PATIENCE)
        if answer is None:
            raise Gone
        return answer

    def ask_all(self, texts):
        """Sends packets, all of which must be answered with OK."""
        for text in texts:
            self.send(text)
        for text in texts:
            if (answer := self.answer(PATIENCE)) != "OK":
                raise Stop(
                    f"QEMU cannot stop the machine at an address ({text}: {answer});"
                    " KVM allows very few, so do not use --kvm"
                )

    def send(self, text):
        packet = text.encode()
        self.line.sendall(b"$" + packet + b"#%02x" % (sum(packet) % 256))

    def answer(self, seconds):
        """The next packet, if one comes within the time; else None."""
        deadline = time.monotonic() + seconds
        while (found := packet_in(self.input)) is None:
            left = deadline - time.monotonic()
            if left < 0 or not select.select([self.line], [], [], left)[0]:
                return None
            data = self.line.recv(4096)
            if not data:
                raise Gone
            self.input += data
        answer, self.input = found
        self.line.sendall(b"+")
        return answer
