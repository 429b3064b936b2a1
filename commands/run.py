#!/usr/bin/env python3
# run - boots the image in QEMU
"""The command `run`: starts QEMU on the image, and says how it ended."""

import os
import signal
import subprocess
import sys
import tempfile
import termios

from image import OPTIONS, image
from lib.project import BUILD, Stop, Voice, need, say, shown, start
from lib.qemu import Gone, Patience, Qmp, read_cpus
from lib.source_lines import source_lines
from lib.words import Option, Command

MACHINE = (
    Option("--memory", "SIZE", "the machine's memory, such as 64M or 4G (256M)"),
    Option("--kvm", "", "runs on this machine's CPU, through /dev/kvm"),
)

COMMAND = Command(
    "run",
    """
Makes the image, then boots it in QEMU: in a window where there is a display, otherwise without.
The serial line is on the terminal either way. Ctrl-C ends it; so does a kernel that has halted
for good (`cli; hlt`), unless there is a window, which stays until it is closed. A machine that
resets is stopped as it is, so that its last screen can be read.

Ends with status 0 if the kernel halted or switched the machine off, or the window was closed;
with 1 if the machine reset, or the loader is back at its prompt and nobody can type there; with
130 after Ctrl-C; and otherwise with QEMU's own status.
""",
    (
        *OPTIONS,
        *MACHINE,
    ),
    (
        "./build.sh run",
        "./build.sh run --kernel my.elf --append 'verbose' --memory 2G",
        "./build.sh run -- -smp 4 -M q35 -d int -D exceptions.log",
    ),
    rest="ARGUMENT OF QEMU",
)

POLL = 0.5  # seconds between looks at the CPUs
SURE = 2.0  # seconds that a halt must last
QUIET = 10.0  # seconds without news, after which there is a word
REPORT = 16384  # bytes at the end of what was said that can hold the report of a fault


def run(given):
    """Boots the image that these words ask for; returns the status."""
    if given.kvm and not os.access("/dev/kvm", os.R_OK | os.W_OK):
        raise Stop("--kvm: /dev/kvm cannot be used; join the group kvm, or leave --kvm away")
    disc = image(given)
    need("run", install=not given.no_install)
    window = choose_window(given)
    sources = given.kernel or BUILD / "kernel.elf"
    return boot([*machine(given), "-cdrom", str(disc)], given.rest, window, shown(disc), sources)


def machine(given):
    """QEMU, with what these words say of the machine."""
    kvm = ["-accel", "kvm", "-cpu", "host"] if given.kvm else []
    return ["qemu-system-x86_64", "-m", given.memory or "256M", *kvm]


def boot(command, rest, window, name, sources=None):
    """Runs QEMU, in a window if that is to be had; returns the status of the command. A
    fault is told with lines of the source of the kernel `sources`."""
    with tempfile.TemporaryDirectory(prefix="run.", dir=BUILD) as folder:
        session = Session(command, rest, window, folder, sources)
        status = session.run(name)
        if not window or session.ran or can_open(window):
            return status
        say("no window can be opened on this display; booting without one")
        return Session(command, rest, "", folder, sources).run(name)


def choose_window(given):
    """The kind of window QEMU shall open; "" where there is to be none."""
    if not (os.environ.get("DISPLAY") or os.environ.get("WAYLAND_DISPLAY")):
        return ""
    if {"-display", "-nographic", "-curses", "-vnc", "-spice"} & set(given.rest):
        return ""
    try:
        need("window", install=not given.no_install)
    except Stop:
        say("QEMU cannot open a window; it boots without one")
        return ""
    kinds = subprocess.run(
        ["qemu-system-x86_64", "-display", "help"], capture_output=True, text=True, check=False
    ).stdout.split()
    return next(kind for kind in ("gtk", "sdl") if kind in kinds)


