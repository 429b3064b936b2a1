"""`run`: how a machine's end is reported, with real kernels in QEMU and no window."""

import gzip
import os
import pty
import re
import subprocess
import time

import pytest

HELLO = ["mov dx, 0x3f8", *(f"mov al, {ord(letter)}\nout dx, al" for letter in "hello"), ""]
ENDS = {
    "halts": (["cli", "hlt", "jmp $"], 0, "the kernel has halted"),
    "resets": (["mov al, 6", "mov dx, 0xcf9", "out dx, al", "jmp $"], 1, "the machine reset"),
    "faults": (
        ["lidt [rel none]", "int3", "none: times 10 db 0"],
        1,
        "the machine reset: a triple fault",
    ),
    "switches off": (["mov ax, 0x2000", "mov dx, 0x604", "out dx, ax", "jmp $"], 0, "switched off"),
}


@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_reported(project, kernel, tmp_path, end):
    body, status, told = ENDS[end]
    said = project.bad(
        "run", "--output", tmp_path / "x.iso", "--kernel", kernel(*HELLO, *body), status=status
    )
    assert "hello\n" in said, "what the kernel wrote has its own line"
    assert told in said.split("hello\n")[1], said


def test_a_fault_is_reported_with_file_and_line(project, kernel, tmp_path):
    program = kernel("call here", "here:", "ud2")
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", program]
    said = project.bad(*words, status=3)
    assert "Longjump: Invalid opcode" in said and "the kernel has halted after its fault" in said
    sources = said.split("in your sources:\n")[1].splitlines()
    assert sources[0].strip() == "here (tiny.asm:7)", said
    assert sources[1].strip() == "_start (tiny.asm:5)", said
    assert said.count("in your sources:") == 1


def test_a_fault_is_reported_with_file_and_line_even_at_an_exit(project, kernel, tmp_path):
    program = kernel("xor eax, eax", "mov [rax], al")
    device = "isa-debug-exit,iobase=0xf4,iosize=4"
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", program]
    words += ["--options", "-onfault=exit", "--", "-device", device]
    said = project.bad(*words, status=37)
    assert "in your sources:\n    _start (tiny.asm:6)" in said


def test_qemus_own_status_is_passed_on(project, kernel, tmp_path):
    program = kernel("mov al, 16", "out 0xf4, al", "jmp $")
    device = "isa-debug-exit,iobase=0xf4,iosize=4"
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", program, "--", "-device", device]
    assert "QEMU ended with status 33" in project.bad(*words, status=33)


def test_an_argument_qemu_does_not_know_is_told(project, tmp_path):
    said = project.bad("run", "--output", tmp_path / "x.iso", "--", "-nonsense")
    assert "-nonsense" in said and "QEMU ended with status 1" in said


def test_a_refused_kernel_does_not_wait_for_somebody_who_is_not_there(project, tmp_path):
    (tmp_path / "te,xt").write_text("this is no kernel\n")
    said = project.bad("run", "--output", tmp_path / "x.iso", "--no-check",
                       "--kernel", tmp_path / "te,xt")  # fmt: skip
    assert said.count("/te,xt\n") == 2 and "could not start" in said, "as the user calls it"
    assert "kernel.elf" not in said and "boot: \n" in said and "nobody can type there" in said


def test_a_file_that_cannot_be_read_has_the_name_that_its_user_gave_it(project, tmp_path):
    damaged = bytearray(gzip.compress((project.root / "build/kernel.elf").read_bytes()))
    damaged[200] ^= 0xFF
    program = tmp_path / "my.elf.gz"
    program.write_bytes(damaged)
    for way in (["--output", tmp_path / "x.iso"], ["--direct"]):
        said = project.bad("run", *way, "--no-check", "--kernel", program)
        assert "K504" in said and re.search(r"/my\.elf\.gz:\s+\d+ bytes that should", said), said
        assert "kernel.elf" not in said, said


@pytest.mark.parametrize("way", ["disc", "direct"])
def test_a_module_that_cannot_be_read_has_the_name_that_its_user_gave_it(project, tmp_path, way):
    (tmp_path / "sub, folder").mkdir()
    damaged = bytearray(gzip.compress(bytes(range(256)) * 100))
    damaged[40] ^= 0xFF
    (tmp_path / "sub, folder/-b.img").write_bytes(damaged)
    (tmp_path / "a.img").write_bytes(b"well")
    words = ["--output", "x.iso"] if way == "disc" else ["--direct"]
    modules = ["--module", "a.img", "--module", "sub, folder/-b.img:its words"]
    said = project.bad("run", *words, "--no-check", *modules, cwd=tmp_path)
    assert "K504" in said and "     sub, folder/-b.img: " in said, said


