"""session.py - one run of a machine: starts QEMU, watches it, and says how it ended.

How it ended is decided by the loader's messages on its own port and by what QEMU reports about the
CPUs that run the kernel; never by what the kernel writes. Knows nothing of images or commands.
"""

import os
import re
import signal
import sys
import time

from lib import postmortem, screen, terminal
from lib.append import plain
from lib.caller import Caller
from lib.doing import Doing, is_exception
from lib.fault import for_people
from lib.kvm import is_kvm
from lib.loader import ON_DISC
from lib.machine import Machine, path_of
from lib.output import Output
from lib.nameless import nameless_file
from lib.pattern import Pattern
from lib.project import BUILD, Stop, say, shown
from lib.qemu import PATIENCE, Gone, Patience, with_one_dash
from lib.qemu_log import entries_in
from lib.source_lines import source_lines
from lib.symbols import place

POLL = 0.5  # seconds between looks at the CPUs
SURE = 2.0  # seconds that a halt must last to be final
SOON = 0.1  # both of these, once the end is expected
REMEMBERED = 65536  # bytes at the end of what came over the serial line
QUIET = 10.0  # seconds without anything new, after which a line is printed
UNHEARD = 60.0  # the same for firmware that has used less than QUIET of CPU time: the host is busy
# The BIOS runs the ROMs of network cards, to boot from these, before it boots our image.
NO_ROMS = ("-global", "e1000.romfile=", "-global", "e1000e.romfile=")  # of those that QEMU adds
NETWORK = {"-nic", "-net", "-netdev", "-global", "-boot"}  # of users who may boot from one
DISPLAYS = {"-display", "-nographic", "-curses", "-vnc", "-spice"}
STDIO = Pattern(r'(mon:)?stdio\b|.*\b(backend|type)=stdio\b|.*"stdio"')
KVM_LIMIT = (
    30.0  # seconds without a change on the screen, in KVM, before the loader's first message
)
LINE_LOST = "what the kernel writes to COM1 cannot be written to standard output"
LOADERS_LINE = Pattern(r"^Longjump [0-9.]+: .*$", re.M)
SUSPENDED = "a signal has stopped QEMU"
GAVE_UP = ("boot:", "No bootable device.")  # the last lines of ISOLINUX and of SeaBIOS

# The state in which QEMU has stopped a machine -> how it ended: a key of STATUS, and words
STOPS = {
    "internal-error": ("error", "QEMU stopped the machine: it could not continue (internal error)"),
    "io-error": ("error", "QEMU stopped the machine: a drive could not be read or written"),
    "guest-panicked": ("panic", "the kernel has told QEMU that it panicked (pvpanic)"),
    "watchdog": ("watchdog", "the watchdog ran out: the kernel did not reset it in time"),
    "suspended": ("halt", "the kernel has put the machine to sleep, and nothing wakes it"),
}

STORM = """exception {first.vector} at RIP {first.at:#x}{place}, and Longjump's handler cannot run:
the kernel's page tables map it no-execute, so it faults at its first instruction, again and again
(docs/errors.md#handler-no-execute)"""


