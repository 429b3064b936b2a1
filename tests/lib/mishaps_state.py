"""More mistakes of the kind of mishaps.py: those by which the CPU or its tables are in another
state than the kernel believes when an exception comes."""

from mishaps import ALL_GATES, HANDLER, LOAD, LONG_MODE, NARROW, NO_IDT, ON, OOPS
from mishaps import SYSCALL_ON, TABLE_SPACE, TABLES, frame, mishap

# ---- ways back from handlers ---------------------------------------------------------------------

BREAKPOINT = [*ALL_GATES, "int3", "mov al, 16", "out 0xf4, al"]
mishap(
    "iret without its last letter",
    "handler-stack handler-nested iret-short",
    [*BREAKPOINT, "handler:", "push rax", "pop rax", "iret ; HERE"],
    "iret without q took its frame in words of 4 bytes",
    where="handler",
)
mishap(
    "a register that is pushed and not popped",
    "handler-stack handler-nested error-code-left",
    [*BREAKPOINT, "handler:", "push rax", "push rcx", "pop rcx", "iretq ; HERE"],
    "a register that was pushed but not popped",
    where="handler",
)
mishap(
    "a timer whose handler lets itself be interrupted",
    "handler-stack handler-nested interrupt",
    [
        LOAD,
        "gate 0x20, handler",
        *(f"mov al, {value}\nout {port}, al" for port, value in (
            (0x20, 0x11), (0x21, 0x20), (0x21, 4), (0x21, 1), (0x21, 0xFE),
            (0x43, 0x36), (0x40, 0xFF), (0x40, 1))),
        "sti",
        "sleep:",
        "hlt",
        "jmp sleep",
        "handler:",
        "mov al, 0x20",
        "out 0x20, al",
        "sti",
        "jmp $ ; HERE",
    ],
    "hardware interrupt",
    "are nested on it",
    "The handler allows the next interrupt before it has ended",
    where="handler",
)  # fmt: skip

# ---- gates and segments --------------------------------------------------------------------------

mishap(
    "parts of an offset in each other's place",
    "handler-address ud2",
    [LOAD, "gate 6, handler", "mov ax, [idt + 96]", "xchg ax, [idt + 102]", "mov [idt + 96], ax",
     OOPS, *HANDLER],
    "with bits 0-15 and 16-31 of its offset exchanged it would be 0x2000",
)  # fmt: skip
mishap(
    "a gate that was overwritten",
    "gate-type ud2",
    [LOAD, "gate 6, handler", "mov dword [idt + 100], 5", OOPS, *HANDLER],
    "which is not a gate",
    "The IDT was overwritten",
)
mishap(
    "a gdt on the stack",
    "gate-selector ud2",
    [
        LOAD,
        "gate 6, handler",
        "sub rsp, 64",
        "mov rax, [gdt + 8]",
        "mov [rsp + 8], rax",
        "mov [gdtr + 2], rsp",
        "lgdt [gdtr]",
        "add rsp, 64",
        "times 8 push 0x1111",
        "add rsp, 64",
        OOPS,
        *HANDLER,
    ],
    "CS is 0x8 as well",
    "It lies on the stack",
)
mishap(
    "32-bit code in a kernel of 64 bits",
    "gate-empty physical-address",
    [LOAD, "lgdt [gdtr]", "push 0x30", "push on", "retfq", "bits 32", "on:",
     "mov dword [0x40000000], 1 ; HERE"],
    "It ran as 32-bit code: L, bit 53 of CS's descriptor (0x30), is 0",
    where="on",
)  # fmt: skip
mishap(
    "a selector of user code without its ring",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", *frame(CS="0x10")],
    "Its DPL is 3, and CS (0x10) has RPL 0",
)
mishap(
    "a data segment of the kernel's for user mode",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", "mov rax, 0x00cf92000000ffff", "mov [gdt + 0x20], rax", *frame(SS="0x20")],
    "SS (0x20) has RPL 0 and its descriptor DPL 0, and CS (0x13) is of ring 3",
)

