"""`debug --trace`: each field of QEMU's log, and the words for it, against what a kernel did."""

import re
import shutil
import subprocess

import pytest

from lib.project import ROOT
from lib.qemu_log import Entry, entries_in
from lib.trace import NAMES, faults_in_words

pytestmark = pytest.mark.xdist_group("gdb")  # as test_debug.py

# A kernel that makes one mistake after the other, at labels, and continues after each. It has an
# IDT up to vector 0x4f, a GDT of seven entries of which the last is not present, no LDT, and its
# own pages for user code as well. What is pushed for each is in the SDM, volume 3A, 6.13 and 6.15.
ERRANT = """
%macro mistake 2+
    lea rsp, [rel stack_top]
    lea r15, [rel %%after]
%1: %2
%%after:
%endmacro
%macro user_mistake 2+
    lea r15, [rel %%after]
    lea rsp, [rel stack_top]
    push 0x23
    lea rax, [rel user_top]
    push rax
    push 2
    push 0x1b
    lea rax, [rel %1]
    push rax
    iretq
%1: %2
%%after:
%endmacro
    lea rdi, [rel gates]        ; 1. an IDT
    mov ecx, 0x50
    lea rax, [rel handler]
.gate:
    mov [rdi], ax
    mov dword [rdi + 2], 0xee000008
    ror rax, 16
    mov [rdi + 6], ax
    rol rax, 16
    add rdi, 16
    dec ecx
    jnz .gate
    mov byte [rel gates + 0x41 * 16 + 5], 0x6e  ; not present
    mov byte [rel gates + 0x42 * 16 + 5], 0x8e  ; not for user code
    mov rbx, 0xffff900000000000 ; 2. pages for user code, by way of -direct-map
    mov rdx, cr3
    lea rax, [rbx + rdx]
%rep 2
    or byte [rax], 4
    mov rax, [rax]
    and rax, -4096
    add rax, rbx
%endrep
    or byte [rax + 8], 4
    mov rax, [rax + 8]
    and rax, -4096
    add rax, rbx
    mov ecx, 63
.page:
    or byte [rax + rcx * 8], 4
    dec ecx
    jns .page
    mov cr3, rdx
    lea rax, [rel task]         ; 3. descriptors
    mov [rel gdt + 0x2a], ax
    shr rax, 16
    mov [rel gdt + 0x2c], al
    lgdt [rel gdtr]
    lidt [rel idtr]
    mov eax, 0x10
    mov ds, ax
    mov es, ax
    mov ss, ax
    lea rsp, [rel stack_top]
    mov [rel task + 4], rsp
    xor eax, eax
    lldt ax
    mov eax, 0x28
    ltr ax
    xor ecx, ecx                ; 4. the mistakes
    mistake division, div ecx
    mistake calls, int 0x40
    mistake unknown, ud2
    mov eax, 0x78
    mistake beyond_gdt, mov ds, ax
    mov eax, 0x7c
    mistake beyond_ldt, mov ds, ax
    mov eax, 0x38
    mistake absent_stack, mov ss, ax
    mistake beyond_idt, int 0x60
    mistake absent_gate, int 0x41
    mov rax, 0x40000010
    mistake reads, mov bl, [rax]
    mistake writes, mov [rax + 8], bl
    mistake jumps, jmp rax
    user_mistake user_halts, hlt
    user_mistake user_writes, mov byte [abs 0x40000018], 1
    user_mistake user_calls, int 0x40
    user_mistake user_calls_more, int 0x42
    cli
    hlt
handler:
    mov ecx, 0
    jmp r15
gdtr:
    dw 8 * 8 - 1
    dq gdt
section .data
idtr:
    dw 0x50 * 16 - 1
    dq gates
align 8
gdt:
    dq 0, 0x00af9b000000ffff, 0x00cf93000000ffff, 0x00affb000000ffff, 0x00cff3000000ffff
    dq 0x0000890000000067, 0, 0x00cf13000000ffff
section .bss
alignb 4096
gates: resb 0x50 * 16
task: resb 0x68
    resb 4096
stack_top:
    resb 4096
user_top:
"""