class Session:
    """One run of QEMU. `command` describes the machine, `rest` is what the user adds; `image` is
    the open file that is booted; if it is still empty, `fill` is a function that writes it while
    QEMU is loaded. `sources` is the path of a kernel whose debug data adds source lines to a fault;
    `kernel` is its path without that, `modules` are the modules' paths."""

    STATUS = {
        "halt": 0, "off": 0, "reset": 1, "unstarted": 1,
        "fault": 3, "panic": 3, "watchdog": 3, "error": 5,
    }  # fmt: skip
    ACTIONS = {
        "reboot": "shutdown",
        "shutdown": "pause",
    }  # QEMU stays, and can be asked for the state
    LOGGED = ""  # what QEMU logs at first; "": interrupts
    HAS_INPUT = True  # QEMU reads the terminal

    def __init__(
        self, command, rest, window, image=None, sources=None, log=None, kernel=None, modules=(),
        fill=None,
    ):  # fmt: skip
        self.window = window
        self.kernel = sources or kernel  # the file with its debug sections
        self.sources = sources  # the same; None once a fault's source lines were printed
        self.caller = Caller()
        self.machine = Machine(image, log, self.LOGGED, waits=bool(fill))
        self._fill = fill
        self.loader = self.machine.loader
        if self.kernel:
            self.loader.call(ON_DISC, self.kernel)
        for path in modules:
            self.loader.call(plain(os.path.basename(path)), path)
        self.serial = nameless_file(BUILD)  # the output of COM1, if it goes to us
        self._output = Output()
        self.interrupted = False  # by Ctrl-C
        self.status = None  # set when the end is known
        self.end = None  # the key of STATUS that was reported; a window may stay open after it
        self.story = None  # of a triple fault
        self._spoken = 0  # bytes of COM1's output when we last printed a line
        self._halt, self._silence, self._giving_up = Patience(), Patience(), Patience()
        self._told_silence = False
        self._suspended = Patience()
        self._is_suspended = self._told_suspended = False
        self._shown = []  # of the screen
        self._cpus = []  # when they were last looked at
        self._settle(without_serial(command), without_serial(rest))

    def _settle(self, command, rest):
        """Decides how QEMU is started, and what of it is on the terminal."""
        given = with_one_dash([*command, *rest])
        theirs = {*given}
        self.is_stopped = "-S" in theirs  # somebody else starts the machine
        if "-daemonize" in theirs:
            raise Stop("-daemonize: a QEMU in the background cannot be watched; leave it out", 2)
        self.has_line = not ({"-serial", "-nographic"} & theirs or takes_stdio(given))
        self.shows_line = self.has_line or is_line_shown(given)
        self.shows_screen = self.window or shows_screen(given)
        own = self.machine.arguments()
        own += [] if NETWORK & theirs else NO_ROMS
        if self.kernel and "-name" not in theirs:
            name = os.path.basename(self.kernel).replace(",", ",,")
            own += ["-name", f"guest={name}"]  # which is in the window's title
        if self.window:
            own += ["-display", self.window]
            own += [] if "-monitor" in theirs else ["-monitor", "vc"]
        elif not DISPLAYS & theirs:
            own += ["-display", "none"]
        if self.has_line:
            log = path_of(self.serial)
            own += ["-chardev", f"stdio,id=line,logfile={log}", "-serial", "chardev:line"]
        if not {"-d", "-D"} & theirs:
            own += self.machine.log_arguments()
        self.words = [command[0], *self.machine.first_arguments(), *command[1:], *own, *rest]
        self.is_kvm = is_kvm(self.words)
        self.doing = Doing(self.machine, self.kernel, self.is_kvm)

    # ---- from the start to the end ---------------------------------------------------------------

    def run(self, name):
        """Starts QEMU, watches it, and returns the status of the command."""
        status = self.live(name)
        self._tell_sources()
        if self.interrupted:
            say(f"ended by Ctrl-C{self._last_seen()}")
            return 130
        if self.status is not None:
            return self.status
        if self.machine.qmp.is_lost:
            say(f"{self.no_answer()}, and was ended")
            return self.STATUS["error"]
        if status < 0:
            say(f"QEMU was killed by signal {-status}")
            return 128 - status
        if status != 0:
            say(f"QEMU ended with status {status}")
            if self.is_kvm and not self.loader.has_spoken:
                say("before anything ran; KVM may be the cause: run without it")
                return self.STATUS["error"]
            return status
        return self.STATUS[self.end] if self.end else 0

    def live(self, name):
        """Runs QEMU from start to end; returns its status."""
        kept = terminal.settings()
        try:
            if not self._fill:
                self._begins(name)
            self.start(terminal.input_for_a_child() if self.HAS_INPUT else terminal.NOBODY)
            if self._fill:
                self._fill()
                self._begins(name)
                self.machine.let_read()
            try:
                self.open()
                self.watch()
                self._show_screen()  # after Ctrl-C, if QEMU is still there
            except Gone:
                pass
            status = self.stop()
            self._check_line()
            return status
        finally:
            self.machine.kill()
            terminal.restore(kept)
            self._new_line()

    def _begins(self, name):
        """Says what is booted now. From here on, Ctrl-C is one way to end the machine."""
        signal.signal(signal.SIGINT, self._interrupt)
        self._announce(name)

    def _announce(self, name):
        ending = "close the window or press Ctrl-C" if self.window else "Ctrl-C"
        say(f"  boot     {name} in QEMU; {ending} to end")
        if self.is_stopped:
            say("  note     -S: the machine waits until a debugger or QEMU's monitor starts it")

    def _interrupt(self, *_):
        """Notes a SIGINT. Ctrl-C also reaches QEMU; a signal from elsewhere may reach only us."""
        self.interrupted = True

    def start(self, stdin, files=(), **more):
        """Starts QEMU, with the machine stopped; QEMU also inherits these files."""
        own = [self.serial] * self.has_line
        self.machine.start(self.words, [*own, *files], stdin=stdin, **more)

    def open(self):
        """Connects to QEMU and starts the machine; raises Gone if QEMU did not come up."""
        self.machine.qmp.is_awaited = self._is_attended_to
        self.machine.open(self.ACTIONS, self._is_awaited)
        if not self.is_stopped:
            self.machine.go()

    def _is_awaited(self):
        """Whether to keep waiting for QEMU to come up; it may itself wait for a connection."""
        return self._is_attended_to()

    def _is_attended_to(self):
        """Whether somebody still waits for QEMU. Reports a QEMU that a signal has stopped."""
        self.caller.end_if_gone()
        self._is_suspended = self.machine.is_suspended()
        lasted = self._suspended.lasted(self._is_suspended)
        if self._is_suspended and lasted > QUIET and not self._told_suspended:
            self._told_suspended = True
            self._tell(f"{SUSPENDED}; to let it go on: kill -CONT {self.machine.qemu.pid}")
        return not self.interrupted

    def no_answer(self):
        """Words for a QEMU that does not answer."""
        why = f": {SUSPENDED}" if self._is_suspended else ""
        return f"QEMU has not answered for {PATIENCE} seconds{why}"

    def _check_line(self):
        """Stops if not all of the output of COM1 was written to standard output."""
        obstacle = self._output.obstacle(self._said()) if self.has_line else ""
        if obstacle and self._said():
            raise Stop(f"{LINE_LOST}: {obstacle}", 2)

    def stop(self):
        """Waits for QEMU if it is ending by itself, or else ends it. Returns its status."""
        return self.machine.end(is_going=self.status is None and not self.interrupted)

    # ---- while it runs ---------------------------------------------------------------------------

    @property
    def is_over(self):
        return self.interrupted or self.status is not None

    def watch(self):
        """Follows the machine until the end is known; raises Gone when QEMU ends by itself."""
        looked = time.monotonic()
        while not self.is_over:
            due = looked + (SOON if self.loader.fault else POLL)
            events, messages = self.machine.wait(max(0, due - time.monotonic()))
            for message in messages:
                self.heard(message)
            for event in events:
                self._happened(event)
            self.caller.end_if_gone()
            if not self.is_over and time.monotonic() >= due:  # the machine is stopped meanwhile
                looked = time.monotonic()
                self._look()

    def heard(self, message):
        """Handles a message of the loader."""
        if message.kind in ("refused", "fault") and not self.shows_line:
            self._tell(for_people(message.words).strip("\n"))
        if message.kind == "left" and self.loader.left == "halt":
            self._finish("unstarted", "the loader has halted the machine")

    def _happened(self, event):
        """Handles an event from QEMU."""
        if event["event"] != "SHUTDOWN":
            return
        reason = event["data"].get("reason", "")
        if reason == "guest-panic":
            self._finish(*STOPS["guest-panicked"])
        elif reason == "guest-reset":
            self._finish(*self._reset())
        elif reason == "guest-shutdown":
            self._conclude("off", "the machine was switched off")

    def _look(self):
        """Checks whether the machine has ended without an event or a message."""
        status = self.machine.status()
        if status in STOPS:
            if self._halt.lasted(status) > SOON and not self.end:
                self._finish(*STOPS[status])
            return
        if status != "running":
            return
        cpus = self._cpus = self.machine.cpus()
        is_dead = bool(cpus) and not self._busy(cpus)
        if self._halt.lasted(is_dead) > (SOON if self.loader.fault else SURE) and is_dead:
            self._finish(*self._halted())
        self._look_for_a_storm(cpus)
        if not self.loader.has_spoken:
            self._look_for_the_loader()
        self._listen(cpus)

    def _look_for_a_storm(self, cpus):
        """Ends a machine in which a handler of Longjump keeps faulting at its first instruction."""
        start = self.loader.start
        ours = start.range("resident") if start else range(0)
        first = self.machine.before_storm(ours) if any(cpu.at in ours for cpu in cpus) else None
        if first:
            words = place(self.kernel, first.at, start.number("slide")) if self.kernel else ""
            self._finish("fault", STORM.format(first=first, place=words))

    def _busy(self, cpus):
        """The CPUs that can still do something: not those that have halted for good, and not those
        in the loader's waiting loop, to which only other CPUs could give work."""
        start = self.loader.start
        waiting = start.range("wait") if start else ()
        return [
            cpu
            for cpu in cpus
            if not (cpu.dead or cpu.at in waiting and cpu.tables == start.number("tables"))
        ]

    def _look_for_the_loader(self):
        """Before the loader's first message: ends the run if the firmware or ISOLINUX gave up."""
        words = screen.last_words(self._rows())
        if self._giving_up.lasted(words) > SURE and words in GAVE_UP and not self._is_attended():
            self._finish("unstarted", self._unheard())
        elif self.is_kvm and self._giving_up.lasted(words) > KVM_LIMIT and words not in GAVE_UP:
            self._finish("error", f"{self._unheard()}\nKVM seems to hang: run without it")

    def _listen(self, cpus):
        """Prints a line if there has been nothing new for a while."""
        quiet = self._silence.lasted((self._said(), self.loader.has_spoken))
        if quiet > 0:
            self._tell_sources()
        if quiet > SOON and self._is_at_prompt() and not self._is_attended():
            self._finish("unstarted", "the loader is back at its prompt, and nobody can type there")
        is_long = quiet > self._patience() and not self._is_at_prompt()
        if is_long and not self._told_silence and not self.end:
            self._told_silence = True
            if not self.loader.has_spoken:
                self._tell(f"{self._unheard()}; Ctrl-C ends it")
            elif self.has_line and not self.window:
                self._show_screen()
                self._tell(self._word_on(cpus))

    def _patience(self):
        """The seconds of silence after which a line is printed."""
        is_slow = not self.loader.has_spoken and self.machine.cpu_time() < QUIET
        return UNHEARD if is_slow else QUIET

    def _word_on(self, cpus):
        """The line for a machine that has been silent for a while."""
        doing = self._doing_or_idle(cpus)
        return f"no output for {QUIET:.0f} seconds: {doing}; Ctrl-C ends it"

    def _doing_or_idle(self, cpus):
        """What the CPUs are doing, in words."""
        if cpus and all(cpu.halted for cpu in cpus):
            waits = self.doing.waits_for()
            return "the kernel is idle, waiting for an interrupt" + (waits and f": {waits}")
        return self._doing(cpus) or "the CPU is running"

    def _last_seen(self):
        """Where the kernel was at the last check: Ctrl-C has ended QEMU as well."""
        if not self.loader.start or self.loader.fault or not self._cpus:
            return ""
        return f"; last seen: {self._doing_or_idle(self._cpus)}"

    def _is_attended(self):
        """Whether somebody may be typing."""
        return bool(self.window) or terminal.is_ours()

    def _is_at_prompt(self):
        return self.loader.left == "prompt"

    # ---- the end, in words -----------------------------------------------------------------------

    def _halted(self):
        """How the machine ended if no CPU does anything any more: a key of STATUS, and words."""
        if self.loader.fault:
            return "fault", "the kernel has halted after its fault"
        if not self.loader.start:
            return "unstarted", f"the machine has halted: {self._unheard()}"
        dead = [cpu for cpu in at_work(self.machine.cpus()) if cpu.dead]
        return "halt", self._outside(dead) or self._told_halt(dead)

    def _outside(self, dead):
        """Words for a CPU that has halted outside the kernel's code, or because a handler returned
        wrongly; "" otherwise."""
        for cpu in dead:
            story = postmortem.explain(self.machine, "place", cpu.number)
            kind = story.first("kind") if story else ""
            if kind == "handler-ret" or (kind == "halted-outside" and not self._place(cpu)):
                self.story = story
                return self._told_outside(cpu, story)
        return ""

    def _told_outside(self, cpu, story):
        """The words for a CPU that has halted where it should not be."""
        return f"the kernel has halted at RIP {cpu.at:#x}\n\n{story.text(self.kernel)}"

    def _told_halt(self, dead):
        """The words for CPUs that have halted, and for the exception whose handler they were in."""
        for cpu in dead:
            entry, story = self.doing.handled(cpu)
            if entry and is_exception(entry):
                self.story = story
                where = f"RIP {cpu.at:#x}{self._place(cpu)}"
                words = story.text(self.kernel)
                return f"the kernel has halted at {where}, in the handler of this:\n\n{words}"
        return "the kernel has halted"

    def _place(self, cpu):
        """Where in the kernel a CPU is, as " in main (main.c:5)"; "" if that is not known."""
        return self.doing.place(cpu)

    def _doing(self, cpus):
        """Where each CPU that is not idle is, and how it got there."""
        busy = [cpu for cpu in self._busy(cpus) if not cpu.halted] or self._busy(cpus)
        return self.doing.words(cpus, busy)

    def _reset(self):
        """How the machine ended if it was reset: a key of STATUS, and words."""
        if self.loader.fault:
            return "fault", "the machine restarted after the kernel's fault"
        if self.loader.refusal:
            return "unstarted", "the loader has restarted the machine (-onerror=reboot)"
        cpu, story = self._who_reset()
        where = f" at RIP {cpu.at:#x}{self._place(cpu)}" if cpu else ""
        if story:
            self.story = story
            return "reset", self._told(where, story)
        if "Triple fault" in self.machine.log():
            return "reset", f"the machine reset: a triple fault{where}"
        if self.loader.has_spoken and not self.loader.start:
            return "reset", "the machine restarted before the kernel had begun (-reboot)"
        if self.is_kvm:
            return (
                "reset",
                f"the machine reset{where}: a triple fault, or the code there requested it",
            )
        return "reset", f"the machine reset{where}: the code there requested it"

    def _told(self, where, story):
        """The words for a triple fault that can be explained."""
        return f"the machine reset: a triple fault{where}\n\n{story.text(self.kernel)}"

    def _who_reset(self):
        """The CPU at which the machine reset, and the story of its triple fault, if it was one."""
        cpus = self.machine.cpus()
        entries = [*entries_in(self.machine.log().splitlines())]
        if entries:  # the log does not name the CPU, but the address
            cpus.sort(key=lambda cpu: cpu.at != entries[-1].at)
        is_triple = "Triple fault" in self.machine.log()
        for cpu in cpus if self.loader.start else []:
            story = postmortem.explain(self.machine, number=cpu.number)
            if story and (story.is_conclusive or is_triple):
                return cpu, story
        return (cpus or [None])[0], None

    def _unheard(self):
        """Words for a loader that has sent no message, with the last line on the screen."""
        words = screen.last_words(self._rows())
        seen = f'the screen ends with "{words}"' if words else "there is nothing on the screen"
        return f"Longjump's loader has not come up; {seen}"

    def _finish(self, end, text):
        """Reports how it ended, once. A window stays open until the user closes it."""
        if self.end:
            return
        if self.window:
            self.end = end
            self._tell(text + "; the window stays until you close it")
        else:
            self._conclude(end, text)

    def _conclude(self, end, text):
        """Reports the end, a key of STATUS, and sets the status."""
        self._show_screen()
        self._tell(text)
        self.end, self.status = end, self.STATUS[end]

    def _rows(self):
        """The text screen's rows."""
        return screen.rows_of(self.machine.memory(screen.MEMORY, screen.SIZE))

    def _show_screen(self):
        """Prints what the kernel has left on a text screen that nobody sees, unless it has written
        the same to COM1."""
        start = self.loader.start
        if self.shows_screen or not start or self.loader.fault:
            return
        rows = screen.written(start.screen, self._rows())
        if rows and rows != self._shown and not screen.is_said(rows, self._line()):
            self._shown = rows
            self._tell("\n".join(["on the screen:", *(f"    {row}".rstrip() for row in rows)]))

    def _tell(self, text):
        self._new_line()
        say(text)

    def _tell_sources(self):
        """Prints the source lines of a fault that was explained, once."""
        if self.loader.fault and self.sources:
            lines = source_lines(self.loader.fault.text, self.sources)
            self.sources = None
            if lines:
                self._tell("\n".join(lines))

    def _new_line(self):
        said = self._said()
        if said > self._spoken and os.pread(self.serial.fileno(), 1, said - 1) != b"\n":
            print(flush=True)
        self._spoken = said

    def _line(self):
        """The end of what the kernel has written to COM1, as text."""
        begin = max(0, self._said() - REMEMBERED)
        said = os.pread(self.serial.fileno(), REMEMBERED, begin).decode("utf-8", "replace")
        return LOADERS_LINE.sub("", said)

    def _said(self):
        return os.fstat(self.serial.fileno()).st_size


