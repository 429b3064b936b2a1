"""What the commands read from a guest, from QEMU's log and from QMP may be anything: it is
understood or ignored, in time proportional to its length. Mutations of good text are tried, the
same in every run; ./build.sh test fuzz continues with others (--seconds=N)."""

import contextlib
import itertools
import random
import signal
import time

import pytest
from lib.entry import is_in_rom
from lib.fault import find_fault
from lib.gdb import packet_in
from lib.loader import Loader, refused_because
from lib.qemu import Gone, cpus_in, message_in
from lib.screen import COLUMNS, is_said, last_words, written
from lib.trace import faults_in_words

ROUNDS = 4000
PLENTY = 1 << 19
SECONDS = 10  # for what should take less than one

SERIAL = b"""Longjump 2.0.0: kernel.elf\r
hello\r
K107 the program headers lie outside the file\r
Longjump: page fault (#PF)\r
\r
  The kernel wrote to 0x8, which is\r
  in page 0.\r
\r
  where      append+0x7\r
@longjump-fault vector=14 kind=null-page rip=0xffffffff80001007 slide=0x0 error=0x2 cr2=0x8 \
in=append+0x7 trace=0xffffffff80001025,0xffffffff80001050\r
boot: """
LOG = b"""Servicing hardware INT=0x20
     1: v=0e e=0002 i=0 cpl=0 IP=0008:0000000000200017 pc=0000000000200017 \
SP=0010:0000000000001000 CR2=0000000000000010 env->regs[R_EAX]=0000000000000000
RAX=0000000000000000 RBX=0000000000000000
Triple fault
"""
REGISTERS = b"""
CPU#0
RAX=0000000000000000 RBX=0000000000000001 R8 =0000000000000000
RIP=00000000ffffffff RFL=00000002 [-------] CPL=0 II=0 A20=1 SMM=0 HLT=1
CR0=80010011 CR2=0000000000000008 CR3=0000000000001000 CR4=00000020
"""
QMP = b"""{"timestamp": {"seconds": 1, "microseconds": 2}, "event": "SHUTDOWN", "data": \
{"guest": true, "reason": "guest-shutdown"}}"""
LOADER = b"""\x02TOKEN up\n\x03\
\x02TOKEN refused\nK107 the program headers lie outside the file\n\x03\
\x02TOKEN left prompt\n\x03\x02TOKEN start\nentry=0xffffffff80001000 stack=0x1000-0x2000\n\x03\
\x02TOKEN fault halt\nLongjump: page fault\n\n  It wrote.\n\x03"""
GDB = b"+$E14#a9$53ff00f0#1a"


def read_log(data):
    faults_in_words(data.decode("latin-1").splitlines(), lambda _: "")


def read_qmp(data):
    with contextlib.suppress(Gone):
        message_in(data)["data"].get("reason")


def read_loader(data):
    loader = Loader()
    for message in loader.hear(data.replace(b"TOKEN", loader.token.encode())):
        refused_because(message)
    if loader.start:
        assert loader.start.number("entry") < 1 << 64
        assert loader.start.range("stack").stop < 1 << 64  # its length may be more than len() tells


def read_screen(data):
    before = [SERIAL[at : at + COLUMNS].ljust(COLUMNS) for at in range(0, 400, COLUMNS)]
    after = [data[at : at + COLUMNS].ljust(COLUMNS) for at in range(0, 2000, COLUMNS)]
    is_said(written(before, after), data.decode("latin-1"))
    last_words(after)


def read_gdb(data):
    found = packet_in(data)
    assert found is None or is_in_rom(found[0]) in (True, False)


READERS = {  # name -> what reads it, and something good
    "fault": (find_fault, SERIAL),
    "loader": (read_loader, LOADER),
    "screen": (read_screen, SERIAL),
    "log": (read_log, LOG),
    "registers": (lambda data: cpus_in(data.decode("latin-1")), REGISTERS),
    "qmp": (read_qmp, QMP),
    "gdb": (read_gdb, GDB),
}
ODD = [
    *(b"", b"\0", b"\n", b"\r\n", b" ", b"\t", b"\x1b[2J", b"\xff", b"\xc3\xa9", b"=", b"0x", b"#"),
    *(b"@longjump-fault ", b"rip=world", b"slide=0x", b"trace=,,", b"Longjump: ", b"boot: "),
    *(
        b"9" * 5000,
        b"f" * 17,
        b"\x02TOKEN ",
        b"\x03",
        b"stack=9-",
        b"entry=x",
        b"0x" + b"f" * 5000,
        b"[" * 3000,
        b'{"event":',
        b"null",
        b"1e999",
    ),
]


def mutate(chance, data):
    """A text that is almost good."""
    for _ in range(chance.randint(1, 4)):
        at = chance.randrange(len(data) + 1)
        end = min(at + chance.choice((0, 1, 2, 8, 64)), len(data))
        piece = chance.choice(
            (chance.choice(ODD), bytes([chance.randrange(256)]), data[at:end] * 2)
        )
        data = data[:at] + piece + data[end:]
    return data