# ---- flags and registers -------------------------------------------------------------------------

mishap(
    "a direction that was left set",
    "gate-empty not-mapped",
    [LOAD, "mov rdi, [rdi + 48]", "mov ecx, 16", "std", "rep stosb ; HERE"],
    "It ran downward: DF, bit 10 of RFLAGS, is 1",
)
mishap(
    "syscall to an address in 32 bits",
    "gate-empty not-mapped",
    [LOAD, *SYSCALL_ON, "mov ecx, 0xc0000082", "mov rax, on", "xor edx, edx", "wrmsr", "syscall",
     *ON],
    "It came from the syscall at 0xffffffff8020",
    where="",
    high=True,
)  # fmt: skip

# ---- page tables ---------------------------------------------------------------------------------

mishap(
    "a virtual address in cr3",
    "idt-not-mapped not-mapped",
    [LOAD, "mov qword [top], 0x83", "mov rax, top", "mov cr3, rax", "nop ; HERE"],
    "which is a virtual address of the kernel, and no table lies at this physical address",
)
mishap(
    "page tables that are taken for free memory",
    "gate-empty not-mapped",
    [LOAD, "mov rbx, [rdi + 48]", "mov rcx, cr3", "lea rdx, [rbx + rcx]", "mov rax, rbx",
     "shr rax, 39", "and eax, 511", "mov qword [rdx + rax * 8], 0", "mov cr3, rcx",
     "mov rax, [rbx + 0x100000] ; HERE"],
    "which was mapped when the kernel began: its page tables have 0x0 at level 4 now",
)  # fmt: skip
mishap(
    "a page of the kernel's for user mode",
    "gate-empty kernel-page",
    [LOAD, "own_gdt", "push 0x1b", "push stack_end", "push 2", "push 0x13", "push on", "iretq",
     "on:", "jmp $ ; HERE"],
    "In the level 4 entry",
    "U/S, bit 2, is 0",
    where="on",
)  # fmt: skip

# ---- on the way to long mode ---------------------------------------------------------------------

PREPARED = [*NARROW, *TABLES, *NO_IDT]
BEYOND = ["lgdt [gdtr]", "jmp 0x08:there ; HERE", "there:", "nop", *TABLE_SPACE]
SHORT = "mov dword [gdt + 8], 0\nmov dword [gdt + 12], "
mishap(
    "code that is not for 64 bits",
    "idt-limit segment-limit",
    [*PREPARED, *LONG_MODE, SHORT + "0x00009a00", *BEYOND],
    "beyond the end of that segment",
    "L, bit 53, is 0",
    narrow=True,
)
mishap(
    "long mode without pae",
    "idt-limit segment-limit",
    [*PREPARED, *(line for line in LONG_MODE if line != "or eax, 0x20"), SHORT + "0x00209a00",
     *BEYOND],
    "long mode is off",
    "EFER.LME is 1 and CR4.PAE (bit 5) is 0",
    narrow=True,
)  # fmt: skip
mishap(
    "a large page without its bit",
    "idt-limit not-mapped",
    [*PREPARED, "mov dword [directory], 3", *LONG_MODE, "nop ; HERE", *TABLE_SPACE],
    "leads to a table at physical 0: if a large page was meant, PS, bit 7, is missing",
    narrow=True,
)
mishap(
    "a table that is not present",
    "idt-limit not-mapped",
    [*PREPARED, "mov dword [pdpt], directory + 2", *LONG_MODE, "nop ; HERE", *TABLE_SPACE],
    "In that entry P, bit 0, is 0",
    narrow=True,
)

# ---- what must not be written, and what not executed ---------------------------------------------

