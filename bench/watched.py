#!/usr/bin/env python3
"""watched.py - what it costs a kernel that QEMU's interrupts are logged for its post-mortem.

    python3 bench/watched.py [PAIRS]

Boots kernels that make no fault, in pairs of runs, with the log and with resets only, and compares
the CPU time of QEMU and of the tool together: one that computes, with few interrupts, and one that
does nothing but interrupts, which are logged for a moment now and then.
"""

import os
import resource
import statistics
import subprocess
import sys
import tempfile
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
sys.path.insert(0, str(ROOT / "commands"))

from lib import machine, qemu_log
from lib.trial import SUCCESS, Trial

SETTINGS = {"test-success-exit-code": 33, "test-timeout": 120, "test-no-reboot": True}
KERNELS = {  # name -> interrupts, and turns of a loop for each
    "computes, and makes 1,000 interrupts": (1000, 1000000),
    "makes 1,000,000 interrupts": (1000000, 1),
}
SOURCE = """
bits 64
section .text
global _start
_start:
    mov rax, handler
    mov [idt + 0x80 * 16], ax
    mov dword [idt + 0x80 * 16 + 2], 8
    mov byte [idt + 0x80 * 16 + 5], 0x8e
    shr rax, 16
    mov [idt + 0x80 * 16 + 6], ax
    lidt [idtr]
    mov rcx, {}
next:
    int 0x80
    mov ebx, {}
turn:
    dec ebx
    jnz turn
    dec rcx
    jnz next
    mov eax, 16
    out 0xf4, eax
    jmp $
handler:
    iretq
section .data
idtr: dw 4095
    dq idt
section .bss
alignb 16
idt: resb 4096
"""


def build(folder, count, turns):
    """A kernel that makes `count` interrupts; its file."""
    source, made, program = (folder / f"k.{kind}" for kind in ("asm", "o", "elf"))
    source.write_text(SOURCE.format(count, turns))
    subprocess.run(["nasm", "-felf64", "-o", made, source], check=True)
    link = ["ld", "-melf_x86_64", "-Ttext=0x200000", "-o", program, made]
    subprocess.run(link, check=True)
    return program


def seconds():
    """CPU time of ours and of the processes that have ended."""
    both = map(resource.getrusage, (resource.RUSAGE_SELF, resource.RUSAGE_CHILDREN))
    return sum(used.ru_utime + used.ru_stime for used in both)


def cost(program, masks):
    """The CPU time of one run, with these parts of QEMU's log."""
    qemu_log.MASKS = machine.MASKS = masks
    command = ["qemu-system-x86_64", "-accel", "tcg", "-m", "64M"]
    command += ["-kernel", str(ROOT / "build/longjump.elf"), "-append", program.name]
    before = seconds()
    status, words = Trial([*command, "-initrd", str(program)], [], None, SETTINGS, program).run("")
    if status != SUCCESS:
        raise SystemExit(words)
    return seconds() - before


def main():
    pairs = int(sys.argv[1]) if len(sys.argv) > 1 else 5
    logged = qemu_log.MASKS
    os.chdir(ROOT)
    with tempfile.TemporaryDirectory() as folder:
        for name, numbers in KERNELS.items():
            program = build(Path(folder), *numbers)
            found = [(cost(program, logged), cost(program, qemu_log.FEWER)) for _ in range(pairs)]
            more = statistics.median(one / other - 1 for one, other in found)
            took = statistics.median(other for _, other in found)
            print(f"{name}: {more:+.1%} of {took:.2f} s, median of {pairs} pairs", flush=True)


if __name__ == "__main__":
    main()
