"""Tiny kernels that end in a triple fault, each by a mistake that kernels are known to make after
they have loaded an IDT; and what must be said of each.

`HERE` marks the line that is to be named, with the function it is in."""

import dataclasses
import subprocess

# An IDT of 256 gates in .bss, `gate VECTOR, HANDLER`, and others' tables.
PRELUDE = """
bits 64
default abs
%macro gate 2-5 0x08, 0x8e, 0 ; vector, handler, selector, type, IST
    mov rax, %2
    mov [idt + %1 * 16], ax
    mov word [idt + %1 * 16 + 2], %3
    mov byte [idt + %1 * 16 + 4], %5
    mov byte [idt + %1 * 16 + 5], %4
    shr rax, 16
    mov [idt + %1 * 16 + 6], ax
    shr rax, 16
    mov [idt + %1 * 16 + 8], eax
%endmacro
%macro own_gdt 0 ; and CS from it
    lgdt [gdtr]
    push 0x08
    push strict dword $ + 7
    retfq
%endmacro
%macro own_tss 1 ; with this limit
    mov rax, tss
    mov word [gdt + 0x20], %1
    mov [gdt + 0x22], ax
    shr rax, 16
    mov [gdt + 0x24], al
    mov byte [gdt + 0x25], 0x89
    mov [gdt + 0x27], ah
    shr rax, 16
    mov [gdt + 0x28], eax
    mov ax, 0x20
    ltr ax
%endmacro
%macro user_page 1 ; lets user mode use this page
    mov rsi, %1
    mov rbx, cr3
    mov cl, 39
%%level:
    and rbx, ~0xfff
    mov rax, rsi
    shr rax, cl
    and eax, 511
    add rbx, [rdi + 48]
    lea rbx, [rbx + rax * 8]
    or byte [rbx], 4
    mov rbx, [rbx]
    btr rbx, 63
    sub cl, 9
    cmp cl, 12
    jae %%level
%endmacro
%macro to_user 1
    user_page %1
    user_page stack
    mov rax, cr3
    mov cr3, rax
    push 0x1b
    push stack_end
    push 2
    push 0x13
    push %1
    iretq
%endmacro
%macro reload 0 ; tables in memory of the kernel's: top, and its physical address in CR3
    mov rax, top
    mov rbx, [rdi + 80]
    sub rax, rbx
    add rax, [rdi + 96]
    mov cr3, rax
%endmacro
section .text
global _start
"""

DATA = """
section .data
align 16
idtr: dw 4095
    dq idt
gdtr: dw 0x37
    dq gdt
align 16
gdt: dq 0, 0x00af9a000000ffff, 0x00affa000000ffff, 0x00cff2000000ffff, 0, 0, 0x00cf9a000000ffff
tss: times 104 db 0
section .bss
alignb 4096
idt: resb 4096
top: resb 4096
stack: resb 4096
stack_end:
"""


@dataclasses.dataclass(frozen=True)
class Mishap:
    """A mistake: the kernel, the sections of docs/errors.md to be named, in this order, the
    function, and words that must be read."""

    body: str
    kinds: tuple
    words: tuple
    where: str
    high: bool = False  # linked into the upper half
    narrow: bool = False  # a 32-bit Multiboot kernel
    hidden: bool = False  # the state alone, without a log, does not tell the first exception

    def build(self, folder, name):
        """Assembles and links it; returns the file, and the line that is meant."""
        source = folder / f"{name}.asm"
        text = self.body + DATA if self.narrow else PRELUDE + self.body + DATA
        source.write_text(text)
        program, made = folder / f"{name}.elf", folder / f"{name}.o"
        bits, base = ("elf32", "0x100000") if self.narrow else ("elf64", "0x200000")
        link = ["-melf_i386", "-n"] if self.narrow else ["-melf_x86_64"]
        base = "0xffffffff80200000" if self.high else base
        subprocess.run(["nasm", f"-f{bits}", "-g", "-Fdwarf", "-o", made, source], check=True)
        subprocess.run(["ld", *link, f"-Ttext={base}", "-o", program, made], check=True)
        lines = source.read_text().split("\n")
        return program, next((at for at, line in enumerate(lines, 1) if "HERE" in line), 0)


MISHAPS = {}


