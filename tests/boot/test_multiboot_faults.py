"""The first mistakes of Multiboot kernels, in 32-bit protected mode and on the way to long mode:
what is said about them on COM1."""

import guests
import pytest
from told import fault_line

HALTED = "The machine is halted."
LINK = ("-melf_i386", "-n", "-Ttext=0x100000", "-e", "_start")
KERNEL = """
bits 32
section .text
align 4
        dd 0x1badb002, 0, -0x1badb002
global _start, helper
_start: mov esp, stack.top
        mov ebp, 0
        call helper
        jmp $
helper: push ebp
        mov ebp, esp
        {code}
section .bss
align 4096
tables: resb 4096 * 4
stack:  resb 4096
.top:
section .data
{data}
"""

# Page tables that map the first GiB at its own address, long mode, and 64-bit code.
TO_LONG_MODE = """
        mov dword [tables], tables + 4096 + 3
        mov dword [tables + 4096], tables + 8192 + 3
        mov edi, tables + 8192
        mov eax, 0x83
.next:  mov [edi], eax
        add eax, 0x200000
        add edi, 8
        cmp edi, tables + 3 * 4096
        jb .next
        mov eax, tables
        mov cr3, eax
        mov eax, {cr4}
        mov cr4, eax
        mov ecx, 0xc0000080
        rdmsr
        or eax, 0x100
        wrmsr
        mov eax, cr0
        or eax, 0x80000000
        mov cr0, eax
        lgdt [gdt.pointer]
        jmp {selector}:.long
bits 64
.long:  mov rsp, stack.top
        {code}
"""
GDT = """
gdt:    dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff
.pointer:
        dw $ - gdt - 1
        dd gdt
"""
PAGING = """
        mov dword [tables + 4], 0
        mov dword [tables], 0x83
        mov eax, tables
        mov cr3, eax
        mov eax, {cr4}
        mov cr4, eax
        mov eax, cr0
        or eax, 0x80010000
        mov cr0, eax
"""
BIG_TABLES = """
        mov eax, 0x83
        mov edi, tables
.next:  mov [edi], eax
        add eax, 0x400000
        add edi, 4
        cmp edi, tables + 4096 - 256
        jb .next
"""


def long_mode(code, cr4=0x20, selector=8):
    return TO_LONG_MODE.format(code=code, cr4=cr4, selector=selector), GDT


# name -> (code, data), kind, and words that must be said.
MISTAKES = {
    "ud2": (("ud2", ""), "ud2", ["executed ud2", "32-bit code, paging off"]),
    "divide": (("xor ecx, ecx\ndiv ecx", ""), "divide-by-zero", ["the divisor is ECX"]),
    "bios": (("int 0x10", ""), "software-interrupt", ["executed int 0x10"]),
    "selector": (
        ("jmp 0x88:0", ""),
        "selector-missing",
        ["tried to load selector 0x88 into CS (far jump", "began with 0x10 in CS and 0x18 in SS"],
    ),
    "timer": (("sti\njmp $", ""), "interrupt", ["line 0 of the first PIC, the timer"]),
    "return": (("mov esp, [old]\nret", ""), "returned", ["with EAX = 0x2badb002"]),
    "fpu": (("mov eax, cr0\nor al, 8\nmov cr0, eax\nfninit", ""), "fpu-off", ["clts"]),
    "bios time": (("int 0x1a", ""), "software-interrupt", ["executed int 0x1a"]),
    "bios disk": (("int 0x13", ""), "software-interrupt", ["executed int 0x13"]),
    "bios memory": (("int 0x15", ""), "no-handler", ["executed int 0x15"]),
    "32-bit page": (
        (BIG_TABLES + PAGING.format(cr4=0x10) + "mov ebx, 0xfffffff0\nmov [ebx], eax", ""),
        "not-mapped",
        ["wrote to 0xfffffff0", "0x0 at level 2", "came from EBX", "with 32-bit page tables"],
    ),
    "lme without pae": (
        long_mode("hlt", cr4=0),
        "control-register",
        ["to CR0, which the CPU refuses", "EFER.LME without CR4.PAE"],
    ),
    "code segment": (
        long_mode("hlt", selector=16),
        "selector-wrong",
        ["selector 0x10 into CS", "that entry is writable data", "compatibility mode"],
    ),
    "64-bit page": (
        long_mode("mov rax, 0xffff800000001000\nmov [rax], rax"),
        "not-mapped",
        ["wrote to 0xffff800000001000", "the kernel's own page tables"],
    ),
    "64-bit stack": (long_mode("xor esp, esp\ndec rsp\npush rax"), "not-mapped", ["level 4"]),
    "64-bit divide": (long_mode("xor ecx, ecx\ndiv rcx"), "divide-by-zero", ["divisor is RCX"]),
    "64-bit ud2": (long_mode("ud2"), "ud2", ["executed ud2"]),
    "64-bit int": (long_mode("int 0x80"), "no-handler", ["executed int 0x80"]),
    "64-bit non-canonical": (
        long_mode("mov rax, 0x1234567890abcdef\nmov [rax], rax"),
        "non-canonical",
        ["0x1234567890abcdef"],
    ),
}


NOT_IN_QEMU = ["lme without pae"]  # QEMU allows it


def make(folder, code, data=""):
    source = KERNEL.format(code=code, data="old: dd 0\n" + data)
    source = source.replace("_start: mov esp,", "_start: mov [old], esp\nmov esp,")
    return guests.assemble(folder, "kernel", source, "elf32", LINK)


def check(name, machine):
    """Compares what COM1 says with what is known about the mistake."""
    _, kind, words = MISTAKES[name]
    said = machine.wait_serial(HALTED)
    line = fault_line(machine)
    assert line["kind"] == kind, said
    assert name == "return" or line["in"].startswith("helper"), said
    for word in words:
        assert word in " ".join(said.split()), said


@pytest.mark.parametrize("name", [name for name in MISTAKES if name not in NOT_IN_QEMU])
def test_a_mistake_is_explained(boot, tmp_path, name):
    machine = boot(make(tmp_path, *MISTAKES[name][0]), debug_exit=False)
    check(name, machine)


# Where CPUs are stricter than QEMU's: segments, gates, and what long mode leaves of them.
IN_BOCHS = ["ud2", "bios", "bios time", "timer", "return", "32-bit page", "lme without pae",
            "code segment", "64-bit page", "64-bit ud2", "64-bit divide"]  # fmt: skip


@pytest.mark.parametrize("name", IN_BOCHS)
def test_a_mistake_is_explained_in_bochs(boot_in_bochs, tmp_path, name):
    machine = boot_in_bochs(make(tmp_path, *MISTAKES[name][0]), options="-onfault=exit")
    check(name, machine)
