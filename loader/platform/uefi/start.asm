; SPDX-License-Identifier: MIT
;
; start.asm - where firmware enters the image: checks that it is complete, relocates it, calls C,
; and returns.

        default rel
        bits 64
        section .text
        global  efi_start
        extern  first_check, uefi_main, image_begin, rela_begin, rela_end

RELA_SIZE       equ 24                  ; r_offset, r_info, r_addend (psABI 4.4)

; In: RCX = the image's handle, RDX = the system table, a stack; Microsoft's calling convention, in
;     which RDI and RSI must be preserved.
; Out: RAX = status, as first_check() or uefi_main() returns it.
efi_start:
        push    rdi
        push    rsi
        push    rcx
        push    rdx
        sub     rsp, 8

        ; 1. If the image is not complete, return to the firmware. C is called with the System V
        ;    convention.
        cld
        mov     rdi, rdx
        call    first_check
        test    rax, rax
        jnz     .back

        ; 2. Each R_X86_64_RELATIVE word becomes its addend plus the image's address. The linker
        ;    makes no other kind: its options make it refuse whatever would need one.
        lea     rax, [image_begin]
        lea     rdi, [rela_begin]
        lea     rsi, [rela_end]
.next:  cmp     rdi, rsi
        jae     .done
        mov     r8, [rdi]
        mov     r9, [rdi + 16]
        add     r9, rax
        mov     [rax + r8], r9
        add     rdi, RELA_SIZE
        jmp     .next
.done:
        ; 3. The rest.
        mov     rdi, [rsp + 16]
        mov     rsi, [rsp + 8]
        call    uefi_main
.back:  add     rsp, 24
        pop     rsi
        pop     rdi
        ret

        section .note.GNU-stack noalloc noexec nowrite progbits
