"""machine.py - a QEMU that we have started: its process, and our private connections to it.

QMP; the port of the loader's messages (loader.py); QEMU's log of resets; the image, as a
descriptor, so that QEMU cannot open another file by mistake. None of them has a name that another
process could use, or that is left over when we are killed; and QEMU does not outlive us. Knows
QEMU's command line; knows nothing of what the end of a machine means.
"""

import ctypes
import os
import signal
import subprocess
import time

from lib.loader import Loader
from lib.nameless import nameless_file
from lib.project import BUILD, Stop, Voice
from lib.qemu import Gone, Qmp, read_cpus, with_one_dash
from lib.qemu_log import FEWER, MASKS, QemuLog

PR_SET_PDEATHSIG = 1  # linux/prctl.h
LIBC = ctypes.CDLL(None)
GATHER = 0.001  # seconds in which what comes byte by byte is left to gather, to be read at once
MOMENT = 0.1  # seconds: long enough to see that a machine has many interrupts
RESTORED = ("-loadvm", "-incoming")  # these restore a machine, so it must not be reset


def child_of_ours():
    """Called in a child process before its program, so that it does not outlive us."""
    parent = os.getpid()

    def tie():
        LIBC.prctl(PR_SET_PDEATHSIG, signal.SIGKILL)
        if os.getppid() != parent:
            os._exit(1)  # we were gone before

    return tie


def pipe():
    """A pipe's ends, for reading and for writing."""
    return tuple(open(end, mode, 0) for end, mode in zip(os.pipe(), ("rb", "wb")))


def path_of(file):
    """The name by which a child that inherits an open file opens it."""
    return f"/proc/self/fd/{file.fileno()}"


