; SPDX-License-Identifier: MIT
;
; stubborn.asm - an option ROM with which the BIOS neither sets a VBE mode (int 10h, AX=4F02h) nor
; switches anything off (int 15h, AX=53xxh). All other calls are passed on to the BIOS, whose
; vectors are kept in int 60h and 61h.

        bits 16
        org 0

        db 0x55, 0xaa, 1                ; one block of 512 bytes
        jmp start
        times 0x18 - ($ - $$) db 0
        dw 0, 0                         ; neither a PCI data structure nor a plug-and-play header

; Called by the BIOS once.
start:  push ds
        push eax
        xor ax, ax
        mov ds, ax
        mov eax, [0x10 * 4]
        mov [0x60 * 4], eax
        mov eax, [0x15 * 4]
        mov [0x61 * 4], eax
        mov word [0x10 * 4], video
        mov [0x10 * 4 + 2], cs
        mov word [0x15 * 4], system
        mov [0x15 * 4 + 2], cs
        pop eax
        pop ds
        retf

video:  cmp ax, 0x4f02
        je .refuse
        sub sp, 4
        push bp
        mov bp, 0x60 * 4
        jmp go_on
.refuse:
        mov ax, 0x014f                  ; understood, but failed
        iret

system: cmp ah, 0x53
        je .refuse
        sub sp, 4
        push bp
        mov bp, 0x61 * 4
        jmp go_on
.refuse:
        mov ah, 0x86                    ; there is no such call
        push bp
        mov bp, sp
        or byte [bp + 6], 1             ; carry
        pop bp
        iret

; Continues at the far address at 0:BP. On the stack: BP, room for the address.
go_on:  push ds
        push ax
        xor ax, ax
        mov ds, ax
        mov ax, [ds:bp]
        push word [ds:bp + 2]
        mov bp, sp
        mov [bp + 8], ax
        pop word [bp + 10]
        pop ax
        pop ds
        pop bp
        retf

        times 511 - ($ - $$) db 0
        db 0                            ; for the sum, which must be 0