def test_a_machine_that_the_loader_restarts_is_reported_as_that(project, tmp_path):
    said = project.bad("run", "--output", tmp_path / "x.iso", "--options", "-reboot")
    assert said.endswith("restarted before the kernel had begun (-reboot)\n"), said


def test_memory_and_append_reach_the_kernel(project, tmp_path):
    said = project.good(
        "run", "--output", tmp_path / "x.iso", "--memory", "64M", "--append", "one two=3"
    )
    assert "one two=3" in said and "the kernel has halted" in said


def test_the_longest_line_reaches_the_loader(project, tmp_path):
    config = (project.root / "isolinux.cfg").read_text()
    longest = max(re.findall(r"^\s*APPEND\s+(.*kernel\.elf)$", config, re.MULTILINE), key=len)
    words = ["run", "--output", tmp_path / "x.iso", "--append"]
    assert "the kernel has halted" in project.good(*words, "x" * (2027 - len(longest + " ")))


def test_ctrl_c_ends_it(project, kernel, tmp_path):
    """On a terminal, as a user would; its settings are restored at the end."""
    master, terminal = pty.openpty()
    before = subprocess.check_output(["stty", "-a"], stdin=terminal)
    words = ["run", "--output", tmp_path / "x.iso", "--kernel", kernel(*HELLO, "jmp $")]
    running = subprocess.Popen(
        [project.root / "build.sh", *words], stdin=terminal, stdout=terminal, stderr=terminal,
        start_new_session=True, preexec_fn=lambda: os.close(os.open(os.ttyname(terminal), 2)),
        env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
    )  # fmt: skip
    said, deadline = b"", time.monotonic() + 60
    while b"hello" not in said and time.monotonic() < deadline:
        said += os.read(master, 4096)
    time.sleep(1.5)  # so that it was looked at
    os.write(master, b"\x03")
    assert running.wait(60) == 130, said
    seen = rb"ended by Ctrl-C; last seen: the CPU is at RIP 0x[0-9a-f]+ in \w+ \(tiny.asm:\d+\)"
    assert re.search(seen, os.read(master, 4096))
    assert subprocess.check_output(["stty", "-a"], stdin=terminal) == before
    os.close(master)
    os.close(terminal)


@pytest.mark.parametrize("end", ENDS)
def test_the_end_is_reported_without_a_disc_as_well(project, kernel, end):
    body, status, told = ENDS[end]
    said = project.bad("run", "--direct", "--kernel", kernel(*HELLO, *body), status=status)
    assert "hello\n" in said and told in said.split("hello\n")[1], said


def test_a_fault_is_reported_with_file_and_line_without_a_disc_as_well(project, kernel):
    program = kernel("call here", "here:", "ud2")
    said = project.bad("run", "--direct", "--kernel", program, status=3)
    assert "Longjump: Invalid opcode" in said and "here (tiny.asm:7)" in said


def test_words_and_modules_come_without_a_disc(project, tmp_path):
    module = tmp_path / "module.bin"
    module.write_bytes(b"1234567")
    said = project.good(
        "run", "--direct", "--append", "some words", "--module", f"{module}:its own"
    )
    assert "command line: some words" in said and "module.bin" in said and "its own" in said


def test_options_that_need_a_disc_are_refused_without_one(project, tmp_path):
    said = project.bad("run", "--direct", "--output", tmp_path / "x.iso", status=2)
    assert "--direct makes no image" in said
    assert "--uefi" in project.bad("run", "--direct", "--uefi", status=2)


# Maps Longjump's handlers no-execute: walks to the entry of the third level, and sets its bit 63.
NO_EXECUTE = """
        mov r8, [rdi + 48]              ; where physical memory is
        sub rsp, 16
        sidt [rsp]
        mov rbx, [rsp + 2]
        mov rax, cr3
        mov ecx, 39
.level: and rax, -4096
        mov rdx, rbx
        shr rdx, cl
        and edx, 511
        add rax, r8
        lea r9, [rax + rdx * 8]
        mov rax, [r9]
        sub ecx, 9
        cmp ecx, 12
        jne .level
        bts qword [r9], 63
        mov rax, cr3
        mov cr3, rax
        ud2
"""


def test_a_handler_that_may_not_be_executed_does_not_hang_in_silence(project, kernel, tmp_path):
    program = kernel(*NO_EXECUTE.splitlines())
    said = project.bad("run", "--output", tmp_path / "x.iso", "--kernel", program, status=3)
    assert "exception 6 at RIP 0x200" in said and " in _start" in said, said
    assert "docs/errors.md#handler-no-execute" in said, said