mishap(
    "a descriptor of eight bytes for a tss",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", "mov rax, 0x00cff2000000ffff", "mov [gdt + 0x28], rax", "mov rax, tss",
     "mov word [gdt + 0x20], 103", "mov [gdt + 0x22], ax", "mov byte [gdt + 0x25], 0x89",
     "mov ax, 0x20", "ltr ax ; HERE"],
    "bits 40 to 44 of the second 8 must be 0: they are 00cff2000000ffff",
    "its descriptor takes two entries of the GDT",
)  # fmt: skip
mishap(
    "a stack that has grown into what is read-only",
    "handler-stack stack-overflow",
    [LOAD, "gate 14, handler", "gate 8, handler", "mov rsp, filled + 256", "again:",
     "call again ; HERE", *HANDLER, "section .rodata", "alignb 4096", "times 4096 db 0",
     "section .data", "alignb 4096", "filled: times 256 db 1"],
    "the stack has grown into it",
    "Endless recursion",
    where="again",
)  # fmt: skip
mishap(
    "the kernel's own code without execution",
    "handler-address no-execute",
    [LOAD, "gate 14, handler", "mov rbx, cr3", "mov cl, 39", "level:", "and rbx, ~0xfff",
     "btr rbx, 63", "mov rax, handler", "shr rax, cl", "and eax, 511", "add rbx, [rdi + 48]",
     "lea rdx, [rbx + rax * 8]", "mov rbx, [rdx]", "sub cl, 9", "cmp cl, 12", "jae level",
     "bts qword [rdx], 63", "mov rax, cr3", "mov cr3, rax", "align 4096", *HANDLER],
    "Bit 63, no-execute, is set for the kernel's own code",
    where="handler",
)  # fmt: skip
mishap(
    "a constant in cr4",
    "gate-empty control-register",
    [LOAD, "mov eax, 0x600", "mov cr4, rax", "nop"],
    "CR4.PAE (bit 5) is 0 in long mode",
    hidden=True,
)

# ---- bits of page tables that must be 0 ----------------------------------------------------------

# The kernel's tables, with another top one: `own` and `below` are its tables for what is mapped at
# OWN.
OWN = "0xffff960000000000"
OWN_TABLES = [LOAD, "mov rsi, cr3", "and rsi, ~0xfff", "add rsi, [rdi + 48]", "mov rdx, rdi",
              "mov rdi, top", "mov ecx, 512", "rep movsq", "mov rdi, rdx", "mov rax, top",
              "sub rax, [rdi + 80]", "add rax, [rdi + 96]", "lea rbx, [rax + own - top + 3]",
              "mov [top + 300 * 8], rbx", "lea rbx, [rax + below - top + 3]", "mov [own], rbx",
              ]  # fmt: skip
TOUCH = ["mov cr3, rax", f"mov rbx, {OWN}", "mov [rbx], eax ; HERE", "section .bss",
         "alignb 4096", "own: resb 4096", "below: resb 4096"]  # fmt: skip
mishap(
    "a large page at an odd address",
    "gate-empty reserved-bit",
    [*OWN_TABLES, "mov qword [below], 0x123083", *TOUCH],
    "0x123083 at level 2",
    "a multiple of 2 MiB",
)
mishap(
    "a huge page at an odd address",
    "gate-empty reserved-bit",
    [*OWN_TABLES, "mov qword [own], 0x200083", *TOUCH],
    "at level 3. ",
    "a multiple of 1 GiB",
)
mishap(
    "a large page above the levels that have some",
    "gate-empty reserved-bit",
    [*OWN_TABLES, "mov qword [top + 300 * 8], 0x83", *TOUCH],
    "0x83 at level 4",
    "cannot be set above level 3",
)
mishap(
    "a flag among the bits of the address",
    "gate-empty reserved-bit",
    [*OWN_TABLES, "mov byte [below], 0x83", "mov byte [below + 6], 4", *TOUCH],
    "0x4000000000083 at level 2",
    "An address wider than the CPU supports",
    hidden=True,
)
