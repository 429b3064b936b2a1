"""How a machine can end in ways that the kernel does not choose: with other CPUs that wait, by QEMU
itself, and when the caller is killed."""

import os
import pathlib
import pty
import re
import signal
import subprocess
import time

import pytest

from lib.qemu import Gone, Qmp
from lib.session import STOPS, Session
from projects import ROOT

HELLO = ["mov dx, 0x3f8", *(f"mov al, {ord(letter)}\nout dx, al" for letter in "hello\n")]
SPIN = [*HELLO, "here: jmp here"]


def last(said):
    return said.splitlines()[-1]


# ---- other CPUs ----------------------------------------------------------------------------------


@pytest.mark.parametrize("options", [[], ["--options", "-smp"]], ids=["asleep", "in our loop"])
@pytest.mark.parametrize("body, status", [(["hlt"], 6), (["mov rax, [0x10]"], 3)])
def test_cpus_that_wait_do_not_keep_a_machine_alive(project, kernel, options, body, status):
    words = [*options, "--test-timeout", "60", kernel(*body), "-accel", "tcg", "-smp", "3"]
    said = project.bad("runner", "--test", *words, status=status)
    assert "TIMED OUT" not in said and "outside" not in said, said


def test_run_ends_when_the_cpu_that_runs_the_kernel_has_halted(project, kernel, tmp_path):
    words = ["run", "--output", tmp_path / "x.iso", "--options", "-smp", "--kernel", kernel("hlt")]
    said = project.good(*words, "--", "-smp", "2", timeout=100)
    assert last(said) == "the kernel has halted"


def test_a_cpu_that_works_keeps_a_machine_alive(project):
    """The test kernel has all CPUs count while the first waits for them."""
    kernel = project.root / "build/tests/kernels/smp.elf"
    said = project.good("runner", "--test", "--test-success-exit-code", "33", "--options", "-smp",
                        kernel, "-smp", "4")  # fmt: skip
    assert "test passed" in last(said)


# ---- by QEMU's hand ------------------------------------------------------------------------------

READ_A_SECTOR = [  # of the first IDE drive, and wait until it has been read
    "mov dx, 0x1f6", "mov al, 0xe0", "out dx, al", "mov dx, 0x1f2", "mov al, 1", "out dx, al",
    "inc dx", "xor al, al", "out dx, al", "inc dx", "out dx, al", "inc dx", "out dx, al",
    "mov dx, 0x1f7", "mov al, 0x20", "out dx, al", "here: in al, dx", "jmp here",
]  # fmt: skip
BROKEN = (
    "if=ide,index=0,rerror=stop,driver=raw,file.driver=blkdebug,file.image.driver=null-co,"
    "file.image.size=1M,file.image.read-zeroes=on,file.inject-error.0.event=read_aio,"
    "file.inject-error.0.errno=5"
)
HANDS = {
    "a panic": (
        ["mov dx, 0x505", "mov al, 1", "out dx, al", "jmp $"], ["-device", "pvpanic"],
        3, "panicked .pvpanic.",
    ),
    "the watchdog": (
        ["mov dx, 0x443", "mov al, 14", "out dx, al", "jmp $"],
        ["-device", "ib700", "-watchdog-action", "pause"],
        3, "the watchdog ran out",
    ),
    "a drive": (READ_A_SECTOR, ["-drive", BROKEN], 5, "a drive could not be read or written"),
    "sleep": (
        ["mov ax, 0x2400", "mov dx, 0x604", "out dx, ax", "jmp $"], [], 6, "nothing wakes it"
    ),
}  # fmt: skip


@pytest.mark.parametrize("hand", HANDS)
def test_qemus_own_stops_have_a_sentence_and_a_status(project, kernel, tmp_path, hand):
    body, words, status, told = HANDS[hand]
    program = kernel(*body)
    said = project.bad("runner", "--test", "--test-timeout", "60", program, *words, status=status)
    assert re.search(told, last(said)), said
    run = ["run", "--output", tmp_path / "x.iso", "--kernel", program, "--", *words]
    said = project.bad(*run, status=0 if status == 6 else status, timeout=100)
    assert re.search(told, last(said)), said


