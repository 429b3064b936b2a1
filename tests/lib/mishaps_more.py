"""More mistakes of the kind of mishaps.py: what hobby kernels are known for beside their IDT."""

from mishaps import GATES, HANDLER, LOAD, LOAD_32, LONG_MODE, NARROW, NO_IDT, NULL, OOPS
from mishaps import SYSCALL_ON, TABLE_SPACE, TABLES, frame, mishap

USER = ["align 4096", "user:"]

mishap(
    "a limit one byte too small",
    "idt-limit null-page",
    ["mov word [idtr], 14 * 16 + 14", LOAD, NULL],
    "it has 14 gates, 0 to 13",
)
mishap(
    "a handler that ends with ret",
    "handler-stack handler-ret",
    [LOAD, "gate 6, handler", OOPS, "handler:", "ret"],
    "nothing is mapped",
)
mishap(
    "a page fault's handler that ends with ret",
    "gate-empty handler-ret",
    [
        LOAD,
        "gate 14, handler",
        "mov rax, [0x10]",
        "handler:",
        "mov qword [idt + 14 * 16], 0",
        "mov qword [idt + 14 * 16 + 8], 0",
        "ret",
    ],
    "took the error code for the address to return to",
    where="",
)
mishap(
    "an ist that is not mapped",
    "handler-stack ud2",
    [
        LOAD,
        "own_gdt",
        "own_tss 103",
        "mov qword [tss + 0x24], 0x40000000",
        "gate 6, handler, 8, 0x8e, 1",
        OOPS,
        *HANDLER,
    ],
    "IST1 of the TSS",
    "is 0x40000000, and nothing is mapped",
)
mishap(
    "a gdt that was overwritten",
    "gate-selector ud2",
    ["own_gdt", LOAD, "gate 6, handler", "mov qword [gdt + 8], 0", OOPS, *HANDLER],
    "an empty entry",
)
mishap(
    "a gdt whose address lost its upper half",
    "gdt-not-mapped ud2",
    ["mov dword [gdtr + 6], 0", "lgdt [gdtr]", LOAD, "gate 6, handler", OOPS, *HANDLER],
    "the GDT (at 0x80",
    high=True,
)
mishap(
    "a large page in the top table",
    "idt-not-mapped reserved-bit",
    [
        "mov rcx, 512",
        "mov rbx, 0x83",
        "fill:",
        "mov [top + rcx * 8 - 8], rbx",
        "loop fill",
        LOAD,
        "reload",
        "nop ; HERE",
    ],
    where="fill",
)
mishap(
    "no-execute pages without efer.nxe",
    "gate-empty reserved-bit",
    [
        LOAD,
        "mov ecx, 0xc0000080",
        "rdmsr",
        "and eax, ~0x800",
        "wrmsr",
        "mov rax, cr3",
        "mov cr3, rax",
        "mov rax, [tss] ; HERE",
    ],
)
mishap(
    "syscall that is off",
    "gate-empty syscall-off",
    [LOAD, "syscall ; HERE"],
    "EFER.SCE (bit 0) is 0",
)
mishap(
    "syscall without lstar",
    "gate-empty null-page",
    [LOAD, *SYSCALL_ON, "syscall"],
    "0x0",
    where="",
)
mishap(
    "per-cpu data before gs has a base",
    "gate-empty null-page",
    [LOAD, "swapgs", "mov rax, [gs:abs 8] ; HERE"],
    "relative to GS",
)
mishap(
    "the timer while the kernel sleeps",
    "gate-empty interrupt",
    [LOAD, "mov al, 0xfe", "out 0x21, al", "sti", "sleep:", "hlt", "jmp sleep"],
    "line 0 of the first PIC, the timer",
    where="sleep",
)
mishap(
    "hlt in user mode",
    "gate-empty privileged",
    [LOAD, "own_gdt", "own_tss 103", "to_user user", *USER, "hlt ; HERE", "align 4096"],
    "executed an instruction that only the kernel may",
    where="user",
)
mishap(
    "a breakpoint without a gate",
    "gate-empty software-interrupt",
    [LOAD, "int3 ; HERE"],
    "int 0x3",
)
mishap(
    "a quotient that is too large",
    "gate-empty divide",
    [LOAD, "mov edx, 5", "mov ecx, 2", "div ecx ; HERE"],
    "got a quotient that its register cannot hold",
)
mishap(
    "a frame in the wrong order",
    "gate-empty frame-order",
    [LOAD, *frame("SS", "RSP", "RFLAGS", "RIP", "CS", SS="0x10", CS="0x08")],
)
mishap(
    "a stack of the kernel's for user mode",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", *frame(SS="0x18")],
    "SS (iretq)",
)
mishap(
    "ltr of no tss",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", "mov ax, 0x08", "ltr ax ; HERE"],
    "TR (ltr)",
)
mishap(
    "ltr of a busy tss",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", "own_tss 103", "mov ax, 0x20", "ltr ax ; HERE"],
    "a busy TSS",
)
mishap(
    "ltr beyond the gdt",
    "gate-empty selector-missing",
    [LOAD, "own_gdt", "mov ax, 0x48", "ltr ax ; HERE"],
    "TR (ltr)",
)
mishap(
    "a handler that touches a null pointer itself",
    "handler-stack handler-nested null-page",
    [*GATES, "mov rax, [0x10]", "handler:", "mov rax, [0x18] ; HERE"],
    where="handler",
)
mishap(
    "a function's address in 32 bits",
    "gate-empty not-mapped",
    [LOAD, "mov rax, there", "mov eax, eax", "jmp rax", "there:", "nop"],
    "0xffffffff80200016 is the kernel's: the upper 32 bits are missing",
    where="",
    high=True,
)
mishap(
    "xsetbv before osxsave",
    "gate-empty unknown-instruction",
    [LOAD, "xor ecx, ecx", "xgetbv ; HERE"],
)
mishap(
    "an aligned move of what is not aligned",
    "gate-empty misaligned",
    [LOAD, "movaps xmm0, [tss + 1] ; HERE"],
    "an instruction that requires a multiple of 16",
)
mishap(
    "a jump into the middle of nothing",
    "gate-empty read-only",
    [LOAD, "mov rax, tss", "mov word [tss], 0xfeeb", "mov [rel _start], eax ; HERE"],
)