class Machine:
    """QEMU, from its start to its end. The machine is stopped until go(). With `waits`, QEMU does
    not read its arguments, nor the files that they name, until let_read()."""

    def __init__(self, image=None, log=None, masks="", waits=False):
        self.image = image  # an open file, or None: nothing of ours is booted
        self.qmp = Qmp()
        self.loader = Loader()
        self.qemu = None  # the process, once it is started
        self.ran = False  # it came up
        self.words = []  # how it was started
        self._ear, self._its_end = pipe()
        os.set_blocking(self._ear.fileno(), False)
        self._messages = []
        self.qmp.meanwhile[self._ear.fileno()] = self._listen
        self._log = None if log else QemuLog(masks)
        self._log_path = log  # the user's file for it
        if self._log:
            self.qmp.meanwhile[self._log.fileno()] = self._log.read
        self._logs_interrupts = masks != FEWER
        self._memory = nameless_file(BUILD)
        self._gate = pipe() if waits else None

    # ---- from the start to the end ---------------------------------------------------------------

    def arguments(self):
        """QEMU's arguments for our connections. The machine is stopped at first."""
        watcher = f"file,id=longjump-watcher,path={path_of(self._its_end)}"
        own = ["-S", *self.qmp.arguments(), "-chardev", watcher]
        return own + self.loader.arguments("longjump-watcher")

    def first_arguments(self):
        """QEMU's arguments that come before all others: the end of a pipe, where it waits for a
        configuration."""
        return ["-readconfig", path_of(self._gate[0])] if self._gate else []

    def let_read(self):
        """Lets a QEMU that waits read its arguments: the configuration ends, and is empty."""
        for end in self._gate:
            end.close()

    def log_arguments(self):
        """QEMU's arguments for its log, which shows what came before a triple fault."""
        if self._log:
            return self._log.arguments()
        return ["-d", "cpu_reset", "-D", str(self._log_path)]

    def start(self, words, files=(), **more):
        """Starts QEMU with these words, which include arguments(), and lets it inherit files."""
        Voice.show(words)
        self.words = words
        own = [self.qmp.qemus_end, self._its_end, self._memory, self.image]
        own += [self._log.qemus_end] if self._log else []
        own += self._gate[:1] if self._gate else []
        numbers = [file.fileno() for file in [*own, *files] if file]
        try:
            self.qemu = subprocess.Popen(
                words, pass_fds=numbers, preexec_fn=child_of_ours(), **more
            )
        except OSError as error:
            raise Stop(f"{words[0]}: {error.strerror}") from None
        self._its_end.close()
        if self._log:
            self._log.qemus_end.close()

    def open(self, actions=None, is_awaited=None):
        """Connects to QEMU after its start, and makes our image the first boot device. `actions` at
        the machine's end are those of QMP's set-action. Raises Gone if QEMU does not come up as
        long as is_awaited()."""
        self.qmp.open(is_awaited)
        self.ran = True
        if self.image and not {*RESTORED} & {*with_one_dash(self.words)}:
            self._boot_first(path_of(self.image))
        if actions:
            self.qmp.command("set-action", **actions)

    def go(self):
        """Starts the machine."""
        self.qmp.command("cont")

    def hold(self):
        """Stops the machine, after it was logged for a moment."""
        if self.loader.start and self._log and not self._logs_interrupts:
            self._log_interrupts(True)
            self.qmp.take(MOMENT)
        self.qmp.command("stop")

    def end(self, is_going):
        """Waits for a QEMU that is going; ends one that is not. Returns its status."""
        if self._log:
            self._close_log()
        try:
            if self.qmp.is_lost:
                self.qemu.kill()
            elif not is_going:
                self.qmp.command("quit")
        except Gone:
            pass
        try:
            self.qemu.wait(5)
        except subprocess.TimeoutExpired:
            self.qemu.kill()
        status = self.qemu.wait()
        self._listen()
        self._messages += self.loader.hear_end()
        return status

    def kill(self):
        """Makes sure that QEMU has ended."""
        if self.qemu and self.qemu.poll() is None:
            self.qemu.kill()
            self.qemu.wait()

    # ---- while it runs ---------------------------------------------------------------------------

    def wait(self, seconds):
        """Waits for QEMU or the loader to report something, for at most this long. Returns QEMU's
        events, and the loader's messages from before them."""
        deadline = time.monotonic() + seconds
        while not (self._messages or self.qmp.events):
            left = deadline - time.monotonic()
            self.qmp.take(max(left, 0))
            self._pace_log()
            self._listen()
            if left <= 0:
                break
            if not (self._messages or self.qmp.events):
                time.sleep(GATHER)
        events = self.qmp.wait(0)
        self._listen()
        if any(event["event"] == "RESET" for event in events):
            self._messages += self.loader.was_reset()
        messages, self._messages = self._messages, []
        if any(message.kind == "start" for message in messages):
            self._log_interrupts(True)
        return events, messages

    def _pace_log(self):
        """Pauses a log that is too much for a while. Until the kernel starts, it is not needed."""
        if self._log and self._log.is_too_much:
            self._log_interrupts(False)
        elif self._log and self.loader.start and self._log.has_rested:
            self._log_interrupts(True)

    def _log_interrupts(self, wanted):
        """Makes QEMU log interrupts, or resets only."""
        if (
            self._log
            and wanted != self._logs_interrupts
            and {*self._log.arguments()} <= {*self.words}
        ):
            self._logs_interrupts = wanted
            self.monitor(f"log {MASKS if wanted else FEWER}")
            self._log.forgive()  # only now: a busy QEMU writes on until it has read the command

    def _listen(self):
        """Reads the loader's messages. A full pipe would block the machine."""
        while data := self._ear.read(65536):
            self._messages += self.loader.hear(data)

    def is_suspended(self):
        """Whether QEMU's process is stopped, by a signal such as SIGSTOP or by a debugger."""
        return self._stat()[0] in "Tt"

    def cpu_time(self):
        """The seconds of CPU time that QEMU has used."""
        return sum(map(int, self._stat()[11:13])) / os.sysconf("SC_CLK_TCK")

    def _stat(self):
        """What the system says about QEMU's process, from its state on (proc(5), stat)."""
        try:
            with open(f"/proc/{self.qemu.pid}/stat", encoding="latin-1") as file:
                return file.read().rpartition(") ")[2].split() or ["X"]
        except OSError:
            return ["X"]

    def cpus(self):
        """The state of all CPUs."""
        return read_cpus(self.qmp)

    def status(self):
        """The machine's state in QEMU's words: "running", "paused", ..."""
        return (self.qmp.command("query-status") or {}).get("status", "")

    def memory(self, at, size):
        """Bytes of physical memory, as the machine sees it; fewer if QEMU cannot read them."""
        path = path_of(self._memory)
        answer = self.qmp.command("pmemsave", val=at, size=size, filename=path)
        return b"" if answer is None else os.pread(self._memory.fileno(), size, 0)

    def monitor(self, line, **more):
        """The answer of QEMU's monitor to a line; "" if it refuses."""
        return self.qmp.command("human-monitor-command", **{"command-line": line, **more}) or ""

    def log(self):
        """The end of QEMU's log."""
        if self._log:
            return self._log.text()
        try:
            with open(self._log_path, encoding="latin-1") as file:
                return file.read()
        except OSError:
            return ""

    def before_storm(self, own):
        """See QemuLog; None if the log goes elsewhere."""
        return self._log.before_storm(own) if self._log else None

    def _close_log(self):
        """Closes the log, since QEMU must not wait for us."""
        self.qmp.meanwhile.pop(self._log.fileno(), None)
        self._log.close()

    # ---- what is booted --------------------------------------------------------------------------

    def _boot_first(self, path):
        """Makes the drive with our image the first boot device. The firmware learns that when the
        machine is reset."""
        drives = self.qmp.command("query-block") or []
        ours = [drive["qdev"] for drive in drives if path in files_of(drive) and "qdev" in drive]
        if not ours:
            return
        if not self._set_boot_index(ours[0], 0):
            places = sorted(((self._boot_index(at), at) for at in self._devices()), reverse=True)
            for index, at in places:
                if index >= 0:
                    self._set_boot_index(at, index + 1)
            self._set_boot_index(ours[0], 0)
        self.qmp.command("set-action", reboot="reset")
        self.qmp.command("system_reset")
        if "-no-reboot" in with_one_dash(self.words):
            self.qmp.command("set-action", reboot="shutdown")

    def _set_boot_index(self, device, index):
        found = self.qmp.command("qom-set", path=device, property="bootindex", value=index)
        return found is not None

    def _boot_index(self, device):
        found = self.qmp.command("qom-get", path=device, property="bootindex")
        return found if isinstance(found, int) else -1

    def _devices(self):
        """The paths of the machine's devices."""
        for folder in ("peripheral", "peripheral-anon", "unattached"):
            for child in self.qmp.command("qom-list", path=f"/machine/{folder}") or []:
                if child["type"].startswith("child<"):
                    yield f"/machine/{folder}/{child['name']}"


def files_of(drive):
    """The files behind a drive: its image, and those that this is based on."""
    image, found = drive.get("inserted", {}).get("image"), []
    while image:
        found.append(image.get("filename"))
        image = image.get("backing-image")
    return found