def mishap(name, kinds, body, *words, where="_start", **more):
    lines = "\n".join(f"    {line}" if line[-1:] != ":" else line for line in body)
    start = "" if more.get("narrow") else "_start:\n"
    MISHAPS[name] = Mishap(f"{start}{lines}\n", tuple(kinds.split()), words, where, **more)


LOAD = "lidt [idtr]"
NULL = "mov rax, [0x10] ; HERE"
OOPS = "ud2 ; HERE"
HANDLER = ["handler:", "jmp $"]
ON = ["on:", "jmp $"]
SYSCALL_ON = ["mov ecx, 0xc0000080", "rdmsr", "or eax, 1", "wrmsr"]
ALL_GATES = [LOAD, *(f"gate {vector}, handler" for vector in (3, 6, 8, 13, 14))]
GATES = [LOAD, "gate 6, handler", "gate 8, handler", "gate 13, handler", "gate 14, handler"]

USER_FRAME = {"SS": "0x1b", "RSP": "stack_end", "RFLAGS": "2", "CS": "0x13", "RIP": "on"}


def frame(*names, **other):
    """Pushes a frame for user mode, or these words of it in this order, and returns by them."""
    words = USER_FRAME | other
    return [*(f"push {words[name]}" for name in names or words), "iretq ; HERE", *ON]


# ---- the IDT -------------------------------------------------------------------------------------

mishap(
    "an empty idt structure",
    "idt-limit null-page",
    ["lidt [top]", NULL],
    "there is no IDT (its limit is 0)",
    "The kernel read from 0x10",
)
mishap(
    "a limit of ten gates",
    "idt-limit null-page",
    ["mov word [idtr], 159", LOAD, NULL],
    "it has 10 gates, 0 to 9",
)
mishap(
    "a limit counted in 8-byte gates",
    "idt-limit software-interrupt",
    ["mov word [idtr], 2047", LOAD, "int 0x80 ; HERE"],
    "executed int 0x80",
    "it has 128 gates, 0 to 127",
)
mishap(
    "a limit of 256",
    "idt-limit divide-by-zero",
    [
        "mov word [idtr], 15",
        LOAD,
        "xor ecx, ecx",
        "inc word [idtr]",
        "mov word [idtr], 0xff",
        "mov word [idtr], 7",
        LOAD,
        "div ecx ; HERE",
    ],
    "divided by zero: the divisor is RCX",
    "there is no IDT (its limit is 7)",
)
mishap(
    "an idt that is not mapped",
    "idt-not-mapped ud2",
    ["mov qword [idtr + 2], 0x40000000", LOAD, OOPS],
    "the IDT (at 0x40000000) is not mapped",
)
mishap(
    "an idt structure that is not packed",
    "idt-not-mapped ud2",
    ["lidt [loose]", OOPS, "align 8", "loose: dw 4095, 0, 0, 0", "dq idt"],
    "is not mapped where its gate is",
)
mishap(
    "an idt whose address lost its upper half",
    "idt-not-mapped ud2",
    ["mov rax, idt", "mov eax, eax", "mov [idtr + 2], rax", LOAD, OOPS],
    "is not mapped where its gate is",
    high=True,
)
mishap(
    "interrupts before there is a gate",
    "idt-limit interrupt",
    [
        "mov word [idtr], 511",
        LOAD,
        "mov al, 0x11",
        "out 0x20, al",
        "mov al, 0x20",
        "out 0x21, al",
        "mov al, 4",
        "out 0x21, al",
        "mov al, 1",
        "out 0x21, al",
        "mov al, 0xfe",
        "out 0x21, al",
        "sti",
        "spin:",
        "jmp spin ; HERE",
    ],
    "hardware interrupt came, with vector 0x20",
    "it has 32 gates",
    where="spin",
)

# ---- gates ---------------------------------------------------------------------------------------

