"""What is said about a kernel that stops or loops for ever: where it is, in which handler, and what
it waits for."""

import re
import subprocess

import hangs
import images
import mishaps
import pytest

from lib.trial import NO_CODE, TIME, Trial

LONGJUMP = images.BUILD / "longjump.elf"
STATUS = {"TIMED OUT": TIME, "ENDED WITHOUT A CODE": NO_CODE}
LIMITS = {"TIMED OUT": 8, "ENDED WITHOUT A CODE": 40}
FLAGS = "-ffreestanding -mno-red-zone -mgeneral-regs-only -O1 -g -nostdlib -fno-pic -static"


def compiled(folder, text):
    """A kernel from C."""
    source, program = folder / "k.c", folder / "k.elf"
    source.write_text(text)
    flags = f"{FLAGS} -Wl,-Ttext-segment=0x200000 -I{images.ROOT}/include"
    subprocess.run(["gcc", *flags.split(), "-w", "-o", program, source], check=True)
    return program


def machine(program):
    """The words for a machine that boots a kernel without a disc."""
    command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "64M", "-kernel", str(LONGJUMP)]
    return [*command, "-append", program.name, "-initrd", str(program)]


@pytest.mark.parametrize("name", hangs.HANGS)
def test_where_a_kernel_hangs_is_reported(name, tmp_path):
    mistake = hangs.HANGS[name]
    program = compiled(tmp_path, mistake.source())
    settings = {"test-success-exit-code": 33, "test-no-reboot": True}
    settings["test-timeout"] = LIMITS[mistake.verdict]
    status, last = Trial(machine(program), [], None, settings, program).run("k")
    assert last.startswith(f"test {mistake.verdict}: "), last
    assert status == STATUS[mistake.verdict]
    rest = last
    for words in mistake.words:
        assert words in rest, last
        rest = rest.partition(words)[2]


def test_an_exception_in_real_mode_is_reported(tmp_path):
    """The BIOS's handler of #UD returns to the ud2."""
    body = ["mov dword [gdt + 0x20], 0xffff", "mov dword [gdt + 0x24], 0x9a00", "lgdt [gdtr]",
            "lidt [vectors]", "mov esp, 0x7000", "mov esi, code", "mov edi, 0x8000", "mov ecx, 64",
            "rep movsb", "jmp 0x20:0x8000", "vectors: dw 1023", "dd 0", "bits 16", "code:",
            "mov eax, cr0", "and al, ~1", "mov cr0, eax", "jmp 0:0x8000 + real - code", "real:",
            "ud2"]  # fmt: skip
    kernel = mishaps.Mishap("\n".join([*mishaps.NARROW, *body, ""]), (), (), "", narrow=True)
    program, _ = kernel.build(tmp_path, "k")
    settings = {"test-success-exit-code": 33, "test-no-reboot": True, "test-timeout": 6}
    status, last = Trial(machine(program), [], None, settings, program).run("k")
    assert status == TIME, last
    assert re.search("is in real mode, at [0-9a-f]{4}:[0-9a-f]{4}, with interrupts off", last), last
    assert "where #UD invalid opcode comes again and again" in last, last


def test_run_reports_in_which_handler_a_kernel_has_halted(project, tmp_path):
    name = "a null function whose page fault is handled by halting"
    program = compiled(tmp_path, hangs.HANGS[name].source())
    said = project.good("run", "--output", tmp_path / "x.iso", "--kernel", program)
    assert "the kernel has halted at RIP 0x" in said and "in the handler of this:" in said, said
    assert "Longjump: Page fault (#PF, exception 14)" in said, said
    assert "docs/errors.md#null-page" in said and "called by   0x" in said, said
