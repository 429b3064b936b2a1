#!/usr/bin/env python3
# debug - boots the image and stops at the kernel's first instruction, with gdb
"""The command `debug`: gdb on a machine that is stopped at _start; or a log of faults."""

import contextlib
import functools
import os
import shlex
import signal
import subprocess
import threading
from pathlib import Path

from image import OPTIONS, read_config
from lib.bundle import exit_of
from lib.direct import words_of_disc
from lib.isolinux import isolinux_cfg
from lib.entry import is_64_bit, line_for_gdb, run_to_entry
from lib.project import BUILD, Stop, Voice, made, need, say, shown, start
from lib.qemu import Gone
from lib.qemu_log import FEWER
from lib.session import Session
from lib.symbols import place
from lib.trace import faults_in_words
from lib.words import Option, Command
from lib.terminal import NOBODY
from run import DIRECT, MACHINE, choose_way, choose_window

COMMAND = Command(
    "debug",
    """
Makes the image (none with --direct), boots it in QEMU, stops the machine at the kernel's first
instruction, and starts gdb there. The CPU is then in 64-bit mode, the kernel's symbols are loaded
(also if -kaslr has moved the kernel), and you can set breakpoints. When gdb ends, QEMU ends.

With --trace there is no gdb: the kernel runs to its end, and every interrupt and exception from its
first instruction on is logged to a file, with all registers. Finally the last exceptions are
explained.
""",
    (
        *OPTIONS,
        DIRECT,
        *MACHINE,
        Option("--no-gdb", "", "prints the command that starts gdb, and waits"),
        Option("--port", "NUMBER", "where gdb finds QEMU (1234, or another if that is taken)"),
        Option("--trace", "", "logs interrupts, exceptions and resets instead"),
        Option("--log", "FILE", "where --trace writes them (build/trace.log)"),
    ),
    (
        "./build.sh debug",
        "./build.sh debug --direct --kernel my.elf --options '-kaslr'",
        "./build.sh debug --kernel my.elf --no-gdb",
        "./build.sh debug --trace --kernel my.elf",
    ),
    rest="ARGUMENT OF QEMU",
)


class Debugged(Session):
    """A machine in gdb. It may stay stopped for as long as the user likes."""

    LOGGED = FEWER  # until the kernel's start, since that part is not used

    def _listen(self, cpus):
        """Prints nothing: gdb may have stopped the machine."""


LONGEST = 65536  # bytes of a line of a log, at most


def debug(given):
    """Debugs the kernel of these words; returns the status."""
    port = given.port or "1234"
    if not port.isdecimal() or not 0 < int(port) < 65536:
        raise Stop(f'debug: --port must be a number from 1 to 65535, not "{port}"', 2)
    kernel = Path(given.kernel or BUILD / "kernel.elf")
    check_place(given)
    disc, command = choose_way(given)
    if disc.fill:
        disc.fill()
    if not given.trace and not is_64_bit(kernel):
        raise Stop(
            f"{shown(kernel)} is not a 64-bit ELF file. gdb cannot follow a kernel from 32 into 64"
            " bits;\nto see its faults: ./build.sh debug --trace"
        )
    if not (given.no_gdb or given.trace):
        need("debug", install=not given.no_install)
    line = line_for_gdb(int(port))
    port = line.getsockname()[1]
    window = choose_window(given)
    log = Path(given.log or BUILD / "trace.log").absolute()
    served = f"socket,id=gdb-line,fd={line.fileno()},server=on,wait=off"
    command += ["-S", "-chardev", served, "-gdb", "chardev:gdb-line"]
    leaves = exit_of(made("longjump.elf").read_bytes()) if given.direct else None
    session = (Session if given.trace else Debugged)(
        command, given.rest, window, disc.file, log=log if given.trace else None, kernel=kernel,
        modules=disc.modules,
    )  # fmt: skip
    say(f"  boot     {shown(disc.path)} in QEMU, up to the kernel's first instruction")
    if given.trace:
        return trace(machine_at_entry(session, kernel, line, leaves, given.uefi), kernel, log)
    with machine_at_entry(session, kernel, line, leaves, given.uefi) as (qemu, slide), told(
        session
    ):
        return attach(given, kernel, port, slide, qemu)


