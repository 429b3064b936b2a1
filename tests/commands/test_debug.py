"""`debug`: gdb at the kernel's first instruction, with the right registers and symbols."""

import json
import os
import re
import shlex
import signal
import subprocess
import time

import pytest

from lib.entry import line_for_gdb
from projects import ROOT


def with_gdb(project, tmp_path, commands, *words):
    """The output of debug when these commands are typed."""
    return subprocess.run(
        [project.root / "build.sh", "--no-install", "debug", "--output", tmp_path / "d.iso",
         *map(str, words)],
        input="\n".join([*commands, "quit", ""]), stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT, text=True, timeout=200,
        env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
    )  # fmt: skip


def test_gdb_is_at_the_first_instruction_in_64_bit_mode(project, tmp_path):
    done = with_gdb(
        project, tmp_path,
        ["info registers rip cs efer", "stepi", "x/i $pc", "print sizeof(void *)",
         "break serial_start", "continue", "backtrace"],
    )  # fmt: skip
    said = done.stdout
    assert done.returncode == 0, said
    assert re.search(r"rip +0xffffffff8\w+ +0x\w+ <_start>", said), said
    assert "[ NXE LMA LME ]" in said and re.search(r"cs +0x8 ", said)
    assert "<_start+" in said and "= 8" in said
    assert re.search(r"#0  serial_start \(\) at kernel/serial\.c", said), said
    assert re.search(r"#1 .* in _start \(info=0x\w+\) at kernel/main\.c", said), said


def test_two_commands_that_start_at_once_have_two_ports():
    with line_for_gdb(0) as line:
        wanted = line.getsockname()[1]
    with line_for_gdb(wanted) as line, line_for_gdb(wanted) as other:
        assert line.getsockname()[1] == wanted != other.getsockname()[1]


@pytest.mark.parametrize("options", [[], ["--options", "-kaslr"]], ids=["moved", "kaslr"])
def test_symbols_are_moved_with_the_kernel(project, tmp_path, options):
    kernel = project.root / "build/tests/kernels/pie.elf"
    done = with_gdb(
        project, tmp_path,
        ["backtrace", "print/x &_start", "break finish", "continue", "backtrace"],
        "--kernel", kernel, *options,
    )  # fmt: skip
    said = done.stdout
    assert "moved by 0xffffffff" in said and "_start (info=0x" in said, said
    moved = int(re.search(r"moved by (0x\w+)", said).group(1), 16)
    assert int(re.search(r"\$1 = (0x\w+)", said).group(1), 16) >= moved
    assert re.search(r"#0  finish \(\)", said) and f"kernel_slide={moved:x}" in said, said


def test_a_kernel_where_isolinux_has_been_is_waited_for(project, tmp_path):
    """ISOLINUX's own code is at 1 MiB, and would run into a breakpoint there."""
    source, program = tmp_path / "low.asm", tmp_path / "low.elf"
    source.write_text(
        "bits 64\nsection .text\nglobal _start\n_start: mov rax, 0x1234567890\ncli\nhlt\n"
    )
    made = tmp_path / "low.o"
    subprocess.run(["nasm", "-felf64", "-o", made, source], check=True)
    for address in ("0x100000", "0x100a01", "0x103d90"):
        link = ["ld", "-melf_x86_64", "-N", f"-Ttext={address}"]
        subprocess.run([*link, "-o", program, made], check=True)
        done = with_gdb(
            project, tmp_path, ["stepi", "print/x $rax", "info registers cs"], "--kernel", program
        )
        assert "$1 = 0x1234567890" in done.stdout, done.stdout


def test_without_gdb_the_command_is_printed_and_ctrl_c_ends_it(project, tmp_path, kernel):
    program = kernel("mov rbx, 0x1234567890", "here: jmp here", name="it's one")
    running = subprocess.Popen(
        [project.root / "build.sh", "--no-install", "debug", "--no-gdb", "--kernel", program,
         "--output", tmp_path / "d.iso"],
        stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True, start_new_session=True,
        env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
    )  # fmt: skip
    said = []
    for line in running.stdout:
        said.append(line)
        if "Ctrl-C ends it" in line:
            break
    command = next(line for line in said if line.startswith("    gdb "))
    more = ["-batch", "-ex", "stepi", "-ex", "print/x $rbx", "-ex", "info symbol $pc"]
    done = subprocess.run([*shlex.split(command), *more], capture_output=True, text=True,
                          stdin=subprocess.DEVNULL, timeout=60)  # fmt: skip
    assert "0x1234567890" in done.stdout and "here in section .text" in done.stdout, done.stdout
    os.killpg(running.pid, signal.SIGINT)
    assert running.wait(30) == 130
    time.sleep(0.2)
    port = re.search(r"127\.0\.0\.1:(\d+)", command).group(1)
    listening = subprocess.run(["ps", "-eo", "args"], capture_output=True, text=True).stdout
    assert not [line for line in listening.splitlines()
                if str(tmp_path / "d.iso") in line and port in line], "QEMU has ended"  # fmt: skip