mishap(
    "an empty gate", "gate-empty null-page", [LOAD, NULL], "is empty", "Fill in the gates of all 32"
)
mishap(
    "an empty gate for a division",
    "gate-empty divide-by-zero",
    [LOAD, "xor ecx, ecx", "div ecx ; HERE"],
    "divided by zero: the divisor is RCX",
)
mishap(
    "a gate that is not present",
    "gate-not-present ud2",
    [LOAD, "gate 6, handler, 0x08, 0x0e", OOPS, *HANDLER],
    "bit 47 is 0",
)
mishap(
    "a call gate",
    "gate-type ud2",
    [LOAD, "gate 6, handler, 0x08, 0x8c", OOPS, *HANDLER],
    "is of type 12, a call gate",
)
mishap(
    "a task gate",
    "gate-type ud2",
    [LOAD, "gate 6, handler, 0x08, 0x85", OOPS, *HANDLER],
    "type 5, a task gate",
)
mishap(
    "gates of eight bytes",
    "handler-address ud2",
    ["mov rcx, 256", "fill:", "mov word [idt + rcx * 8 - 8], handler - _start",
     "mov dword [idt + rcx * 8 - 6], 0x08", "mov dword [idt + rcx * 8 - 4], 0x208e00",
     "loop fill", LOAD, "oops:", OOPS, *HANDLER],
    "8-byte gates of 32-bit mode", where="oops",
)  # fmt: skip
mishap(
    "the selector of another loader",
    "gate-selector ud2",
    [LOAD, "gate 6, handler, 0x28", OOPS, *HANDLER],
    "has the selector 0x28, which is not a code segment",
    "CS is 0x8 now",
)
mishap(
    "no selector",
    "gate-selector ud2",
    [LOAD, "gate 6, handler, 0", OOPS, *HANDLER],
    "which selects no segment",
)
mishap(
    "a selector beyond the gdt",
    "gate-selector ud2",
    [LOAD, "gate 6, handler, 0x80", OOPS, *HANDLER],
    "the GDT ends before that",
)
mishap(
    "a selector of data",
    "gate-selector ud2",
    [LOAD, "gate 6, handler, 0x10", OOPS, *HANDLER],
    "which is not a code segment",
)
mishap(
    "a selector of 32-bit code",
    "gate-selector ud2",
    ["own_gdt", LOAD, "gate 6, handler, 0x30", OOPS, *HANDLER],
    "which is 32-bit code",
)
mishap(
    "code that is not present",
    "gate-selector ud2",
    ["own_gdt", LOAD, "gate 6, handler", "mov byte [gdt + 13], 0x1a", OOPS, *HANDLER],
    "whose descriptor is not present",
)
mishap(
    "a selector of user code",
    "gate-selector ud2",
    ["own_gdt", LOAD, "gate 6, handler, 0x10", OOPS, *HANDLER],
    "code of ring 3, which an interrupt in ring 0 cannot enter",
)
mishap(
    "a gdt that is not mapped",
    "gdt-not-mapped ud2",
    ["mov qword [gdtr + 2], 0x40000000", "lgdt [gdtr]", LOAD, "gate 6, handler", OOPS, *HANDLER],
    "the GDT (at 0x40000000) is not mapped",
)
mishap(
    "a gdt that is too short",
    "gate-selector ud2",
    ["mov word [gdtr], 7", "lgdt [gdtr]", LOAD, "gate 6, handler", OOPS, *HANDLER],
    "the GDT ends before that (limit 0x7)",
)

# ---- handlers ------------------------------------------------------------------------------------

mishap(
    "a handler that is not mapped",
    "handler-address ud2",
    [LOAD, "gate 6, 0x12345000", OOPS],
    "its gate leads to 0x12345000, where nothing is mapped",
)
mishap(
    "a handler whose address lost its upper half",
    "handler-address ud2",
    [LOAD, "gate 6, handler", "mov dword [idt + 6 * 16 + 8], 0", OOPS, *HANDLER],
    "the upper 32 bits are missing",
    high=True,
)
mishap(
    "a handler in data",
    "handler-address ud2",
    [LOAD, "gate 6, tss", OOPS],
    "which may not be executed",
)
mishap(
    "a handler at no canonical address",
    "handler-address ud2",
    [LOAD, "gate 6, 0x8000000000001000", OOPS],
    "which is not a canonical address",
)
mishap(
    "handlers none of which are mapped",
    "handler-address null-page",
    [LOAD, "gate 14, 0x12345000", "gate 8, 0x12345000", "gate 13, 0x12345000", NULL],
    "leads to 0x12345000",
    "The kernel read from 0x10",
    "until the stack was used up",
)

