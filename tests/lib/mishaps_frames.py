"""More mistakes of the kind of mishaps.py: frames and tables that kernels have built themselves,
and stacks that are none."""

from mishaps import ALL_GATES, GATES, HANDLER, LOAD, LOAD_32, LONG_MODE, NARROW, NO_IDT, ON, OOPS
from mishaps import SYSCALL_ON, TABLE_SPACE, TABLES, frame, mishap

# ---- frames --------------------------------------------------------------------------------------

mishap(
    "a frame from the other end",
    "gate-empty frame-order",
    [LOAD, "own_gdt", *frame("RIP", "CS", "RFLAGS", "RSP", "SS")],
    "in the reverse order: SS lies at RSP",
    "From RSP upward a frame has RIP, CS, RFLAGS, RSP, SS",
)
mishap(
    "a frame without flags",
    "gate-empty frame-order",
    [LOAD, "own_gdt", *frame("SS", "RSP", "CS", "RIP")],
    "RFLAGS is missing in its frame",
)
mishap(
    "the selectors of a frame exchanged",
    "gate-empty frame-order",
    [LOAD, "own_gdt", *frame(SS="0x13", CS="0x1b")],
    "a data selector for CS and a code selector for SS",
)
mishap(
    "a frame that nobody has filled",
    "gate-empty frame-order",
    [LOAD, "mov rsp, stack", "iretq ; HERE"],
    "iret found a frame of zeros",
)
mishap(
    "the words that syscall has left for a frame",
    "gate-empty frame-order",
    [LOAD, "mov rcx, on", "push 2", "push rcx", "push rcx", "push 2", "iretq ; HERE", *ON],
    "where CS should be, which is not a selector",
    high=True,
)
mishap(
    "a far return with its words exchanged",
    "gate-empty frame-order",
    [LOAD, "lgdt [gdtr]", "push on", "push 8", "retfq ; HERE", *ON],
    "CS lies at RSP, and RIP above it",
)
mishap(
    "a far return of four bytes",
    "gate-empty iret-short",
    [LOAD, "lgdt [gdtr]", "push 8", "push on", "retf ; HERE", *ON],
    "A far return without q took words of 4 bytes",
)
mishap(
    "a handler of protected mode that ends with ret",
    "gate-empty handler-ret",
    [*NARROW, "mov esp, stack_end", "lgdt [gdtr]", "jmp 0x30:loaded", "loaded:",
     *LOAD_32, "mov word [idt + 24], handler - $$", "mov word [idt + 26], 0x30",
     "mov dword [idt + 28], 0x108e00", "oops: int3", "int3", "ud2 ; HERE",
     "times 256 - ($ - $$) nop", "handler:", "ret"],
    "which takes EIP alone",
    where="oops",
    narrow=True,
)  # fmt: skip

# ---- tables --------------------------------------------------------------------------------------

mishap(
    "an idt structure with padding",
    "idt-not-mapped ud2",
    ["lidt [loose]", OOPS, "align 16", "loose: dw 4095, 0, 0, 0", "dq idt + 8"],
    "The structure that lidt reads is not packed",
)
mishap(
    "the idt in place of its address and size",
    "idt-not-mapped ud2",
    ["gate 0, handler", "gate 6, handler", "lidt [idt]", OOPS, *HANDLER],
    "lidt was given the IDT itself",
    high=True,
)
mishap(
    "a gate with the address of a pointer",
    "handler-address ud2",
    [LOAD, "mov qword [tss], handler", "gate 6, tss", OOPS, *HANDLER],
    "the gate has the address of a pointer to it",
)
mishap(
    "an idt that was filled with something else",
    "gate-type ud2",
    [LOAD, "mov rdi, idt", "mov ecx, 4096", "mov al, 0xaa", "rep stosb", OOPS],
    "aaaaaaaaaaaaaaaa aaaaaaaaaaaaaaaa, which is not a gate",
    "The IDT was overwritten",
)
mishap(
    "a gdt among constants",
    "gate-empty gdt-not-mapped",
    [LOAD, "mov qword [gdtr + 2], constant", "lgdt [gdtr]", "mov ax, 0x10", "mov ds, ax ; HERE",
     "section .rodata", "align 8", "constant: dq 0, 0, 0x00cf92000000ffff"],
    "entry 0x10 cannot be written",
    "put the GDT into data that can be written",
)  # fmt: skip
mishap(
    "a gdt that is shorter than its first entry",
    "gate-empty selector-missing",
    [LOAD, "mov word [gdtr], 5", "lgdt [gdtr]", "mov ax, 0x10", "mov ds, ax ; HERE"],
    "its limit is 0x5, so that it has 0 entries",
)
mishap(
    "user mode with the loader's tss",
    "handler-stack software-interrupt",
    [LOAD, "own_gdt", "gate 0x80, handler, 8, 0xee", "to_user user", *HANDLER, "align 4096",
     "user:", "int 0x80 ; HERE", "align 4096"],
    "RSP0 of Longjump's own TSS",
    "The kernel has loaded no TSS of its own",
    where="user",
)  # fmt: skip
mishap(
    "a tss of protected mode without ss0",
    "tss-segment software-interrupt",
    [*NARROW, "mov word [idtr], 2047", "mov dword [idt + 24], 0x300000 + handler - 0x100000",
     "mov dword [idt + 28], 0x10ee00", "mov word [gdt + 0x20], 103", "mov eax, tss",
     "mov [gdt + 0x22], ax", "shr eax, 16", "mov [gdt + 0x24], al", "mov byte [gdt + 0x25], 0x89",
     "mov [gdt + 0x27], ah", "mov dword [gdt + 0x10], 0xffff", "mov dword [gdt + 0x14], 0xcffa00",
     "mov dword [tss + 4], stack_end", "lgdt [gdtr]", "lidt [idtr]", "mov ax, 0x20", "ltr ax",
     "mov esp, stack_end", "push 0x1b", "push stack", "push 2", "push 0x13", "push user", "iret",
     "user: int3 ; HERE", *HANDLER],
    "SS0 of the TSS",
    "is 0x0, which is not the kernel's writable data",
    where="user",
    narrow=True,
)  # fmt: skip
mishap(
    "long mode without a gdt",
    "idt-limit gdt-not-mapped",
    [*NARROW, *TABLES, *NO_IDT, *LONG_MODE, "jmp 0x08:there ; HERE", "there:", "nop", *TABLE_SPACE],
    "for which the CPU reads the GDT",
    "It is still the loader's",
    narrow=True,
)
mishap(
    "a top table at an odd address",
    "idt-limit not-mapped",
    [*NARROW, "mov dword [top + 8], pdpt + 3", "mov dword [pdpt], directory + 3",
     "mov dword [directory], 0x83", *NO_IDT,
     *("mov eax, top + 8" if line == "mov eax, top" else line for line in LONG_MODE),
     "nop ; HERE", *TABLE_SPACE],
    "is not 4096-aligned, so the CPU uses the table at",
    narrow=True,
)  # fmt: skip
mishap(
    "a table of page tables that may not be written",
    "gate-empty read-only",
    [LOAD, "mov rbx, cr3", "and rbx, ~0xfff", "mov rax, tss", "shr rax, 39", "and eax, 511",
     "add rbx, [rdi + 48]", "and byte [rbx + rax * 8], ~2", "mov rax, cr3", "mov cr3, rax",
     "mov [tss], al ; HERE"],
    "In the level 4 entry",
    "R/W, bit 1, must be 1 in the page table entries at every level",
)  # fmt: skip

