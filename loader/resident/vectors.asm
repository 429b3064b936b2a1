; SPDX-License-Identifier: MIT
;
; vectors.asm - where the CPU goes with an exception of the kernel's, and with a kernel that
; returns. Saves all that can be known in struct fault (loader/explain/fault.h), and goes on in C,
; on a stack and with page tables of its own.

; Offsets in struct fault; that header asserts them.
fault.rsp       equ 4 * 8
fault.rip       equ 128
fault.rflags    equ 136
fault.vector    equ 144
fault.error     equ 152
fault.cr0       equ 160
fault.cr2       equ 168
fault.cr3       equ 176
fault.cr4       equ 184
fault.has_error equ 192
fault.cs        equ 200
fault.ss        equ 202
fault.ds        equ 204
fault.es        equ 206
fault.fs        equ 208
fault.gs        equ 210
fault.tr        equ 212
fault.ldt       equ 214
fault.gdt       equ 216
fault.idt       equ 226

VECTORS         equ 32
VECTOR_RETURNED equ 32
CR4_PGE         equ 7                   ; bits; SDM volume 3A, 2.5
CR4_PKS         equ 24

; All general registers but RSP, by their numbers.
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

; EBX = the number of this CPU's local APIC. Loses EAX, ECX and EDX.
%macro this_cpu 0
        mov     eax, 1
        cpuid
        shr     ebx, 24
%endmacro

        default rel
        bits 64

        section .text
        global  vectors, returned
        extern  stack_top, gdt, gdt_pointer, idt_pointer, task_selector, ldt_selector, own_tables
        extern  fault_explain, fault_again

; In: as the CPU leaves it; interrupts are off. The stubs are 8 bytes apart.
        align   8
vectors:
%assign number 0
%rep VECTORS
        align   8
        push    strict byte number
        jmp     strict near entered
%assign number number + 1
%endrep

; On the stack: the vector, the error code if there is one, RIP, CS, RFLAGS, RSP, SS. The CPU had
; aligned RSP to 16 bytes before it pushed, so RSP tells whether there is an error code.
entered:
        ; 1. One fault is explained. Another would be the explainer's own.
        cld
        lock bts dword [busy], 0
        jc      again

        ; 2. The registers, and what the CPU has pushed.
        save_registers
        this_cpu
        mov     [owner], ebx
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
        mov     rax, cr0
        mov     [fault + fault.cr0], rax
        mov     rax, cr2
        mov     [fault + fault.cr2], rax
        mov     rax, cr3
        mov     [fault + fault.cr3], rax
        mov     rax, cr4
        mov     [fault + fault.cr4], rax
        mov     [fault + fault.ds], ds
        mov     [fault + fault.es], es
        mov     [fault + fault.fs], fs
        mov     [fault + fault.gs], gs
        str     [fault + fault.tr]
        sldt    [fault + fault.ldt]
        sgdt    [fault + fault.gdt]
        sidt    [fault + fault.idt]

        ; 4. A stack, and page tables in which memory is where it is. Global pages and protection
        ;    keys of the kernel's must not be in the way.
        lea     rsp, [stack_top]
        btr     rax, CR4_PGE
        btr     rax, CR4_PKS
        mov     cr4, rax
        mov     rax, [own_tables]
        mov     cr3, rax

        ; 5. Our descriptors again, whatever the kernel has loaded. A TSS that was loaded once
        ;    counts as busy.
        lgdt    [gdt_pointer]
        lidt    [idt_pointer]
        lea     rcx, [gdt]
        movzx   eax, word [task_selector]
        mov     byte [rcx + rax + 5], 0x89
        ltr     ax
        lldt    [ldt_selector]

        ; 6. Explain.
        lea     rdi, [fault]
        call    fault_explain
        jmp     dead

; A fault while a fault was being explained: vector, RIP and CR2 are all that is told. Of another
; CPU's fault nothing is told: the first is what matters.
again:
        this_cpu
        cmp     ebx, [owner]
        jne     dead
        lock bts dword [busy], 1
        jc      dead
        pop     rdi
        test    spl, 8
        jnz     .frame
        pop     rsi
.frame:
        pop     rsi
        mov     rdx, cr2
        lea     rsp, [stack_again.top]
        call    fault_again
dead:
        cli
        hlt
        jmp     dead

; _start has returned: RAX holds what it returned.
returned:
        cli
        cld
        lock bts dword [busy], 0
        jc      dead
        save_registers
        this_cpu
        mov     [owner], ebx
        mov     [fault + fault.rsp], rsp
        lea     rax, [returned]
        mov     [fault + fault.rip], rax
        mov     qword [fault + fault.vector], VECTOR_RETURNED
        pushfq                          ; onto the stack that the kernel has left: it is done with
        pop     qword [fault + fault.rflags]
        mov     [fault + fault.cs], cs
        mov     [fault + fault.ss], ss
        jmp     known

        section .bss
        alignb  16
fault:  resb    320
busy:   resd    1
owner:  resd    1                       ; the CPU whose fault is explained
        alignb  16
stack_again:
        resb    2048
.top:

        section .note.GNU-stack noalloc noexec nowrite progbits