# ---- stacks and the TSS --------------------------------------------------------------------------

mishap(
    "no stack",
    "handler-stack ud2",
    [*GATES, "xor esp, esp", OOPS, *HANDLER],
    "nothing is mapped at 0xfffffffffffffff8",
)
mishap(
    "endless recursion",
    "handler-stack stack-overflow",
    [*GATES, "again:", "call again ; HERE", *HANDLER],
    "a stack overflow",
    "the stack has overflowed",
    where="again",
)
mishap(
    "a stack pointer that is not canonical",
    "handler-stack ud2",
    [*GATES, "mov rsp, 0x8000000000001000", OOPS, *HANDLER],
    "not a canonical address",
)
mishap(
    "a stack that may not be written",
    "handler-stack ud2",
    [*GATES, "mov rsp, _start + 2048", OOPS, "handler:", "times 4096 nop"],
    "may not be written",
)
mishap(
    "an ist that is empty",
    "handler-stack ud2",
    [LOAD, "own_gdt", "own_tss 103", "gate 6, handler, 8, 0x8e, 3", OOPS, *HANDLER],
    "IST3 of the TSS",
    "is 0x0, and nothing is mapped",
)
mishap(
    "a tss that is too short",
    "tss-limit ud2",
    [LOAD, "own_gdt", "own_tss 0x23", "gate 6, handler, 8, 0x8e, 1", OOPS, *HANDLER],
    "its limit is 0x23",
)
mishap(
    "a tss whose address lost its upper half",
    "tss-not-mapped ud2",
    [
        LOAD,
        "own_gdt",
        "own_tss 103",
        "mov byte [gdt + 0x25], 0x89",
        "mov dword [gdt + 0x28], 0",
        "ltr ax",
        "gate 6, handler, 8, 0x8e, 1",
        OOPS,
        *HANDLER,
    ],
    "is not mapped",
    high=True,
)
mishap(
    "user mode without a kernel stack",
    "handler-stack software-interrupt",
    [
        LOAD,
        "own_gdt",
        "own_tss 103",
        "gate 0x80, handler, 8, 0xee",
        "to_user user",
        *HANDLER,
        "align 4096",
        "user:",
        "int 0x80 ; HERE",
        "align 4096",
    ],
    "The program in user mode executed int 0x80",
    "RSP0 of the TSS",
    where="user",
)
mishap(
    "a gate that user mode may not call",
    "gate-level software-interrupt",
    [
        LOAD,
        "own_gdt",
        "own_tss 103",
        "gate 0x80, handler",
        "to_user user",
        *HANDLER,
        "align 4096",
        "user:",
        "int 0x80 ; HERE",
        "align 4096",
    ],
    "has DPL 0, and user mode may use it only with DPL 3",
    where="user",
)

# ---- what handlers do ----------------------------------------------------------------------------

mishap(
    "an error code that is left on the stack",
    "gate-empty error-code-left",
    [LOAD, "gate 14, handler", "mov rax, [0x10]", "handler:", "iretq ; HERE"],
    "an error code is still at RSP",
    where="handler",
)
mishap(
    "an error code where there is none",
    "gate-empty error-code-missing",
    [LOAD, "gate 6, handler", "ud2", "handler:", "add rsp, 8", "iretq ; HERE"],
    "the saved CS is at RSP",
    where="handler",
)
mishap(
    "a handler that makes its own exception",
    "handler-stack handler-nested ud2",
    [*GATES, "ud2", "handler:", OOPS],
    "executed ud2",
    where="handler",
)
mishap(
    "the timer in a double fault's place",
    "gate-empty interrupt",
    [LOAD, "mov al, 0xfe", "out 0x21, al", "sti", "spin:", "jmp spin ; HERE"],
    "with vector 0x8, which is that of an exception: line 0 of the first PIC, the timer",
    where="spin",
)

# ---- what kernels do with an IDT that is not filled yet ------------------------------------------

