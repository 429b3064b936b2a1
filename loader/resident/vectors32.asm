; SPDX-License-Identifier: MIT
;
; vectors32.asm - the entry points for exceptions of a kernel that was entered in 32-bit protected
; mode, as long as it is not in long mode; and for one that returns. Saves the CPU's state in struct
; fault, and switches to long mode, where the explainer runs.
;
; All memory is accessed through SS, the one segment that must be valid: the CPU has just pushed on
; it.

%include "loader/resident/fault.inc"

SELECTOR_CODE_32 equ 0x0c               ; in the LDT, as resident.c writes it
SELECTOR_CODE_64 equ 0x20               ; in DESCRIPTORS_32

        default rel
        bits    32

        section .text
        global  vectors32, stubs64, returned32
        extern  fault, stack_top, own_tables, gdt_pointer, explain_code32, entered64

; In: as the CPU leaves it; interrupts are off. The stubs are 8 bytes apart.
        align   8
vectors32:
%assign number 0
%rep VECTORS
        align   8
        push    strict byte number
        jmp     strict near entered
%assign number number + 1
%endrep

; The targets of the 64-bit gates. Outside long mode the same bytes are gates of other vectors, and
; enter here as 16-bit code. So the first instruction is a NOP; in 64-bit mode, its longer operand
; hides the jump that follows it in 16-bit mode. Six stubs, STUB64_SIZE bytes apart, in the order of
; resident.c.
%macro stub64 1
        align   32
        bits    64
%%begin:
        db      0x0f, 0x1f, 0x84, 0, 0  ; nop [rax + rax + ...], or nop [si + 0]
        db      0x66, 0xeb, %%outside - %%begin - 8
        push    strict byte %1
        jmp     strict near entered64
        bits    16
%%outside:
        push    dword strict byte 2 * %1
        jmp     strict dword near from_16
%endmacro

        align   32
stubs64:
        stub64  VECTOR_DOUBLE
        stub64  VECTOR_TSS
        stub64  VECTOR_NOT_PRESENT
        stub64  VECTOR_STACK
        stub64  VECTOR_PROTECTION
        stub64  VECTOR_PAGE

        bits    16
from_16:
        push    dword strict byte SELECTOR_CODE_32
        call    strict dword near .here
.here:  add     dword [esp], entered - .here
        retfd

        bits    32
; The kernel's entry point has returned: treated like an exception.
returned32:
        cli
        pushfd
        push    cs
        call    .here
.here:  push    strict byte VECTOR_RETURNED

; On the stack: the vector, the error code if there is one, EIP, CS, EFLAGS.
entered:
        ; 1. Where this part lies, and with it struct fault (EBP). Only the first fault is
        ;    explained.
        cld
        pushad
        call    here
here:   pop     esi
        mov     ebp, esi
        add     ebp, [ss:esi + to_fault - here]
        lock bts dword [ebp + fault.taken], 0
        jc      dead

        ; 2. The registers, which pushad has left in the opposite order, and the vector. RSP is
        ;    where the vector lies: what the CPU has pushed is read later (frame_read).
%assign number 0
%rep 8
        mov     eax, [esp + 28 - 4 * number]
        mov     [ebp + 8 * number], eax
%assign number number + 1
%endrep
        mov     eax, [esp + 32]
        mov     [ebp + fault.vector], eax

        ; 3. The rest of the CPU's state.
        save_system ebp, eax
        mov     [ebp + fault.cs], cs
        mov     [ebp + fault.ss], ss
        mov     byte [ebp + fault.code32], 1
        mov     byte [ebp + fault.long_mode_off], 1
        this_cpu
        mov     [ebp + fault.owner], ebx
        mov     ecx, IA32_EFER
        rdmsr
        mov     [ebp + fault.efer], eax
        mov     [ebp + fault.efer + 4], edx

        ; 4. Paging off. This part runs at its physical address, which must be identity-mapped, or
        ;    the CPU could not have got here. Then long mode.
        mov     eax, cr0
        and     eax, ~CR0_PG
        mov     cr0, eax
        mov     eax, CR4_PAE | CR4_OSFXSR
        mov     cr4, eax
        mov     eax, esi
        add     eax, [ss:esi + to_tables - here]
        mov     eax, [ss:eax]
        mov     cr3, eax
        rdmsr
        or      eax, IA32_EFER_LME | IA32_EFER_NXE
        wrmsr
        mov     eax, CR0_PG | CR0_PE | CR0_ET
        mov     cr0, eax
        mov     eax, esi
        add     eax, [ss:esi + to_gdt - here]
        lgdt    [ss:eax]
        mov     esp, esi
        add     esp, [ss:esi + to_stack - here]
        push    SELECTOR_CODE_64
        lea     eax, [esi + to_64 - here]
        push    eax
        retf

dead:   cli
        hlt
        jmp     dead

        ; Distances from `here`.
to_fault:
        dd      fault - $ + (to_fault - here)
to_tables:
        dd      own_tables - $ + (to_tables - here)
to_gdt: dd      gdt_pointer - $ + (to_gdt - here)
to_stack:
        dd      stack_top - $ + (to_stack - here)

        bits    64
to_64:  jmp     explain_code32

        section .note.GNU-stack noalloc noexec nowrite progbits