# ---- stacks, and what is executed ----------------------------------------------------------------

mishap(
    "zeros that are executed",
    "gate-empty no-code",
    [LOAD, "xor eax, eax", "times 16 db 0"],
    "The kernel executed zeros at",
    "They mean add [rax], al, and RAX is 0x0",
)
mishap(
    "a thread without a stack",
    "handler-stack stack-lost",
    [*GATES, "xor esp, esp", "pop rbx ; HERE", *HANDLER],
    "a thread whose stack was never set",
)
mishap(
    "an entry by syscall on a program's stack that is none",
    "handler-stack stack-lost",
    [*GATES, "xor esp, esp", "push rbx ; HERE", *HANDLER],
    "RSP was loaded with a wrong value",
)
mishap(
    "lldt of code",
    "gate-empty selector-wrong",
    [LOAD, "own_gdt", "mov ax, 0x08", "lldt ax ; HERE"],
    "lldt takes 0, or the selector of an LDT",
)
mishap(
    "a handler that uses sse, which is off",
    "handler-stack handler-nested sse-off",
    [*ALL_GATES, "mov rax, cr4", "and eax, ~0x200", "mov cr4, rax", "int3", "handler:", "push rax",
     "movaps xmm0, xmm1 ; HERE", "pop rax", "iretq"],
    "CR4.OSFXSR (bit 9) is 0",
    where="handler",
)  # fmt: skip
mishap(
    "sysret to 32-bit code",
    "gate-empty not-mapped",
    [LOAD, "own_gdt", *SYSCALL_ON, "mov ecx, 0xc0000081", "mov edx, 0x00130008", "xor eax, eax",
     "wrmsr", "mov rcx, on", "mov r11d, 2", "o32 sysret", *ON],
    "It ran as 32-bit code",
    "Only sysretq, or iretq with a selector of 64-bit code",
    where="",
    high=True,
)  # fmt: skip

# ---- the base of GS, and addresses to return to --------------------------------------------------

mishap(
    "per-cpu data in a handler that has interrupted the kernel",
    "gate-empty null-page",
    [LOAD, "gate 3, handler", "int3", "handler:", "mov rax, [gs:abs 8] ; HERE"],
    "A handler that had interrupted the kernel at",
    "may execute swapgs only if the saved CS has RPL 3",
    where="handler",
)
mishap(
    "per-cpu data on entry by syscall",
    "gate-empty null-page",
    [LOAD, *SYSCALL_ON, "mov ecx, 0xc0000082", "mov rax, entry", "xor edx, edx", "wrmsr",
     "syscall", "entry:", "mov rax, [gs:abs 8] ; HERE"],
    "It came from the syscall at",
    "execute swapgs, which takes the kernel's base from MSR 0xc0000102",
    where="entry",
)  # fmt: skip
mishap(
    "an array that has overflowed onto the address to return to",
    "gate-empty non-canonical",
    [LOAD, "push qword [text]", "ret", "section .data", 'text: db "AAAAAAAA"'],
    'Its bytes are the text "AAAAAAAA"',
    "A ret took it off the stack, at",
    where="",
)
mishap(
    "a return to user mode by a selector that there is not",
    "gate-empty selector-missing",
    [LOAD, "own_gdt", *frame(SS="0x43", CS="0x4b")],
    "If the program was entered by sysret",
)
