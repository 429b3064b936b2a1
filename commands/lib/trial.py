"""trial.py - one test in QEMU, and a verdict on it that cannot be mistaken for another.

Knows how a kernel ends a test (isa-debug-exit) and every other way in which one can end. Knows
nothing of files of settings or of how the image is made.
"""

import re
import subprocess
import time

from lib.fault import find_fault
from lib.qemu import read_cpus
from lib.symbols import place
from run import Session, read

DEVICE = "isa-debug-exit,iobase=0xf4,iosize=4"
SUCCESS, FAILURE, CRASH, TIME, QEMU, NO_CODE, NOT_STARTED = 0, 1, 3, 4, 5, 6, 7

REFUSED = re.compile(rb"^(K[0-9]{3} [^\r\n]*)", re.MULTILINE)


def test_arguments(words):
    """What QEMU needs for a test, as far as these words of the user's do not say it."""
    own, text = [], " ".join(words)
    if "isa-debug-exit" not in text:
        own += ["-device", DEVICE]
    if not {"-monitor", "-nographic"} & set(words):
        own += ["-monitor", "none"]
    return own


class Trial(Session):
    """A test: without a window, without anybody at the keyboard, and with a limit of time."""

    STATUS = {"halt": NO_CODE, "off": NO_CODE, "reset": CRASH, "prompt": NOT_STARTED, "time": TIME}
    INPUT = subprocess.DEVNULL
    STOPS = ()  # a shutdown must end QEMU, or its status is lost; a reset we stop ourselves

    def __init__(self, command, rest, folder, settings, kernel):
        super().__init__([*command, *test_arguments([*command, *rest])], rest, "", folder)
        self.success = settings["test-success-exit-code"]
        self.limit = settings["test-timeout"]
        self.may_reboot = not settings["test-no-reboot"]
        self.kernel = kernel
        self.began = time.monotonic()
        self.outcome = ("", "")  # which of STATUS, and in words

    def run(self, name):
        """Runs the test; returns the status and the last line."""
        status = self._live()
        if self.interrupted:
            return 130, f"test INTERRUPTED: {name}: ended by Ctrl-C"
        super()._end_by(self.qmp.events)  # what QEMU said while it was going
        took = time.monotonic() - self.began
        result, words = self._verdict(status)
        return result, f"test {words[0]}: {name}: {words[1]} ({took:.1f} s)"

    def _verdict(self, status):
        end, text = self.outcome
        said = read(self.serial)
        refused, explained = REFUSED.findall(said), self._explained(said)
        if not self.ran or status < 0:
            return QEMU, ("NOT RUN", f"QEMU itself failed, {status_words(status)}")
        if end == "time":
            return TIME, ("TIMED OUT", text)
        if end == "prompt":
            why = refused[-1].decode("latin-1") if refused else text
            return NOT_STARTED, ("NOT STARTED", why)
        if self.success == status == 0 and end in ("reset", "off"):
            return SUCCESS, ("passed", text)
        if status and status == self.success:
            return SUCCESS, ("passed", f"the kernel ended with {status_words(status)}")
        if explained and (status or end in ("halt", "reset")):
            return CRASH, ("CRASHED", explained)
        if status and end in ("", "off"):  # newer QEMUs call it switching off
            wanted = f"success is {self.success}"
            return FAILURE, ("FAILED", f"the kernel ended with {status_words(status)}; {wanted}")
        if end == "reset":
            return CRASH, ("CRASHED", text)
        wanted = f"it should have ended with {status_words(self.success)}"
        return NO_CODE, ("ENDED WITHOUT A CODE", f"{text or 'QEMU was ended'}; {wanted}")

    def _end_by(self, events):
        if super()._end_by(events):
            return True
        if not self.may_reboot and any(is_reset(event) for event in events):
            return self._finish("reset", self._reset())
        if time.monotonic() - self.began < self.limit:
            return False
        cpus = read_cpus(self.qmp)
        where = f"; the CPU is at RIP {cpus[0].at:#x}{self._place(cpus[0].at)}" if cpus else ""
        self._conclude("time", f"no end after {self.limit} s{where}")
        return True

    def _reset(self):
        """The CPU has forgotten what it was at, but QEMU has written it down."""
        log = read(self.log).decode("latin-1")
        _, triple, after = log.rpartition("Triple fault")
        if not triple:
            return "the machine reset: whatever ran there asked for it"
        found = dict(reversed(re.findall(r"\b(RIP|CR2)=([0-9a-f]+)", after)))  # the first of each
        at, about = (int(found.get(name, "0"), 16) for name in ("RIP", "CR2"))
        return (
            f"a triple fault at RIP {at:#x}{self._place(at)}, CR2 {about:#x}:"
            " an exception came, and no handler for it could run"
        )

    def _place(self, address):
        return place(self.kernel, address)

    def _explained(self, said):
        """What the fault explainer has said, in one line; "" if it did not speak."""
        fault = find_fault(said)
        if not fault or not fault.title:
            return ""
        where = f"at RIP {fault.rip:#x}{place(self.kernel, fault.rip, fault.slide)}"
        return f"{fault.title} {where}: {fault.words}"

    def _conclude(self, end, text):
        if not self.outcome[0]:
            self.outcome, self.status = (end, text), self.STATUS[end]

    def _tell(self, text):
        """All that is said of a test is its last line."""

    def _nobody_answers(self):
        return self.at_prompt()


def is_reset(event):
    """The machine starts again, of its own accord."""
    return event["event"] == "RESET" and event["data"].get("guest")


def status_words(status):
    """QEMU's status, and what the kernel had to write to get it."""
    if status < 0:
        return f"killed by signal {-status}"
    return f"code {status} (value {status >> 1})" if status & 1 else f"status {status}"