# Label -> what QEMU logs: vector, error code, `int`, CPL, CR2; and what is said about it.
DID = [
    ("division", 0, 0, 0, 0, 0, "#DE divide error{}"),
    ("calls", 0x40, 0, 1, 0, 0, None),
    ("unknown", 6, 0, 0, 0, 0, "#UD invalid opcode{}"),
    ("beyond_gdt", 13, 0x78, 0, 0, 0,
     "#GP general protection fault{}: because of selector 0x78 in the GDT"),
    ("beyond_ldt", 13, 0x7C, 0, 0, 0,
     "#GP general protection fault{}: because of selector 0x7c in the LDT"),
    ("absent_stack", 12, 0x38, 0, 0, 0,
     "#SS stack segment fault{}: because of selector 0x38 in the GDT"),
    ("beyond_idt", 0x60, 0, 1, 0, 0, None),
    ("beyond_idt", 13, 0x302, 0, 0, 0, "#GP general protection fault{}: because of IDT entry 0x60"),
    ("absent_gate", 0x41, 0, 1, 0, 0, None),
    ("absent_gate", 11, 0x20a, 0, 0, 0, "#NP segment not present{}: because of IDT entry 0x41"),
    ("reads", 14, 0, 0, 0, 0x40000010,
     "#PF page fault{}: a read of 0x40000010, which is not mapped"),
    ("writes", 14, 2, 0, 0, 0x40000018,
     "#PF page fault{}: a write to 0x40000018, which is not mapped"),
    (0x40000010, 14, 16, 0, 0, 0x40000010,
     "#PF page fault{}: an instruction fetch from 0x40000010, which is not mapped"),
    ("user_halts", 13, 0, 0, 3, 0, "#GP general protection fault{}, at CPL 3"),
    ("user_writes", 14, 6, 0, 3, 0x40000018,
     "#PF page fault{}, at CPL 3: a write to 0x40000018 by user code, which is not mapped"),
    ("user_calls", 0x40, 0, 1, 3, 0, None),
    ("user_calls_more", 0x42, 0, 1, 3, 0, None),
    ("user_calls_more", 13, 0x212, 0, 3, 0,
     "#GP general protection fault{}, at CPL 3: because of IDT entry 0x42"),
]  # fmt: skip
GATES = (0x60, 0x41, 0x42)  # QEMU up to 7.2 counts an entry of the IDT, of 16 bytes, as two
AS_TWO = {vector * 16 + 2: vector * 8 + 2 for vector in GATES}
STACKS = {0: ("0010", "stack_top"), 3: ("0023", "user_top")}
FORM = re.compile(r" IP=([0-9a-f]{4}):\w+ pc=([0-9a-f]{16}) SP=([0-9a-f]{4}):([0-9a-f]{16}) ")


def test_an_exception_is_called_what_the_loader_calls_it():
    source = (ROOT / "loader/explain/explain.c").read_text()
    found = re.findall(r'\[VECTOR_\w+\] = \{ "(#\w+)", "([^"]+)" \}', source)
    assert len(found) > 15
    assert {f"{mnemonic} {name}" for mnemonic, name in found} == {*NAMES.values()} - {"NMI"}


@pytest.fixture(scope="module")
def errant(project, tmp_path_factory):
    """The labels of that kernel, and the log and the words of its run."""
    folder = tmp_path_factory.mktemp("errant")
    source, made, program = (folder / f"errant.{kind}" for kind in ("asm", "o", "elf"))
    source.write_text(f"bits 64\nsection .text\nglobal _start\n_start:\n{ERRANT}")
    subprocess.run(["nasm", "-felf64", "-o", made, source], check=True)
    subprocess.run(["ld", "-melf_x86_64", "-Ttext=0x200000", "-o", program, made], check=True)
    told = subprocess.run(["nm", program], capture_output=True, text=True, check=True).stdout
    labels = {name: int(at, 16) for at, _, name in map(str.split, told.splitlines())}
    said = project.good(
        "debug", "--trace", "--log", folder / "trace.log", "--kernel", program,
        "--output", folder / "d.iso", "--options=-direct-map=0xffff900000000000",
    )  # fmt: skip
    yield labels, (folder / "trace.log").read_text("latin-1").splitlines(), said
    shutil.rmtree(folder)


