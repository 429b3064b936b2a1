"""trial.py - runs one test in QEMU, and gives a verdict; each outcome has its own status and words.

Knows how a kernel ends a test (isa-debug-exit) and every other way in which one can end. Knows
nothing of settings files or of how the image is made.
"""

import re
import time

from lib.fault import find_fault
from lib.loader import refused_because
from lib.qemu import with_one_dash
from lib.session import Session
from lib.symbols import place

DEVICE = "isa-debug-exit,iobase=0xf4,iosize=4"
SUCCESS, FAILURE, CRASH, TIME, QEMU, NO_CODE, NOT_STARTED = 0, 1, 3, 4, 5, 6, 7


def test_arguments(words):
    """QEMU's arguments for a test that the user's words do not contain."""
    own, text = [], " ".join(words)
    if "isa-debug-exit" not in text:
        own += ["-device", DEVICE]
    if not {"-monitor", "-nographic"} & {*with_one_dash(words)}:
        own += ["-monitor", "none"]
    return own


class Trial(Session):
    """A test: without a window or input, and with a time limit."""

    STATUS = {
        "halt": NO_CODE, "off": NO_CODE, "reset": CRASH, "unstarted": NOT_STARTED, "time": TIME,
        "fault": CRASH, "panic": CRASH, "watchdog": CRASH, "error": QEMU,
    }  # fmt: skip
    NAMES = {NO_CODE: "ENDED WITHOUT A CODE", CRASH: "CRASHED", NOT_STARTED: "NOT STARTED",
             TIME: "TIMED OUT", QEMU: "NOT RUN"}  # fmt: skip
    HAS_INPUT = False

    def __init__(self, command, rest, image, settings, kernel, modules=(), fill=None):
        command = [*command, *test_arguments([*command, *rest])]
        super().__init__(command, rest, "", image, kernel=kernel, modules=modules, fill=fill)
        self.success = settings["test-success-exit-code"]
        self.limit = settings["test-timeout"]
        self.may_reboot = not settings["test-no-reboot"]
        if self.may_reboot:
            self.ACTIONS = {}
        self.kernel = kernel
        self.began = time.monotonic()
        self.words_on_end = ""
        self.words_on_place = ""  # of a kernel that has halted

    def run(self, name):
        """Runs the test; returns the status and the last line."""
        status = self.live(name)
        if self.interrupted:
            return 130, f"test INTERRUPTED: {name}: ended by Ctrl-C"
        for event in self.machine.qmp.events:  # those that came while it ended
            super()._happened(event)
        took = time.monotonic() - self.began
        result, verdict, words = self._verdict(status)
        return result, f"test {verdict}: {name}: {words} ({took:.1f} s)"

    def _verdict(self, status):
        """The status of the command, its name in the last line, and the reason in words."""
        if self.machine.qmp.is_lost:
            came_up = self.machine.ran
            words = self.no_answer() if came_up else f"QEMU did not come up in {self.limit} s"
            return QEMU, "NOT RUN", words
        if not self.machine.ran or status < 0:
            return QEMU, "NOT RUN", failure_words(status)
        if self.loader.refusal:
            return NOT_STARTED, "NOT STARTED", refused_because(self.loader.refusal)
        if not self.loader.start and self.end != "error":
            words = self.words_on_end or self._unheard()
            return NOT_STARTED, "NOT STARTED", words
        if self.success == status == 0 and self.end in ("reset", "off"):
            return SUCCESS, "passed", self.words_on_end
        if status and status == self.success:
            return SUCCESS, "passed", f"the kernel ended with {status_words(status)}"
        if self.loader.fault and (status or self.end in ("fault", "halt", "reset")):
            return CRASH, "CRASHED", self._explained()
        # Later versions of QEMU report an end with a status as switching off.
        if status and self.end in (None, "off"):
            wanted = f"success is {self.success}"
            return FAILURE, "FAILED", f"the kernel ended with {status_words(status)}; {wanted}"
        result = NO_CODE if self.end is None else self.STATUS[self.end]
        words = self.words_on_end or "QEMU was ended"
        if result == NO_CODE:
            words += f" {self._lacking()}{self.words_on_place}"
        return result, self.NAMES[result], words

    def _lacking(self):
        """What the kernel should have done to pass, in words."""
        if self.success % 2 == 0:  # isa-debug-exit makes odd statuses only
            return f"instead of ending with {status_words(self.success)}"
        return f"without writing {self.success >> 1} to port {port_of(self.words)}"

    def _is_awaited(self):
        return super()._is_awaited() and time.monotonic() - self.began < self.limit

    def heard(self, message):
        if message.kind == "refused":
            self._finish("unstarted", refused_because(message))
        elif message.kind == "fault" and message.then == "halt":
            self._finish("fault", self._explained())

    def _happened(self, event):
        super()._happened(event)
        if is_reset(event) and not self.may_reboot:
            self._finish(*self._reset())

    def _look(self):
        super()._look()
        if time.monotonic() - self.began >= self.limit and not self.is_over:
            self._finish(*self._timed_out())

    def _timed_out(self):
        status = self.machine.status()
        if self.is_kvm and not self.loader.has_spoken:
            return (
                "error",
                f"did not start within {self.limit} s; KVM seems to hang: run without it",
            )
        if not self.loader.start and status != "running":
            return (
                "unstarted",
                f"did not start within {self.limit} s: QEMU has stopped it ({status})",
            )
        if not self.loader.start:
            return "unstarted", f"did not start within {self.limit} s: {self._unheard()}"
        self.machine.hold()
        doing = self._doing(self.machine.cpus())
        return "time", f"did not end within {self.limit} s" + (f"; {doing}" if doing else "")

    def _reset(self):
        if self.loader.fault:
            return "reset", "the machine restarted after the kernel's fault"
        return super()._reset()

    def _told(self, where, story):
        return f"a triple fault {story.line(self.kernel)}"

    def _told_outside(self, cpu, story):
        self.words_on_place = f", {story.line(self.kernel)}"
        return "the kernel has halted"

    def _told_halt(self, dead):
        for cpu in dead[:1]:
            waits = self.doing.waits_for(are_off=True)
            place = f",{self._place(cpu)}{self.doing.within(cpu)}".rstrip(",")
            self.words_on_place = place + (waits and f"; {waits}")
        return "the kernel has halted"

    def _explained(self):
        """The explanation of the fault, in one line."""
        fault = find_fault(self.loader.fault.text)
        if not fault or not fault.title:
            return " ".join(self.loader.fault.words.split())
        where = f"RIP {fault.rip:#x}{place(self.kernel, fault.rip, fault.slide)}"
        return f"{fault.title} at {where}: {fault.words}"

    def _conclude(self, end, text):
        self.end, self.status, self.words_on_end = end, self.STATUS[end], text

    def _announce(self, name):
        """Prints nothing, but counts from here."""
        self.began = time.monotonic()

    def _tell(self, text):
        """Prints nothing: a test has only its last line."""

    def _show_screen(self):
        """Likewise."""


def port_of(words):
    """The port at which these words put isa-debug-exit."""
    told = next(word for word in words if "isa-debug-exit" in word)
    found = re.search(r"\biobase=(\w+)", told)
    return found[1] if found else "0x501"  # QEMU's own choice


def is_reset(event):
    """Whether the event is a reset by the machine itself."""
    return event["event"] == "RESET" and event["data"].get("guest")


def failure_words(status):
    """Words for a QEMU that ended before the machine did."""
    if status < 0:
        return f"QEMU itself failed, killed by signal {-status}"
    if status == 0:
        return "QEMU did not run a machine; it ended with status 0"
    return f"QEMU itself failed, status {status}"


def status_words(status):
    """QEMU's status, and the value that the kernel wrote for it."""
    return f"code {status} (value {status >> 1})" if status & 1 else f"status {status}"