def check_place(given):
    """Stops if the kernel's address is random and cannot be found out."""
    if not given.uefi:
        return
    words, _reason = words_of_disc(isolinux_cfg(read_config(given)))
    if "-kaslr" in words.split():
        raise Stop("debug: --uefi cannot find a kernel that -kaslr moves; leave one of them out", 2)


class machine_at_entry:
    """A context with a QEMU that is stopped where the kernel begins, and ended on leaving; gives
    the process and the kernel's slide."""

    def __init__(self, session, kernel, line, leaves, uefi):
        self.session, self.kernel, self.line = session, kernel, line
        self.leaves, self.uefi = leaves, uefi  # run_to_entry()

    def __enter__(self):
        # In a separate session, so that Ctrl-C reaches only gdb.
        self.session.start(NOBODY, [self.line], start_new_session=True)
        qemu, port = self.session.machine.qemu, self.line.getsockname()[1]
        self.line.close()  # QEMU has it now
        try:
            return qemu, run_to_entry(self.session, self.kernel, port, self.leaves, self.uefi)
        except (Gone, ConnectionError):
            self.__exit__()
            raise Stop(f"QEMU ended, with status {qemu.returncode}") from None
        except BaseException:
            self.__exit__()
            raise

    def __exit__(self, *error):
        self.session.status = 0
        self.session.stop()


@contextlib.contextmanager
def told(session):
    """While gdb runs, prints how the machine ended, as `run` does: gdb only reports that it did."""

    def watch():
        with contextlib.suppress(Gone, SystemExit):
            session.watch()

    thread = threading.Thread(target=watch)
    thread.start()
    try:
        yield
    finally:
        session.interrupted = True
        thread.join()


def attach(given, kernel, port, slide, qemu):
    """Starts gdb, or prints how to; returns the status when it has ended."""
    symbols = shlex.quote(str(kernel.absolute()))
    moved = f", moved by {slide:#x}" if slide else ""
    say(f"  stopped  at the kernel's first instruction{moved}")
    command = ["gdb", "-q", "-ex", f"symbol-file -o {slide:#x} {symbols}"]
    command = command if slide else ["gdb", "-q", str(kernel.absolute())]
    command += ["-ex", f"target remote 127.0.0.1:{port}"]
    if not given.no_gdb:
        Voice.show(command)
        signal.signal(signal.SIGINT, signal.SIG_IGN)  # it is for gdb, which then stops the machine
        return subprocess.run(
            [*command, "-ex", "set confirm off"], preexec_fn=restore_ctrl_c, check=False
        ).returncode
    say(f"\n    {shlex.join(command)}\n\nQEMU waits; Ctrl-C ends it")
    try:
        return qemu.wait()
    except KeyboardInterrupt:
        return 130


def restore_ctrl_c():
    signal.signal(signal.SIGINT, signal.SIG_DFL)


def trace(at_entry, kernel, log):
    """Runs the kernel with every interrupt logged, and prints the last exceptions; returns 0."""
    session = at_entry.session
    with at_entry as (_qemu, slide):
        begin = log.stat().st_size if log.exists() else 0
        qmp = session.machine.qmp
        qmp.command("human-monitor-command", **{"command-line": "log int,cpu_reset"})
        session.machine.go()
        try:
            session.watch()
        except Gone:
            pass
        except KeyboardInterrupt:
            say("ended by Ctrl-C")
    with open(log, encoding="latin-1") as file:
        file.seek(begin)
        lines = iter(functools.partial(file.readline, LONGEST), "")
        for line in faults_in_words(lines, functools.partial(place, kernel, slide=slide)):
            say(line)
    say(f"the log, with all registers: {shown(log)}, {os.path.getsize(log) // 1024} KiB")
    return 0


if __name__ == "__main__":
    start(lambda words: debug(COMMAND.read(words)))
