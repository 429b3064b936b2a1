; SPDX-License-Identifier: MIT
;
; rom.asm - an option ROM for QEMU: a boot device that loads one file that `build.sh wrap` has made
; (an ELF32 Multiboot kernel: the loader) from fw_cfg, and starts it. If it cannot, it prints a
; message, and the BIOS tries the next device.
;
; Sources: Plug and Play BIOS Specification 1.0A, 3 (ROM header, BEV); PCI Firmware Specification
; 3.0, 5.1 (PCIR); QEMU, docs/specs/fw_cfg.rst; Multiboot 0.6.96; ACPI 6.4, 15.1 (E820).

%include "build/rom_messages.inc"
%include "loader/x86/registers.inc"

BLOCK           equ 512
CARD            equ 0x100e8086          ; an e1000, unless `build.sh rom --card` says otherwise

; fw_cfg
ITEM_ID         equ 1                   ; bit 1: there is DMA
ITEM_DIRECTORY  equ 0x19
DMA_ERROR       equ 1 << 0
DMA_READ        equ 1 << 1
DMA_SKIP        equ 1 << 2
DMA_SELECT      equ 1 << 3
NAME_SIZE       equ 56
ENTRY_SIZE      equ 64                  ; size, item, reserved, name
ENTRIES         equ 511

; Memory, below 64 KiB except for the directory. Our stack ends where boot sectors begin; the memory
; that BIOS calls need (platform/kernel/memory.h) is below that.
STACK_END       equ 0x7c00
DMA             equ 0x8000              ; control, length, address: big-endian
TABLE           equ 0x8010              ; for lgdt: limit, address
GO_ON           equ 0x8018              ; where to continue in protected mode
ITEM            equ 0x8020              ; the file's, in the upper half
SIZE            equ 0x8024              ; its bytes
ENTERED         equ 0x8028              ; 1 when the segment with the entry point is loaded
INFO            equ 0x8040              ; Multiboot information
INFO_SIZE       equ 120
LINE            equ 0x8400              ; the command line
LINE_SIZE       equ 1024
HEADER          equ 0x9000              ; of the ELF file
HEADER_SIZE     equ 0x1000
MAP             equ 0xa000              ; Multiboot's memory map
RANGE_SIZE      equ 24                  ; 20, begin, size, type
MAP_END         equ MAP + 128 * RANGE_SIZE
DIRECTORY       equ 0x10000

MULTIBOOT       equ 0x2badb002
HAS             equ 1 << 2 | 1 << 6     ; a command line, a memory map
INFO_LINE       equ 16
INFO_MAP        equ 44                  ; size, address
SMAP            equ 0x534d4150

COM1            equ 0x3f8
LINE_CONTROL    equ 3
LINE_8N1        equ 3
LINE_STATUS     equ 5
EMPTY           equ 0x20                ; it takes another byte

; ELF32
ELF_MAGIC       equ 0x464c457f
ELF_CLASS_32    equ 1
ELF_ENTRY       equ 24
ELF_PROGRAMS    equ 28
ELF_COUNT       equ 44
PROGRAM_SIZE    equ 32
PROGRAMS_MAX    equ 64
PT_LOAD         equ 1

        org     0
        bits 16
rom:    dw      0xaa55
        db      (end - rom) / BLOCK
        jmp     short init
        db      0                       ; 5: so that all bytes add up to 0 (seal.py)
        times 0x18 - ($ - rom) db 0
        dw      pcir, pnp

        align   16
pnp:    db      "$PnP", 1, 2            ; revision, size in 16 bytes
        dw      0                       ; no other
        db      0
        db      0                       ; 9: so that these 32 bytes add up to 0 (seal.py)
        dd      0
        dw      maker, product
        db      2, 0, 0                 ; as network cards have it, which boot by a BEV
        db      0x64                    ; it can be booted from, shadowed, cached
        dw      0, 0, boot, 0, 0        ; BCV, disconnect, BEV, reserved, resources

        align   4
