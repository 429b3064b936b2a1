; start32.asm - the payload kernel as Multiboot loaders start it, 1 and 2: the time first, then
; kernel.c.
; Knows nothing of Longjump; start64.asm is the same kernel for it.

bits 32

MULTIBOOT_MAGIC	equ 0x1badb002
MULTIBOOT_FLAGS	equ 0
MULTIBOOT2	equ 0xe85250d6
HEADER2_SIZE	equ 24

global _start
extern kernel_main

section .text
	align	4
	dd	MULTIBOOT_MAGIC, MULTIBOOT_FLAGS, -(MULTIBOOT_MAGIC + MULTIBOOT_FLAGS)
	align	8
	dd	MULTIBOOT2, 0, HEADER2_SIZE, -(MULTIBOOT2 + HEADER2_SIZE)
	dd	0, 8			; the last tag
_start:
	rdtsc				; the moment that is measured
	mov	esp, stack_end
	push	0			; no boot information that kernel.c knows
	push	edx
	push	eax
	call	kernel_main

section .bss
	align	16
	resb	4096
stack_end:

section PLACE
	align	4096
global payload, payload_end
payload:
	incbin	PAYLOAD
payload_end:
