"""A medium that fails where and when a test says: a block device over a socket (NBD, the fixed
newstyle handshake and simple replies), from which a running machine reads. Knows nothing of what is
on it."""

import contextlib
import pathlib
import socket
import struct
import tempfile
import threading

SECTOR = 512
GREETING, OPTIONS, REPLY = 0x4E42444D41474943, 0x49484156454F5054, 0x3E889045565A9
REQUEST, ANSWER = 0x25609513, 0x67446698
EXPORT_NAME, ABORT, INFO, GO = 1, 2, 6, 7
ACKNOWLEDGE, INFORMATION, UNSUPPORTED = 1, 3, 1 << 31 | 1
READ, DISCONNECT = 0, 2
FLAGS = 1 | 2  # has flags; is read-only
EIO = 5


class Medium:
    """An image that QEMU reads as `name`; the sectors in `broken` cannot be read, and those in
    `weak` only after some attempts have failed."""

    def __init__(self, image):
        self.data = pathlib.Path(image).read_bytes()
        self.broken, self.weak = set(), {}
        self.failures = 0
        self._folder = tempfile.TemporaryDirectory()  # with a short name, as sockets need
        path = pathlib.Path(self._folder.name, "medium")
        self._listener = socket.socket(socket.AF_UNIX)
        self._listener.bind(str(path))
        self._listener.listen()
        self.name = f"nbd:unix:{path}"
        threading.Thread(target=self._listen, daemon=True).start()

    def close(self):
        """Accepts no more machines."""
        self._listener.shutdown(socket.SHUT_RDWR)
        self._listener.close()
        self._folder.cleanup()

    def _listen(self):
        with contextlib.suppress(OSError):
            while True:
                connection, _ = self._listener.accept()
                threading.Thread(target=self._serve, args=[connection], daemon=True).start()

    def _serve(self, connection):
        with connection, contextlib.suppress(EOFError, OSError):
            stream = connection.makefile("rwb", buffering=0)
            if self._shake_hands(stream):
                self._answer(stream)

    def _shake_hands(self, stream):
        stream.write(struct.pack(">QQH", GREETING, OPTIONS, 1))
        take(stream, 4)
        while True:
            _, option, size = struct.unpack(">QII", take(stream, 16))
            take(stream, size)

            def reply(kind, data=b""):
                stream.write(struct.pack(">QIII", REPLY, option, kind, len(data)) + data)

            if option == EXPORT_NAME:
                stream.write(struct.pack(">QH124x", len(self.data), FLAGS))
                return True
            if option == ABORT:
                return False
            if option in (INFO, GO):
                reply(INFORMATION, struct.pack(">HQH", 0, len(self.data), FLAGS))
                reply(ACKNOWLEDGE)
                if option == GO:
                    return True
            else:
                reply(UNSUPPORTED)

    def _answer(self, stream):
        while True:
            _, _, kind, handle, offset, size = struct.unpack(">IHH8sQI", take(stream, 28))
            if kind == DISCONNECT:
                return
            is_good = kind == READ and not self._fails(offset, size)
            stream.write(struct.pack(">II8s", ANSWER, 0 if is_good else EIO, handle))
            if is_good:
                stream.write(self.data[offset : offset + size])

    def _fails(self, offset, size):
        """Whether a read of this range fails; counts it."""
        sectors = range(offset // SECTOR, -(-(offset + size) // SECTOR))
        fails = not self.broken.isdisjoint(sectors)
        for sector in sectors:
            if self.weak.get(sector, 0) > 0:
                self.weak[sector] -= 1
                fails = True
        self.failures += fails
        return fails


def take(stream, size):
    """Reads exactly `size` bytes from a stream."""
    data = b""
    while len(data) < size:
        more = stream.read(size - len(data))
        if not more:
            raise EOFError
        data += more
    return data
