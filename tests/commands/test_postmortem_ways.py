"""What is said of a triple fault, whichever protocol the kernel has and however it was started: the
symbol and the source line, at whatever address the kernel was placed."""

import re
import subprocess

import images
import pytest

from lib.trial import CRASH, Trial

SETTINGS = {"test-success-exit-code": 33, "test-timeout": 60, "test-no-reboot": True}
FLAGS = "-ffreestanding -mno-red-zone -mgeneral-regs-only -O1 -g -nostdlib"
FIXED = "-fno-pic -static -Wl,-Ttext-segment=0x200000 -Wl,-z,max-page-size=0x1000"
HIGH = "-fno-pic -mcmodel=kernel -static -Wl,-Ttext-segment=0xffffffff80000000"
PIE = "-fpie -pie -Wl,--no-dynamic-linker,-z,text"

# An IDT of the kernel's own, which is empty; and then a fault, in a function that was called.
BREAKS = """
#include <stdint.h>
struct __attribute__((packed)) table { uint16_t limit; uint64_t base; };
static volatile int divisor;
__attribute__((noinline)) static int divide(int by)
{
	return 7 / by; /* WRONG */
}
void _start(void)
{
	struct table none = { 0, 0 };

	__asm__ volatile("lidt %0" : : "m"(none));
	divisor = divide(divisor); /* CALLED */
	for (;;)
		;
}
"""
LIMINE = """
__attribute__((used, section(".data"))) static volatile uint64_t revision[3] = {
	0xf9562b2d5c95a6c8, 0x6a7b384944536bdc, 3
};
"""
RUST_11 = """
__asm__(".pushsection .bootloader-config, \\"a\\"\\n"
        ".byte 0x74, 0x3c, 0xa9, 0x61, 9, 0x36, 0x46, 0xa0, 0xbb, 0x55, 0x5c, 0x15, 0x89, 0x15\\n"
        ".byte 0x25, 0x3d, 0, 0, 11, 0, 16, 0, 0\\n"
        ".quad 81920\\n .zero 56\\n .byte 1\\n .zero 45\\n" /* all at random */
        ".popsection");
"""
MULTIBOOT_2 = """
bits 32
section .text
align 8
header: dd 0xe85250d6, 0, header_end - header, -(0xe85250d6 + header_end - header)
        dw 0, 0
        dd 8
header_end:
global _start
        align 16
        dd 0
divide: xor edx, edx
        div ecx ; WRONG
        ret
_start: mov esp, stack_end
        lidt [none]
        xor ecx, ecx
        call divide ; CALLED
        jmp $
section .data
none:   dw 0
        dd 0
section .bss
        resb 4096
stack_end:
"""


def line_of(text, mark):
    return text[: text.index(mark)].count("\n") + 1


def compiled(folder, text, how):
    """A kernel from C."""
    source, program = folder / "k.c", folder / "k.elf"
    source.write_text(text)
    subprocess.run(["gcc", *f"{FLAGS} {how}".split(), "-o", program, source], check=True)
    return program


def assembled(folder, text):
    """A 32-bit kernel."""
    source, made, program = folder / "k.asm", folder / "k.o", folder / "k.elf"
    source.write_text(text)
    subprocess.run(["nasm", "-felf32", "-g", "-Fdwarf", "-o", made, source], check=True)
    link = ["-melf_i386", "-n", "-z", "noexecstack", "-Ttext=0x100000"]
    subprocess.run(["ld", *link, "-o", program, made], check=True)
    return program


def check(said, text, name):
    """The division is explained, by function, line and caller."""
    words = " ".join(said.split())
    assert f"divide (k.{name}:{line_of(text, 'WRONG')})" in words, said
    assert "divided by zero" in words and "there is no IDT (its limit is 0)" in words, said
    called = rf"called by 0x[0-9a-f]+ _start \(k.{name}:{line_of(text, 'CALLED')}\)"
    assert re.search(called, words), said
    assert "docs/errors.md#idt-limit" in words and "docs/errors.md#divide-by-zero" in words, said


@pytest.mark.parametrize(
    ("more", "how", "options", "moves"),
    [
        (LIMINE, HIGH, "", False),
        (LIMINE, PIE, "-kaslr ", True),
        ("", FIXED, "-protocol=bootloader-0.9 ", False),
        (RUST_11, PIE, "", True),
        ("", PIE, "-kaslr ", True),
    ],
    ids=["limine", "limine kaslr", "bootloader 0.9", "bootloader 0.11", "native kaslr"],
)
def test_a_triple_fault_is_explained_by_each_protocol(tmp_path, more, how, options, moves):
    text = BREAKS + more
    program = compiled(tmp_path, text, how)
    trial = booted(program, options)
    check(trial.story.text(program), text, "c")
    if moves:
        assert trial.story.number("slide") != 0


def test_a_triple_fault_of_a_multiboot_2_kernel_is_explained(tmp_path):
    program = assembled(tmp_path, MULTIBOOT_2)
    check(booted(program, "").story.text(program), MULTIBOOT_2, "asm")


def booted(program, options):
    """A test of a kernel that is booted without a disc."""
    command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "128M"]
    command += ["-kernel", str(images.BUILD / "longjump.elf"), "-append", options + program.name]
    trial = Trial([*command, "-initrd", str(program)], [], None, SETTINGS, program)
    status, last = trial.run(program.name)
    assert status == CRASH and trial.story, last
    return trial


def test_run_without_a_disc_explains_a_triple_fault(project, tmp_path):
    program = compiled(tmp_path, BREAKS, FIXED)
    said = project.bad("run", "--direct", "--kernel", program, status=1)
    assert "the machine reset: a triple fault at RIP 0x20" in said, said
    check(said, BREAKS, "c")


@pytest.mark.parametrize(
    ("more", "how", "options"), [("", PIE, "-kaslr"), (LIMINE, HIGH, "")], ids=["kaslr", "limine"]
)
def test_under_uefi_nothing_of_the_firmware_is_taken_for_the_kernels(
    project, tmp_path, more, how, options
):
    """OVMF has an IDT of its own, takes interrupts up to the last moment, and begins at the reset
    vector again; the chain that is told has the kernel's exceptions only."""
    text = BREAKS + more
    program = compiled(tmp_path, text, how)
    words = ["--options", options] if options else []
    words = ["run", "--uefi", "--output", tmp_path / "x.iso", *words, "--kernel", program]
    said = project.bad(*words, status=1)
    check(said, text, "c")
    chain = re.findall(r"^ +(?:exceptions +)?([0-9]\. .*)", said, re.MULTILINE)
    assert [line.split()[1] for line in chain] == ["#DE", "#DF"], said
    assert "0xfffffff0" not in said, said
