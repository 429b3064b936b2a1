; SPDX-License-Identifier: MIT
;
; enter_from64.asm - from long mode, as firmware has set it up, to the resident part, with the
; loader's page tables. Cannot fail: the CPU's features were checked before. Sources of the order of
; steps: Intel SDM volume 3A, 10.8.5 (IA-32e mode initialization), 4.1.2 (changing between paging
; modes).
;
; Copy the code between take_over and enter_from64_end to memory below 4 GiB, and call it there.
; First call:
;
; void take_over(uint64_t resident): at the beginning
;   RDI = physical address, below 4 GiB, of the resident part
;
; After the exit from the firmware, this loads the loader's descriptors and IDT: from then on,
; exceptions are reported. Call last:
;
; _Noreturn void enter_from64(uint64_t tables, uint64_t cr4, uint64_t launch, uint64_t resident)
;   RDI = physical address, below 4 GiB, of page tables that identity-map all that follows
;   RSI = bits of CR4 to set in addition to PAE, OSFXSR and OSXMMEXCPT: LA57 or none
;   RDX = physical address, below 4 GiB, of struct launch
;   RCX = physical address, below 4 GiB, of the resident part, entered with RDI = struct launch
;
; An NMI may come at any time. The gates of the firmware's IDT, and those of the early IDT (struct
; resident_early), have selectors that are 64-bit code in the GDT below. After an NMI in this file's
; 32-bit code, execution continues at `leave`, where that code began.

%include "loader/resident/launch.inc"

SELECTOR_32 equ 0x18

        default rel
        bits 64
        section .text
        global  take_over, enter_from64, enter_from64_end
        align   16
take_over:
        ; 1. Descriptors, and then the IDT, whose NMI handler finds out from CS where to return.
        lea     rax, [gdt]
        mov     [descriptors + 2], rax
        lgdt    [descriptors]
        push    SELECTOR_EARLY
        lea     rax, [.flat]
        push    rax
        retfq
.flat:  mov     eax, 0x10
        mov     ss, eax
        mov     ds, eax
        mov     es, eax
        mov     fs, eax
        mov     gs, eax
        mov     eax, [rdi + header.early]
        add     rax, rdi
        lea     rdx, [leave]
        mov     [rax + early.resume], rdx
        mov     word [rax + early.gates + 8 * VECTOR_NMI + 2], SELECTOR_32
        lidt    [rax]
        ret

enter_from64:
        ; 1. String instructions upward, our own stack. What is needed later goes where 32-bit code
        ;    can access it.
        cld
        lea     rsp, [stack_end]
        mov     ebp, edi                ; the page tables
        mov     edi, edx                ; struct launch
        mov     eax, [rcx + header.start]
        add     eax, ecx
        push    rax                     ; where to continue
        mov     eax, 1
        cpuid
        and     edx, CPUID_1_EDX_MCE
        shr     edx, CPUID_MCE_TO_CR4
        lea     esi, [rsi + rdx + (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)]

        ; 2. No-execute pages, before tables that use them.
        mov     ecx, IA32_EFER
        rdmsr
        or      eax, IA32_EFER_NXE
        wrmsr

        ; 3. The number of levels can only be changed outside long mode. If it stays the same, just
        ;    load the page tables; clearing CR4.PGE flushes global pages.
        mov     rbx, cr4
        xor     ebx, esi
        test    ebx, CR4_LA57
        lea     rbx, [long_mode]
        jnz     leave
        mov     cr4, rsi
        mov     cr3, rbp
        mov     eax, CR0_LONG_MODE
        mov     cr0, rax
        jmp     rbx
leave:  push    SELECTOR_32
        lea     rax, [protected]
        push    rax
        retfq

        ; 4. 32-bit code, first still with paging. Paging off, long mode off; the new page tables;
        ;    both on again.
        bits 32
protected:
        mov     eax, CR0_LONG_MODE & ~CR0_PG
        mov     cr0, eax
        mov     cr4, esi
        mov     cr3, ebp
        mov     eax, CR0_LONG_MODE
        mov     cr0, eax
        push    SELECTOR_EARLY
        push    ebx
        retf

        ; 5. 64-bit code again.
        bits 64
long_mode:
        mov     esp, esp                ; upper halves are undefined after a mode switch
        pop     rax
        mov     edi, edi
        mov     eax, eax
        xor     ecx, ecx
        mov     ss, ecx
        mov     ds, ecx
        mov     es, ecx
        mov     fs, ecx
        mov     gs, ecx
        jmp     rax

        align   8
gdt:    dq      0
        dq      DESCRIPTOR_CODE_64 ; 0x08: code, 64-bit, ring 0, accessed
        dq      DESCRIPTOR_DATA_32 ; 0x10: data, writable, ring 0, accessed
        dq      DESCRIPTOR_CODE_32 ; 0x18: code, 32-bit, ring 0, accessed
        times   SELECTOR_EARLY / 8 - 3 dq DESCRIPTOR_CODE_64 ; 0x20 to SELECTOR_EARLY: as 0x08
.end:

descriptors:
        dw      gdt.end - gdt - 1
        dq      0

        align   8
        times   64 db 0
stack_end:
enter_from64_end:

        section .note.GNU-stack noalloc noexec nowrite progbits
