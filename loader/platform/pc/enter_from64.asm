; SPDX-License-Identifier: MIT
;
; enter_from64.asm - from long mode, as firmware has set it up, to the resident part with page
; tables of the loader's. Cannot fail: the CPU was asked before.
; Sources of the order of steps: Intel SDM volume 3A, 10.8.5 (IA-32e mode initialization), 4.1.2
; (changing between paging modes).
;
; The code between take_over and enter_from64_end is to be copied to memory below 4 GiB,
; and called there, first:
;
; void take_over(uint64_t resident): at the beginning
;   RDI = physical address, below 4 GiB, of the resident part
;
; Once there is no firmware any more, loads descriptors and an IDT of the loader's: from then on,
; what goes wrong is told. Then, once nothing else is to be done:
;
; _Noreturn void enter_from64(uint64_t tables, uint64_t cr4, uint64_t launch, uint64_t resident)
;   RDI = physical address, below 4 GiB, of page tables that identity-map all that follows
;   RSI = bits of CR4 to set beside PAE, OSFXSR and OSXMMEXCPT: LA57 or none
;   RDX = physical address, below 4 GiB, of struct launch
;   RCX = physical address, below 4 GiB, of the resident part, entered with RDI = struct launch
;
; An NMI may come at any time. The gates of the firmware's IDT, and those of the early IDT (struct
; resident_early), name selectors that are 64-bit code in the GDT below. Where this is 32-bit code,
; an NMI goes on at `leave`, where it began.

%include "loader/resident/launch.inc"

SELECTOR_32 equ 0x18

        default rel
        bits 64
        section .text
        global  take_over, enter_from64, enter_from64_end
        align   16
take_over:
        ; 1. Descriptors, and then the IDT, whose NMI tells by CS whether it can be returned to.
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
        ; 1. String instructions upward, our own stack. All that is needed later is kept where
        ;    32-bit code finds it.
        cld
        lea     rsp, [stack_end]
        mov     ebp, edi                ; the page tables
        mov     edi, edx                ; struct launch
        mov     eax, [rcx + header.start]
        add     eax, ecx
        push    rax                     ; where it goes on
        mov     eax, 1
        cpuid
        and     edx, CPUID_1_EDX_MCE
        shr     edx, CPUID_MCE_TO_CR4
        lea     esi, [rsi + rdx + (CR4_PAE | CR4_OSFXSR | CR4_OSXMMEXCPT)]

        ; 2. No-execute pages, before there are tables that have them.
        mov     ecx, IA32_EFER
        rdmsr
        or      eax, IA32_EFER_NXE
        wrmsr

        ; 3. The number of levels can only be changed outside of long mode. With as many as before,
        ;    the page tables can just be changed; those that were global go with the bit.
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

        ; 4. 32-bit code, first still with paging. Off with it, and with long mode; other page
        ;    tables; on again.
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