pcir:   db      "PCIR"
        dd      CARD
        dw      0, 24
        db      0, 0, 0, 2              ; revision; a network card
        dw      (end - rom) / BLOCK, 0
        db      0, 0x80                 ; for PCs; the last image
        dw      0

; Called while the BIOS looks for devices. Out: AX = 20h: there is a boot device.
init:   mov     ax, 0x20
        retf

; Called to boot. Does not return: it starts the file, or lets the BIOS continue (int 18h).
boot:   ; 1. Our own segments.
        cli
        xor     ax, ax
        mov     ds, ax
        mov     es, ax
        mov     ss, ax
        mov     sp, STACK_END
        sti
        cld

        ; 2. fw_cfg, with DMA.
        xor     ax, ax
        call    select
        mov     si, qemu
        mov     cx, 4
.signature:
        in      al, dx
        cmp     al, [cs:si]
        jne     no_device
        inc     si
        loop    .signature
        mov     ax, ITEM_ID
        call    select
        in      al, dx
        test    al, 2
        jz      no_device
        mov     eax, ITEM_DIRECTORY << 16 | DMA_SELECT | DMA_READ
        mov     ecx, 4 + ENTRIES * ENTRY_SIZE
        mov     edi, DIRECTORY
        call    dma

        ; 3. The file, and its command line.
        mov     si, name_of_words
        call    find
        mov     eax, DMA_READ           ; if there is no such file, the selected item ends here
        jc      .words
        cmp     ecx, LINE_SIZE - 2
        ja      long_words
        mov     eax, ebx
        or      al, DMA_SELECT | DMA_READ
.words: mov     ecx, LINE_SIZE - 2
        mov     edi, LINE + 1
        call    dma
        mov     byte [LINE], ' '        ; in place of the file's name, which comes first
        mov     byte [LINE + LINE_SIZE - 1], 0
        mov     si, name_of_file
        call    find
        jc      no_file
        mov     [ITEM], ebx
        mov     [SIZE], ecx

        call    read_map
        call    load
        call    inform

        ; 4. Protected mode, flat, with interrupts off.
        cli
        mov     eax, cs
        shl     eax, 4
        lea     ebx, [eax + gdt]
        mov     word [TABLE], gdt.end - gdt - 1
        mov     [TABLE + 2], ebx
        add     eax, protected
        mov     [GO_ON], eax
        mov     word [GO_ON + 4], 8
        lgdt    [TABLE]
        mov     eax, cr0
        or      al, 1
        mov     cr0, eax
        jmp     far dword [GO_ON]

; Selects item AX. Out: DX = the port where its bytes are read. The rest is kept.
select: mov     dx, PORT_FW_CFG_SELECT
        out     dx, ax
        inc     dx
        ret

; Lets fw_cfg do EAX with ECX bytes at EDI; beyond an item's end it reads zeros. Changes EAX to EDX.
dma:    bswap   eax
        bswap   ecx
        bswap   edi
        mov     [DMA], eax
        mov     [DMA + 4], ecx
        mov     dword [DMA + 8], 0
        mov     [DMA + 12], edi
        bswap   edi
        mov     eax, DMA
        bswap   eax
        mov     dx, PORT_FW_CFG_DMA
        out     dx, eax
        mov     ecx, 1 << 20            ; QEMU does it at once; do not wait for ever
.wait:  mov     eax, [DMA]
        bswap   eax
        test    eax, ~DMA_ERROR
        jz      .done
        loop    .wait, ecx
.done:  test    eax, eax
        jnz     no_device
        ret

; Finds the file with the name at CS:SI in the directory. Out: EBX = its item, in the upper half;
; ECX = its size. CF: there is none. Changes all other registers.
find:   push    es
        mov     ax, DIRECTORY >> 4
        mov     es, ax
        mov     ecx, [es:0]
        bswap   ecx
        cmp     ecx, ENTRIES
        jbe     .count
        mov     ecx, ENTRIES