@pytest.mark.parametrize(
    "words, status, told",
    [
        (["-S"], 7, r"did not start within 3 s: QEMU has stopped it \(prelaunch\)"),
        (["-serial", "tcp:127.0.0.1:0,server=on"], 5, "QEMU did not come up in 3 s"),
        (["-cpu", "help"], 5, "QEMU did not run a machine; it ended with status 0"),
    ],
    ids=["stopped", "waiting", "telling"],
)
def test_a_machine_that_never_runs_is_reported_as_that(project, kernel, words, status, told):
    words = ["--test-timeout", "3", kernel("hlt"), *words]
    assert re.search(told, last(project.bad("runner", "--test", *words, status=status, timeout=60)))


def test_qemu_is_kept_in_the_foreground(project, kernel):
    said = project.bad("runner", "--test", kernel("hlt"), "-daemonize", status=2)
    assert "cannot be watched" in said, said


class Stopped:
    """A machine that QEMU has stopped."""

    def __init__(self, why):
        self.status = lambda: why
        self.memory = lambda at, size: b""


@pytest.mark.parametrize("why", STOPS)
def test_each_stop_ends_a_session(why, capsys):
    session = Session(["qemu-system-x86_64"], [], "")
    session.machine = Stopped(why)
    session._look()
    time.sleep(0.2)
    session._look()
    assert session.is_over and session.status == Session.STATUS[STOPS[why][0]]
    assert STOPS[why][1] in capsys.readouterr().out


def test_a_machine_is_not_held_up_whenever_it_says_something():
    """Looking at its CPUs stops it, so that is only done now and then, whatever comes meanwhile."""
    looks, waits = [], []
    session = Session(["qemu-system-x86_64"], [], "")
    machine = session.machine = Stopped("running")
    machine.status = lambda: looks.append(1) or "paused"

    def wait(seconds):
        waits.append(seconds)
        session.interrupted = len(waits) == 5
        return [{"event": "RESUME", "data": {}}], []

    machine.wait = wait
    session.watch()
    assert len(waits) == 5 and not looks


@pytest.mark.parametrize("rest, is_run", [([], False), (["-nic", "user"], True)], ids=str)
def test_the_roms_of_network_cards_are_run_for_those_who_ask_for_a_network(rest, is_run):
    assert ("e1000.romfile=" not in Session(["qemu-system-x86_64"], rest, "").words) == is_run


def test_a_qemu_that_a_signal_has_stopped_is_reported(monkeypatch, capsys):
    """It cannot answer, and the user may have forgotten that it was stopped."""
    monkeypatch.setattr("lib.session.QUIET", 0)
    asleep = subprocess.Popen(["sleep", "100"])
    try:
        session = Session(["qemu-system-x86_64"], [], "")
        session.machine.qemu = asleep
        assert session._is_attended_to() and "signal" not in session.no_answer()
        asleep.send_signal(signal.SIGSTOP)
        os.waitid(os.P_PID, asleep.pid, os.WSTOPPED | os.WNOWAIT)
        assert session._is_attended_to() and session._is_attended_to()
    finally:
        asleep.kill()
        asleep.wait()
    told = f"a signal has stopped QEMU; to let it go on: kill -CONT {asleep.pid}\n"
    assert capsys.readouterr().out == told
    assert session.no_answer().endswith(": a signal has stopped QEMU")


def test_an_answer_is_not_awaited_for_long_once_nobody_wants_it(monkeypatch):
    """Ctrl-C also ends a QEMU that does not answer."""
    monkeypatch.setattr("lib.qemu.HURRY", 0)
    qmp = Qmp()
    qmp.is_awaited = lambda: False
    with pytest.raises(Gone):
        qmp.command("query-status")
    assert qmp.is_lost


# ---- when somebody is killed ---------------------------------------------------------------------


@pytest.fixture
def spinning(project, kernel, tmp_path):
    """Starts a command on a kernel that never ends; returns the process, with a list of the
    processes that it has started, which must end with it."""
    started = []

    def start(*words, shell=False, **more):
        program = kernel(*SPIN)
        command = [str(project.root / "build.sh"), "--no-install", *words, str(program)]
        if shell:
            command = ["bash", "-c", '"$@"; true', "-", *command]
        running = subprocess.Popen(
            command, stdin=subprocess.DEVNULL, text=True, start_new_session=True, cwd=tmp_path,
            env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
            **{"stdout": subprocess.PIPE, "stderr": subprocess.DEVNULL, **more},
        )  # fmt: skip
        started.append(running)
        while "hello" not in running.stdout.readline():
            assert running.poll() is None
        return running, members_of(running.pid)

    yield start
    for running in started:
        if members_of(running.pid):
            os.killpg(running.pid, signal.SIGKILL)