@contextlib.contextmanager
def in_time(what):
    """Fails if something takes long, even inside one call of the regular expression library."""

    def end(*_):
        raise TimeoutError(f"no end after {SECONDS} s: {what}")

    before = signal.signal(signal.SIGALRM, end)
    signal.alarm(SECONDS)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def feed(name, seeds):
    """Feeds a reader mutations until the seeds run out."""
    reader, good = READERS[name]
    for seed in seeds:
        data = mutate(random.Random(f"{name} {seed}"), good)
        with in_time(f"{name} {seed}: {data[:200]!r}"):
            reader(data)


@pytest.mark.parametrize("name", READERS)
def test_mutations_are_understood_or_ignored(name):
    feed(name, range(ROUNDS))


@pytest.mark.parametrize("name", READERS)
def test_nothing_new_breaks_a_parser(name, seconds):
    until = time.monotonic() + seconds
    feed(name, itertools.takewhile(lambda _: time.monotonic() < until, itertools.count(ROUNDS)))


UNITS = [
    *(b"a", b" ", b"\n", b" x\n", b"0", b"f", b"$", b"=", b"\r", b"(", b'"', b"[", b",", b"A0"),
    *(b"Longjump: t\n", b"Longjump: t\n\n x\n", b"@longjump-fault ", b"@longjump-fault rip=0x1\n"),
    *(b"@longjump-fault vector=1 kind=a rip=0x1 slide=0x0 trace=x\n", b"K107 ", b"K107 a\r"),
    *(b"     1: v=0e e=0002 i=0 cpl=0 IP=0008:17 \n", b" CR2=1", b" CR2=1 env->", b"RIP=0 HLT=1 "),
    *(b"CPU#0 HLT=1\n", b"Triple fault\n", b'{"event":', b"$#aa", b"\x02TOKEN start\n"),
    *(b"\x02TOKEN refused\nK107 \n\x03", b"\x02TOKEN "),
]


@pytest.mark.parametrize("name", READERS)
def test_no_parser_takes_more_than_linear_time(name):
    """What takes quadratic time would take hours for this much."""
    reader, good = READERS[name]
    begin = {"log": b"     1: v=0e e=0002 i=0 cpl=0 IP=0008:17 ", "qmp": b'{"data": "'}
    for unit in UNITS:
        for first in (b"", good, begin.get(name, b"Longjump: t\n\n")):
            with in_time(f"{name}: {first[-40:]!r} and then {unit!r}"):
                reader(first + unit * (PLENTY // len(unit)))


def test_a_fault_is_found_with_its_words():
    fault = find_fault(SERIAL)
    assert (fault.rip, fault.slide) == (0xFFFFFFFF80001007, 0)
    assert fault.trace == (0xFFFFFFFF80001025, 0xFFFFFFFF80001050)
    assert fault.title == "page fault (#PF)"
    assert fault.words == "The kernel wrote to 0x8, which is in page 0."


GOOD = "@longjump-fault vector=14 kind=null-page rip=0x1007 slide=0x10"


@pytest.mark.parametrize(
    "line, expected",
    [
        (GOOD, (0x1007, 0x10, ())),
        (GOOD + " trace=0x5,0x6", (0x1007, 0x10, (5, 6))),
        (GOOD + " in=a name rip=0x9 +0x7", (0x1007, 0x10, ())),  # the first of each counts
        (GOOD + " more=later", (0x1007, 0x10, ())),
        ("@longjump-fault vector=1 rip=x slide=world", None),
        ("@longjump-fault vector=1 kind=a rip=0x1", None),
        ("@longjump-fault vector=1 kind=a slide=0x1", None),
        ("@longjump-fault rip=0x1 slide=0x1", None),
        (GOOD.replace("14", "x"), None),
        (GOOD.replace("0x1007", "0x1_0"), None),
        (GOOD.replace("0x1007", "-0x10"), None),
        (GOOD.replace("0x1007", "0x" + "1" * 17), None),
        (GOOD + " trace=0x5,,0x6", None),
        (GOOD + " trace=" + ",".join(["0x5"] * 65), None),
        (" " + GOOD, None),
        (GOOD + "0" * 5000, None),
        ("", None),
    ],
)
def test_what_is_not_exactly_such_a_line_is_ignored(line, expected):
    fault = find_fault(f"hello\n{line}\nmore\n".encode())
    assert (fault and (fault.rip, fault.slide, fault.trace)) == expected


def test_of_several_lines_the_last_that_can_be_read_counts():
    other = GOOD.replace("0x1007", "0x2000")
    assert find_fault(f"{GOOD}\n{other}\n@longjump-fault rip=x\n".encode()).rip == 0x2000


def test_qmp_keeps_complete_messages_and_ends_at_invalid_ones():
    assert message_in(QMP)["data"]["reason"] == "guest-shutdown"
    assert message_in(b'{"event": "STOP"}')["data"] == {}
    for line in (b"", b"[]", b"nonsense", b'{"event": "A", "data": 1}', b"[" * 100000, b"\xff"):
        with pytest.raises(Gone):
            message_in(line)