def test_every_field_of_the_log_is_what_the_kernel_did(errant):
    labels, log, _ = errant
    found = [(entry.at, entry.vector, AS_TWO.get(entry.code, entry.code), entry.is_software,
              entry.level, entry.address) for entry in entries_in(log)]  # fmt: skip
    assert found == [(labels.get(where, where), *fields) for where, *fields, _ in DID]
    lines = [line for line in log if re.match(r" *\d+: v=", line)]
    for line, (where, _, _, _, level, _, _) in zip(lines, DID):
        code, at, stack, top = FORM.search(line).groups()
        selector, label = STACKS[level]
        assert int(code, 16) == (0x1B if level else 8), line
        assert int(at, 16) == labels.get(where, where), line
        assert (stack, int(top, 16)) == (selector, labels[label]), line


def test_every_word_of_the_trace_is_what_the_kernel_did(errant):
    """The command prints the last five; all have the same wording."""
    labels, log, said = errant
    told = []
    for where, *_, words in DID:
        at = labels.get(where, where)
        place = f" at RIP {at:#x}" + (f" in {where}" if where in labels else "")
        told += ["    " + words.format(place)] if words else []
    assert [line for line in said.splitlines() if line.startswith("    #")] == told[-5:], said
    assert f"exceptions: {len(told)}, the last 5:" in said
    assert re.findall("interrupts with .*", said) == [
        "interrupts with vector 0x40: 2", "interrupts with vector 0x41: 1",
        "interrupts with vector 0x42: 1", "interrupts with vector 0x60: 1",
    ]  # fmt: skip
    names = {at: f" in {name}" for name, at in labels.items()}
    begin = [number for number, line in enumerate(log) if re.match(r" *\d+: v=", line)]
    faults = [at for at, (*_, words) in zip(begin, DID) if words]
    for last in range(5, len(told)):
        shown = faults_in_words(log[: faults[last - 1] + 1], lambda at: names.get(at, ""))
        assert [line for line in shown if line.startswith("    #")] == told[last - 5 : last]


def test_a_trace_describes_the_faults_in_words(project, tmp_path, kernel):
    program = kernel("lidt [rel none]", "here: int3", "none: times 10 db 0")
    said = project.good(
        "debug", "--trace", "--log", tmp_path / "trace.log", "--kernel", program,
        "--output", tmp_path / "d.iso",
    )  # fmt: skip
    assert re.search(r"#DF double fault at RIP 0x2000\w\w in here \(tiny.asm:6\)", said), said
    assert "then a triple fault" in said
    log = (tmp_path / "trace.log").read_text()
    assert "v=08" in log and "RIP=" in log


def test_a_trace_of_a_good_kernel_has_no_faults(project, tmp_path, kernel):
    said = project.good(
        "debug", "--trace", "--log", tmp_path / "trace.log", "--kernel", kernel("cli", "hlt"),
        "--output", tmp_path / "d.iso",
    )  # fmt: skip
    assert "the kernel has halted" in said and "there was no exception" in said, said


LOG = """Servicing hardware INT=0x20
     0: v=20 e=0000 i=0 cpl=0 IP=0008:0000000000200010 pc=0000000000200010 SP=0010:0000000000001000\
 env->regs[R_EAX]=0000000000000000
RAX=0000000000000000
     1: v=0e e={code} i=0 cpl=0 IP=0008:0000000000200017 pc=0000000000200017\
 SP=0010:0000000000001000 CR2=0000000000000010
     2: v=0d e=0018 i=0 cpl=0 IP=0008:0000000000200019 pc=0000000000200019\
 SP=0010:0000000000001000 env->regs[R_EAX]=0000000000000000
     3: v=80 e=0000 i=1 cpl=3 IP=0008:0000000000200019 pc=0000000000200019\
 SP=0010:0000000000001000 env->regs[R_EAX]=0000000000000000
"""


@pytest.mark.parametrize(
    "code, words",
    [
        ("0000", "a read of 0x10, which is not mapped"),
        ("0002", "a write to 0x10, which is not mapped"),
        ("0003", "a write to 0x10, which its page does not allow"),
        ("0007", "a write to 0x10 by user code, which its page does not allow"),
        ("0011", "an instruction fetch from 0x10, which its page does not allow"),
        ("0027", "a write to 0x10 by user code, which its protection key does not allow"),
        ("0009", "a read of 0x10, whose page table entry has reserved bits set"),
    ],
)
def test_a_page_fault_in_words(code, words):
    said = faults_in_words(LOG.format(code=code).splitlines(), lambda at: f" in f{at & 0xff:x}")
    assert said == [
        "exceptions: 2:",
        f"    #PF page fault at RIP 0x200017 in f17: {words}",
        "    #GP general protection fault at RIP 0x200019 in f19:"
        " because of selector 0x18 in the GDT",
        "interrupts with vector 0x20: 1",
        "interrupts with vector 0x80: 1",
    ]


