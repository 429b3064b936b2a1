; SPDX-License-Identifier: MIT
;
; processor.asm - takes another CPU from real mode to the loop in which it waits for work.

%include "loader/resident/launch.inc"


; struct trampoline_data of processors.c
data.launch     equ TRAMPOLINE_DATA
data.processor  equ TRAMPOLINE_DATA + 8
data.entry      equ TRAMPOLINE_DATA + 16
data.tables     equ TRAMPOLINE_DATA + 24
data.cr4        equ TRAMPOLINE_DATA + 28
data.target     equ TRAMPOLINE_DATA + 32
data.gdt        equ TRAMPOLINE_DATA + 40
data.idt        equ TRAMPOLINE_DATA + 46
data.nmi        equ TRAMPOLINE_DATA + 52

        ; Copied to a page below 1 MiB, and run there.
        section .rodata
        align   16
        global  trampoline, trampoline_long, trampoline_gdt, trampoline_nmi

; In: real mode, CS = the page's first byte / 16, IP = 0, caches off.
        bits    16
trampoline:
        ; 1. From real mode straight into long mode. The stack is for an NMI, which trampoline_nmi
        ;    notes in real mode, and the handlers of the early IDT note after it.
        cli
        cld
        mov     ax, cs
        mov     ds, ax
        mov     ss, ax
        mov     esp, TRAMPOLINE_PAGE
        o32 lgdt [data.gdt]
        mov     eax, [data.cr4]
        mov     cr4, eax
        mov     eax, [data.tables]
        mov     cr3, eax
        mov     ecx, IA32_EFER
        mov     eax, EXACT_EFER & ~IA32_EFER_LMA ; the CPU itself sets LMA
        xor     edx, edx
        wrmsr
        o32 lidt [data.idt]
        mov     eax, CR0_LONG_MODE
        mov     cr0, eax
        jmp     dword far [data.target]

; An NMI in real mode. If it has woken a CPU that waits to be started, it must not return, since
; that CPU would continue at its reset vector. (That happens in QEMU; by SDM volume 3A, 9.4.1, such
; a CPU ignores NMIs.)
trampoline_nmi:
        mov     byte [cs:data.nmi], 1
        push    bp
        mov     bp, sp
        cmp     word [bp + 4], 0xf000   ; CS
        pop     bp
        je      .wait
        iret
.wait:  hlt
        jmp     .wait

        ; 2. On to the resident part, at its address for the kernel.
        bits    64
trampoline_long:
        lea     rsp, [rel trampoline + TRAMPOLINE_PAGE]
        xor     eax, eax
        mov     ss, eax
        mov     rbx, [rel trampoline + data.launch]
        mov     rdi, [rel trampoline + data.processor]
        jmp     [rel trampoline + data.entry]

        align   8
trampoline_gdt:
        times   SELECTOR_EARLY / 8 dq 0
        dq      DESCRIPTOR_CODE_64 ; SELECTOR_EARLY: code, 64-bit, ring 0, accessed
        times   TRAMPOLINE_SIZE - ($ - trampoline) db 0

mxcsr:  dd      MXCSR_RESET

        default rel
        section .text
        global  processor_start, processor_wait, processor_go
        extern  idt_pointer, task_selector, ldt_selector, cr4_more, returned, mtrrs_write
        extern  apic_prepare

; In: 64-bit code at this part's address for the kernel, RBX = struct launch, RDI = struct
;     launch_processor, both identity-mapped; no stack.
processor_start:
        ; 1. The state that the first CPU also has; its own descriptors.
        lgdt    [rdi + processor.gdt]
        ltr     [task_selector]
        lldt    [ldt_selector]
        lidt    [idt_pointer]
        mov     ecx, IA32_PAT
        mov     eax, PAT_LOW
        mov     edx, PAT_HIGH
        wrmsr
        test    dword [rbx + launch.flags], LAUNCH_X2APIC
        jz      .xapic
        mov     ecx, IA32_APIC_BASE
        rdmsr
        or      eax, IA32_APIC_BASE_EXTD
        wrmsr
.xapic:
        mov     r12, rdi
        lea     rsi, [rdi + processor.lints]
        mov     edi, [rbx + launch.flags]
        call    apic_prepare
        mov     rdi, r12
        fninit
        ldmxcsr [mxcsr]
        mov     rax, [rbx + launch.cr4]
        or      rax, [cr4_more]
        mov     cr4, rax
        mov     rax, [rbx + launch.cr0]
        mov     cr0, rax

        ; 2. All that is needed of the records, and then the kernel's page tables and a stack.
        movzx   r8d, word [rbx + launch.cs]
        movzx   r9d, word [rbx + launch.ss]
        movzx   r10d, word [rbx + launch.data]
        movzx   r11d, word [rbx + launch.fs]
        mov     r12, [rbx + launch.tables]
        mov     r13, rdi                ; the record, as the kernel's page tables have it
        sub     r13, [rbx + launch.resident]
        add     r13, [rbx + launch.window]
        mov     r14, [rdi + processor.rdi]
        mov     r15, [rdi + processor.mailbox]
        mov     rsp, [rdi + processor.rsp]
        mov     ebp, [rbx + launch.flags]
        mov     cr3, r12
        push    r8
        lea     rax, [.segments]
        push    rax
        retfq
.segments:
        mov     ss, r9d
        mov     ds, r10d
        mov     es, r10d
        mov     fs, r11d
        mov     gs, r11d
        call    mtrrs_write

        ; 3. Report the arrival, and wait until the address to go to is written.
        mov     dword [r13 + processor.arrived], 1
processor_wait:
        pause
        mov     rax, [r15]
        test    rax, rax
        jz      processor_wait
processor_go:
        ; 4. A return address, and 0 in all registers but RDI and RSP.
        mov     rdi, r14
        xor     ecx, ecx
        test    ebp, LAUNCH_NO_RETURN
        jnz     .go
        lea     rcx, [returned]
.go:    push    rcx
        push    rax
        clear_registers
        push    RFLAGS_FIXED
        popfq
        ret

        section .note.GNU-stack noalloc noexec nowrite progbits
