; SPDX-License-Identifier: MIT
;
; vectors.asm - the entry points for exceptions of the kernel, and for a kernel that returns. Saves
; the CPU's state in struct fault (loader/explain/fault.h), and continues in C with its own stack
; and page tables.

%include "loader/resident/fault.inc"
%include "loader/resident/launch.inc"

LAR_TYPE_CODE   equ 11                  ; bits in LAR's result: the type's highest
LAR_CODE        equ 3 << 11             ; ... with S: a code segment
LAR_64_BIT      equ 1 << 21             ; L

; Saves all general registers but RSP, in the order of their numbers.
%macro save_registers 0
        mov     [fault + 0 * 8], rax
        mov     [fault + 1 * 8], rcx
        mov     [fault + 2 * 8], rdx
        mov     [fault + 3 * 8], rbx
        mov     [fault + 5 * 8], rbp
        mov     [fault + 6 * 8], rsi
        mov     [fault + 7 * 8], rdi
        mov     [fault + 8 * 8], r8
        mov     [fault + 9 * 8], r9
        mov     [fault + 10 * 8], r10
        mov     [fault + 11 * 8], r11
        mov     [fault + 12 * 8], r12
        mov     [fault + 13 * 8], r13
        mov     [fault + 14 * 8], r14
        mov     [fault + 15 * 8], r15
%endmacro

        default rel
        bits 64

        section .text
        global  vectors, returned, entered64, fault, explain_code32
        extern  stack_top, gdt, gdt_pointer, idt_pointer, task_selector, ldt_selector, own_tables
        extern  fault_begin, fault_again, fault_early, early

; In: as the CPU leaves it; interrupts are off. The stubs are 8 bytes apart.
        align   8
vectors:
%assign number 0
%rep VECTORS
        align   8
        push    strict byte number
        jmp     strict near entered64
%assign number number + 1
%endrep

; On the stack: the vector, the error code if there is one, RIP, CS, RFLAGS, RSP, SS. The CPU had
; aligned RSP to 16 bytes before it pushed, so RSP shows whether there is an error code.
entered64:
        ; 1. Only the first fault is explained: the next is in the explainer, or on another CPU.
        cld
        cmp     dword [early + early.ready], 0
        je      too_early
        lock bts dword [fault + fault.taken], 0
        jc      again

        ; 2. The registers, and what the CPU has pushed.
        save_registers
        this_cpu
        mov     [fault + fault.owner], ebx
        pop     qword [fault + fault.vector]
        test    spl, 8
        jnz     .frame
        pop     qword [fault + fault.error]
        mov     qword [fault + fault.has_error], 1
.frame:
        pop     qword [fault + fault.rip]
        pop     rax
        mov     [fault + fault.cs], ax
        pop     qword [fault + fault.rflags]
        pop     qword [fault + fault.rsp]
        pop     rax
        mov     [fault + fault.ss], ax

known:  ; 3. The rest of the CPU's state.
        save_system fault, rax
        mov     eax, [fault + fault.rip + 4]
        or      eax, [fault + fault.rsp + 4]
        jnz     .code64                   ; 32-bit code has 32-bit addresses
        movzx   ecx, word [fault + fault.cs]
        lar     eax, ecx
        jnz     .ours
        bt      eax, LAR_TYPE_CODE
        jc      .mode
.ours:  lgdt    [gdt_pointer]           ; the selector's GDT is gone: most likely ours
        lar     eax, ecx
        jnz     .code64
.mode:  and     eax, LAR_CODE | LAR_64_BIT
        cmp     eax, LAR_CODE
        jne     .code64
        mov     byte [fault + fault.code32], 1
.code64:
        ; 4. A stack, and identity-mapped page tables. The kernel's global pages and protection keys
        ;    would interfere with these.
        lea     rsp, [stack_top]
        mov     rax, cr4
        and     rax, ~(CR4_PGE | CR4_PKS)
        mov     cr4, rax
        mov     rax, [own_tables]
        mov     cr3, rax

explain_code32: ; faults of 32-bit code come here from vectors32.asm
        ; 5. Our descriptors again, whatever the kernel has loaded. A TSS that has been loaded is
        ;    marked as busy, and could not be loaded again.
        lgdt    [gdt_pointer]
        lidt    [idt_pointer]
        lea     rcx, [gdt]
        movzx   eax, word [task_selector]
        mov     byte [rcx + rax + 5], DESCRIPTOR_TYPE_TSS
        ltr     ax
        lldt    [ldt_selector]

        ; 6. Explain.
        lea     rdi, [fault]
        call    fault_begin
        jmp     dead

; A fault while a fault was being explained: only vector, RIP and CR2 are reported. Another CPU's
; fault is not reported: the first one is what matters.
again:
        this_cpu
        cmp     ebx, [fault + fault.owner]
        jne     dead
        lock bts dword [fault + fault.taken], 1
        jc      dead
        lea     rax, [fault_again]
shortly:
        pop     rdi
        test    spl, 8
        jnz     .frame
        pop     rsi
.frame:
        pop     rsi
        mov     rdx, cr2
        lea     rsp, [stack_again.top]
        call    rax
        jmp     dead

; A fault before there is anything to explain it with: likewise.
too_early:
        lea     rax, [fault_early]
        jmp     shortly
dead:
        cli
        hlt
        jmp     dead

; _start has returned: RAX holds what it returned.
returned:
        cli
        cld
        lock bts dword [fault + fault.taken], 0
        jc      dead
        save_registers
        this_cpu
        mov     [fault + fault.owner], ebx
        mov     [fault + fault.rsp], rsp
        lea     rax, [returned]
        mov     [fault + fault.rip], rax
        mov     qword [fault + fault.vector], VECTOR_RETURNED
        pushfq                          ; onto the kernel's stack, which is no longer needed
        pop     qword [fault + fault.rflags]
        mov     [fault + fault.cs], cs
        mov     [fault + fault.ss], ss
        jmp     known

        section .bss
        alignb  16
fault:  resb    FAULT_SIZE + 8
        alignb  16
stack_again:
        resb    2048
.top:

        section .note.GNU-stack noalloc noexec nowrite progbits
