; SPDX-License-Identifier: MIT
;
; realmode.asm - calls the BIOS from protected mode. A flat binary, which memory.c copies to the
; address that it is linked for, below 64 KiB, so that addresses are the same in both modes.
; Source of the order of steps: Intel SDM volume 3A, 10.9 (mode switching).
;
; void (const struct bios_registers *in, struct bios_registers *out, uint32_t interrupt)
;   EAX = in, EDX = out, ECX = interrupt; 32-bit code, flat, interrupts off

%include "loader/x86/registers.inc"

CODE_32         equ 0x08
DATA_32         equ 0x10
CODE_16         equ 0x18
DATA_16         equ 0x20
REGISTERS       equ 11                  ; words of 32 bits in struct bios_registers

        org     REALMODE_AT             ; as in the Makefile and memory.c
        bits 32
        ; 1. Save registers, and copy those for the BIOS.
        pushad
        mov     [kept_esp], esp
        sidt    [kept_idt]
        mov     [out], edx
        mov     [interrupt], cl
        mov     esi, eax
        mov     edi, registers
        mov     ecx, REGISTERS
        rep movsd

        ; 2. Into 16-bit code, with segments of 64 KiB, which real mode keeps.
        lgdt    [descriptors]
        lidt    [real_vectors]
        jmp     CODE_16:protected_16

        bits 16
protected_16:
        mov     ax, DATA_16
        mov     ss, ax
        mov     ds, ax
        mov     es, ax
        mov     fs, ax
        mov     gs, ax

        ; 3. Protection off: real mode. Segment 0, so that offsets are addresses.
        mov     eax, cr0
        and     al, ~CR0_PE
        mov     cr0, eax
        jmp     0:real
real:
        xor     ax, ax
        mov     ds, ax
        mov     ss, ax
        mov     sp, stack_end

        ; 4. The BIOS, with interrupts on.
        mov     gs, [registers]
        mov     fs, [registers + 2]
        mov     es, [registers + 4]
        mov     edi, [registers + 8]
        mov     esi, [registers + 12]
        mov     ebp, [registers + 16]
        mov     ebx, [registers + 24]
        mov     edx, [registers + 28]
        mov     ecx, [registers + 32]
        mov     eax, [registers + 36]
        mov     ds, [registers + 6]
        sti
        db      0xcd                    ; int
interrupt:
        db      0
        cli
        cld

        ; 5. Save the registers that it returned.
        pushfd
        push    ds
        push    byte 0
        pop     ds
        pop     word [registers + 6]
        pop     dword [registers + 40]
        mov     [registers], gs
        mov     [registers + 2], fs
        mov     [registers + 4], es
        mov     [registers + 8], edi
        mov     [registers + 12], esi
        mov     [registers + 16], ebp
        mov     [registers + 24], ebx
        mov     [registers + 28], edx
        mov     [registers + 32], ecx
        mov     [registers + 36], eax

        ; 6. Protection on, and back.
        lgdt    [descriptors]
        mov     eax, cr0
        or      al, CR0_PE
        mov     cr0, eax
        jmp     dword CODE_32:protected_32

        bits 32
protected_32:
        mov     ecx, DATA_32
        mov     ss, ecx
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        mov     esp, [kept_esp]
        lidt    [kept_idt]
        mov     esi, registers
        mov     edi, [out]
        mov     ecx, REGISTERS
        rep movsd
        popad
        ret

        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_32 ; 0x08: code, 32-bit, flat
        dq      DESCRIPTOR_DATA_32 ; 0x10: data, flat
        dq      DESCRIPTOR_CODE_16 ; 0x18: code, 16-bit, 64 KiB from 0
        dq      DESCRIPTOR_DATA_16 ; 0x20: data, 64 KiB from 0
.end:
        align   4
        dw      0
descriptors:
        dw      gdt.end - gdt - 1
        dd      gdt
        dw      0
real_vectors:
        dw      0x3ff                   ; the BIOS's, from 0 on
        dd      0
        align   4
kept_esp:
        dd      0
kept_idt:
        dw      0
        dd      0
        dw      0
out:    dd      0
registers:
        times REGISTERS dd 0
        times 4096 - ($ - $$) db 0      ; the stack: SeaBIOS has its own, others need some KiB
stack_end equ REALMODE_AT + 8192