# ---- the user's words to QEMU --------------------------------------------------------------------


def without_serial(words):
    """The words without `-serial stdio`: we attach COM1 in a way that lets us read it."""
    looked_at = with_one_dash(words)
    pairs = [at for at in range(len(words)) if looked_at[at : at + 2] == ["-serial", "stdio"]]
    return [*words[: pairs[0]], *words[pairs[0] + 2 :]] if pairs else [*words]


def takes_stdio(words):
    """Whether the user's words use standard input and output."""
    return any(STDIO.match(word) for word in words)


def following(words, option):
    """The values of an option, one for each time it is given."""
    return [value for word, value in zip(words, words[1:]) if word == option]


def is_line_shown(words):
    """Whether the user's words put COM1 on the terminal."""
    lines = following(words, "-serial")
    if not lines:
        return "-nographic" in words
    name = lines[0].partition("chardev:")[2]
    ids = {word for value in following(words, "-chardev") if STDIO.match(value)
           for word in value.split(",")}  # fmt: skip
    return bool(STDIO.match(lines[0])) or f"id={name}" in ids


def shows_screen(words):
    """Whether the machine's screen can be seen."""
    kinds = [value.partition(",")[0] for value in following(words, "-display")]
    return bool({"-curses", "-vnc", "-spice"} & {*words}) or bool({*kinds} - {"none"})


def at_work(cpus):
    """The first CPU, and those that share its page tables. Others may still be parked where the
    firmware left them, with other tables or none."""
    return [cpu for cpu in cpus if cpu.number == 0 or cpu.tables == cpus[0].tables != 0]
