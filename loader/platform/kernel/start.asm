; SPDX-License-Identifier: MIT
;
; start.asm - where a boot loader enters us as its kernel: by Multiboot (0.6.96, 3.1 and 3.2) or by
; PVH (Xen, docs/misc/pvh.pandoc). Both leave the CPU in protected mode, flat, interrupts off.

%include "loader/x86/registers.inc"

MULTIBOOT_HEADER equ 0x1badb002
ALIGN_MODULES    equ 1 << 0
WANT_MEMORY      equ 1 << 1
MULTIBOOT_ENTERED equ 0x2badb002
NOTE_PHYS32_ENTRY equ 18                ; XEN_ELFNOTE_PHYS32_ENTRY

STACK_SIZE       equ 0x10000

        extern  kernel_start
        extern  enter64                 ; loader/platform/pc/enter64.asm

        section .multiboot
        align   4
        dd      MULTIBOOT_HEADER
        dd      ALIGN_MODULES | WANT_MEMORY
        dd      -(MULTIBOOT_HEADER + (ALIGN_MODULES | WANT_MEMORY))

        ; Where a bundle lies (bundle.h): commands/wrap.py writes it over these, which follow the
        ; header. 0: there is none.
        global  bundle_place
bundle_place:
        dd      0, 0                    ; physical addresses: begin, end
        dd      enter64                 ; where we are left: commands/debug.py stops there

        section .note.pvh note alloc align=4
        dd      4                       ; bytes of the name
        dd      4                       ; bytes of the value
        dd      NOTE_PHYS32_ENTRY
        db      "Xen", 0
        dd      start_pvh

        bits 32
        section .text
        global  start_multiboot
        ; 1. Multiboot: EAX says so, EBX = physical address of its information.
start_multiboot:
        cmp     eax, MULTIBOOT_ENTERED
        jne     .nobody
        mov     eax, 1
        jmp     start
.nobody:                                ; entered by mistake: nothing can be believed, not even a
        cli                             ; stack
        hlt
        jmp     .nobody

        ; 2. PVH: EBX = physical address of its start information.
start_pvh:
        xor     eax, eax

        ; 3. Our own descriptors and stack. EAX = 1: Multiboot.
start:
        cli
        cld
        lgdt    [descriptors]
        jmp     0x08:.flat
.flat:
        mov     ecx, 0x10
        mov     ss, ecx
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        mov     esp, stack_end
        push    0
        popfd                           ; what the firmware left in EFLAGS

        ; 4. C: kernel_start(multiboot, information), in registers. It does not return.
        mov     edx, ebx
        call    kernel_start

        section .rodata
        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_32 ; 0x08: code, 32-bit, flat
        dq      DESCRIPTOR_DATA_32 ; 0x10: data, flat
.end:
descriptors:
        dw      gdt.end - gdt - 1
        dd      gdt

        section .bss align=16
        resb    STACK_SIZE
stack_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
