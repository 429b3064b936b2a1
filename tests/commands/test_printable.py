"""No foreign text controls a terminal: names of files, symbols, volumes and keys, and other
programs' output, are shown, not obeyed."""

import io
import json
import os
import pathlib
import re
import shutil
import struct
import subprocess

import pytest
from lib.drives import Drive
from lib.printable import Printable, printable
from projects import ROOT

HOSTILE = "\x1b]0;owned\x07\x1b[2K\x1b[31m\x9b2J\u202eKERNEL\x7f\udcff"
SHOWN = r"\x1b]0;owned\x07\x1b[2K\x1b[31m\x9b2J\u202eKERNEL\x7f\xff"


def expect_harmless(said):
    """The only control characters are newlines."""
    odd = re.sub(rb"[ -~\n]", b"", said)
    assert not odd, (odd, said)


@pytest.mark.parametrize(
    "text, expected",
    [
        (HOSTILE, SHOWN),
        ("größe 核 🐧\n\tx", "größe 核 🐧\n\tx"),
        ("a\rb\x08c\x0bd\x85e\u2028f\U000e0041", r"a\x0db\x08c\x0bd\x85e\u2028f\U000e0041"),
        ("", ""),
    ],
)
def test_what_cannot_be_seen_is_shown_as_numbers(text, expected):
    assert printable(text) == expected


def test_a_name_stays_in_its_line():
    assert printable("one\ntwo\tx", kept="") == r"one\x0atwo\x09x"


@pytest.mark.parametrize("encoding", ["utf-8", "ascii", "latin-1"])
def test_every_text_can_be_printed_in_every_encoding(encoding):
    raw = io.BytesIO()
    stream = Printable(io.TextIOWrapper(raw, encoding, write_through=True))
    print(HOSTILE, "é核", file=stream)
    assert raw.getvalue().startswith(SHOWN.encode() + b" ")
    raw.seek(0)
    raw.truncate()
    stream.overwrite("a\rb")
    assert raw.getvalue() == b"\r" + rb"a\x0db"


def command(*words, cwd="/", **environment):
    """Everything that a command of build.sh writes, as bytes, and its status."""
    done = subprocess.run(
        [ROOT / "build.sh", "--no-install", *words],
        cwd=cwd,
        env={**os.environ, "LC_ALL": "C.UTF-8", **environment},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=300,
    )
    assert b"Traceback" not in done.stdout, done.stdout
    return done.returncode, done.stdout


def with_entry_symbol(kernel, name):
    """The bytes of a kernel whose functions at the entry point are called `name`."""
    data = bytearray(kernel.read_bytes())
    (entry,), (table,) = struct.unpack_from("<Q", data, 24), struct.unpack_from("<Q", data, 40)
    (count,) = struct.unpack_from("<H", data, 60)
    headers = [table + 64 * number for number in range(count)]
    symbols = next(at for at in headers if struct.unpack_from("<I", data, at + 4) == (2,))
    strings = table + 64 * struct.unpack_from("<I", data, symbols + 40)[0]
    begin, size = struct.unpack_from("<QQ", data, strings + 24)
    more = bytes(data[begin : begin + size]) + name + b"\0"
    struct.pack_into("<QQ", data, strings + 24, len(data), len(more))
    data += more
    begin, length = struct.unpack_from("<QQ", data, symbols + 24)
    for at in range(begin, begin + length, 24):
        _name, _info, _other, _section, value, _size = struct.unpack_from("<IBBHQQ", data, at)
        if value == entry:
            struct.pack_into("<I", data, at, size)
    return bytes(data)


@pytest.fixture
def hostile_kernel(tmp_path):
    """A kernel with control sequences in a symbol and in its name."""
    program = pathlib.Path(os.fsdecode(os.fsencode(tmp_path / "k") + b"\x1b[2J\n\xff\xc2\x9b.elf"))
    program.write_bytes(with_entry_symbol(ROOT / "build/kernel.elf", b"\x1b[31m\x9b\xc2\x9b\x7f"))
    return program


def test_check_obeys_no_name_and_no_symbol(hostile_kernel):
    status, said = command("check", hostile_kernel)
    assert status == 0 and rb"\x1b[31m\x9b\xc2\x9b\x7f" in said
    expect_harmless(said)


def test_check_for_programs_writes_json_that_can_be_seen(hostile_kernel):
    status, said = command("check", "--json", hostile_kernel)
    assert status == 0
    expect_harmless(said)
    assert json.loads(said)[0]["entry_symbol"].startswith("\x1b[31m")


@pytest.mark.parametrize("words", [["image", "--kernel"], ["runner", "--test"], ["runner"]])
def test_a_kernel_that_is_refused_is_named_without_harm(tmp_path, words):
    program = pathlib.Path(os.fsdecode(os.fsencode(tmp_path / "k") + b"\x1b[2J\xff.elf"))
    program.write_bytes(b"no kernel")
    status, said = command(*words, program)
    assert status != 0 and rb"k\x1b[2J\xff.elf" in said
    expect_harmless(said)


def test_a_library_that_a_kernel_wants_is_named_without_harm(tmp_path):
    source, program = tmp_path / "k.c", tmp_path / "k.elf"
    source.write_text("void _start(void) { for (;;) ; }\n")
    (tmp_path / "lib.c").write_text("int f(void) { return 0; }\n")
    flags = ["-nostdlib", "-fPIC", "-shared"]
    subprocess.run(
        ["gcc", *flags, "-Wl,-soname,\x1b[2Jlib", "-o", tmp_path / "lib.so", tmp_path / "lib.c"],
        check=True,
    )
    subprocess.run(
        ["gcc", *flags, "-Wl,--no-as-needed", "-o", program, source, tmp_path / "lib.so"],
        check=True,
    )
    status, said = command("check", program)
    assert status == 1 and rb"it asks for \x1b[2Jlib" in said
    expect_harmless(said)


def test_settings_are_named_without_harm(tmp_path):
    shutil.copy(ROOT / "build/kernel.elf", tmp_path / "k.elf")
    (tmp_path / "longjump.conf").write_text(r'"\u001b[2J" = 1' + "\n")
    status, said = command("runner", "--print-config", tmp_path / "k.elf")
    assert status == 2 and rb"\x1b[2J" in said
    expect_harmless(said)


def test_what_other_programs_say_is_shown_without_harm(tmp_path):
    """VBoxManage here, which repeats names of machines and disks."""
    (tmp_path / "bin").mkdir()
    program = tmp_path / "bin/VBoxManage"
    program.write_text("#!/bin/sh\nprintf 'error: \\033[2J\\377\\n' >&2\nexit 1\n")
    program.chmod(0o755)
    status, said = command("vbox", "--remove", PATH=f"{program.parent}:{os.environ['PATH']}")
    assert status == 1 and rb"error: \x1b[2J" in said
    assert b"\x1b" not in said and b"\xff" not in said


def test_labels_of_volumes_are_shown_without_harm():
    told = {"path": "/dev/sdx", "maj:min": "8:0", "type": "disk", "size": 1 << 30, "rm": True,
            "ro": False, "tran": "usb", "vendor": "\x1b[2J", "model": "a\nb", "fstype": "vfat",
            "label": "\x1b]0;x\x07\n/dev/sda", "mountpoint": None}  # fmt: skip
    assert Drive(told).lines() == [
        r"/dev/sdx  \x1b[2J a\x0ab, 1.0 GiB",
        r'    vfat "\x1b]0;x\x07\x0a/dev/sda"',
    ]


def test_words_of_the_command_line_are_repeated_without_harm():
    status, said = command("run", "--ker\x1b[2J")
    assert status == 2 and rb"--ker\x1b[2J" in said
    expect_harmless(said)
