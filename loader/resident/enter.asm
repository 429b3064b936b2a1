; SPDX-License-Identifier: MIT
;
; enter.asm - the resident part's way in, and the way out to the kernel.

%include "loader/resident/launch.inc"

CR0_PE          equ 1 << 0
CR0_ET          equ 1 << 4
MSR_EFER        equ 0xc0000080

        default rel
        bits 64

        section .text
        global  resident_start
        extern  carry_out, prepare_tables, returned, gdt_pointer, task_selector, ldt_selector
        extern  cr4_more, start_processors, returned32

; In: 64-bit code at this part's physical address, identity-mapped by the loader's page tables,
;     IF = DF = 0, flat segments, RDI = struct launch, no stack.
resident_start:
        ; 1. A stack, and the work.
        lea     rsp, [stack.top]
        mov     rbx, rdi
        xor     esi, esi
        call    carry_out
        mov     rdi, rbx
        call    prepare_tables
        mov     rdi, rbx
        call    start_processors
        test    dword [rbx + launch.flags], LAUNCH_PROTECTED_MODE
        jnz     to_protected_mode

        ; 2. From here on at the address that the kernel's page tables know, too.
        mov     r12, [rbx + launch.window]
        sub     r12, [rbx + launch.resident]
        lea     rax, [.window]
        add     rax, r12
        add     rsp, r12
        jmp     rax
.window:
        ; 3. Our descriptors, at their address for the kernel.
        lgdt    [gdt_pointer]
        lidt    [idt_pointer]
        movzx   eax, word [rbx + launch.cs]
        push    rax
        lea     rax, [.segments]
        push    rax
        retfq
.segments:
        mov     ss, [rbx + launch.ss]
        mov     ds, [rbx + launch.data]
        mov     es, [rbx + launch.data]
        mov     fs, [rbx + launch.fs]
        mov     gs, [rbx + launch.fs]
        ltr     [task_selector]
        lldt    [ldt_selector]

        ; 4. The FPU and SSE as after reset, all exceptions masked; then what the kernel may expect
        ;    of them.
        fninit
        ldmxcsr [mxcsr]
        mov     rax, [rbx + launch.cr4]
        or      rax, [cr4_more]
        mov     cr4, rax
        mov     rax, [rbx + launch.cr0]
        mov     cr0, rax

        ; 5. What the kernel is entered with, while the record can still be seen; the time, last.
        mov     r8, [rbx + launch.tables]
        mov     r9, [rbx + launch.rip]
        mov     r10, [rbx + launch.rsp]
        mov     rdi, [rbx + launch.rdi]
        xor     r13, r13
        test    dword [rbx + launch.flags], LAUNCH_NO_RETURN
        jnz     .time
        lea     r13, [returned]
.time:
        mov     r11, [rbx + launch.tsc_slot]
        test    r11, r11
        jz      .jump
        rdtsc
        shl     rdx, 32
        or      rax, rdx
        mov     [r11], rax
.jump:
        ; 6. The kernel's page tables, its stack with the address to return to, and nothing else in
        ;    any register.
        mov     cr3, r8
        mov     rsp, r10
        push    r13
        push    r9
        clear_registers
        ret

; A kernel that wants 32-bit protected mode (Multiboot). This part is mapped where it lies; what is
; left of the loader behind this is nothing.
to_protected_mode:
        ; 1. What the kernel is entered with: its address and stack wait in ESI and EDI.
        ;    Behind the stack's end lies the address to return to.
        lgdt    [gdt_pointer]
        ltr     [task_selector]
        lldt    [ldt_selector]
        lidt    [idt32_pointer]
        mov     esi, [rbx + launch.rip]
        mov     edi, [rbx + launch.rsp]
        lea     rax, [returned32]
        sub     edi, 4
        mov     [rdi], eax
        movzx   r8d, word [rbx + launch.cs]
        movzx   ecx, word [rbx + launch.data]
        mov     ebp, [rbx + launch.rax]
        mov     ebx, [rbx + launch.rbx]

        ; 2. Into 32-bit code, still with paging: compatibility mode.
        push    r8
        lea     rax, [.compatibility]
        push    rax
        retfq
        bits    32
.compatibility:
        ; 3. Paging off, and with it long mode; then all of it (SDM volume 3A, 10.8.5.4).
        mov     eax, CR0_PE | CR0_ET
        mov     cr0, eax
        mov     edx, ecx
        mov     ecx, MSR_EFER
        push    edx
        xor     eax, eax
        xor     edx, edx
        wrmsr
        pop     ecx
        xor     eax, eax
        mov     cr4, eax

        ; 4. Flat data segments, and the kernel's registers.
        mov     ss, ecx
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        mov     esp, edi
        push    esi
        mov     eax, ebp
        xor     ecx, ecx
        xor     edx, edx
        xor     esi, esi
        xor     edi, edi
        xor     ebp, ebp
        ret
        bits    64

        section .rodata
        align   4
mxcsr:  dd      0x1f80                  ; SDM volume 1, 10.2.3: the value after reset

        section .data
        align   8
        global  idt_pointer, idt32_pointer
idt_pointer:
        dw      0
        dq      0
idt32_pointer:
        dw      0
        dq      0

        section .bss
        align   16
        global  stack_top
stack:  resb    16384
.top:
stack_top:

        section .note.GNU-stack noalloc noexec nowrite progbits