.count: mov     bx, 4
.next:  sub     ecx, 1
        jb      .out                    ; CF
        mov     di, bx
        add     di, ENTRY_SIZE - NAME_SIZE
        push    si
.same:  mov     al, [cs:si]
        cmp     al, [es:di]
        jne     .other
        inc     si
        inc     di
        test    al, al
        jnz     .same
        pop     si
        mov     ecx, [es:bx]
        bswap   ecx
        mov     bx, [es:bx + 4]
        xchg    bl, bh
        shl     ebx, 16                 ; CF: no item has its highest bit
        clc
        jmp     .out
.other: pop     si
        add     bx, ENTRY_SIZE
        jmp     .next
.out:   pop     es
        ret

; Writes the BIOS's memory map to MAP. Out: DI = its end.
read_map:
        xor     ebx, ebx
        mov     di, MAP
.next:  mov     dword [di], RANGE_SIZE - 4
        add     di, 4
        mov     eax, 0xe820
        mov     edx, SMAP
        mov     ecx, RANGE_SIZE - 4
        int     0x15
        jc      .over
        cmp     eax, SMAP
        jne     .over
        add     di, RANGE_SIZE - 4
        test    ebx, ebx
        jz      .done
        cmp     di, MAP_END
        jb      .next
.done:  mov     [INFO + INFO_MAP], di   ; until inform()
        ret
.over:  sub     di, 4
        jmp     .done

; Loads the file's segments.
load:   mov     byte [ENTERED], 0
        mov     eax, [ITEM]
        or      al, DMA_SELECT | DMA_READ
        mov     ecx, HEADER_SIZE
        mov     edi, HEADER
        call    dma
        cmp     dword [HEADER], ELF_MAGIC
        jne     bad_file
        cmp     byte [HEADER + 4], ELF_CLASS_32
        jne     bad_file
        mov     bp, [HEADER + ELF_COUNT]
        cmp     bp, PROGRAMS_MAX
        ja      bad_file
        cmp     dword [HEADER + ELF_PROGRAMS], HEADER_SIZE - PROGRAMS_MAX * PROGRAM_SIZE
        ja      bad_file
        mov     si, [HEADER + ELF_PROGRAMS]
        add     si, HEADER
.next:  sub     bp, 1
        jb      .done
        cmp     dword [si], PT_LOAD
        jne     .skip
        call    load_segment
.skip:  add     si, PROGRAM_SIZE
        jmp     .next
.done:  cmp     byte [ENTERED], 0
        je      bad_file
        ret

; Loads the segment of the program header at SI. Preserves SI and BP.
load_segment:
        mov     edi, [si + 12]          ; physical address
        mov     ebx, [si + 20]          ; bytes in memory
        test    ebx, ebx
        jz      .done
        call    check_memory
        mov     eax, [HEADER + ELF_ENTRY]
        sub     eax, edi
        cmp     eax, [si + 16]          ; bytes in the file
        jae     .not_entered
        mov     byte [ENTERED], 1
.not_entered:
        mov     ecx, [si + 4]           ; offset
        mov     eax, ecx
        add     eax, [si + 16]          ; bytes in the file
        jc      bad_file
        cmp     eax, [SIZE]
        ja      bad_file
        mov     eax, [ITEM]
        or      al, DMA_SELECT | DMA_SKIP
        call    dma
        mov     ecx, [si + 16]
        cmp     ecx, ebx
        ja      bad_file
        mov     eax, DMA_READ
        call    dma
        mov     ecx, -1                 ; zeros are read after the item's end
        mov     eax, [ITEM]
        or      al, DMA_SELECT | DMA_SKIP
        call    dma
        mov     ecx, [si + 20]
        sub     ecx, [si + 16]
        add     edi, [si + 16]
        mov     eax, DMA_READ
        call    dma