def test_a_kernel_that_does_not_start_is_reported(project, tmp_path):
    (tmp_path / "short.elf").write_bytes((ROOT / "build/kernel.elf").read_bytes()[:80])
    done = with_gdb(project, tmp_path, [], "--no-check", "--kernel", tmp_path / "short.elf")
    assert done.returncode == 1 and "the loader did not start the kernel" in done.stdout
    (tmp_path / "text").write_text("this is no kernel")
    done = with_gdb(project, tmp_path, [], "--no-check", "--kernel", tmp_path / "text")
    assert done.returncode == 1 and "is not a 64-bit ELF file" in done.stdout, done.stdout
    done = with_gdb(project, tmp_path, [], "--", "-nonsense")
    assert done.returncode == 1 and "QEMU ended, with status 1" in done.stdout, done.stdout
    assert "--port must be a number" in with_gdb(project, tmp_path, [], "--port", "x").stdout


@pytest.mark.parametrize("kernel", ["pie", "placed-1m"])
def test_gdb_is_at_the_first_instruction_under_uefi(project, tmp_path, kernel):
    """A kernel that is moved, and one where memory was the firmware's until a moment ago."""
    program = project.root / f"build/tests/kernels/{kernel}.elf"
    commands = ["print $rip == (long)&_start", "info registers cs"]
    said = with_gdb(project, tmp_path, commands, "--uefi", "--kernel", program).stdout
    assert "BdsDxe: starting" in said and "$1 = 1\n" in said, said
    assert re.search(r"cs +0x8 ", said), said
    if kernel == "pie":
        assert "moved by 0xffffffff80000000" in said, said


def test_a_kernel_that_may_be_anywhere_is_not_looked_for_under_uefi(project):
    assert "-kaslr" in project.bad("debug", "--uefi", "--options", "-kaslr", status=2)


def test_what_the_docs_give_visual_studio_code_can_be_read():
    text = (ROOT / "docs/debug.md").read_text()
    snippet = json.loads(re.search(r"```json\n(.*?)```", text, re.DOTALL).group(1))
    assert snippet["configurations"][0]["miDebuggerServerAddress"] == "127.0.0.1:1234"


@pytest.mark.parametrize("address", ["0x100000", "0x200000"])
def test_gdb_is_at_the_first_instruction_without_a_disc_as_well(project, kernel, address):
    """The loader itself is at 1 MiB then."""
    program = kernel("mov rax, 0x1234567890", "cli", "hlt")
    link = ["ld", "-melf_x86_64", "-N", f"-Ttext={address}", program.with_suffix(".o")]
    subprocess.run([*link, "-o", program], check=True)
    command = [project.root / "build.sh", "--no-install", "debug", "--direct", "--kernel", program]
    done = subprocess.run(
        command, input="stepi\nprint/x $rax\ninfo registers cs\nquit\n", capture_output=True,
        text=True, timeout=200,
        env={key: value for key, value in os.environ.items() if "DISPLAY" not in key},
    )  # fmt: skip
    assert "$1 = 0x1234567890" in done.stdout, done.stdout + done.stderr


def test_a_reset_under_gdb_is_explained(project, tmp_path, kernel):
    program = kernel("lidt [nothing]", "ud2", "nothing: dw 0", "dq 0")
    commands = ["continue", "shell sleep 8", "print 6 * 7"]
    done = with_gdb(project, tmp_path, commands, "--kernel", program)
    assert "the machine reset: a triple fault at RIP 0x200008" in done.stdout, done.stdout
    assert "docs/errors.md#idt-limit" in done.stdout and "= 42" in done.stdout, done.stdout
