; SPDX-License-Identifier: MIT
;
; enter64.asm - from 32-bit protected mode to the resident part in long mode. Cannot fail: the CPU
; was asked before.
; Source of the order of steps: Intel SDM volume 3A, 10.8.5 (initializing IA-32e mode).
;
; _Noreturn void enter64(uint32_t tables, uint32_t cr4, uint32_t launch, uint32_t start)
;   EAX = physical address of page tables that identity-map all that follows
;   EDX = bits of CR4 to set beside PAE, OSFXSR and OSXMMEXCPT: LA57 or none
;   ECX = physical address of struct launch
;   [ESP + 4] = physical address of 64-bit code, entered with RDI = struct launch

CR0_PE      equ 1 << 0
CR0_MP      equ 1 << 1
CR0_ET      equ 1 << 4
CR0_NE      equ 1 << 5
CR0_WP      equ 1 << 16
CR0_PG      equ 1 << 31
CR4_PAE     equ 1 << 5
CR4_OSFXSR  equ 1 << 9
CR4_OSXMM   equ 1 << 10
MSR_EFER    equ 0xc0000080
EFER_LME    equ 1 << 8
EFER_NXE    equ 1 << 11

        bits 32
        section .text
        global enter64
enter64:
        ; 1. No interrupts, string instructions upward, our own descriptors.
        cli
        cld
        mov     esi, [esp + 4]
        mov     edi, ecx
        call    .here                   ; where this lies is found out, not relocated
.here:  pop     ebp
        lgdt    [ebp + descriptors - .here]

        ; 2. Paging off, if whoever started us had it on.
        mov     ebx, cr0
        and     ebx, ~CR0_PG
        mov     cr0, ebx

        ; 3. PAE, which long mode needs, SSE, and 5 levels if wanted.
        or      edx, CR4_PAE | CR4_OSFXSR | CR4_OSXMM
        mov     cr4, edx

        ; 4. The page tables.
        mov     cr3, eax

        ; 5. Long mode, to be active once paging is on; no-execute pages.
        mov     ecx, MSR_EFER
        rdmsr
        or      eax, EFER_LME | EFER_NXE
        wrmsr

        ; 6. Paging on: long mode is active, in its 32-bit form. No FPU emulation, no task switched,
        ;    write protection also for the kernel.
        mov     eax, CR0_PE | CR0_MP | CR0_ET | CR0_NE | CR0_WP | CR0_PG
        mov     cr0, eax

        ; 7. Into the 64-bit code segment.
        lea     ebp, [ebp + long_mode - .here]
        push    0x08
        push    ebp
        retf

        bits 64
long_mode:
        mov     eax, 0x10
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     edi, edi                ; the upper halves are undefined after a mode switch
        mov     esi, esi
        jmp     rsi

        align   8
gdt:    dq      0
        dq      0x00af9b000000ffff      ; 0x08: code, 64-bit, ring 0, accessed
        dq      0x00cf93000000ffff      ; 0x10: data, writable, ring 0, accessed
.end:

descriptors:
        dw      gdt.end - gdt - 1
        dd      gdt

        section .note.GNU-stack noalloc noexec nowrite progbits