def can_open(window):
    """QEMU opens a window of this kind; tried with a machine that has nothing in it."""
    command = ["qemu-system-x86_64", "-machine", "none", "-nodefaults", "-display", window]
    words = '{"execute": "qmp_capabilities"}\n{"execute": "quit"}\n'
    tried = subprocess.run(
        [*command, "-qmp", "stdio"], input=words, capture_output=True, text=True, check=False
    )
    return tried.returncode == 0


class Session:
    """One run of QEMU: `command` is what the machine is, `rest` what the user adds to it."""

    STATUS = {"halt": 0, "off": 0, "reset": 1, "prompt": 1}
    STOPS = ("-no-reboot", "-no-shutdown")  # at its end it stops, and can be asked where it was
    INPUT = None  # what can be typed is typed on the terminal

    def __init__(self, command, rest, window, folder, sources=None):
        self.window = window
        self.sources = sources  # the kernel with its debug sections; None: once they are told
        self.serial = os.path.join(folder, "serial")
        self.log = os.path.join(folder, "log")
        self.qmp = Qmp()
        self.arguments = self._arguments(command, rest)
        self.ran = False  # QEMU came up
        self.interrupted = False  # by Ctrl-C
        self.status = None  # set when the end is known
        self.spoken = 0  # what was on the serial line when we last began a line

    def _arguments(self, command, rest):
        own, theirs = list(self.STOPS), {*command, *rest}
        if self.window:
            own += ["-display", self.window, "-monitor", "vc"]
        elif not {"-display", "-nographic", "-curses", "-vnc", "-spice"} & theirs:
            own += ["-display", "none"]
        if not {"-serial", "-nographic"} & theirs:
            log = self.serial.replace(",", ",,")
            own += ["-chardev", f"stdio,id=line,logfile={log}", "-serial", "chardev:line"]
        if not {"-d", "-D"} & theirs:
            own += ["-d", "cpu_reset", "-D", self.log]  # tells a triple fault from a reset
        return [*command, *own, *self.qmp.arguments(), *rest]

    def run(self, name):
        """Starts QEMU, watches it, and returns the status of the command."""
        ending = "close the window or press Ctrl-C" if self.window else "Ctrl-C"
        say(f"  boot     {name} in QEMU; {ending} to end")
        status = self._live()
        self._tell_sources()
        if self.interrupted:
            say("ended by Ctrl-C")
            return 130
        if self.status is None and status != 0:
            say(f"QEMU ended with status {status}")
        return status if self.status is None else self.status

    def _live(self):
        """QEMU, from its start to its end; its status."""
        Voice.show(self.arguments)
        signal.signal(signal.SIGINT, self._interrupt)
        terminal = terminal_settings()
        end = self.qmp.qemus_end.fileno()
        with subprocess.Popen(self.arguments, stdin=self.INPUT, pass_fds=[end]) as qemu:
            try:
                self.open()
                self.watch()
            except Gone:
                pass
            except BaseException:
                qemu.kill()
                raise
            finally:
                self.end(qemu)
                restore_terminal(terminal)
        self._new_line()
        return qemu.returncode

    def _interrupt(self, *_):
        """Ctrl-C reaches QEMU as well, but a signal from elsewhere may reach only us."""
        self.interrupted = True

    def end(self, qemu):
        """Waits for a QEMU that is going; ends one that is not."""
        try:
            if self.status is not None or self.interrupted:
                self.qmp.command("quit")
        except Gone:
            pass
        try:
            qemu.wait(5)
        except subprocess.TimeoutExpired:
            qemu.kill()

    def open(self):
        """Greets a QEMU that has been started; raises Gone if it did not come up."""
        self.qmp.open()
        self.ran = True

    def watch(self):
        """Follows the machine until the end is known; raises Gone when QEMU ends by itself."""
        halt, silence, told_halt, told_silence = Patience(), Patience(), False, False
        while not self.interrupted:
            if self._end_by(self.qmp.wait(POLL)):
                return
            if (self.qmp.command("query-status") or {}).get("status") != "running":
                continue
            cpus = read_cpus(self.qmp)
            dead = bool(cpus) and all(cpu.dead for cpu in cpus)
            if halt.lasted(dead) > SURE and dead and not told_halt:
                told_halt = told_silence = True
                if self._finish("halt", "the kernel has halted"):
                    return
            quiet = silence.lasted(self._said())
            if quiet > 0:
                self._tell_sources()
            if quiet > SURE and self._nobody_answers():
                self._finish(
                    "prompt", "the loader is back at its prompt, and nobody is there to type"
                )
                return
            if quiet > QUIET and not told_silence and not self.window and not self.at_prompt():
                told_silence = True
                self._tell(word_on(cpus))

    def _end_by(self, events):
        """Looks for the end among QEMU's events."""
        for event in events:
            if event["event"] != "SHUTDOWN":
                continue
            reason = event["data"].get("reason", "")
            if reason == "guest-shutdown":
                self._conclude("off", "the machine was switched off")
                return True
            if reason in ("guest-reset", "guest-panic") and self._finish("reset", self._reset()):
                return True
        return False

    def _reset(self):
        """What can be said of a machine that wanted to start again."""
        cpu = (read_cpus(self.qmp) or [None])[0]
        where = f" at RIP {cpu.at:#x} (CR2 {cpu.fault:#x})" if cpu else ""
        if b"Triple fault" in read(self.log):
            return (
                f"the machine reset: a triple fault{where}\n"
                "an exception came, and no handler for it could run; to see each exception:\n"
                "    ./build.sh run -- -d int,cpu_reset -D exceptions.log"
            )
        return f"the machine reset{where}: whatever ran there asked for it"

    def _finish(self, end, text):
        """Says how it ended. True if that is the end; a window stays until it is closed."""
        if self.window:
            self._tell(text + "; the window stays until you close it")
            return False
        self._conclude(end, text)
        return True

    def _conclude(self, end, text):
        """That was the end: one of STATUS."""
        self._tell(text)
        self.status = self.STATUS[end]

    def _tell(self, text):
        self._new_line()
        say(text)

    def _tell_sources(self):
        """Adds files and lines to a fault that was explained, once."""
        lines = self.sources and source_lines(read(self.serial, last=REPORT), self.sources)
        if lines:
            self.sources = None
            self._tell("\n".join(lines))

    def _new_line(self):
        said = self._said()
        if said > self.spoken and read(self.serial, last=1) != b"\n":
            print(flush=True)
        self.spoken = said

    def _said(self):
        return os.path.getsize(self.serial) if os.path.exists(self.serial) else 0

    def at_prompt(self):
        return read(self.serial, last=6) == b"boot: "

    def _nobody_answers(self):
        return not self.window and not sys.stdin.isatty() and self.at_prompt()


def word_on(cpus):
    """A line on a machine that has been silent for a while."""
    if cpus and all(cpu.halted for cpu in cpus):
        doing = "the kernel is idle, waiting for an interrupt"
    else:
        doing = f"the CPU is at RIP {cpus[0].at:#x}" if cpus else "the CPU is running"
    return f"nothing new for {QUIET:.0f} seconds: {doing}; Ctrl-C ends it"


def read(path, last=None):
    """The bytes of a file, or its last ones; none if it is not there."""
    try:
        with open(path, "rb") as file:
            if last:
                file.seek(max(0, os.path.getsize(path) - last))
            return file.read()
    except OSError:
        return b""


def terminal_settings():
    try:
        return termios.tcgetattr(sys.stdin.fileno())
    except (termios.error, OSError, ValueError):
        return None


def restore_terminal(settings):
    """QEMU changes how the terminal treats what is typed; this undoes it, however it ended."""
    if settings:
        signal.signal(signal.SIGTTOU, signal.SIG_IGN)
        termios.tcsetattr(sys.stdin.fileno(), termios.TCSADRAIN, settings)


if __name__ == "__main__":
    start(lambda words: run(COMMAND.read(words)))