def members_of(session):
    """The processes of a session that have not ended: their numbers and names."""
    found = {}
    for process in filter(str.isdecimal, os.listdir("/proc")):
        try:
            number, rest = pathlib.Path(f"/proc/{process}/stat").read_text().split(" (", 1)
        except OSError:
            continue
        name, _, fields = rest.rpartition(") ")
        if fields.split()[3] == str(session) and fields[0] != "Z":
            found[int(number)] = name
    return found


def is_gone_soon(session):
    deadline = time.monotonic() + 20
    while members_of(session) and time.monotonic() < deadline:
        time.sleep(0.1)
    return not members_of(session)


def temporary_names():
    """What is in build/ only while a command runs; a parallel test may leave other things."""
    return {name for name in os.listdir(ROOT / "build") if name.startswith(("stage.", "tmp", "."))}


@pytest.mark.parametrize("words", [["runner", "--test"], ["run", "--kernel"]], ids=["test", "run"])
def test_qemu_does_not_outlive_a_tool_that_is_killed(spinning, words):
    before = temporary_names()
    running, members = spinning(*words)
    assert any(name.startswith("qemu") for name in members.values()), members
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert is_gone_soon(running.pid), members_of(running.pid)
    deadline = time.monotonic() + 20
    while left := temporary_names() - before:
        assert time.monotonic() < deadline, left
        time.sleep(0.1)  # a parallel test packs an image


@pytest.mark.parametrize(
    "words, status, told",
    [
        (["runner", "--test"], 5, "test NOT RUN: tiny.elf: QEMU itself failed, killed by signal 9"),
        (["run", "--kernel"], 137, "QEMU was killed by signal 9"),
    ],
    ids=["test", "run"],
)
def test_a_qemu_that_is_killed_is_reported_as_that(spinning, words, status, told):
    running, members = spinning(*words, stderr=subprocess.STDOUT)
    os.kill(next(number for number, name in members.items() if "qemu" in name), signal.SIGKILL)
    said = running.communicate(timeout=60)[0]
    assert running.returncode == status and told in said, said


def test_a_tool_does_not_outlive_its_caller(spinning):
    running, members = spinning("runner", "--test", shell=True)
    assert len(members) == 3, members
    os.kill(running.pid, signal.SIGKILL)
    running.wait()
    assert is_gone_soon(running.pid), members_of(running.pid)


def test_a_tool_ends_when_nobody_reads_what_it_says(spinning):
    running, _members = spinning("runner", "--test")
    running.stdout.close()
    assert is_gone_soon(running.pid), members_of(running.pid)


def test_a_stage_that_was_left_over_is_removed(project, tmp_path):
    """A folder that is not locked is removed; one that is in use stays."""
    left = ROOT / "build/stage.0123456789abcdef"
    (left / "isolinux").mkdir(parents=True)
    (left / "isolinux/file").write_text("left")
    left.chmod(0o700)
    kept = ROOT / "build/stage.of-somebody"
    kept.mkdir()
    try:
        project.good("image", "--output", tmp_path / "x.iso")
        assert not left.exists() and kept.exists()
    finally:
        kept.rmdir()


def test_a_terminal_is_not_touched_from_its_background(project, kernel, tmp_path):
    """`timeout` puts what it starts into a separate process group, in the background."""
    master, terminal = pty.openpty()
    command = [project.root / "build.sh", "--no-install", "run", "--output", tmp_path / "x.iso"]
    script = 'timeout 100 "$@"; echo "status $?"'
    running = subprocess.Popen(
        ["bash", "-c", script, "-", *command, "--kernel", kernel(*HELLO, "cli", "hlt")],
        stdin=terminal, stdout=terminal, stderr=terminal, start_new_session=True,
        preexec_fn=lambda: os.close(os.open(os.ttyname(terminal), 2)),
        env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
    )  # fmt: skip
    os.close(terminal)
    said = b""
    while b"status" not in said:
        said += os.read(master, 4096)
    running.wait(20)
    os.close(master)
    assert b"the kernel has halted" in said and b"status 0" in said, said