.done:  ret

; Fails unless there are EBX bytes of RAM at EDI.
check_memory:
        mov     eax, edi
        add     eax, ebx
        jc      no_memory
        cmp     edi, 1 << 20            ; memory below that belongs to the BIOS and to us
        jb      bad_file
        push    si
        mov     si, MAP
.next:  cmp     si, [INFO + INFO_MAP]
        jae     no_memory
        cmp     dword [si + 20], 1      ; RAM
        jne     .other
        mov     ecx, [si + 8]           ; below 4 GiB?
        test    ecx, ecx
        jnz     .other
        mov     ecx, [si + 4]
        cmp     edi, ecx
        jb      .other
        add     ecx, [si + 12]
        jc      .whole
        cmp     dword [si + 16], 0
        jne     .whole
        cmp     eax, ecx
        ja      .other
.whole: pop     si
        ret
.other: add     si, RANGE_SIZE
        jmp     .next

; Writes the Multiboot information.
inform: mov     bx, [INFO + INFO_MAP]
        sub     bx, MAP
        mov     di, INFO
        mov     cx, INFO_SIZE / 2
        xor     ax, ax
        rep stosw
        mov     dword [INFO], HAS
        mov     dword [INFO + INFO_LINE], LINE
        movzx   ebx, bx
        mov     [INFO + INFO_MAP], ebx
        mov     dword [INFO + INFO_MAP + 4], MAP
        ret

; Errors: print a message, and let the BIOS try the next device.
no_device:
        mov     si, text_no_device
        jmp     give_up
no_file:
        mov     si, text_no_file
        jmp     give_up
long_words:
        mov     si, text_long_words
        jmp     give_up
bad_file:
        mov     si, text_bad_file
        jmp     give_up
no_memory:
        mov     si, text_no_memory
give_up:
        push    si
.screen:
        mov     ah, 0x0e
        mov     al, [cs:si]
        inc     si
        test    al, al
        jz      .serial
        mov     bx, 7
        push    si
        int     0x10
        pop     si
        jmp     .screen
.serial:                                ; at the speed that the BIOS has set; does not wait for ever
        mov     dx, COM1 + LINE_CONTROL
        mov     al, LINE_8N1
        out     dx, al
        pop     si
.next:  mov     cx, 0xffff
        mov     dx, COM1 + LINE_STATUS
.wait:  in      al, dx
        test    al, EMPTY
        loopz   .wait
        mov     dx, COM1
        mov     al, [cs:si]
        inc     si
        test    al, al
        jz      .done
        out     dx, al
        jmp     .next
.done:  int     0x18

        bits 32
        ; 5. Enter the file, as Multiboot requires.
protected:
        mov     ecx, 0x10
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        mov     ss, ecx
        mov     eax, MULTIBOOT
        mov     ebx, INFO
        jmp     [HEADER + ELF_ENTRY]

        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_32      ; 0x08: code, 32-bit, flat
        dq      DESCRIPTOR_DATA_32      ; 0x10: data, flat
.end:

qemu:   db      "QEMU"
name_of_file:
        db      "opt/longjump/boot", 0
name_of_words:
        db      "opt/longjump/append", 0
maker:  db      "Longjump", 0
product:
        db      "Longjump: kernel of fw_cfg", 0
text_no_device:
        db      13, 10, DIAG_ROM_NO_DEVICE, 13, 10, 0
text_no_file:
        db      13, 10, DIAG_ROM_NO_FILE, 13, 10, 0
text_long_words:
        db      13, 10, DIAG_HANDOVER_WORDS, "; the BIOS continues", 13, 10, 0
text_bad_file:
        db      13, 10, DIAG_ROM_BAD_FILE, 13, 10, 0
text_no_memory:
        db      13, 10, DIAG_ROM_NO_MEMORY, 13, 10, 0

        align   BLOCK, db 0
end:
