; SPDX-License-Identifier: MIT
;
; enter.asm - enters the resident part, and leaves it for the kernel.

%include "loader/resident/launch.inc"

        default rel
        bits 64

        section .text
        global  resident_start
        extern  carry_out, prepare_tables, returned, gdt_pointer, task_selector, ldt_selector
        extern  cr4_more, start_processors, returned32, vectors

; In: 64-bit code at this part's physical address, identity-mapped by the loader's page tables,
;     IF = DF = 0, the early IDT, CS = SELECTOR_EARLY, all other segments null, machine checks
;     enabled if the CPU has them, RDI = struct launch, no stack.
resident_start:
        ; 1. A stack.
        lea     rsp, [stack.top]
        mov     rbx, rdi

        ; 2. Our descriptors, at their address for the kernel, which the loader's page tables map as
        ;    well. The early IDT is valid until ours is loaded: its selector is in both GDTs.
        call    prepare_tables
        lgdt    [gdt_pointer]
        ltr     [task_selector]
        lldt    [ldt_selector]
        cmp     word [idt_pointer], 0
        je      .work                   ; -explain=off
        mov     dword [early + early.ready], 1
        lidt    [idt_pointer]
        call    tell_nmi

        ; 3. The work.
.work:  mov     rdi, rbx
        xor     esi, esi
        call    carry_out
        mov     rdi, rbx
        call    start_processors
        call    tell_nmi
        test    dword [rbx + launch.flags], LAUNCH_PROTECTED_MODE
        jnz     to_protected_mode

        ; 4. From here on at the address that the kernel's page tables also map.
        mov     r12, [rbx + launch.window]
        sub     r12, [rbx + launch.resident]
        lea     rax, [.window]
        add     rax, r12
        add     rsp, r12
        jmp     rax
.window:
        ; 5. The kernel's segments.
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

        ; 6. The FPU and SSE as after reset, all exceptions masked; then EFER, CR4 and CR0 as the
        ;    kernel expects them.
        fninit
        ldmxcsr [mxcsr]
        mov     ecx, IA32_EFER
        mov     eax, EXACT_EFER
        xor     edx, edx
        wrmsr
        mov     rax, [rbx + launch.cr4]
        or      rax, [cr4_more]
        mov     cr4, rax
        mov     rax, [rbx + launch.cr0]
        mov     cr0, rax

        ; 7. What the kernel is entered with, while struct launch is still mapped; the time last.
        mov     r8, [rbx + launch.tables]
        mov     r9, [rbx + launch.rip]
        mov     r10, [rbx + launch.rsp]
        mov     rdi, [rbx + launch.rdi]
        xor     r13, r13
        test    dword [rbx + launch.flags], LAUNCH_NO_RETURN
        jnz     .time
        lea     r13, [returned]
.time:
        mov     r11, [rbx + launch.tsc_at]
        test    r11, r11
        jz      .jump
        rdtsc
        shl     rdx, 32
        or      rax, rdx
        mov     [r11], rax
.jump:
        ; 8. The kernel's page tables, and its stack with the return address. All other registers
        ;    but RDI are zeroed, and the flags cleared.
        mov     cr3, r8
        mov     rsp, r10
        push    r13
        push    r9
        clear_registers
        push    RFLAGS_FIXED
        popfq
        ret

; A kernel that wants 32-bit protected mode (Multiboot). This part is identity-mapped; after this,
; nothing of the loader remains in use.
to_protected_mode:
        ; 1. What the kernel is entered with: its address and stack wait in ESI and EDI.
        ;    The return address is just below the end of the stack.
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
        ; 3. A stack that is valid outside of long mode. Turn off paging, which leaves long mode
        ;    (SDM volume 3A, 10.8.5.4), then clear EFER and CR4.
        mov     ss, ecx
        mov     eax, CR0_PE | CR0_ET
        mov     cr0, eax
        mov     edx, ecx
        mov     ecx, IA32_EFER
        push    edx
        xor     eax, eax
        xor     edx, edx
        wrmsr
        pop     ecx
        xor     eax, eax
        mov     cr4, eax

        ; 4. Flat data segments, and the kernel's registers.
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

; An NMI that could only be noted is reported now, if it can be.
tell_nmi:
        cmp     dword [early + early.nmi], 0
        je      .none
        cmp     dword [early + early.ready], 0
        je      .none
        mov     rax, rsp                ; as the CPU does it
        and     rsp, -16
        push    0                       ; SS
        push    rax
        pushfq
        mov     eax, cs
        push    rax
        lea     rax, [.none]
        push    rax
        jmp     vectors + STUB_SIZE * VECTOR_NMI
.none:  ret

; An NMI while the early IDT is loaded (struct resident_early). Code that is switching modes cannot
; be returned to, so it continues where the switch ends (early.resume).
        global  early_nmi64, early_nmi32
early_nmi64:
        mov     dword [early + early.nmi], 1
        mov     qword [rsp + 32], 0     ; SS, which may be a selector of a GDT that is gone
        cmp     word [rsp + 8], SELECTOR_EARLY
        je      .back
        push    rax
        mov     rax, [early + early.resume]
        mov     [rsp + 8], rax
        mov     qword [rsp + 16], SELECTOR_EARLY
        pop     rax
.back:  iretq

        bits    32
early_nmi32:
        push    eax
        call    .here
.here:  pop     eax
        add     eax, [eax + .to_early - .here]
        mov     dword [eax + early.nmi], 1
        pop     eax
        iretd
.to_early:
        dd      early - $ + (.to_early - .here)
        bits    64

        section .rodata
        align   4
mxcsr:  dd      MXCSR_RESET

        section .data
        align   16
        global  early
early:  times   EARLY_SIZE db 0

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