mishap(
    "tables without the code",
    "idt-not-mapped not-mapped",
    [LOAD, "reload", "nop ; HERE"],
    "the kernel's own page tables",
    "is not mapped where its gate is",
)
mishap(
    "data as code after lgdt",
    "gate-empty selector-wrong",
    [LOAD, "lgdt [gdtr]", "push 0x18", "push on", "retfq ; HERE", *ON],
    "writable data",
)
mishap(
    "a stack segment that there is not",
    "gate-empty selector-missing",
    [LOAD, "mov ax, 0x80", "mov ss, ax ; HERE"],
    "into SS",
)
mishap(
    "sse switched off",
    "gate-empty sse-off",
    [LOAD, "mov rax, cr4", "and eax, ~0x200", "mov cr4, rax", "movaps xmm0, xmm1 ; HERE"],
    "CR4.OSFXSR (bit 9) is 0",
)
mishap(
    "a null function",
    "gate-empty null-page",
    [LOAD, "xor eax, eax", "call rax", "nop"],
    "it called or returned to a null pointer",
    where="",
)
mishap(
    "a return to nowhere",
    "gate-empty non-canonical",
    [LOAD, "mov rax, 0x8000000000001000", "push rax", "ret ; HERE"],
    "0x8000000000001000",
    where="",
)
mishap(
    "a write to code",
    "gate-empty read-only",
    [LOAD, "mov [_start], al ; HERE"],
    "may not be written",
)
mishap(
    "a jump into data",
    "gate-empty no-execute",
    [LOAD, "mov rax, tss", "jmp rax"],
    "may not be executed",
    where="tss",
)
mishap(
    "a physical address",
    "gate-empty physical-address",
    [LOAD, "mov rax, [0x7000000] ; HERE"],
    "If 0x7000000 is a physical address",
)

# ---- in protected mode, and on the way to long mode ----------------------------------------------

NARROW = [
    "bits 32",
    "section .text",
    "global _start",
    "align 4",
    "dd 0x1badb002, 0, -0x1badb002",
    "_start:",
]
LOAD_32 = ["mov word [idtr], 2047", "lidt [idtr]"]
NO_IDT = ["mov word [idtr], 0", "lidt [idtr]"]
# The first 2 MiB, mapped at their own address; and in .bss, the lower tables.
TABLES = [
    "mov dword [top], pdpt + 3",
    "mov dword [pdpt], directory + 3",
    "mov dword [directory], 0x83",
]
TABLE_SPACE = ["section .bss", "alignb 4096", "pdpt: resb 4096", "directory: resb 4096"]
# CR3, PAE, LME and paging, in the order that the manual has (SDM volume 3A, 10.8.5).
LONG_MODE = [
    "mov eax, top",
    "mov cr3, eax",
    "mov eax, cr4",
    "or eax, 0x20",
    "mov cr4, eax",
    "mov ecx, 0xc0000080",
    "rdmsr",
    "or eax, 0x100",
    "wrmsr",
    "mov eax, cr0",
    "or eax, 0x80000000",
    "mov cr0, eax",
]
mishap(
    "an empty gate in protected mode",
    "gate-empty divide-by-zero",
    [*NARROW, *LOAD_32, "xor ecx, ecx", "div ecx ; HERE"],
    "the divisor is ECX",
    narrow=True,
)
mishap(
    "a handler of another gdt in protected mode",
    "gate-selector ud2",
    [
        *NARROW,
        *LOAD_32,
        "mov dword [idt + 48], 0x00800000",
        "mov dword [idt + 52], 0x00108e00",
        OOPS,
    ],
    "has the selector 0x80",
    narrow=True,
)
mishap(
    "paging with empty tables",
    "idt-not-mapped not-mapped",
    [
        *NARROW,
        *LOAD_32,
        "mov eax, top",
        "mov cr3, eax",
        "mov eax, cr0",
        "or eax, 0x80000000",
        "mov cr0, eax",
        "nop ; HERE",
    ],
    "level 2",
    narrow=True,
)
mishap(
    "long mode with empty tables",
    "idt-not-mapped not-mapped",
    [*NARROW, *LOAD_32, *LONG_MODE, "nop ; HERE"],
    "level 4",
    narrow=True,
)
mishap(
    "a jump to no 64-bit code",
    "idt-limit selector-missing",
    [*NARROW, *NO_IDT, "jmp 0x80:there ; HERE", "there:", "nop"],
    "CS (far jump or call)",
    "there is no IDT",
    narrow=True,
)