EVENT = "     0: v={:02x} e=0000 i={} cpl=0 IP=0008:00001000 pc=00001000 SP=0010:00001000 EAX=0"
KINDS = {  # vector, by an instruction, from hardware -> what is said
    (3, 1, 0): ["exceptions: 1:", "    #BP breakpoint at RIP 0x1000"],
    (4, 1, 0): ["exceptions: 1:", "    #OF overflow at RIP 0x1000"],
    (1, 0, 0): ["exceptions: 1:", "    #DB debug exception at RIP 0x1000"],
    (2, 0, 0): ["exceptions: 1:", "    NMI at RIP 0x1000"],
    (6, 1, 0): ["there was no exception", "interrupts with vector 0x6: 1, by int, not #UD"],
    (8, 0, 1): ["there was no exception", "interrupts with vector 0x8: 1, from hardware, not #DF"],
    (15, 0, 1): ["there was no exception", "interrupts with vector 0xf: 1"],
    (32, 0, 1): ["there was no exception", "interrupts with vector 0x20: 1"],
}


@pytest.mark.parametrize("kind", KINDS)
def test_an_exception_is_told_from_an_interrupt_with_its_vector(kind):
    vector, soft, hard = kind
    log = [f"Servicing hardware INT=0x{vector:02x}"] * hard + [EVENT.format(vector, soft)]
    assert faults_in_words(log, lambda _: "") == KINDS[kind]


LINES = {  # a line of QEMU's log -> what it says
    "     0: v=0d e=0018 i=0 cpl=3 IP=0033:0000000000401000 pc=0000000000401000"
    " SP=002b:00007ffc00000010 env->regs[R_EAX]=0000000000000000":
        Entry(13, 0x18, 0x401000, level=3),
    "12345: v=ff e=0000 i=1 cpl=0 IP=0008:ffffffff80000000 pc=ffffffff80000000"
    " SP=0010:ffffffff80004000 env->regs[R_EAX]=0000000000000000":
        Entry(255, 0, 0xFFFFFFFF80000000, is_software=True),
    "     1: v=0e e=001f i=0 cpl=1 IP=0008:0000000000000000 pc=0000000000000000"
    " SP=0010:0000000000000000 CR2=ffffffffffffffff":
        Entry(14, 0x1F, 0, 0xFFFFFFFFFFFFFFFF, level=1),
    "     2: v=08 e=0000 i=0 cpl=0 IP=f000:fff0 pc=ffff0 SP=0000:0000 EAX=00000000":
        Entry(8, 0, 0xFFF0),
    "     3: v=0d e=00": None,  # cut off
    "     3: v=0d e=0018 i=0 cpl=0 IP=0008:": None,
    "v=0d e=0018 i=0 cpl=0 IP=0008:0000000000000000 pc=0": None,
    "check_exception old: 0xffffffff new 0xd": None,
    "Triple fault": None,
    "Servicing hardware INT=0x20": None,
    "RAX=0000000000000000 RBX=0000000000000000": None,
    "": None,
}  # fmt: skip


@pytest.mark.parametrize("line", LINES)
def test_a_line_of_the_log_is_read_for_what_it_says(line):
    assert list(entries_in([line + "\n"])) == ([LINES[line]] if LINES[line] else [])


def test_an_interrupt_from_outside_is_told_from_one_of_an_instruction():
    entry = "     0: v={} e=0000 i={} cpl=0 IP=0008:00001000 pc=00001000 SP=0010:00001000 EAX=0\n"
    hardware = "Servicing hardware INT=0x08\n"
    for before, vector, soft, is_external in (
        (hardware, "08", 0, True),
        (hardware, "08", 1, False),
        (hardware, "0d", 0, False),
        ("", "08", 0, False),
        (hardware + "another line\n", "08", 0, False),
    ):
        lines = (before + entry.format(vector, soft)).splitlines(keepends=True)
        assert [found.is_external for found in entries_in(lines)] == [is_external], lines
