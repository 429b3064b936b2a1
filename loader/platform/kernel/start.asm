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

HAS_ERROR        equ 0x60227d00         ; vectors with an error code (SDM volume 3A, table 6-1)
GATE_SIZE        equ 8
GATE_INTERRUPT   equ DESCRIPTOR_TYPE_INTERRUPT << 8
STUB_SIZE        equ 16

        extern  kernel_start, exception_prevent, exception_tell
        extern  enter64                 ; loader/platform/pc/enter64.asm

        section .multiboot
        align   4
        dd      MULTIBOOT_HEADER
        dd      ALIGN_MODULES | WANT_MEMORY
        dd      -(MULTIBOOT_HEADER + (ALIGN_MODULES | WANT_MEMORY))

        ; The bundle (bundle.h): commands/wrap.py writes its addresses here, right after the
        ; header. 0: there is none.
        global  bundle_place
bundle_place:
        dd      0, 0                    ; physical addresses: begin, end
        dd      enter64                 ; where the loader ends: commands/debug.py stops there

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
.nobody:                                ; entered in some other way: rely on nothing, not even on a
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

        ; 4. An IDT: exceptions are reported from here on.
        mov     edi, idt
        mov     edx, stubs
        mov     ecx, VECTORS
.gate:  mov     [edi], edx              ; SDM volume 3A, figure 6-2
        mov     word [edi + 2], 0x08
        mov     [edi + 4], edx
        mov     word [edi + 4], GATE_INTERRUPT
        add     edi, GATE_SIZE
        add     edx, STUB_SIZE
        loop    .gate
        lidt    [idt_pointer]

        ; 5. C: kernel_start(multiboot, information), in registers, if the CPU is one that its code
        ; is made for. It does not return.
        mov     esi, eax
        call    exception_prevent
        mov     eax, esi
        mov     edx, ebx
        call    kernel_start

; An exception: the error code, if there is one, EIP, CS, EFLAGS are on the stack. The stubs make
; all frames alike.
        align   STUB_SIZE
stubs:
%assign number 0
%rep VECTORS
        align   STUB_SIZE
%if (HAS_ERROR >> number & 1) == 0
        push    byte 0
%endif
        push    byte number
        jmp     strict near tell
%assign number number + 1
%endrep

tell:   pushad
        mov     eax, esp
        call    exception_tell

        section .rodata
        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_32 ; 0x08: code, 32-bit, flat
        dq      DESCRIPTOR_DATA_32 ; 0x10: data, flat
.end:
descriptors:
        dw      gdt.end - gdt - 1
        dd      gdt
        global  idt_pointer
idt_pointer:
        dw      VECTORS * GATE_SIZE - 1
        dd      idt

        section .bss align=16
        resb    STACK_SIZE
stack_end:
idt:    resb    VECTORS * GATE_SIZE

        section .note.GNU-stack noalloc noexec nowrite progbits
