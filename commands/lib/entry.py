"""entry.py - runs a machine in QEMU up to the first instruction of a kernel, and stops it there.

A CPU starts in 16-bit mode, and a debugger that connects early assumes that it stays in it. So we
connect before the debugger, set hardware breakpoints over gdb's remote protocol, and let the
machine run. Knows ELF's header, and where Longjump puts kernels.
"""

import contextlib
import socket
import struct
import time

from lib.gdb import Stub
from lib.project import Stop

TOP = 2**64 - 2**31  # where position-independent kernels are put: in the topmost 2 GiB,
STEP = 2**21  # a multiple of 2 MiB away from where they are linked
TIMER = 4 * 0x1C  # where the BIOS keeps the address of what is called at each tick of its clock
ROM = 0xC0  # upper byte of the segments in which the BIOS itself lies
LIMIT = 120  # seconds until _start

ET_DYN = 3


def is_64_bit(kernel):
    """Whether it is an ELF file of the 64-bit kind."""
    with open(kernel, "rb") as file:
        return file.read(5) == b"\x7fELF\x02"


def entry_of(kernel):
    """The address of an ELF file's first instruction, and whether it may be moved."""
    with open(kernel, "rb") as file:
        header = file.read(32)
    if header[:4] != b"\x7fELF" or len(header) < 32 or header[5] != 1:
        raise Stop(f"{kernel} is not an ELF file that a debugger can read")
    kind = struct.unpack_from("<H", header, 16)[0]
    return struct.unpack_from("<Q" if header[4] == 2 else "<I", header, 24)[0], kind == ET_DYN


def possible_entries(kernel, is_random=True):
    """Every address at which the kernel's first instruction can be when it runs; is_random: it may
    be moved anywhere."""
    entry, is_movable = entry_of(kernel)
    moved = range(TOP + entry % STEP, 2**64 if is_random else TOP + STEP, STEP)
    return list(dict.fromkeys([entry, *(moved if is_movable else ())]))


def line_for_gdb(wanted):
    """A socket that listens for gdb, on the wanted port, or on another one if that is taken. The
    port is ours from now on, so commands that start at the same time have different ones."""
    for port in (wanted, 0):
        line = socket.socket()
        line.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        with contextlib.suppress(OSError):
            line.bind(("127.0.0.1", port))
            line.listen()
            return line
        line.close()
    raise Stop("there is no free port on 127.0.0.1")


def is_in_rom(answer):
    """Whether the vector in this answer leads into the BIOS; False if it could not be read."""
    try:
        return bytes.fromhex(answer)[3] >= ROM
    except (ValueError, IndexError):
        return False


def run_to_entry(session, kernel, port, leaves=None, uefi=False):
    """Lets a machine, which QEMU has started stopped, run until the kernel's first instruction;
    returns how far the kernel has been moved. `leaves` is the address at which the loader is left,
    where that is known; otherwise UEFI or Syslinux started it. Under UEFI the breakpoints are there
    from the start, so they must be few: the kernel cannot be one that was moved at random."""
    session.open()
    entries, stub = possible_entries(kernel, not uefi), Stub.at(("127.0.0.1", port))
    stub.ask("?")
    if leaves is None and not uefi:
        _wait_for_syslinux(session, stub)
    elif leaves is not None:
        stub.ask_all([f"Z1,{leaves:x},1"])
        _go_on(session, stub)
        stub.ask_all([f"z1,{leaves:x},1"])
    stub.ask_all([f"Z1,{address:x},1" for address in entries])
    _go_on(session, stub)
    while (cpu := session.machine.cpus()[0]).is_64_bit != is_64_bit(kernel) or (
        uefi and not _is_left(session)
    ):
        _step_over(session, stub, cpu.at)  # somebody else's code, where the kernel will be
    stub.ask_all([f"z1,{address:x},1" for address in entries])
    stub.close()
    if cpu.at not in entries:
        raise Stop(f"the machine stopped at {cpu.at:#x}, which is not the kernel's beginning")
    return (cpu.at - entries[0]) % 2**64


def _is_left(session):
    """Whether the loader has reported the kernel's start: then the firmware is gone."""
    _listen(session)
    return session.loader.start is not None


def _step_over(session, stub, address):
    """Goes on from an instruction at which there is a breakpoint."""
    stub.ask_all([f"z1,{address:x},1"])
    stub.ask("s")
    stub.ask_all([f"Z1,{address:x},1"])
    _go_on(session, stub)


def _wait_for_syslinux(session, stub):
    """Lets the machine run until Syslinux releases the timer's interrupt, the last thing that it
    does. Breakpoints are set only then, since many of them make QEMU slow."""
    stub.ask_all([f"Z2,{TIMER:x},4"])
    is_hooked = False
    while True:
        _go_on(session, stub)
        is_ours = not is_in_rom(stub.ask(f"m{TIMER:x},4"))
        if is_hooked and not is_ours:
            break
        is_hooked = is_hooked or is_ours
    stub.ask_all([f"z2,{TIMER:x},4"])


def _go_on(session, stub):
    """Lets the machine run until it stops; returns why. Raises Stop if it ends first, or takes too
    long."""
    deadline = time.monotonic() + LIMIT
    stub.send("c")
    while (answer := stub.answer(0.5)) is None:
        if any(event["event"] == "SHUTDOWN" for event in _listen(session)):
            raise Stop("the machine ended before the kernel began; its output is above")
        if session.loader.refusal:
            raise Stop("the loader did not start the kernel; its reason is above")
        if time.monotonic() > deadline:
            raise Stop(f"the kernel's first instruction was not reached in {LIMIT} seconds")
    return answer


def _listen(session):
    """Takes in what the loader has said; returns QEMU's events."""
    events, messages = session.machine.wait(0)
    for message in messages:
        session.heard(message)
    return events