# ---- on the way to long mode ---------------------------------------------------------------------

mishap(
    "a far jump to data",
    "gate-empty selector-wrong",
    [*NARROW, *LOAD_32, "lgdt [gdtr]", "jmp 0x18:there ; HERE", "there:", "nop"],
    "CS (far jump or call)",
    "writable data",
    narrow=True,
)
mishap(
    "a null stack segment in protected mode",
    "gate-empty null-selector",
    [*NARROW, *LOAD_32, "xor eax, eax", "mov ss, ax ; HERE"],
    "loaded 0 into SS",
    narrow=True,
)
mishap(
    "tables of four levels without lme",
    "idt-not-mapped not-mapped",
    [*NARROW, *LOAD_32, "mov eax, top", "mov cr3, eax", "mov eax, cr4", "or eax, 0x20",
     "mov cr4, eax", "mov eax, cr0", "or eax, 0x80000000", "mov cr0, eax", "nop ; HERE"],
    "level 3",
    narrow=True,
)  # fmt: skip
TO_LONG_MODE = [
    *NARROW,
    *TABLES,
    "mov dword [directory + 8], 0x200083",
    "mov dword [directory + 24], 0x600083",
    "mov esp, 0x601000",
    *LONG_MODE,
    "lgdt [gdtr]",
    "jmp 0x08:long_mode",
    *TABLE_SPACE,
    "section .text",
    "bits 64",
    "long_mode:",
]
mishap(
    "gates of protected mode in long mode",
    "handler-address ud2",
    [*TO_LONG_MODE, "mov ecx, 256", "fill:", "mov eax, handler", "mov [idt + rcx * 8 - 8], ax",
     "mov dword [idt + rcx * 8 - 6], 0x08", "mov dword [idt + rcx * 8 - 4], 0x108e00", "loop fill",
     *LOAD_32, "oops:", OOPS, *HANDLER],
    "8-byte gates of 32-bit mode",
    where="oops",
    narrow=True,
)  # fmt: skip
mishap(
    "no idt in long mode",
    "idt-limit not-mapped",
    [*TO_LONG_MODE, *NO_IDT, "mov rax, [0x8000000] ; HERE"],
    "there is no IDT",
    where="long_mode",
    narrow=True,
)
mishap(
    "a task gate in protected mode",
    "triple-fault ud2",
    [*NARROW, *LOAD_32, "mov dword [idt + 48], 0x00100000", "mov dword [idt + 52], 0x8500", OOPS],
    "a task gate, and why",
    narrow=True,
)
mishap(
    "real mode without vectors",
    "triple-fault ud2",
    [*NARROW, *NO_IDT, "mov eax, cr0", "and eax, ~1", "mov cr0, eax", "ud2 ; HERE"],
    "the CPU is in real mode, and what",
    narrow=True,
)
