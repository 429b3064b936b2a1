; SPDX-License-Identifier: MIT
;
; uneven.asm - an option ROM that gives the first CPU a different memory type from the others: its
; last pair of variable MTRRs makes 64 KiB from 0xd0000000 on write-through.

        bits 16
        org 0

        db 0x55, 0xaa, 1                ; one block of 512 bytes
        jmp start
        times 0x18 - ($ - $$) db 0
        dw 0, 0                         ; neither a PCI data structure nor a plug-and-play header

; Called by the BIOS once.
start:  pushad
        mov ecx, 0x20e
        mov eax, 0xd0000004
        xor edx, edx
        wrmsr
        mov ecx, 0x20f
        mov eax, 0xffff0800
        mov edx, 0xff
        wrmsr
        popad
        retf

        times 512 - ($ - $$) db 0
