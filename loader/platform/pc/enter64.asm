; SPDX-License-Identifier: MIT
;
; enter64.asm - from 32-bit protected mode to the resident part in long mode. Cannot fail: the CPU's
; features were checked before.
; Source of the order of steps: Intel SDM volume 3A, 10.8.5 (initializing IA-32e mode).
;
; _Noreturn void enter64(uint32_t tables, uint32_t cr4, uint32_t launch, uint32_t resident)
;   EAX = physical address of page tables that identity-map all that follows
;   EDX = bits of CR4 to set in addition to PAE, OSFXSR and OSXMMEXCPT: LA57 or none
;   ECX = physical address of struct launch
;   [ESP + 4] = physical address of the resident part, entered with RDI = struct launch

%include "loader/resident/launch.inc"


        bits 32
        section .text
        global enter64
enter64:
        ; 1. Interrupts off, string instructions upward. First an IDT that is valid in both modes,
        ;    for what cannot be masked, and then our own GDT, in which the selectors of that IDT and
        ;    of the running code are valid.
        cli
        cld
        mov     esi, [esp + 4]
        mov     edi, ecx
        call    .here                   ; find our address: this code is not relocated
.here:  pop     ebp
        mov     ebx, esi
        add     ebx, [esi + header.early]
        lea     ecx, [ebp + long_mode - .here]
        mov     [ebx + early.resume], ecx
        mov     [ebx + early.gates + 8 * VECTOR_NMI + 2], cs
        lidt    [ebx]
        lgdt    [ebp + descriptors - .here]

        ; 2. Paging off, if it was on.
        mov     ebx, cr0
        and     ebx, ~CR0_PG
        mov     cr0, ebx

        ; 3. PAE, which long mode needs, SSE, and 5 levels if wanted; machine checks, if the CPU has
        ;    them: otherwise one would shut it down silently.
        push    eax
        push    edx
        mov     eax, 1
        cpuid
        pop     eax
        and     edx, CPUID_1_EDX_MCE
        shr     edx, CPUID_MCE_TO_CR4
        lea     edx, [eax + edx + (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)]
        pop     eax
        mov     cr4, edx

        ; 4. The page tables.
        mov     cr3, eax

        ; 5. Long mode, to be active once paging is on; no-execute pages.
        mov     ecx, IA32_EFER
        rdmsr
        or      eax, IA32_EFER_LME | IA32_EFER_NXE
        wrmsr

        ; 6. Paging on: long mode is active, in its 32-bit form. No FPU emulation, no task switched,
        ;    write protection also for the kernel.
        mov     eax, CR0_LONG_MODE
        mov     cr0, eax

        ; 7. Into the 64-bit code segment.
        lea     ebp, [ebp + long_mode - .here]
        push    SELECTOR_EARLY
        push    ebp
        retf

        bits 64
long_mode:
        xor     eax, eax
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     edi, edi                ; the upper halves are undefined after a mode switch
        mov     esi, esi
        mov     eax, [rsi + header.start]
        add     rax, rsi
        jmp     rax

        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_32 ; 0x08: code, 32-bit: what start.asm runs in
        dq      DESCRIPTOR_DATA_32 ; 0x10: data, writable
        dq      0
        dq      DESCRIPTOR_CODE_32 ; 0x20: code, 32-bit: what Syslinux runs in
        times   SELECTOR_EARLY / 8 - 5 dq 0
        dq      DESCRIPTOR_CODE_64 ; SELECTOR_EARLY: code, 64-bit
.end:

descriptors:
        dw      gdt.end - gdt - 1
        dd      gdt

        section .note.GNU-stack noalloc noexec nowrite progbits
